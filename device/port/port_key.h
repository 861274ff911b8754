/* SPDX-License-Identifier: MIT */
/* Keys that the device makes for itself, and the requests and certificates that belong to them. Any task; each takes up to a second on a
 * small chip. Texts are PEM with their NUL. No key, and nothing made of one but a request, is ever logged. */
#ifndef DEVICE_PORT_KEY_H
#define DEVICE_PORT_KEY_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

/* A new EC key on the curve P-256, as PEM text (about 240 bytes) that port_mqtt_open takes. ERR_TOO_LONG: more than cap bytes. ERR_TLS: the
 * library for keys cannot make one (no source of random bits, no memory); the port logs why. */
enum err port_key_make(char *key_pem, size_t cap);

/* A certificate signing request (PKCS #10, RFC 2986), signed with SHA-256 by that key, for a subject with this common name alone: 1 to 64
 * characters of [A-Za-z0-9 :_-]. ERR_CORRUPT: the text holds no key that can be used. Other errors as above. */
enum err port_key_make_request(const char *key_pem, const char *common_name, char *csr_pem, size_t cap);

/* Does the (first) certificate of this text belong to this key? false also when one of them cannot be read. */
bool port_key_is_match(const char *cert_pem, const char *key_pem);

/* The certificate's id as AWS IoT has it: SHA-256 of its DER, 64 lower-case hexadecimal digits. ERR_CORRUPT: the text holds none. */
#define PORT_KEY_CERTIFICATE_ID_CAP 65
enum err port_key_certificate_id(const char *cert_pem, char id[PORT_KEY_CERTIFICATE_ID_CAP]);

#endif
