/* SPDX-License-Identifier: MIT */
/* PEM texts are read with mbedTLS, which ESP-IDF 5 has in version 3 and ESP-IDF 6 in version 4. */
#include "ports/esp_idf/tls_check.h"
#include "common/pem.h"
#include "ports/esp_idf/pk_versions.h"
#include "ports/esp_idf/tls_key.h"

#include "mbedtls/x509_crt.h"

#include <stdlib.h>
#include <string.h>

static const char *parse_certificates(const char *pem, mbedtls_x509_crt *chain)
{
    int result = mbedtls_x509_crt_parse(chain, (const unsigned char *)pem, strlen(pem) + 1);
    if (result < 0) {
        return "holds no certificate that can be read";
    }
    return result > 0 ? "holds a certificate that cannot be read" : NULL;
}

static const char *check_key(const char *pem, const mbedtls_x509_crt *certificate)
{
    struct pem_block block;
    if (pem_find(pem, "PRIVATE KEY", &block) && pem_is_encrypted(&block)) {
        return "is encrypted; a device has nobody to ask for the password";
    }
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    const char *why = NULL;
    if (pk_parse(&key, pem)) {
        why = "holds no private key that can be read";
    } else if (!pk_is_pair(&certificate->pk, &key)) {
        why = "does not belong to the certificate";
    }
    mbedtls_pk_free(&key);
    return why;
}

/* On the heap: two of some hundred bytes are more than a task's stack should hold for one look. */
struct parsed {
    mbedtls_x509_crt roots;
    mbedtls_x509_crt chain;
};

static const char *check_all(const struct port_mqtt_config *config, struct parsed *parsed,
                             enum port_mqtt_credential *which)
{
    mbedtls_x509_crt_init(&parsed->roots);
    mbedtls_x509_crt_init(&parsed->chain);
    const char *what = pk_is_library_ready() ? parse_certificates(config->root_ca_pem, &parsed->roots)
                                             : "cannot be looked at: mbedTLS does not start";
    if (!what) {
        *which = PORT_MQTT_CERT;
        what = parse_certificates(config->cert_pem, &parsed->chain);
    }
    if (!what) {
        *which = PORT_MQTT_KEY;
        what = pem_is_reference(config->key_pem)
                   ? tls_key_find(config->key_pem, mbedtls_pk_get_bitlen(&parsed->chain.pk))
                   : check_key(config->key_pem, &parsed->chain);
    }
    mbedtls_x509_crt_free(&parsed->chain);
    mbedtls_x509_crt_free(&parsed->roots);
    return what;
}

enum err tls_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad, const char **why)
{
    struct parsed *parsed = malloc(sizeof(*parsed));
    enum port_mqtt_credential which = PORT_MQTT_ROOT_CA;
    const char *what = parsed ? check_all(config, parsed, &which) : "cannot be looked at: out of memory";
    free(parsed);
    if (!what) {
        return ERR_OK;
    }
    *bad = which;
    *why = what;
    return ERR_TLS;
}
