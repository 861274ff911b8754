/* SPDX-License-Identifier: MIT */
/* Keys that sign and are not read, on a chip: what esp-tls is handed for each reference, and what is said of one that leads nowhere, or
 * of credentials that are none (device/port/port_mqtt.h, docs/security.md). */
// LINK: port_esp_idf_chip fake_idf fake_esp_mqtt -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"
#include "esp_idf_decls/types.h"
#include "fakes/fake_esp_mqtt.h"
#include "fakes/fake_idf.h"
#include "ports/esp_idf/netif.h"

#include <string.h>

#define PATIENCE_MS 20000

static const char cert[] = "-----BEGIN CERTIFICATE-----", key[] = "-----BEGIN PRIVATE KEY-----";
static const char rsa_cert[] = "-----BEGIN CERTIFICATE----- RSA 2048";
static const struct idf_ds ds = {.partition = "pre_prov",
                                 .space = "esp_ds_ns",
                                 .names = {"esp_ds_key_id", "esp_ds_rsa_len", "esp_ds_c", "esp_ds_iv"},
                                 .key_id = 3,
                                 .rsa_bits = 2048,
                                 .c_len = sizeof(((esp_ds_data_t *)0)->c),
                                 .iv_len = sizeof(((esp_ds_data_t *)0)->iv)};

static struct port_signal connected;

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    if (event->type == PORT_MQTT_CONNECTED) {
        port_signal_set(&connected);
    }
}

static int setup(void **state)
{
    (void)state;
    idf_reset();
    mqtt_reset();
    port_signal_init(&connected);
    return netif_prepare() == ESP_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    port_mqtt_close();
    struct mqtt_seen seen = mqtt_get_seen();
    return seen.starts == seen.ends ? 0 : -1;
}

static struct port_mqtt_config config_with(const char *cert_pem, const char *key_pem)
{
    return (struct port_mqtt_config){.host = "endpoint.example",
                                     .port = 8883,
                                     .client_id = "lamp",
                                     .keepalive_s = 60,
                                     .root_ca_pem = cert,
                                     .cert_pem = cert_pem,
                                     .key_pem = key_pem};
}

static struct mqtt_seen connect_with(const char *cert_pem, const char *key_pem)
{
    struct port_mqtt_config config = config_with(cert_pem, key_pem);
    assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_OK);
    assert_true(port_signal_wait(&connected, PATIENCE_MS));
    return mqtt_get_seen();
}

static void expect_bad(const char *cert_pem, const char *key_pem, const char *words)
{
    struct port_mqtt_config config = config_with(cert_pem, key_pem);
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_TLS);
    assert_int_equal(bad, PORT_MQTT_KEY);
    assert_non_null(strstr(why, words));
    assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_TLS);
    assert_true(idf_log_has("TLS: the private key ") && idf_log_has(words)); /* whole */
}

static void test_key_that_is_read(void **state)
{
    (void)state;
    struct mqtt_seen seen = connect_with(cert, key);
    assert_ptr_equal(seen.key, key);
    assert_null(seen.ds_data);
    assert_false(seen.uses_secure_element);
}

static void test_key_of_the_digital_signature_peripheral(void **state)
{
    (void)state;
    static const char *const names[] = {"esp-ds:pre_prov/esp_ds_ns", "\n esp-ds:esp_ds_ns \n"};
    for (size_t i = 0; i < 2; i++) {
        struct idf_ds values = ds;
        if (i == 1) { /* the usual partition need not be named; the newer tool's names */
            values.partition = "nvs";
            values.names[0] = "ds_key_id", values.names[1] = "rsa_len";
            values.names[2] = "cipher_c", values.names[3] = "iv";
        }
        idf_set_ds(values);
        struct mqtt_seen seen = connect_with(rsa_cert, names[i]);
        assert_null(seen.key);
        assert_false(seen.uses_secure_element);
        const esp_ds_data_ctx_t *context = seen.ds_data;
        assert_non_null(context);
        assert_int_equal(context->efuse_key_id, 3);
        assert_int_equal(context->rsa_length_bits, 2048);
        assert_int_equal(context->esp_ds_data->rsa_length, 2048 / 32 - 1);
        assert_int_equal(context->esp_ds_data->c[sizeof(context->esp_ds_data->c) - 1], 'c');
        assert_memory_equal(context->esp_ds_data->iv, "iiiiiiiiiiiiiiii", 16);
        port_mqtt_close();
    }
}

static void test_key_that_espressifs_component_finds(void **state)
{
    (void)state;
    idf_set_secure_cert(2048);
    struct mqtt_seen seen = connect_with(rsa_cert, "esp-secure-cert:");
    assert_null(seen.key);
    assert_int_equal(((const esp_ds_data_ctx_t *)seen.ds_data)->rsa_length_bits, 2048);
    assert_int_equal(idf_secure_cert_contexts(), 1);
    port_mqtt_close();
    expect_bad(cert, "esp-secure-cert:", "does not belong to the certificate"); /* of another kind */
    idf_set_secure_cert(0);
    expect_bad(rsa_cert, "esp-secure-cert:", "holds no Digital Signature key");
    assert_int_equal(idf_secure_cert_contexts(), 0);
}

static void test_key_of_the_secure_element(void **state)
{
    (void)state;
    struct mqtt_seen seen = connect_with(cert, "esp-secure-element:");
    assert_null(seen.key);
    assert_null(seen.ds_data);
    assert_true(seen.uses_secure_element);
}

static void expect_bad_ds(struct idf_ds values, const char *cert_pem, const char *name, const char *words)
{
    idf_set_ds(values);
    expect_bad(cert_pem, name, words);
    assert_int_equal(mqtt_get_seen().starts, 0);
    idf_reset();
}

static void test_references_that_lead_nowhere(void **state)
{
    (void)state;
    static const char name[] = "esp-ds:pre_prov/esp_ds_ns";
    struct idf_ds values = ds;
    expect_bad_ds(ds, cert, name, "does not belong to the certificate");
    values.rsa_bits = 3072;
    expect_bad_ds(values, rsa_cert, name, "does not belong to the certificate");
    values = ds, values.partition = "other";
    expect_bad_ds(values, rsa_cert, name, "NVS partition that is not there");
    values = ds, values.space = "other";
    expect_bad_ds(values, rsa_cert, name, "NVS namespace that is not there");
    values = ds, values.key_id = -1;
    expect_bad_ds(values, rsa_cert, name, "without a Digital Signature key");
    values = ds, values.key_id = 6;
    expect_bad_ds(values, rsa_cert, name, "without a Digital Signature key");
    values = ds, values.rsa_bits = -1;
    expect_bad_ds(values, rsa_cert, name, "without a Digital Signature key");
    values = ds, values.rsa_bits = 0;
    expect_bad_ds(values, rsa_cert, name, "does not belong to the certificate");
    values = ds, values.c_len--;
    expect_bad_ds(values, rsa_cert, name, "without a Digital Signature key");
    values = ds, values.iv_len = 0;
    expect_bad_ds(values, rsa_cert, name, "without a Digital Signature key");
    expect_bad_ds(ds, rsa_cert, "esp-ds:", "names no NVS namespace");
    expect_bad_ds(ds, rsa_cert, "esp-ds:/esp_ds_ns", "names no NVS namespace");
    expect_bad_ds(ds, rsa_cert, "esp-ds:pre_prov/", "names no NVS namespace");
    expect_bad_ds(ds, rsa_cert, "esp-ds:a_name_of_16_chr", "names no NVS namespace");
    expect_bad_ds(ds, rsa_cert, "pkcs11:object=lamp",
                  "known here: esp-ds:, esp-secure-cert:, esp-secure-element:");
}

static void expect_bad_credential(struct port_mqtt_config config, enum port_mqtt_credential which,
                                  const char *log)
{
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_TLS);
    assert_int_equal(bad, which);
    assert_non_null(why);
    assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_TLS);
    assert_true(idf_log_has(log));
    assert_int_equal(mqtt_get_seen().starts, 0);
}

static void test_credentials(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_with(cert, key);
    enum port_mqtt_credential bad;
    const char *why;
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_OK);
    config.root_ca_pem = "nothing";
    expect_bad_credential(config, PORT_MQTT_ROOT_CA, "TLS: the root CA holds no certificate");
    config = config_with(cert, key);
    config.cert_pem = key;
    expect_bad_credential(config, PORT_MQTT_CERT, "TLS: the certificate holds no certificate");
    config = config_with(cert, key);
    config.key_pem = cert;
    expect_bad_credential(config, PORT_MQTT_KEY, "TLS: the private key holds no private key");
    config.key_pem = "-----BEGIN OTHER PRIVATE KEY-----";
    expect_bad_credential(config, PORT_MQTT_KEY, "does not belong to the certificate");
    config.key_pem =
        "friendlyName: ENCRYPTED\n-----BEGIN OTHER PRIVATE KEY-----\n-----END OTHER PRIVATE KEY-----\n";
    expect_bad_credential(config, PORT_MQTT_KEY, "does not belong to the certificate");
    config.key_pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    expect_bad_credential(config, PORT_MQTT_KEY, "is encrypted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_key_that_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_of_the_digital_signature_peripheral, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_that_espressifs_component_finds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_of_the_secure_element, setup, teardown),
        cmocka_unit_test_setup_teardown(test_references_that_lead_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credentials, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
