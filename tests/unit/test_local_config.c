/* SPDX-License-Identifier: MIT */
/* device/runtime/local_config.h: a text is judged field by field and stored whole or not at all, whatever the power does; what was refused leaves
 * no key behind; the answer fits into what Bluetooth carries at once. */
// LINK: device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "device/core/store/identity.h"
#include "device/core/store/pending.h"
#include "device/port/port_configure.h"
#include "device/runtime/local_config.h"
#include "device/runtime/records.h"
#include "fakes/fake_ports.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n"
#define KEY  "-----BEGIN EC PRIVATE KEY-----\\nSECRETKEY\\n-----END EC PRIVATE KEY-----\\n"
#define THING                                                                                                \
    "\"endpoint\":\"localhost\",\"rootCa\":\"" CERT "\",\"thingName\":\"lamp-1\",\"certificate\":\"" CERT    \
    "\",\"privateKey\":\"" KEY "\""
#define CLAIM                                                                                                \
    "\"endpoint\":\"localhost\",\"rootCa\":\"" CERT "\",\"claimCertificate\":\"" CERT                        \
    "\",\"claimPrivateKey\":\"" KEY "\",\"template\":\"fleet\""

static char room[LOCAL_CONFIG_ROOM];
static char answer[1024];
static char told[2048];
static struct local_config config;

static void tell(const char *field, const char *what)
{
    size_t len = strlen(told);
    snprintf(told + len, sizeof(told) - len, "%s %s|", field, what);
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    memset(room, 0, sizeof(room));
    told[0] = '\0';
    config = (struct local_config){.room = room, .tell = tell};
    return 0;
}

static bool take(const char *text)
{
    size_t len = strlen(text);
    assert_true(len <= CONFIG_RECORD_MAX);
    memcpy(room + LOCAL_CONFIG_TEXT, text, len);
    told[0] = '\0';
    bool result = local_config_take(&config, len, answer, sizeof(answer));
    struct json_field result_field = {.key = "result", .parent = JSON_TOP};
    assert_int_equal(json_read(slice_from(answer), &result_field, 1, NULL), ERR_OK);
    assert_true(json_string_is(result_field.text, result ? "ok" : "refused"));
    return result;
}

static bool is_in_room(const char *text)
{
    size_t len = strlen(text);
    for (size_t at = 0; at + len <= sizeof(room); at++) {
        if (!memcmp(room + at, text, len)) {
            return true;
        }
    }
    return false;
}

/* What a boot finds. */
static enum err load(void)
{
    static char other[LOCAL_CONFIG_ROOM];
    config = (struct local_config){.room = other, .tell = tell};
    return local_config_load(&config);
}

static const char *field(enum config_field which)
{
    return config.texts.of[which] ? config.texts.of[which] : "";
}

static void test_a_good_text_is_stored_and_read_again(void **state)
{
    (void)state;
    assert_int_equal(load(), ERR_NOT_FOUND);
    setup(state);
    assert_true(take("{" THING ",\"port\":443,\"wifiSsid\":\"home\",\"wifiPassword\":\"pw\"}"));
    assert_string_equal(answer, "{\"result\":\"ok\"}");
    assert_int_equal(config.way, CONFIG_WAY_THING);
    assert_string_equal(config.ssid, "home");
    assert_int_equal(fake_put_count(), 1);
    assert_int_equal(load(), ERR_OK);
    assert_int_equal(config.way, CONFIG_WAY_THING);
    assert_string_equal(field(CONFIG_THING_NAME), "lamp-1");
    assert_string_equal(field(CONFIG_PORT), "443");
    assert_string_equal(config.ssid, "home");
    assert_string_equal(config.password, "pw");
    assert_null(strstr(fake_log(), "SECRETKEY"));
}

static void test_a_refused_text_changes_nothing_and_stays_nowhere(void **state)
{
    (void)state;
    assert_true(take("{" THING "}"));
    unsigned puts = fake_put_count();
    assert_false(take("{\"endpoint\":\"https://x\",\"privateKey\":\"" KEY "\"}"));
    assert_non_null(strstr(answer, "{\"field\":\"endpoint\",\"what\":\"has a scheme; "));
    assert_non_null(strstr(told, "rootCa is missing|"));
    assert_false(is_in_room("SECRETKEY"));
    assert_int_equal(fake_put_count(), puts);
    assert_false(take("{\"privateKey\":\"" KEY)); /* cut off */
    assert_false(is_in_room("SECRETKEY"));
    assert_null(strstr(answer, "SECRETKEY"));
    assert_int_equal(load(), ERR_OK);
    assert_string_equal(field(CONFIG_ENDPOINT), "localhost");
}

/* The TLS library of the port has the last word, and the finding has the name of the field that the text has. */
static void test_certificates_that_the_port_cannot_use(void **state)
{
    (void)state;
    fake_mqtt_refuse_credential(PORT_MQTT_KEY, "does not belong to the certificate");
    assert_false(take("{" THING "}"));
    assert_string_equal(told, "privateKey does not belong to the certificate|");
    assert_false(take("{" CLAIM "}"));
    assert_string_equal(told, "claimPrivateKey does not belong to the certificate|");
    fake_mqtt_refuse_credential(PORT_MQTT_CERT, "cannot be read");
    assert_false(take("{" CLAIM "}"));
    assert_string_equal(told, "claimCertificate cannot be read|");
    assert_int_equal(fake_put_count(), 0);
}

static void test_findings_for_which_there_is_no_room_are_counted(void **state)
{
    (void)state;
    char text[2000] = "{\"x\":0";
    for (int i = 0; i < 40; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof(text) - len, ",\"\\u0022<script>%d\":0", i);
    }
    strcat(text, "}");
    size_t len = strlen(text);
    memcpy(room + LOCAL_CONFIG_TEXT, text, len);
    assert_false(local_config_take(&config, len, answer, PORT_CONFIGURE_ANSWER_CAP));
    assert_true(strlen(answer) < PORT_CONFIGURE_ANSWER_CAP);
    struct json_field more = {.key = "more", .parent = JSON_TOP};
    assert_int_equal(json_read(slice_from(answer), &more, 1, NULL), ERR_OK);
    assert_int_equal(more.type, JSON_NUMBER);
    assert_null(strstr(answer, "<script>")); /* somebody shows it in a page */
    assert_false(local_config_take(&config, CONFIG_RECORD_MAX + 1, answer, sizeof(answer)));
    assert_non_null(strstr(answer, "is too long (up to 6144 bytes)"));
}

/* The network's name comes before or after the rest, apart from it or with it; a text that does not speak of it leaves it as it is. */
static void test_the_network(void **state)
{
    (void)state;
    assert_true(local_config_take_wifi(&config, "home", "secret"));
    assert_int_equal(config.way, CONFIG_WAY_WIFI);
    assert_int_equal(load(), ERR_OK);
    assert_int_equal(config.way, CONFIG_WAY_WIFI);
    setup(state);
    assert_true(local_config_take_wifi(&config, "home", "secret"));
    assert_false(take("{\"endpoint\":1}"));
    assert_true(take("{" THING "}"));
    assert_string_equal(field(CONFIG_WIFI_SSID), "home");
    assert_true(local_config_take_wifi(&config, "other", ""));
    assert_string_equal(field(CONFIG_THING_NAME), "lamp-1");
    assert_int_equal(load(), ERR_OK);
    assert_int_equal(config.way, CONFIG_WAY_THING);
    assert_string_equal(field(CONFIG_WIFI_SSID), "other");
    assert_string_equal(config.password, "");
    assert_true(config.texts.of[CONFIG_WIFI_PASSWORD] == NULL);
}

static void put_record(enum record_kind kind, const char *payload, size_t len)
{
    static char record[RECORD_BYTES(IDENTITY_MAX)];
    memcpy(record + RECORD_HEADER_BYTES, payload, len);
    assert_int_equal(runtime_record_write(kind, record, len), ERR_OK);
}

static bool has_record(enum record_kind kind)
{
    static char record[RECORD_BYTES(CONFIG_RECORD_MAX)];
    struct slice payload;
    return !runtime_record_read(kind, record, sizeof(record), &payload);
}

/* A device that gets a claim shall be provisioned by it, whoever it was before; one that gets a thing's certificate is that thing anyway. */
static void test_a_claim_is_a_new_beginning(void **state)
{
    (void)state;
    put_record(RECORD_IDENTITY, "x", 1);
    put_record(RECORD_PENDING, "x", 1);
    assert_true(take("{" THING "}"));
    assert_true(has_record(RECORD_IDENTITY));
    assert_false(take("{" CLAIM ",\"template\":1}"));
    assert_true(has_record(RECORD_IDENTITY));
    assert_true(take("{" CLAIM "}"));
    assert_int_equal(config.way, CONFIG_WAY_CLAIM);
    assert_false(has_record(RECORD_IDENTITY));
    assert_false(has_record(RECORD_PENDING));
}

static void test_storage_that_does_not_take_it(void **state)
{
    (void)state;
    fake_store_fail(ERR_STORAGE);
    assert_false(take("{" THING "}"));
    assert_non_null(strstr(answer, "cannot be stored"));
    assert_false(local_config_take_wifi(&config, "home", "pw"));
    fake_store_fail(ERR_OK);
    assert_true(take("{" THING "}"));
    assert_string_equal(field(CONFIG_WIFI_SSID), "home"); /* kept for the next text */
}

/* Wherever the power goes: the old configuration or the new one, and never a new claim beside an identity of before. */
static void test_power_cut_anywhere(void **state)
{
    (void)state;
    for (unsigned operations = 0;; operations++) {
        setup(state);
        assert_true(take("{" THING "}"));
        put_record(RECORD_IDENTITY, "x", 1);
        fake_store_cut(operations);
        take("{" CLAIM "}");
        unsigned done = fake_store_operations();
        fake_store_cut(UINT_MAX);
        assert_int_equal(load(), ERR_OK);
        if (config.way == CONFIG_WAY_CLAIM) {
            assert_false(has_record(RECORD_IDENTITY));
        } else {
            assert_int_equal(config.way, CONFIG_WAY_THING);
        }
        if (done <= operations) {
            assert_int_equal(config.way, CONFIG_WAY_CLAIM);
            return;
        }
    }
}

static void test_a_stored_configuration_that_cannot_be_used(void **state)
{
    (void)state;
    put_record(RECORD_CONFIG, "\1host", 5);
    assert_int_equal(load(), ERR_NOT_FOUND);
    assert_true(fake_log_has("the stored configuration cannot be used"));
    put_record(RECORD_CONFIG, "\1host\0", 7); /* an endpoint alone */
    assert_int_equal(load(), ERR_NOT_FOUND);
    assert_int_equal(config.len, 0);
}

/* The longest text that is taken, and what the network's name does not fit beside. */
static void test_no_room_for_the_network(void **state)
{
    (void)state;
    static char text[CONFIG_RECORD_MAX + 1];
    assert_true(local_config_take_wifi(&config, "home", "secret"));
    /* the root CA is padded by text outside of its block */
    snprintf(text, sizeof(text),
             "{\"endpoint\":\"localhost\",\"thingName\":\"lamp-1\",\"certificate\":\"" CERT
             "\",\"privateKey\":\"" KEY "\",\"rootCa\":\"" CERT);
    size_t len = strlen(text);
    memset(text + len, 'x', CONFIG_RECORD_MAX - 2 - len);
    strcpy(text + CONFIG_RECORD_MAX - 2, "\"}");
    assert_true(take(text)); /* keys and quotes of JSON leave room for a short one */
    assert_string_equal(field(CONFIG_WIFI_SSID), "home");
    static char ssid[33], password[65];
    memset(ssid, 's', sizeof(ssid) - 1);
    memset(password, 'p', sizeof(password) - 1);
    assert_false(local_config_take_wifi(&config, ssid, password)); /* kept for the next text */
    assert_string_equal(field(CONFIG_THING_NAME), "lamp-1");       /* where it stands now */
    assert_false(take(text));
    assert_string_equal(told, " is too long with the network's name and password|");
    assert_int_equal(load(), ERR_OK);
    assert_int_equal(config.way, CONFIG_WAY_THING);
    assert_string_equal(field(CONFIG_WIFI_SSID), "home");
}

static void test_answers_for_which_there_is_no_room(void **state)
{
    (void)state;
    size_t len = strlen("{" THING "}");
    memcpy(room + LOCAL_CONFIG_TEXT, "{" THING "}", len);
    assert_true(local_config_take(&config, len, answer, 10));
    assert_string_equal(answer, "");
    memcpy(room + LOCAL_CONFIG_TEXT, "[]", 2);
    assert_false(local_config_take(&config, 2, answer, 10));
    assert_string_equal(answer, "");
}

static void test_erase(void **state)
{
    (void)state;
    assert_true(take("{" THING "}"));
    put_record(RECORD_IDENTITY, "x", 1);
    put_record(RECORD_PENDING, "x", 1);
    put_record(RECORD_CLOCK, "x", 1);
    put_record(RECORD_ROTATION, "x", 1);
    put_record(RECORD_APP, "x", 1);
    assert_int_equal(local_config_erase(), ERR_OK);
    assert_false(has_record(RECORD_CONFIG) || has_record(RECORD_IDENTITY) || has_record(RECORD_PENDING));
    assert_false(has_record(RECORD_CLOCK) || has_record(RECORD_ROTATION));
    assert_true(has_record(RECORD_APP));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_good_text_is_stored_and_read_again),
        TEST(test_a_refused_text_changes_nothing_and_stays_nowhere),
        TEST(test_certificates_that_the_port_cannot_use),
        TEST(test_findings_for_which_there_is_no_room_are_counted),
        TEST(test_the_network),
        TEST(test_a_claim_is_a_new_beginning),
        TEST(test_storage_that_does_not_take_it),
        TEST(test_power_cut_anywhere),
        TEST(test_a_stored_configuration_that_cannot_be_used),
        TEST(test_no_room_for_the_network),
        TEST(test_answers_for_which_there_is_no_room),
        TEST(test_erase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
