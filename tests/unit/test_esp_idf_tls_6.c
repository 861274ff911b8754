/* SPDX-License-Identifier: MIT */
/* The look at certificates and key as ESP-IDF 6 has it: mbedTLS 4, played here, reads nothing before PSA is initialised (port_mqtt.h). */
// LINK: port_esp_idf_linux_6 common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "esp_idf_decls/mbedtls/pk.h"
#include "ports/esp_idf/tls_check.h"

#include <string.h>

/* ---- mbedTLS 4 */

static psa_status_t psa_answer;
static bool is_psa_ready;

psa_status_t psa_crypto_init(void)
{
    is_psa_ready = is_psa_ready || psa_answer == PSA_SUCCESS;
    return psa_answer;
}

void mbedtls_x509_crt_init(mbedtls_x509_crt *crt)
{
    memset(crt, 0, sizeof(*crt));
}

void mbedtls_x509_crt_free(mbedtls_x509_crt *crt)
{
    (void)crt;
}

int mbedtls_x509_crt_parse(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len)
{
    (void)chain;
    return is_psa_ready && buf[len - 1] == '\0' && strstr((const char *)buf, "CERTIFICATE") ? 0 : -1;
}

void mbedtls_pk_init(mbedtls_pk_context *key)
{
    memset(key, 0, sizeof(*key));
}

void mbedtls_pk_free(mbedtls_pk_context *key)
{
    (void)key;
}

size_t mbedtls_pk_get_bitlen(const mbedtls_pk_context *key)
{
    (void)key;
    return 2048;
}

int mbedtls_pk_parse_key(mbedtls_pk_context *key, const unsigned char *text, size_t len,
                         const unsigned char *password, size_t password_len)
{
    (void)password, (void)password_len;
    key->words[0] = strstr((const char *)text, "OTHER") ? key : NULL;
    return is_psa_ready && text[len - 1] == '\0' && strstr((const char *)text, "KEY") ? 0 : -1;
}

int mbedtls_pk_check_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_)
{
    (void)public_;
    return private_->words[0] ? -1 : 0;
}

/* ---- */

static const struct port_mqtt_config good = {.root_ca_pem = "-----BEGIN CERTIFICATE-----",
                                             .cert_pem = "-----BEGIN CERTIFICATE----- mine",
                                             .key_pem = "-----BEGIN PRIVATE KEY-----"};

static int setup(void **state)
{
    (void)state;
    psa_answer = PSA_SUCCESS;
    is_psa_ready = false;
    return 0;
}

static void expect_bad(struct port_mqtt_config config, enum port_mqtt_credential which, const char *words)
{
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;
    assert_int_equal(tls_check(&config, &bad, &why), ERR_TLS);
    assert_int_equal(bad, which);
    assert_non_null(strstr(why, words));
}

static void test_good_ones_are_good(void **state)
{
    (void)state;
    enum port_mqtt_credential bad;
    const char *why;
    assert_int_equal(tls_check(&good, &bad, &why), ERR_OK);
    assert_int_equal(tls_check(&good, &bad, &why), ERR_OK);
}

static void test_bad_ones_are_named(void **state)
{
    (void)state;
    struct port_mqtt_config config = good;
    config.cert_pem = good.key_pem;
    expect_bad(config, PORT_MQTT_CERT, "holds no certificate");
    config = good;
    config.key_pem = good.cert_pem;
    expect_bad(config, PORT_MQTT_KEY, "holds no private key");
    config.key_pem = "-----BEGIN OTHER PRIVATE KEY-----";
    expect_bad(config, PORT_MQTT_KEY, "does not belong to the certificate");
}

/* This build has neither the peripheral nor the secure element: menuconfig's option is named (device/port/port_mqtt.h). */
static void test_references_that_are_not_built_in(void **state)
{
    (void)state;
    struct port_mqtt_config config = good;
    config.key_pem = "esp-ds:pre_prov/esp_ds_ns";
    expect_bad(config, PORT_MQTT_KEY, "CONFIG_ESP_TLS_USE_DS_PERIPHERAL");
    config.key_pem = "esp-secure-cert:";
    expect_bad(config, PORT_MQTT_KEY, "CONFIG_ESP_SECURE_CERT_DS_PERIPHERAL");
    config.key_pem = "esp-secure-element:";
    expect_bad(config, PORT_MQTT_KEY, "CONFIG_ESP_TLS_USE_SECURE_ELEMENT");
    config.key_pem = "pkcs11:token=lamps;object=lamp";
    expect_bad(config, PORT_MQTT_KEY, "known here: esp-ds:, esp-secure-cert:, esp-secure-element:");
    config.cert_pem = "esp-secure-element:";
    expect_bad(config, PORT_MQTT_CERT, "holds no certificate");
}

/* The certificate is not blamed for it. */
static void test_library_that_does_not_start_is_named(void **state)
{
    (void)state;
    psa_answer = -148; /* PSA_ERROR_INSUFFICIENT_ENTROPY */
    expect_bad(good, PORT_MQTT_ROOT_CA, "mbedTLS does not start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good_ones_are_good, setup),
        cmocka_unit_test_setup(test_bad_ones_are_named, setup),
        cmocka_unit_test_setup(test_references_that_are_not_built_in, setup),
        cmocka_unit_test_setup(test_library_that_does_not_start_is_named, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
