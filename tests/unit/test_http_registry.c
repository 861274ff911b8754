/* SPDX-License-Identifier: MIT */
/* Things, certificates, policies, endpoint over HTTP (docs/protocol.md 5.1, 5.2, 5.7, 5.8), and who may call (docs/iot-local-http.md). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

#include <math.h>

#define POLICY                                                                                               \
    "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":"   \
    "\\\"iot:Connect\\\",\\\"Resource\\\":\\\"*\\\"}]}"

/* --- Things --- */

static void thing_life(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/things/a%3Ab_1-", "{}"));
    assert_string_equal(http_text(fx, "thingName"), "a:b_1-");
    assert_string_equal(http_text(fx, "thingArn"), "arn:aws:iot:us-east-1:123456789012:thing/a:b_1-");
    assert_int_equal(strlen(http_text(fx, "thingId")), 36);
    assert_int_equal(strlen(http_answer_header(fx, "Content-Type")), strlen("application/json"));

    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/a:b_1-", NULL));
    assert_string_equal(http_text(fx, "defaultClientId"), "a:b_1-");
    assert_int_equal(json_integer_value(http_find(fx, "version")), 1);
    assert_true(json_is_object(http_find(fx, "attributes")));

    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/none", NULL), 404, "ResourceNotFoundException",
                      "none");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/bad%20name", "{}"), 400,
                      "InvalidRequestException", "bad name");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/a%2Fb", "{}"), 400, "InvalidRequestException",
                      "a/b");
}

static void same_thing_again(void **state)
{
    struct http_fixture *fx = *state;
    const char one[] = "{\"attributePayload\":{\"attributes\":{\"room\":\"hall\"},\"merge\":false}}";
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/things/t", one));
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/things/t", one));
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/t", "{}"), 409,
                      "ResourceAlreadyExistsException", "t");
    assert_string_equal(http_text(fx, "resourceArn"), "arn:aws:iot:us-east-1:123456789012:thing/t");
    assert_string_equal(http_text(fx, "resourceId"), "t");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/t", NULL));
    assert_string_equal(http_text(fx, "attributes.room"), "hall");
}

static void wrong_types_are_named(void **state)
{
    struct http_fixture *fx = *state;
    static const struct {
        const char *body, *part;
    } cases[] = {
        {"{\"attributePayload\":\"x\"}", "'attributePayload' must be a JSON object"},
        {"{\"attributePayload\":{\"attributes\":1}}", "'attributes' must be a JSON object"},
        {"{\"attributePayload\":{\"merge\":\"no\"}}", "'merge' must be true or false"},
        {"{\"attributePayload\":{\"attributes\":{\"a\":1}}}", "a"},
        {"[]", "must be a JSON object"},
        {"{", "not valid JSON"},
        {"{\"attributePayload\":{},\"attributePayload\":{}}", "not valid JSON"},
        {"{} x", "not valid JSON"},
        {"\xff", "not valid JSON"},
        {"{\"attributePayload\":\"\\u0000\"}", "not valid JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/t", cases[i].body), 400,
                          "InvalidRequestException", cases[i].part);
    }
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/t", NULL), 404, "ResourceNotFoundException",
                      "t");
}

/* --- Pages (docs/protocol.md 5.1) --- */

static void add_things(struct http_fixture *fx, int count)
{
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "thing-%03d", i);
        fixture_thing(&fx->base, name);
    }
}

static void pages_follow_each_other(void **state)
{
    struct http_fixture *fx = *state;
    bool seen[7] = {false};
    char path[160] = "/things?maxResults=3";
    size_t pages = 0;
    add_things(fx, 7);
    for (;;) {
        http_expect(fx, 200, http_ask(fx, "iot", "GET", path, NULL));
        pages++;
        for (size_t i = 0; i < json_array_size(http_find(fx, "things")); i++) {
            const char *name =
                json_string_value(json_object_get(json_array_get(http_find(fx, "things"), i), "thingName"));
            seen[strtoul(name + strlen("thing-"), NULL, 10)] = true;
        }
        const char *token = json_string_value(http_find(fx, "nextToken"));
        if (!token) {
            break;
        }
        snprintf(path, sizeof path, "/things?nextToken=%s&maxResults=3", token);
    }
    assert_int_equal(pages, 3);
    for (size_t i = 0; i < 7; i++) {
        assert_true(seen[i]);
    }
}

static void tokens_of_other_lists_are_refused(void **state)
{
    struct http_fixture *fx = *state;
    char token[64], path[200];
    add_things(fx, 3);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things?maxResults=1", NULL));
    snprintf(token, sizeof token, "%s", http_text(fx, "nextToken"));
    static const char *const bad[] = {
        "x", "0", "0000000000000000", "00000000000000001", "ffffffffffffffffffffffffffffffff", "1 OR 1=1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(path, sizeof path, "/things?nextToken=%s", bad[i]);
        http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                          "nextToken");
    }
    snprintf(path, sizeof path, "/jobs?nextToken=%s", token);
    http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                      "nextToken");
    token[strlen(token) - 1] ^= 1; /* another offset */
    snprintf(path, sizeof path, "/things?nextToken=%s", token);
    http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                      "nextToken");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things?nextToken=", NULL));
}

static void page_size_is_1_to_250(void **state)
{
    struct http_fixture *fx = *state;
    static const char *const bad[] = {"0", "251", "-1", "x", "", "1.5", "99999999999999999999"};
    char path[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(path, sizeof path, "/things?maxResults=%s", bad[i]);
        http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                          "maxResults");
    }
    add_things(fx, 101);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things?maxResults=250", NULL));
    assert_int_equal(json_array_size(http_find(fx, "things")), 101);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things", NULL));
    assert_int_equal(json_array_size(http_find(fx, "things")), 100);
}

/* --- Certificates and policies --- */

static void certificate_life(void **state)
{
    struct http_fixture *fx = *state;
    char id[80], path[200], arn[256];
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/keys-and-certificate", NULL));
    snprintf(id, sizeof id, "%s", http_text(fx, "certificateId"));
    snprintf(arn, sizeof arn, "%s", http_text(fx, "certificateArn"));
    assert_int_equal(strlen(id), 64);
    assert_non_null(strstr(http_text(fx, "certificatePem"), "-----BEGIN CERTIFICATE-----"));
    assert_non_null(strstr(http_text(fx, "keyPair.PrivateKey"), "PRIVATE KEY-----"));
    assert_non_null(strstr(http_text(fx, "keyPair.PublicKey"), "-----BEGIN PUBLIC KEY-----"));

    snprintf(path, sizeof path, "/certificates/%s", id);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", path, NULL));
    assert_string_equal(http_text(fx, "certificateDescription.status"), "INACTIVE"); /* the default */
    assert_string_equal(http_text(fx, "certificateDescription.certificateArn"), arn);
    assert_string_equal(http_text(fx, "certificateDescription.certificateMode"), "DEFAULT");
    assert_true(json_number_value(http_find(fx, "certificateDescription.validity.notAfter")) > 1.7e9);
    double created_s = json_number_value(http_find(fx, "certificateDescription.creationDate"));
    assert_true(fabs(created_s - FIXTURE_START_MS / 1000.0) < 0.0005); /* seconds with a fraction */

    snprintf(path, sizeof path, "/certificates/%s?newStatus=ACTIVE", id);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", path, NULL));
    snprintf(path, sizeof path, "/certificates/%s?newStatus=SLEEPING", id);
    http_expect_error(fx, http_ask(fx, "iot", "PUT", path, NULL), 400, "InvalidRequestException", "SLEEPING");
    snprintf(path, sizeof path, "/certificates/%s", id);
    http_expect_error(fx, http_ask(fx, "iot", "PUT", path, NULL), 400, "InvalidRequestException",
                      "newStatus");
    snprintf(path, sizeof path, "/certificates/%s?newStatus=REVOKED", id);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", path, NULL));
    snprintf(path, sizeof path, "/certificates/%s?newStatus=ACTIVE", id);
    http_expect_error(fx, http_ask(fx, "iot", "PUT", path, NULL), 406, "CertificateStateException", "");

    http_expect_error(fx, http_ask(fx, "iot", "GET", "/certificates/" HTTP_SIGNATURE, NULL), 404,
                      "ResourceNotFoundException", "");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/keys-and-certificate?setAsActive=yes", NULL), 400,
                      "InvalidRequestException", "'setAsActive' must be true or false");
}

static void certificate_is_active_when_asked_for_and_attached(void **state)
{
    struct http_fixture *fx = *state;
    char arn[256], path[200], body[400];
    fixture_thing(&fx->base, "t");
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/keys-and-certificate?setAsActive=true", NULL));
    snprintf(arn, sizeof arn, "%s", http_text(fx, "certificateArn"));
    snprintf(path, sizeof path, "/certificates/%s", http_text(fx, "certificateId"));
    http_expect(fx, 200, http_ask(fx, "iot", "GET", path, NULL));
    assert_string_equal(http_text(fx, "certificateDescription.status"), "ACTIVE");

    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/things/t/principals", NULL), 400,
                      "InvalidRequestException", "x-amzn-principal");
    http_header(fx, "x-amzn-principal", arn);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", "/things/t/principals", NULL));
    assert_string_equal(fx->call.answer.body, "{}");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/things/none/principals", NULL), 404,
                      "ResourceNotFoundException", "none");
    http_header(fx, "x-amzn-principal", "arn:nonsense\xff");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/things/t/principals", NULL), 400,
                      "InvalidRequestException", "arn:nonsense");
    http_header(fx, "x-amzn-principal", NULL);

    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/policies/p", "{\"policyDocument\":\"" POLICY "\"}"));
    snprintf(body, sizeof body, "{\"target\":\"%s\"}", arn);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", "/target-policies/p", body));
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/target-policies/none", body), 404,
                      "ResourceNotFoundException", "none");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/target-policies/p", "{}"), 400,
                      "InvalidRequestException", "'target'");
}

static void policy_life(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/policies/p", "{\"policyDocument\":\"" POLICY "\"}"));
    assert_string_equal(http_text(fx, "policyArn"), "arn:aws:iot:us-east-1:123456789012:policy/p");
    assert_string_equal(http_text(fx, "policyVersionId"), "1");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/policies/p", NULL));
    assert_string_equal(http_text(fx, "defaultVersionId"), "1");
    json_t *document = json_loads(http_text(fx, "policyDocument"), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(document, "Version")), "2012-10-17");
    json_decref(document);
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/policies/p", "{\"policyDocument\":\"" POLICY "\"}"),
                      409, "ResourceAlreadyExistsException", "p");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/policies/q", "{\"policyDocument\":\"{}\"}"), 400,
                      "MalformedPolicyException", "");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/policies/q", "{}"), 400, "InvalidRequestException",
                      "'policyDocument' is missing");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/policies/q", NULL), 404, "ResourceNotFoundException",
                      "q");
}

static void endpoints(void **state)
{
    struct http_fixture *fx = *state;
    static const char *const good[] = {"/endpoint", "/endpoint?endpointType=iot:Data",
                                       "/endpoint?endpointType=iot%3AData-ATS",
                                       "/endpoint?endpointType=iot:Jobs"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        http_expect(fx, 200, http_ask(fx, "iot", "GET", good[i], NULL));
        assert_string_equal(http_text(fx, "endpointAddress"), "iot.example");
    }
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/endpoint?endpointType=iot:CredentialProvider", NULL),
                      400, "InvalidRequestException", "iot:CredentialProvider");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/endpoint?endpointType=", NULL), 400,
                      "InvalidRequestException", "endpointType");
}

/* --- Who may call --- */

static void unsigned_requests_are_refused(void **state)
{
    struct http_fixture *fx = *state;
    http_expect_error(fx, http_send(fx, "GET", "/things", NULL, 0), 403,
                      "MissingAuthenticationTokenException", "AWS_ACCESS_KEY_ID");
    http_expect_error(fx, http_send(fx, "POST", "/things/t", "{}", 2), 403,
                      "MissingAuthenticationTokenException", "");
    http_expect_error(fx, http_send(fx, "GET", "/things/t", NULL, 0), 403,
                      "MissingAuthenticationTokenException", "");
    http_header(fx, "Authorization", "Bearer abc");
    http_expect_error(fx, http_send(fx, "GET", "/things", NULL, 0), 400, "IncompleteSignature",
                      "AWS4-HMAC-SHA256");
    http_header(fx, "Authorization", NULL);
    fx->source = FROM_UNIX_SOCKET;
    http_expect(fx, 200, http_send(fx, "GET", "/things", NULL, 0));
    http_header(fx, "x-iot-local-service", "iot-jobs-data");
    http_expect_error(fx, http_send(fx, "GET", "/things/t/jobs", NULL, 0), 404, "ResourceNotFoundException",
                      "t");
    http_header(fx, "x-iot-local-service", "a-service-with-a-name-that-is-far-too-long");
    http_expect_error(fx, http_send(fx, "GET", "/things", NULL, 0), 400, "InvalidRequestException", "");
}

static void web_pages_of_other_sites_are_refused(void **state)
{
    struct http_fixture *fx = *state;
    http_header(fx, "Host", "evil.example:8080");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things", NULL), 403, "AccessDeniedException",
                      "evil.example");
    http_header(fx, "Host", NULL);
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things", NULL), 403, "AccessDeniedException", "Host");
    http_header(fx, "Host", "localhost:8080");
    http_header(fx, "Origin", "https://evil.example");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/t", "{}"), 403, "AccessDeniedException",
                      "https://evil.example");
    http_header(fx, "Origin", "null");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/t", "{}"), 403, "AccessDeniedException",
                      "null");
    http_header(fx, "Origin", "http://localhost:8080");
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/things/t", "{}"));
    fx->source = FROM_NETWORK;
    http_header(fx, "Origin", "https://evil.example");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things", NULL), 403, "AccessDeniedException", "evil");
}

static void status_for_the_command_line(void **state)
{
    struct http_fixture *fx = *state;
    fx->source = FROM_UNIX_SOCKET;
    http_expect(fx, 200, http_send(fx, "GET", "/iot-local/status", NULL, 0));
    assert_string_equal(http_text(fx, "version"), DEVICE_JOBS_VERSION);
    assert_string_equal(http_text(fx, "endpoint"), "iot.example");
    assert_string_equal(http_text(fx, "data"), fx->dir);
    assert_int_equal(json_integer_value(http_find(fx, "http_port")), 8080);
    assert_int_equal(json_integer_value(http_find(fx, "mqtt_port")), 8883);
    assert_non_null(strstr(http_text(fx, "root_ca"), "-----BEGIN CERTIFICATE-----"));
}

static void too_large_a_body_is_refused(void **state)
{
    struct http_fixture *fx = *state;
    size_t len = DISPATCH_BODY_MAX + 1;
    char *body = malloc(len);
    assert_non_null(body);
    memset(body, ' ', len);
    http_sign(fx, "iot");
    http_expect_error(fx, http_send(fx, "POST", "/things/t", body, len), 413,
                      "RequestEntityTooLargeException", "1048576");
    free(body);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(thing_life),
        TEST(same_thing_again),
        TEST(wrong_types_are_named),
        TEST(pages_follow_each_other),
        TEST(tokens_of_other_lists_are_refused),
        TEST(page_size_is_1_to_250),
        TEST(certificate_life),
        TEST(certificate_is_active_when_asked_for_and_attached),
        TEST(policy_life),
        TEST(endpoints),
        TEST(unsigned_requests_are_refused),
        TEST(web_pages_of_other_sites_are_refused),
        TEST(status_for_the_command_line),
        TEST(too_large_a_body_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
