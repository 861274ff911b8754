/* SPDX-License-Identifier: MIT */
/* TLS as AWS IoT wants it: 1.2 or newer, the server's chain and name verified, the thing's certificate, PEM texts from memory; key and
 * certificate may also lie in a token (tls_key.h). */
#ifndef PORTS_LINUX_TLS_H
#define PORTS_LINUX_TLS_H

#include "device/port/port_mqtt.h"

#include <openssl/ssl.h>

/* Why a server was refused; written by the handshake. */
struct tls_verdict {
    int verify_error; /* X509_V_..., X509_V_OK */
    char subject[128];
    int64_t from_s, to_s;         /* with the subject: when that certificate is valid */
    int64_t own_from_s, own_to_s; /* and when this device's own is */
    const char *server_name;      /* for SNI; NULL: none */
};

/* A context for connections to config->host. `verdict` must live as long. NULL: *bad and *why (static) say why. */
SSL_CTX *tls_context_new(const struct port_mqtt_config *config, struct tls_verdict *verdict,
                         enum port_mqtt_credential *bad, const char **why);

/* Why the server may have refused this device: NULL, or in words that its certificate is not valid at present. `out` is where they are written. */
const char *tls_own_fault(const struct tls_verdict *verdict, char *out, size_t cap);

/* One line for a person. */
void tls_explain(const struct tls_verdict *verdict, const char *host, char *out, size_t cap);

#endif
