/* SPDX-License-Identifier: MIT */
/* PEM texts are read with mbedTLS, which ESP-IDF 5 has in version 3 and ESP-IDF 6 in version 4. */
#include "ports/esp_idf/tls_check.h"
#include "common/pem.h"
#include "ports/esp_idf/tls_key.h"

#include "esp_random.h"
#include "mbedtls/pk.h"
#include "mbedtls/version.h"
#include "mbedtls/x509_crt.h"
#if MBEDTLS_VERSION_MAJOR >= 4
#include "psa/crypto.h"
#endif

#include <stdlib.h>
#include <string.h>

#if MBEDTLS_VERSION_MAJOR < 4
static bool is_library_ready(void)
{
    return true;
}

/* Version 3 wants to be handed a source of random bits. */
static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    esp_fill_random(out, len);
    return 0;
}
#define PARSE_KEY(key, text)                                                                                 \
    mbedtls_pk_parse_key(key, (const unsigned char *)(text), strlen(text) + 1, NULL, 0, random_bytes, NULL)
#define IS_PAIR(public_, private_) (mbedtls_pk_check_pair(public_, private_, random_bytes, NULL) == 0)
#else
/* Version 4 reads no certificate before PSA is initialised. On a chip ESP-IDF does that before the application starts, on its
 * linux target nobody does. Once it has succeeded it may be called again, and does nothing. */
static bool is_library_ready(void)
{
    return psa_crypto_init() == PSA_SUCCESS;
}
#define PARSE_KEY(key, text)                                                                                 \
    mbedtls_pk_parse_key(key, (const unsigned char *)(text), strlen(text) + 1, NULL, 0)
#define IS_PAIR(public_, private_) (mbedtls_pk_check_pair(public_, private_) == 0)
#endif

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
    if (PARSE_KEY(&key, pem)) {
        why = "holds no private key that can be read";
    } else if (!IS_PAIR(&certificate->pk, &key)) {
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
    const char *what = is_library_ready() ? parse_certificates(config->root_ca_pem, &parsed->roots)
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
