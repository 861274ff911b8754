/* SPDX-License-Identifier: MIT */
/* What a device asks of fleet provisioning, and the form of the answers: docs/protocol.md 7. */
// LINK: cloud_provisioning_plane jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/mqtt/cbor.h"
#include "cloud/mqtt/provisioning_answer.h"
#include "cloud/mqtt/provisioning_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TEMPLATE     "$aws/provisioning-templates/fleet/provision/"

static void topics(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        enum provisioning_operation operation;
        bool is_cbor;
        const char *template_name;
    } rows[] = {
        {"$aws/certificates/create/json", PROVISIONING_CREATE_KEYS, false, ""},
        {"$aws/certificates/create/cbor", PROVISIONING_CREATE_KEYS, true, ""},
        {"$aws/certificates/create-from-csr/json", PROVISIONING_CREATE_FROM_CSR, false, ""},
        {"$aws/certificates/create-from-csr/cbor", PROVISIONING_CREATE_FROM_CSR, true, ""},
        {TEMPLATE "json", PROVISIONING_REGISTER_THING, false, "fleet"},
        {"$aws/provisioning-templates/cbor/provision/cbor", PROVISIONING_REGISTER_THING, true, "cbor"},
    };
    static const char *const others[] = {
        "",
        "$aws",
        "$aws/certificates",
        "$aws/certificates/create",
        "$aws/certificates/create/",
        "$aws/certificates/create/xml",
        "$aws/certificates/create/json/",
        "$aws/certificates/create/json/accepted",
        "$aws/certificates/destroy/json",
        "aws/certificates/create/json",
        "$aws/provisioning-templates/fleet/provision",
        TEMPLATE "xml",
        TEMPLATE "json/rejected",
        "$aws/provisioning-templates//provision/json",
        "$aws/provisioning-templates/a/b/provision/json",
        "$aws/things/lamp/jobs/get",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct provisioning_topic read;
        assert_true(provisioning_topic_read(slice_from(rows[i].topic), &read));
        assert_int_equal(read.operation, rows[i].operation);
        assert_int_equal(read.is_cbor, rows[i].is_cbor);
        assert_true(slice_is(read.template_name, rows[i].template_name));
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        struct provisioning_topic read = {.operation = PROVISIONING_REGISTER_THING};
        if (provisioning_topic_read(slice_from(others[i]), &read) ||
            read.operation != PROVISIONING_REGISTER_THING) {
            fail_msg("%s", others[i]);
        }
    }
}

/* "ok", or the error's text; *members is the caller's. Exact sizes, so that the sanitizer sees every byte that is read behind. */
static const char *read_members(const char *topic, const char *payload, struct provisioning_members *members)
{
    static struct core_error error;
    struct provisioning_topic target;
    size_t len = strlen(payload);
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, payload, len);
    core_error_clear(&error);
    assert_true(provisioning_topic_read(slice_from(topic), &target));
    bool is_good = provisioning_members_read(&target, (struct slice){copy, len}, members, &error);
    free(copy);
    assert_int_equal(is_good, error.code == CORE_OK);
    assert_true(is_good || error.code == CORE_INVALID_REQUEST);
    return is_good ? "ok" : error.message;
}

static void good_members(void **state)
{
    (void)state;
    struct provisioning_members members;
    static const char *const create[] = {"", "{}", "{\"anything\":[1]}"};
    for (size_t i = 0; i < COUNT(create); i++) {
        assert_string_equal(read_members("$aws/certificates/create/json", create[i], &members), "ok");
        provisioning_members_clear(&members);
    }
    assert_string_equal(read_members("$aws/certificates/create-from-csr/json",
                                     "{\"certificateSigningRequest\":\"a\\nb\",\"x\":1}", &members),
                        "ok");
    assert_string_equal(members.request, "a\nb");
    provisioning_members_clear(&members);
    assert_string_equal(
        read_members(TEMPLATE "json",
                     "{\"certificateOwnershipToken\":\"t\",\"parameters\":{\"SerialNumber\":\"1\"}}",
                     &members),
        "ok");
    assert_string_equal(members.token, "t");
    assert_string_equal(json_string_value(json_object_get(members.parameters, "SerialNumber")), "1");
    provisioning_members_clear(&members);
    static const char *const nothing[] = {"", "{}",
                                          "{\"certificateOwnershipToken\":null,\"parameters\":null}",
                                          "{\"certificateOwnershipToken\":\"\"}"};
    for (size_t i = 0; i < COUNT(nothing); i++) {
        assert_string_equal(read_members(TEMPLATE "json", nothing[i], &members), "ok");
        assert_string_equal(members.token, "");
        assert_null(members.parameters);
        provisioning_members_clear(&members);
    }
}

static void good_cbor(void **state)
{
    (void)state;
    struct provisioning_members members;
    assert_string_equal(read_members(TEMPLATE "cbor",
                                     "\xa2"
                                     "\x78\x19"
                                     "certificateOwnershipToken"
                                     "\x61"
                                     "t"
                                     "\x6a"
                                     "parameters"
                                     "\xa1"
                                     "\x61"
                                     "s"
                                     "\x61"
                                     "1",
                                     &members),
                        "ok");
    assert_string_equal(members.token, "t");
    assert_string_equal(json_string_value(json_object_get(members.parameters, "s")), "1");
    provisioning_members_clear(&members);
    assert_string_equal(read_members("$aws/certificates/create/cbor", "", &members), "ok");
    assert_null(members.object);
}

static void bad_members(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *payload, *why;
    } rows[] = {
        {"$aws/certificates/create/json", "[]", "the payload must be an object"},
        {"$aws/certificates/create/json", "{", "the payload is not usable as JSON at byte 1: "},
        {"$aws/certificates/create/json", "{\"a\":1,\"a\":1}", "the payload is not usable as JSON at byte"},
        {"$aws/certificates/create/json", "{\"a\":\"\\u0000\"}", "the payload is not usable as JSON at byte"},
        {"$aws/certificates/create/json", "{} {}", "the payload is not usable as JSON at byte"},
        {"$aws/certificates/create/json", "\xa0", "the payload is not usable as JSON at byte"},
        {"$aws/certificates/create/cbor", "\x80", "the payload must be a map"},
        {"$aws/certificates/create/cbor", "{}", "the payload is not usable as CBOR at byte "},
        {"$aws/certificates/create-from-csr/json", "",
         "certificateSigningRequest must be a certificate signing request as PEM text"},
        {"$aws/certificates/create-from-csr/json", "{\"certificateSigningRequest\":\"\"}",
         "certificateSigningRequest must be"},
        {"$aws/certificates/create-from-csr/json", "{\"certificateSigningRequest\":null}",
         "certificateSigningRequest must be"},
        {TEMPLATE "json", "{\"certificateOwnershipToken\":1}", "certificateOwnershipToken must be a string"},
        {TEMPLATE "json", "{\"parameters\":\"x\"}", "parameters must be an object of strings"},
        {TEMPLATE "json", "{\"parameters\":[]}", "parameters must be an object of strings"},
        {TEMPLATE "json", "{\"parameters\":{\"a\":\"b\",\"c\":1}}",
         "parameters must be an object of strings"},
        {TEMPLATE "json", "{\"parameters\":{\"a\":null}}", "parameters must be an object of strings"},
        {TEMPLATE "json", "{\"parameters\":{\"a\":{}}}", "parameters must be an object of strings"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct provisioning_members members;
        const char *why = read_members(rows[i].topic, rows[i].payload, &members);
        if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0) {
            fail_msg("%s %s: '%s'", rows[i].topic, rows[i].payload, why);
        }
        provisioning_members_clear(&members);
    }
}

static void long_payloads_are_refused(void **state)
{
    (void)state;
    struct provisioning_members members;
    char *text = calloc(1, PROVISIONING_PAYLOAD_MAX + 2);
    assert_non_null(text);
    memset(text, ' ', PROVISIONING_PAYLOAD_MAX + 1);
    text[0] = '{';
    text[1] = '}';
    assert_string_equal(read_members("$aws/certificates/create/json", text, &members),
                        "the payload has 16385 bytes; at most 16384 are allowed");
    text[PROVISIONING_PAYLOAD_MAX] = '\0';
    assert_string_equal(read_members("$aws/certificates/create/json", text, &members), "ok");
    provisioning_members_clear(&members);
    free(text);
}

/* What no parser may be brought down with. */
static void hostile_depth(void **state)
{
    (void)state;
    struct provisioning_members members;
    char *text = calloc(1, PROVISIONING_PAYLOAD_MAX + 1);
    assert_non_null(text);
    memset(text, '[', PROVISIONING_PAYLOAD_MAX);
    assert_string_not_equal(read_members("$aws/certificates/create/json", text, &members), "ok");
    provisioning_members_clear(&members);
    memset(text, '\x81', PROVISIONING_PAYLOAD_MAX);
    assert_string_not_equal(read_members("$aws/certificates/create/cbor", text, &members), "ok");
    provisioning_members_clear(&members);
    free(text);
}

static void answers(void **state)
{
    (void)state;
    struct device_answer answer;
    json_t *members = json_pack("{s:s,s:{}}", "thingName", "lamp\n", "deviceConfiguration");
    provisioning_answer_accept(&answer, TEMPLATE "json", false, members);
    assert_string_equal(answer.topic, TEMPLATE "json/accepted");
    assert_string_equal(answer.payload, "{\"thingName\":\"lamp\\n\",\"deviceConfiguration\":{}}");
    assert_int_equal(answer.payload_len, strlen(answer.payload));
    provisioning_answer_clear(&answer);
    assert_null(answer.payload);
    provisioning_answer_accept(&answer, TEMPLATE "cbor", true, members);
    assert_string_equal(answer.topic, TEMPLATE "cbor/accepted");
    json_t *back = cbor_read(answer.payload, answer.payload_len, (char[100]){""}, 100);
    assert_true(json_equal(back, members));
    json_decref(back);
    provisioning_answer_clear(&answer);
    json_decref(members);
}

/* Published: the form, InvalidCertificateOwnershipToken, and that a hook's refusal is an access-denied error. */
static void rejections(void **state)
{
    (void)state;
    static const struct {
        enum core_code code;
        const char *wanted;
    } rows[] = {
        {CORE_OWNERSHIP_TOKEN,
         "{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",\"errorMessage\":\"why\"}"},
        {CORE_ACCESS_DENIED, "{\"statusCode\":403,\"errorCode\":\"AccessDenied\",\"errorMessage\":\"why\"}"},
        {CORE_INVALID_REQUEST,
         "{\"statusCode\":400,\"errorCode\":\"InvalidRequest\",\"errorMessage\":\"why\"}"},
        {CORE_NOT_FOUND, "{\"statusCode\":404,\"errorCode\":\"ResourceNotFound\",\"errorMessage\":\"why\"}"},
        {CORE_THROTTLED, "{\"statusCode\":429,\"errorCode\":\"RequestThrottled\",\"errorMessage\":\"why\"}"},
        {CORE_INTERNAL, "{\"statusCode\":500,\"errorCode\":\"InternalError\",\"errorMessage\":\"why\"}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct core_error error = {0};
        struct provisioning_refusal refusal = {0};
        struct device_answer answer;
        core_fail(&error, rows[i].code, "why");
        provisioning_refuse(&refusal, &error);
        provisioning_answer_reject(&answer, "$aws/certificates/create/json", false, &refusal);
        assert_string_equal(answer.topic, "$aws/certificates/create/json/rejected");
        assert_string_equal(answer.payload, rows[i].wanted);
        provisioning_answer_clear(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics),        cmocka_unit_test(good_members),
        cmocka_unit_test(good_cbor),     cmocka_unit_test(bad_members),
        cmocka_unit_test(hostile_depth), cmocka_unit_test(long_payloads_are_refused),
        cmocka_unit_test(answers),       cmocka_unit_test(rejections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
