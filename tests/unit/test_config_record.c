/* SPDX-License-Identifier: MIT */
/* device/core/store: the record of a local configuration, the text by which it comes, and the sentences about its values. Hostile bytes are
 * refused with a line that names the field; nothing is read as a configuration that none of these functions has made. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/store/config_check.h"
#include "include/lib_config.h"

#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"

static char payload[CONFIG_RECORD_MAX];
static char heard[4096]; /* "field what|" for each finding */

static int setup(void **state)
{
    (void)state;
    memset(payload, 0x55, sizeof(payload));
    heard[0] = '\0';
    return 0;
}

static void hear(void *ctx, struct slice field, const char *what)
{
    size_t len = strlen(heard);
    assert_ptr_equal(ctx, heard);
    snprintf(heard + len, sizeof(heard) - len, "%.*s %s|", (int)field.len, field.ptr, what);
}

/* The text becomes a payload; its length, 0: refused. The bytes stand in an array of just their size, for ASan. */
static size_t read_text_of(const char *text, size_t text_len, struct config_texts *texts)
{
    static char exact[CONFIG_RECORD_MAX];
    size_t len = 0;
    char *place = exact + sizeof(exact) - text_len;
    memcpy(place, text, text_len);
    heard[0] = '\0';
    if (!config_text_to_record(place, text_len, &len, hear, heard)) {
        return 0;
    }
    assert_in_range(len, 1, text_len);
    assert_true(config_record_read((struct slice){place, len}, texts));
    return len;
}

static size_t read_text(const char *text, struct config_texts *texts)
{
    return read_text_of(text, strlen(text), texts);
}

/* ---- the record */

static size_t set(size_t len, enum config_field field, const char *text)
{
    return config_record_set(payload, len, sizeof(payload), field, text);
}

static void test_fields_are_set_replaced_and_taken_away(void **state)
{
    (void)state;
    struct config_texts texts;
    payload[0] = '\0';
    size_t len = set(1, CONFIG_ENDPOINT, "first");
    len = set(len, CONFIG_WIFI_SSID, "home");
    len = set(len, CONFIG_TEMPLATE, "fleet");
    len = set(len, CONFIG_ENDPOINT, "a longer one");
    assert_true(config_record_read((struct slice){payload, len}, &texts));
    assert_string_equal(texts.of[CONFIG_ENDPOINT], "a longer one");
    assert_string_equal(texts.of[CONFIG_WIFI_SSID], "home");
    assert_string_equal(texts.of[CONFIG_TEMPLATE], "fleet");
    assert_null(texts.of[CONFIG_PORT]);
    len = set(len, CONFIG_WIFI_SSID, NULL);
    len = set(len, CONFIG_TEMPLATE, "");
    assert_true(config_record_read((struct slice){payload, len}, &texts));
    assert_null(texts.of[CONFIG_WIFI_SSID]);
    assert_null(texts.of[CONFIG_TEMPLATE]);
    assert_string_equal(texts.of[CONFIG_ENDPOINT], "a longer one");
    assert_int_equal(set(len, CONFIG_ENDPOINT, NULL), 1); /* empty again */
}

static void test_what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    static char before[sizeof(payload)];
    payload[0] = '\0';
    size_t len = set(1, CONFIG_ENDPOINT, "host");
    memcpy(before, payload, sizeof(payload));
    assert_int_equal(config_record_set(payload, len, len + 5, CONFIG_TEMPLATE, "text"), 0);
    assert_memory_equal(payload, before, sizeof(payload));
    assert_int_equal(config_record_set(payload, len, len + 6, CONFIG_TEMPLATE, "text"), len + 6);
    len += 6;
    assert_int_equal(config_record_set(payload, len, len, CONFIG_ENDPOINT, "tsoh"), len);
    assert_int_equal(config_record_set(payload, len - 1, sizeof(payload), CONFIG_PORT, "1"),
                     0); /* no payload */
}

/* As stored by every firmware since: number, text, NUL for each field, a 0 at the end. */
static void test_bytes_on_the_flash(void **state)
{
    (void)state;
    static const char known[] = "\1host\0\2"
                                "443\0\3ca\0\4lamp\0\5c\0\6k\0\7cc\0\10ck\0\11t\0\12s\0\13p\0\14x";
    struct config_texts texts;
    assert_int_equal(CONFIG_FIELDS, 13); /* a new one gets its number here */
    assert_false(config_record_read((struct slice){known, sizeof(known)}, &texts)); /* no end */
    char whole[sizeof(known) + 1];
    memcpy(whole, known, sizeof(known));
    whole[sizeof(known)] = '\0';
    assert_true(config_record_read((struct slice){whole, sizeof(whole)}, &texts));
    static const char *const expected[CONFIG_FIELDS] = {NULL, "host", "443", "ca", "lamp", "c", "k",
                                                        "cc", "ck",   "t",   "s",  "p",    "x"};
    for (int field = 1; field < CONFIG_FIELDS; field++) {
        assert_string_equal(texts.of[field], expected[field]);
    }
}

static void expect_none(const char *bytes, size_t len)
{
    struct config_texts texts = {{"before"}};
    assert_false(config_record_read((struct slice){bytes, len}, &texts));
    assert_string_equal(texts.of[0], "before");
}

static void test_what_is_no_record(void **state)
{
    (void)state;
    static const char good[] = "\1host\0\2"
                               "443\0"; /* and the literal's NUL: the end */
    struct config_texts texts;
    assert_true(config_record_read((struct slice){good, sizeof(good)}, &texts));
    for (size_t len = 0; len < sizeof(good); len++) {
        expect_none(good, len);
    }
    expect_none("\1host\0\1host\0", 13); /* twice */
    expect_none("\1\0", 3);              /* an empty text */
    expect_none("\1host\0\0\0", 8);      /* more behind the end */
    expect_none("\200host\0", 7);        /* a number that no firmware uses */
    assert_true(config_record_read((struct slice){"\100later\0\1host\0", 14}, &texts));
    assert_string_equal(texts.of[CONFIG_ENDPOINT], "host"); /* a later firmware's field is passed over */
}

/* ---- the text */

static void test_text_becomes_record(void **state)
{
    (void)state;
    struct config_texts texts;
    assert_true(
        read_text(
            " {\"endpoint\":\"host\", \"port\": 443,\n\"privateKey\":\"a\\nb\\u0041\\\"\",\"template\":null,"
            "\"wifiSsid\":\"\",\"\\u0074hingName\":\"lamp\"}\n",
            &texts) > 0);
    assert_string_equal(texts.of[CONFIG_ENDPOINT], "host");
    assert_string_equal(texts.of[CONFIG_PORT], "443");
    assert_string_equal(texts.of[CONFIG_PRIVATE_KEY], "a\nbA\"");
    assert_string_equal(texts.of[CONFIG_THING_NAME], "lamp");
    assert_null(texts.of[CONFIG_TEMPLATE]);
    assert_null(texts.of[CONFIG_WIFI_SSID]);
    assert_string_equal(heard, "");
    assert_int_equal(read_text("{}", &texts), 1);
    assert_true(read_text("{\"port\":\"8883\"}", &texts) > 0);
    assert_string_equal(texts.of[CONFIG_PORT], "8883");
    assert_true(read_text("{\"port\":1}", &texts) > 0); /* the shortest member there is */
    assert_string_equal(texts.of[CONFIG_PORT], "1");
}

/* Every field at once, each with the longest escapes: the record never runs into what is still to be read. */
static void test_every_field_in_every_order(void **state)
{
    (void)state;
    char text[1024];
    struct config_texts texts;
    for (int first = 1; first < CONFIG_FIELDS; first++) {
        size_t len = (size_t)snprintf(text, sizeof(text), "{");
        for (int i = 0; i < CONFIG_FIELDS - 1; i++) {
            int field = (first - 1 + i) % (CONFIG_FIELDS - 1) + 1;
            len +=
                (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%s\":\"%d%s\"", i ? "," : "",
                                 config_field_name((enum config_field)field), field, i % 2 ? "\\u20ac" : "");
        }
        snprintf(text + len, sizeof(text) - len, "}");
        assert_true(read_text(text, &texts) > 0);
        for (int i = 0; i < CONFIG_FIELDS - 1; i++) {
            int field = (first - 1 + i) % (CONFIG_FIELDS - 1) + 1;
            snprintf(text, sizeof(text), "%d%s", field, i % 2 ? "\xe2\x82\xac" : "");
            assert_string_equal(texts.of[field], text);
        }
    }
}

static const struct {
    const char *text, *findings;
} bad_texts[] = {
    {"", " JSON text ends too early|"},
    {"{\"endpoint\":\"h\"", " JSON text ends too early|"},
    {"[]", " not a JSON object|"},
    {"{\"endpont\":\"h\"}", "endpont is no field of a configuration|"},
    {"{\"endpoint\":1}", "endpoint is not a text|"},
    {"{\"port\":true}", "port is not a text|"},
    {"{\"rootCa\":{}}", "rootCa is not a text|"},
    {"{\"thingName\":[\"x\"]}", "thingName is not a text|"},
    {"{\"endpoint\":\"a\",\"endpoint\":\"b\"}", "endpoint stands there twice|"},
    {"{\"endpoint\":null,\"\\u0065ndpoint\":\"b\"}", "\\u0065ndpoint stands there twice|"},
    {"{\"endpoint\":\"a\\u0000b\"}", "endpoint has a character that no text has|"},
    {"{\"endpoint\":\"\\ud800\"}", "endpoint has a character that no text has|"},
    {"{\"endpoint\":\"a\nb\"}", " not valid JSON|"},
    {"{\"endpoint\":\"\xff\"}", " not valid UTF-8|"},
    {"{\"a\":1,\"b\":2}", "a is no field of a configuration|b is no field of a configuration|"},
};

static void test_texts_that_are_refused(void **state)
{
    (void)state;
    struct config_texts texts;
    for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++) {
        assert_int_equal(read_text(bad_texts[i].text, &texts), 0);
        assert_string_equal(heard, bad_texts[i].findings);
    }
    assert_int_equal(read_text_of("{\"endpoint\":\"a\0b\"}", 18, &texts), 0);
}

/* ---- the values */

static struct config_texts thing(void)
{
    struct config_texts texts = {{NULL}};
    texts.of[CONFIG_ENDPOINT] = "localhost";
    texts.of[CONFIG_ROOT_CA] = CERT;
    texts.of[CONFIG_THING_NAME] = "lamp-1";
    texts.of[CONFIG_CERTIFICATE] = CERT;
    texts.of[CONFIG_PRIVATE_KEY] = KEY;
    return texts;
}

static struct config_texts claim(void)
{
    struct config_texts texts = {{NULL}};
    texts.of[CONFIG_ENDPOINT] = "localhost";
    texts.of[CONFIG_ROOT_CA] = CERT;
    texts.of[CONFIG_CLAIM_CERTIFICATE] = CERT;
    texts.of[CONFIG_CLAIM_PRIVATE_KEY] = KEY;
    texts.of[CONFIG_TEMPLATE] = "fleet_1";
    return texts;
}

static enum config_way check(const struct config_texts *texts)
{
    heard[0] = '\0';
    return config_check(texts, hear, heard);
}

static void test_the_ways(void **state)
{
    (void)state;
    struct config_texts texts = thing();
    assert_int_equal(check(&texts), CONFIG_WAY_THING);
    texts.of[CONFIG_PORT] = "443";
    texts.of[CONFIG_WIFI_SSID] = "home";
    texts.of[CONFIG_NAME_PREFIX] = "lamp";
    texts.of[CONFIG_PRIVATE_KEY] = "pkcs11:token=lamps;object=lamp-1";
    texts.of[CONFIG_CERTIFICATE] = "pkcs11:token=lamps;object=lamp-1";
    assert_int_equal(check(&texts), CONFIG_WAY_THING);
    texts = claim();
    assert_int_equal(check(&texts), CONFIG_WAY_CLAIM);
    texts = (struct config_texts){{NULL}};
    texts.of[CONFIG_WIFI_SSID] = "home";
    texts.of[CONFIG_WIFI_PASSWORD] = "secret";
    texts.of[CONFIG_NAME_PREFIX] = "lamp";
    assert_int_equal(check(&texts), CONFIG_WAY_WIFI);
    assert_string_equal(heard, "");
}

static void test_all_that_is_missing_is_said_at_once(void **state)
{
    (void)state;
    struct config_texts texts = {{NULL}};
    assert_int_equal(check(&texts), CONFIG_WAY_BAD);
    assert_non_null(strstr(heard, "endpoint is empty"));
    assert_non_null(strstr(heard, "rootCa is missing"));
    assert_non_null(strstr(heard, "thingName is missing"));
    assert_non_null(strstr(heard, "|certificate is missing"));
    assert_non_null(strstr(heard, "privateKey is missing"));
    texts.of[CONFIG_TEMPLATE] = "fleet";
    assert_int_equal(check(&texts), CONFIG_WAY_BAD);
    assert_non_null(strstr(heard, "claimCertificate is missing"));
    assert_non_null(strstr(heard, "claimPrivateKey is missing"));
    assert_null(strstr(heard, "thingName"));
}

static char long_text[260];
static const char *of_length(size_t len)
{
    memset(long_text, 'a', sizeof(long_text) - 1);
    return long_text + sizeof(long_text) - 1 - len;
}

static void test_bad_values(void **state)
{
    (void)state;
    long_text[sizeof(long_text) - 1] = '\0';
    static const struct {
        enum config_field field;
        const char *text, *finding;
    } rows[] = {
        {CONFIG_ENDPOINT, "https://x", "endpoint has a scheme"},
        {CONFIG_ENDPOINT, "x/y", "endpoint has a path"},
        {CONFIG_ENDPOINT, "x:8883", "endpoint has a port"},
        {CONFIG_ENDPOINT, "a b", "endpoint has a character"},
        {CONFIG_PORT, "0", "port is not 1 to 65535"},
        {CONFIG_PORT, "65536", "port is not 1 to 65535"},
        {CONFIG_PORT, "x", "port is not 1 to 65535"},
        {CONFIG_ROOT_CA, KEY, "rootCa is not PEM"},
        {CONFIG_ROOT_CA, "pkcs11:x", "rootCa is not PEM"},
        {CONFIG_THING_NAME, "a/b", "thingName has a character"},
        {CONFIG_CERTIFICATE, "cert.pem", "certificate is not PEM"},
        {CONFIG_PRIVATE_KEY, CERT, "privateKey is not PEM"},
        {CONFIG_NAME_PREFIX, "a b", "deviceNamePrefix has a character"},
        {CONFIG_NAME_PREFIX, "sixteen_letters_", "deviceNamePrefix is too long"},
        {CONFIG_WIFI_PASSWORD, "x", "wifiSsid is missing, but there is a password"},
        {CONFIG_TEMPLATE, "fleet", "claimCertificate comes with a thing's certificate"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_texts texts = thing();
        texts.of[rows[i].field] = rows[i].text;
        assert_int_equal(check(&texts), CONFIG_WAY_BAD);
        if (!strstr(heard, rows[i].finding)) {
            fail_msg("row %zu: %s", i, heard);
        }
    }
    struct config_texts texts = claim();
    texts.of[CONFIG_TEMPLATE] = "a/b";
    assert_int_equal(check(&texts), CONFIG_WAY_BAD);
    assert_non_null(strstr(heard, "template has a character"));
}

/* The lengths that include/lib_config.h and AWS IoT name, to the byte. */
static void test_lengths(void **state)
{
    (void)state;
    long_text[sizeof(long_text) - 1] = '\0';
    assert_null(config_check_host(of_length(LENGTH_HOST_NAME - 1)));
    assert_non_null(config_check_host(of_length(LENGTH_HOST_NAME)));
    assert_null(config_check_thing_name(of_length(LENGTH_THING_NAME - 1)));
    assert_non_null(config_check_thing_name(of_length(LENGTH_THING_NAME)));
    assert_null(config_check_wifi_ssid(of_length(LENGTH_WIFI_CRED_SSID - 1)));
    assert_non_null(config_check_wifi_ssid(of_length(LENGTH_WIFI_CRED_SSID)));
    assert_null(config_check_wifi_password(of_length(LENGTH_WIFI_CRED_PASSWORD - 1)));
    assert_non_null(config_check_wifi_password(of_length(LENGTH_WIFI_CRED_PASSWORD)));
    assert_null(config_check_prefix(of_length(LENGTH_DEVICE_NAME_PREFIX - 1)));
    assert_non_null(config_check_prefix(of_length(LENGTH_DEVICE_NAME_PREFIX)));
    assert_null(config_check_template(of_length(36)));
    assert_non_null(config_check_template(of_length(37)));
    assert_int_equal(config_port_of(NULL), 8883);
    assert_int_equal(config_port_of("65535"), 65535);
}

/* Keys and the password, and nothing else, are kept from who looks. */
static void test_secrets(void **state)
{
    (void)state;
    unsigned secrets = 0;
    for (int field = 1; field < CONFIG_FIELDS; field++) {
        secrets += config_field_is_secret((enum config_field)field);
    }
    assert_int_equal(secrets, 3);
    assert_true(config_field_is_secret(CONFIG_PRIVATE_KEY));
    assert_true(config_field_is_secret(CONFIG_CLAIM_PRIVATE_KEY));
    assert_true(config_field_is_secret(CONFIG_WIFI_PASSWORD));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields_are_set_replaced_and_taken_away),
        TEST(test_what_does_not_fit_changes_nothing),
        TEST(test_bytes_on_the_flash),
        TEST(test_what_is_no_record),
        TEST(test_text_becomes_record),
        TEST(test_every_field_in_every_order),
        TEST(test_texts_that_are_refused),
        TEST(test_the_ways),
        TEST(test_all_that_is_missing_is_said_at_once),
        TEST(test_bad_values),
        TEST(test_lengths),
        TEST(test_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
