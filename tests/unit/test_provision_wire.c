/* SPDX-License-Identifier: MIT */
/* device/core/provision/provision_wire: topics and payloads word by word as in AWS's "Device provisioning MQTT API", and what is made of answers that
 * are not as they should be. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/provision/provision_wire.h"

#include <stdio.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char room[PENDING_MAX];

static void expect_topic(enum provision_request request, enum provision_answer answer, const char *expected)
{
    char topic[PROVISION_TOPIC_CAP];
    enum provision_request found = PROVISION_REQUEST_COUNT;
    provision_wire_topic(topic, "lamps", request, answer);
    assert_string_equal(topic, expected);
    assert_int_equal(provision_wire_parse_topic("lamps", slice_from(expected), &found), answer);
    assert_int_equal(found, answer == PROVISION_ANSWER_NONE ? PROVISION_REQUEST_COUNT : request);
}

static void test_topics(void **state)
{
    (void)state;
    enum provision_request request;
    char topic[PROVISION_TOPIC_CAP];
    expect_topic(PROVISION_REQUEST_CERT, PROVISION_ANSWER_NONE, "$aws/certificates/create-from-csr/json");
    expect_topic(PROVISION_REQUEST_CERT, PROVISION_ANSWER_ACCEPTED,
                 "$aws/certificates/create-from-csr/json/accepted");
    expect_topic(PROVISION_REQUEST_CERT, PROVISION_ANSWER_REJECTED,
                 "$aws/certificates/create-from-csr/json/rejected");
    expect_topic(PROVISION_REQUEST_REG, PROVISION_ANSWER_NONE,
                 "$aws/provisioning-templates/lamps/provision/json");
    expect_topic(PROVISION_REQUEST_REG, PROVISION_ANSWER_ACCEPTED,
                 "$aws/provisioning-templates/lamps/provision/json/accepted");
    expect_topic(PROVISION_REQUEST_REG, PROVISION_ANSWER_REJECTED,
                 "$aws/provisioning-templates/lamps/provision/json/rejected");
    static const char *const others[] = {"", "$aws/certificates/create-from-csr/json/accepted/",
                                         "$aws/provisioning-templates/lamp/provision/json/accepted",
                                         "$aws/certificates/create/json/accepted"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(provision_wire_parse_topic("lamps", slice_from(others[i]), &request),
                         PROVISION_ANSWER_NONE);
    }
    provision_wire_topic(topic, "123456789012345678901234567890123456", PROVISION_REQUEST_REG,
                         PROVISION_ANSWER_ACCEPTED);
    assert_true(strlen(topic) < PROVISION_TOPIC_CAP - 1);
    assert_string_equal(provision_wire_name(PROVISION_REQUEST_CERT), "CreateCertificateFromCsr");
    assert_string_equal(provision_wire_name(PROVISION_REQUEST_REG), "RegisterThing");
}

/* AWS IoT: 1..36 of [0-9A-Za-z_-]. */
static void test_template_names(void **state)
{
    (void)state;
    assert_true(provision_wire_is_template_name("Aa0_-"));
    assert_true(provision_wire_is_template_name("123456789012345678901234567890123456"));
    assert_false(provision_wire_is_template_name("1234567890123456789012345678901234567"));
    assert_false(provision_wire_is_template_name("a/b"));
    assert_false(provision_wire_is_template_name("a+"));
    assert_false(provision_wire_is_template_name(""));
    assert_false(provision_wire_is_template_name(NULL));
}

static void test_requests(void **state)
{
    (void)state;
    const struct provision_parameter parameters[] = {
        {"SerialNumber", "12\"34"}, {"AppVersion", ""}, {"Colour", NULL}, {"Place", "x"}};
    struct provision_config config = {.parameters = parameters, .parameter_count = 4};
    char out[256];
    size_t len;
    assert_int_equal(provision_wire_csr("-----BEGIN\nabc\n", out, sizeof(out), &len), ERR_OK);
    assert_string_equal(out, "{\"certificateSigningRequest\":\"-----BEGIN\\nabc\\n\"}");
    assert_int_equal(len, strlen(out));
    assert_int_equal(provision_wire_csr("-----BEGIN\nabc\n", out, len, &len), ERR_TOO_LONG);
    assert_int_equal(provision_wire_registration(&config, "t.o-k", out, sizeof(out), &len), ERR_OK);
    assert_string_equal(out, "{\"certificateOwnershipToken\":\"t.o-k\",\"parameters\":{\"SerialNumber\":"
                             "\"12\\\"34\",\"Place\":\"x\"}}");
    config.parameter_count = 0;
    assert_int_equal(provision_wire_registration(&config, "t", out, sizeof(out), &len), ERR_OK);
    assert_string_equal(out, "{\"certificateOwnershipToken\":\"t\",\"parameters\":{}}");
}

static enum err read_certificate(const char *payload, struct pending *into)
{
    *into =
        (struct pending){.key_pem = "k", .cert_pem = "before", .certificate_id = "before", .token = "before"};
    return provision_wire_read_certificate(slice_from(payload), room, sizeof(room), into);
}

static void test_certificate(void **state)
{
    static const char too_long[] = "\"certificateId\":\"" ID "0\",";
    static const char no_hex[] =
        "\"certificateId\":\"G123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",";
    (void)state;
    struct pending into;
    assert_int_equal(
        read_certificate("{\"certificateId\":\"" ID
                         "\",\"certificatePem\":\"a\\nb\",\"certificateOwnershipToken\":\"t\\u002ek\"}",
                         &into),
        ERR_OK);
    assert_string_equal(into.cert_pem, "a\nb");
    assert_string_equal(into.certificate_id, ID);
    assert_string_equal(into.token, "t.k");
    assert_ptr_equal(into.cert_pem, room);
    static const char *const without_id[] = {"", "\"certificateId\":\"short\",", "\"certificateId\":7,",
                                             too_long, no_hex};
    for (size_t i = 0; i < sizeof(without_id) / sizeof(without_id[0]); i++) {
        char payload[256];
        snprintf(payload, sizeof(payload), "{%s\"certificatePem\":\"c\",\"certificateOwnershipToken\":\"t\"}",
                 without_id[i]);
        assert_int_equal(read_certificate(payload, &into), ERR_OK);
        assert_string_equal(into.certificate_id, "");
        assert_string_equal(into.token, "t");
        assert_ptr_equal(into.token, room + 3); /* the empty id has its place, in the order of the record */
    }
}

static void expect_no_certificate(const char *payload, enum err expected)
{
    struct pending into;
    assert_int_equal(read_certificate(payload, &into), expected);
    assert_string_equal(into.cert_pem, "before");
    assert_string_equal(into.token, "before");
}

static void test_no_certificate(void **state)
{
    (void)state;
    static char longest[2 * DEVICE_CERTIFICATE_CAP];
    static char cert[DEVICE_CERTIFICATE_CAP + 1];
    struct pending into;
    expect_no_certificate("", ERR_JSON_INCOMPLETE);
    expect_no_certificate("[]", ERR_JSON_NOT_OBJECT);
    expect_no_certificate("{}", ERR_NOT_FOUND);
    expect_no_certificate("{\"certificatePem\":\"c\"}", ERR_NOT_FOUND);
    expect_no_certificate("{\"certificatePem\":\"\",\"certificateOwnershipToken\":\"t\"}", ERR_NOT_FOUND);
    expect_no_certificate("{\"certificatePem\":\"c\",\"certificateOwnershipToken\":1}", ERR_NOT_FOUND);
    expect_no_certificate(
        "{\"certificatePem\":\"c\",\"certificatePem\":\"d\",\"certificateOwnershipToken\":\"t\"}",
        ERR_JSON_AMBIGUOUS);
    expect_no_certificate("{\"certificatePem\":\"c\\u0000\",\"certificateOwnershipToken\":\"t\"}",
                          ERR_JSON_STRING);
    memset(cert, 'c', DEVICE_CERTIFICATE_CAP);
    snprintf(longest, sizeof(longest), "{\"certificatePem\":\"%s\",\"certificateOwnershipToken\":\"t\"}",
             cert);
    expect_no_certificate(longest, ERR_TOO_LONG);
    snprintf(longest, sizeof(longest), "{\"certificatePem\":\"%s\",\"certificateOwnershipToken\":\"t\"}",
             cert + 1);
    assert_int_equal(read_certificate(longest, &into), ERR_OK);
    snprintf(longest, sizeof(longest), "{\"certificatePem\":\"c\",\"certificateOwnershipToken\":\"%s\"}",
             cert + DEVICE_CERTIFICATE_CAP - DEVICE_OWNERSHIP_TOKEN_CAP);
    expect_no_certificate(longest, ERR_TOO_LONG);
    static const char shortest[] = "{\"certificatePem\":\"abc\",\"certificateOwnershipToken\":\"t\"}";
    for (size_t cap = 0; cap < 7; cap++) { /* three texts with their NULs */
        assert_int_equal(provision_wire_read_certificate(slice_from(shortest), room, cap, &into),
                         ERR_TOO_LONG);
    }
    assert_int_equal(provision_wire_read_certificate(slice_from(shortest), room, 7, &into), ERR_OK);
}

static void test_registration(void **state)
{
    (void)state;
    char name[DEVICE_THING_NAME_CAP] = "before";
    struct slice configuration = SLICE_EMPTY;
    assert_int_equal(provision_wire_read_registration(
                         slice_from("{\"deviceConfiguration\":{\"a\":\"b\"},\"thingName\":\"l\\u0061mp-1\"}"),
                         name, &configuration),
                     ERR_OK);
    assert_string_equal(name, "lamp-1");
    assert_true(slice_is(configuration, "{\"a\":\"b\"}"));
    assert_int_equal(
        provision_wire_read_registration(slice_from("{\"deviceConfiguration\":null,\"thingName\":\"x\"}"),
                                         name, &configuration),
        ERR_OK);
    assert_true(slice_is(configuration, "{}"));
    static const struct {
        const char *payload;
        enum err err;
    } bad[] = {{"x", ERR_JSON_SYNTAX},
               {"{}", ERR_NOT_FOUND},
               {"{\"thingName\":\"\"}", ERR_NOT_FOUND},
               {"{\"thingName\":\"a/b\"}", ERR_NOT_FOUND},
               {"{\"thingName\":{}}", ERR_NOT_FOUND}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(provision_wire_read_registration(slice_from(bad[i].payload), name, &configuration),
                         bad[i].err);
        assert_string_equal(name, "x");
    }
    char payload[256];
    char longest[DEVICE_THING_NAME_CAP + 1];
    memset(longest, 'n', sizeof(longest));
    longest[DEVICE_THING_NAME_CAP] = '\0';
    snprintf(payload, sizeof(payload), "{\"thingName\":\"%s\"}", longest);
    assert_int_equal(provision_wire_read_registration(slice_from(payload), name, &configuration),
                     ERR_TOO_LONG);
    snprintf(payload, sizeof(payload), "{\"thingName\":\"%s\"}", longest + 1);
    assert_int_equal(provision_wire_read_registration(slice_from(payload), name, &configuration), ERR_OK);
}

static void expect_words(const char *payload, const char *expected, bool is_token_refused)
{
    char words[60];
    bool found = !is_token_refused;
    provision_wire_read_rejection(slice_from(payload), room, 64, words, sizeof(words), &found);
    assert_string_equal(words, expected);
    assert_int_equal(found, is_token_refused);
}

static void test_rejections(void **state)
{
    (void)state;
    expect_words("{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",\"errorMessage\":"
                 "\"it is\\nbad\"}",
                 "InvalidCertificateOwnershipToken: it is bad", true);
    expect_words("{\"errorCode\":\"AccessDenied\"}", "AccessDenied", false);
    expect_words("{\"errorCode\":\"A\",\"errorMessage\":7}", "A", false);
    expect_words("{\"errorMessage\":\"InvalidCertificateOwnershipToken\"}", "the refusal has no errorCode",
                 false);
    expect_words("{\"errorCode\":4}", "the refusal has no errorCode", false);
    expect_words("no", "the refusal has no errorCode", false);
    expect_words("{\"errorCode\":\"A\",\"errorMessage\":\"\\u0000\"}", "A", false);
    expect_words("{\"errorCode\":\"A\",\"errorMessage\":"
                 "\"0123456789012345678901234567890123456789012345678901234567890\"}",
                 "A: 01234567890123456789012345678901234567890123456789012345", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics),         cmocka_unit_test(test_template_names),
        cmocka_unit_test(test_requests),       cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_no_certificate), cmocka_unit_test(test_registration),
        cmocka_unit_test(test_rejections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
