/* SPDX-License-Identifier: MIT */
/* Policies over HTTP: versions, attachments in both forms, TestAuthorization (docs/protocol.md 5.2, 5.8, 8). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

#define INVALID   "InvalidRequestException"
#define NOT_FOUND "ResourceNotFoundException"
#define ID        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CERT(id)  FIXTURE_ARN("cert", id)
#define TOPIC     "arn:aws:iot:us-east-1:123456789012:topic/"
#define DOCUMENT(effect, action, resource)                                                                   \
    "{\"policyDocument\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"          \
    "\\\"" effect "\\\",\\\"Action\\\":\\\"" action "\\\",\\\"Resource\\\":\\\"" resource "\\\"}]}\"}"
#define CONNECT DOCUMENT("Allow", "iot:Connect", "*")

static int ask(struct http_fixture *fx, const char *method, const char *path, const char *body)
{
    return http_ask(fx, "iot", method, path, body);
}

static void add_certificate(struct http_fixture *fx, const char *id)
{
    char pem[] = "PEM";
    struct certificate new = {.status = "ACTIVE", .pem = pem};
    snprintf(new.id, sizeof new.id, "%s", id);
    FIXTURE_OK(&fx->base, certificates_add(fx->base.core, &new, &fx->base.error));
}

static void versions(void **state)
{
    struct http_fixture *fx = *state;
    http_expect_error(fx, ask(fx, "POST", "/policies/p/version", CONNECT), 404, NOT_FOUND, "'p'");
    http_expect(fx, 200, ask(fx, "POST", "/policies/p", CONNECT));
    http_expect(fx, 200, ask(fx, "POST", "/policies/p/version", DOCUMENT("Deny", "iot:Connect", "*")));
    assert_string_equal(http_text(fx, "policyVersionId"), "2");
    assert_string_equal(http_text(fx, "policyArn"), FIXTURE_ARN("policy", "p"));
    assert_true(json_is_false(http_find(fx, "isDefaultVersion")));
    http_expect(fx, 200, ask(fx, "GET", "/policies/p", NULL));
    assert_string_equal(http_text(fx, "defaultVersionId"), "1");
    assert_non_null(strstr(http_text(fx, "policyDocument"), "Allow"));
    http_expect(fx, 200, ask(fx, "PATCH", "/policies/p/version/2", NULL));
    http_expect(fx, 200, ask(fx, "GET", "/policies/p", NULL));
    assert_string_equal(http_text(fx, "defaultVersionId"), "2");
    assert_non_null(strstr(http_text(fx, "policyDocument"), "Deny"));
    http_expect(fx, 200, ask(fx, "GET", "/policies/p/version/1", NULL));
    assert_string_equal(http_text(fx, "policyName"), "p");
    assert_string_equal(http_text(fx, "policyVersionId"), "1");
    assert_true(json_is_false(http_find(fx, "isDefaultVersion")));
    assert_true(json_is_number(http_find(fx, "creationDate")));
    assert_int_equal(strlen(http_text(fx, "generationId")), 64);

    for (int i = 3; i <= 5; i++) {
        http_expect(fx, 200, ask(fx, "POST", "/policies/p/version?setAsDefault=true", CONNECT));
        assert_true(json_is_true(http_find(fx, "isDefaultVersion")));
    }
    http_expect_error(fx, ask(fx, "POST", "/policies/p/version", CONNECT), 409,
                      "VersionsLimitExceededException", "5 versions");
    http_expect(fx, 200, ask(fx, "GET", "/policies/p/version", NULL));
    assert_int_equal(json_array_size(http_find(fx, "policyVersions")), 5);
    assert_string_equal(http_text(fx, "policyVersions.0.versionId"), "5");
    assert_true(json_is_true(http_find(fx, "policyVersions.0.isDefaultVersion")));
    assert_true(json_is_number(http_find(fx, "policyVersions.4.createDate")));
    http_expect_error(fx, ask(fx, "DELETE", "/policies/p/version/5", NULL), 409, "DeleteConflictException",
                      "default");
    http_expect_error(fx, ask(fx, "DELETE", "/policies/p/version/6", NULL), 404, NOT_FOUND, "version 6");
    http_expect_error(fx, ask(fx, "DELETE", "/policies/p/version/v1", NULL), 400, INVALID, "'v1'");
    http_expect(fx, 200, ask(fx, "DELETE", "/policies/p/version/4", NULL));
    http_expect_error(fx, ask(fx, "DELETE", "/policies/p", NULL), 409, "DeleteConflictException", "versions");
    http_expect_error(fx, ask(fx, "POST", "/policies/p/version", "{}"), 400, INVALID, "'policyDocument'");
    http_expect_error(fx, ask(fx, "POST", "/policies/p/version", "{\"policyDocument\":\"{}\"}"), 400,
                      "MalformedPolicyException", "");
    http_expect_error(fx, ask(fx, "GET", "/policies/none/version", NULL), 404, NOT_FOUND, "none");
}

static void lists_and_deletion(void **state)
{
    struct http_fixture *fx = *state;
    char path[200];
    static const char *const names[] = {"b", "a", "c"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/policies/%s", names[i]);
        http_expect(fx, 200, ask(fx, "POST", path, CONNECT));
    }
    http_expect(fx, 200, ask(fx, "GET", "/policies?pageSize=2&isAscendingOrder=true", NULL));
    assert_string_equal(http_text(fx, "policies.0.policyName"), "b");
    assert_string_equal(http_text(fx, "policies.1.policyArn"), FIXTURE_ARN("policy", "a"));
    snprintf(path, sizeof path, "/policies?isAscendingOrder=true&marker=%s", http_text(fx, "nextMarker"));
    http_expect(fx, 200, ask(fx, "GET", path, NULL));
    assert_string_equal(http_text(fx, "policies.0.policyName"), "c");
    assert_null(http_find(fx, "nextMarker"));
    http_expect(fx, 200, ask(fx, "DELETE", "/policies/a", NULL));
    http_expect_error(fx, ask(fx, "DELETE", "/policies/a", NULL), 404, NOT_FOUND, "'a'");
    http_expect_error(fx, ask(fx, "DELETE", "/policies/a%20b", NULL), 400, INVALID, "not a policy name");
    http_expect(fx, 200, ask(fx, "POST", "/policies/a", CONNECT));
}

/* Each operation of the two forms does the same. */
static void attachments_in_both_forms(void **state)
{
    struct http_fixture *fx = *state;
    const char *target = "{\"target\":\"" CERT(ID) "\"}";
    add_certificate(fx, ID);
    http_expect(fx, 200, ask(fx, "POST", "/policies/new", CONNECT));
    http_expect(fx, 200, ask(fx, "POST", "/policies/old", CONNECT));
    http_expect(fx, 200, ask(fx, "PUT", "/target-policies/new", target));
    http_header(fx, "x-amzn-iot-principal", CERT(ID));
    http_expect(fx, 200, ask(fx, "PUT", "/principal-policies/old", NULL));
    http_expect(fx, 200, ask(fx, "GET", "/principal-policies?isAscendingOrder=true", NULL));
    assert_string_equal(http_text(fx, "policies.0.policyName"), "new");
    assert_string_equal(http_text(fx, "policies.1.policyName"), "old");
    http_expect(fx, 200, ask(fx, "GET", "/principal-policies", NULL));
    assert_string_equal(http_text(fx, "policies.0.policyName"), "old");
    http_header(fx, "x-amzn-iot-principal", NULL);

    http_expect(fx, 200,
                ask(fx, "POST",
                    "/attached-policies/arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2F" ID
                    "?recursive=true&pageSize=1",
                    NULL));
    assert_string_equal(http_text(fx, "policies.0.policyName"), "new");
    assert_true(json_is_string(http_find(fx, "nextMarker")));
    http_expect(fx, 200, ask(fx, "POST", "/policy-targets/old", NULL));
    assert_string_equal(http_text(fx, "targets.0"), CERT(ID));
    http_header(fx, "x-amzn-iot-policy", "new");
    http_expect(fx, 200, ask(fx, "GET", "/policy-principals", NULL));
    assert_string_equal(http_text(fx, "principals.0"), CERT(ID));
    http_header(fx, "x-amzn-iot-policy", "none");
    http_expect_error(fx, ask(fx, "GET", "/policy-principals", NULL), 404, NOT_FOUND, "none");
    http_header(fx, "x-amzn-iot-policy", NULL);
    http_expect_error(fx, ask(fx, "GET", "/policy-principals", NULL), 400, INVALID, "x-amzn-iot-policy");
    http_expect_error(fx, ask(fx, "GET", "/principal-policies", NULL), 400, INVALID, "x-amzn-iot-principal");

    http_expect(fx, 200, ask(fx, "POST", "/effective-policies", "{\"principal\":\"" CERT(ID) "\"}"));
    assert_int_equal(json_array_size(http_find(fx, "effectivePolicies")), 2);
    assert_non_null(strstr(http_text(fx, "effectivePolicies.0.policyDocument"), "iot:Connect"));
    http_expect_error(fx,
                      ask(fx, "POST", "/effective-policies?thingName=t", "{\"principal\":\"" CERT(ID) "\"}"),
                      404, NOT_FOUND, "'t'");
    http_expect_error(fx, ask(fx, "POST", "/effective-policies", "{}"), 400, INVALID, "'principal'");

    http_expect_error(fx, ask(fx, "DELETE", "/policies/new", NULL), 409, "DeleteConflictException",
                      "attached");
    http_expect(fx, 200, ask(fx, "POST", "/target-policies/new", target));
    http_expect(fx, 200, ask(fx, "POST", "/target-policies/new", target)); /* done already */
    http_expect_error(fx, ask(fx, "POST", "/target-policies/none", target), 400, INVALID,
                      "'none'"); /* AWS's list of errors has no other for it */
    http_expect_error(fx, ask(fx, "POST", "/target-policies/new", "{}"), 400, INVALID, "'target' is missing");
    http_header(fx, "x-amzn-iot-principal", CERT(ID));
    http_expect(fx, 200, ask(fx, "DELETE", "/principal-policies/old", NULL));
    http_expect_error(fx, ask(fx, "DELETE", "/principal-policies/none", NULL), 404, NOT_FOUND, "'none'");
    http_header(fx, "x-amzn-iot-principal", "arn:aws:iot:us-east-1:123456789012:thinggroup/g");
    http_expect_error(fx, ask(fx, "GET", "/principal-policies", NULL), 400, INVALID, "thing groups");
    http_expect(fx, 200, ask(fx, "DELETE", "/policies/new", NULL));
    http_expect(fx, 200, ask(fx, "DELETE", "/policies/old", NULL));
}

/* A marker belongs to the list of one certificate. */
static void marker_of_another_principal(void **state)
{
    struct http_fixture *fx = *state;
    char path[200];
    static const char *const ids[] = {ID, OTHER};
    http_expect(fx, 200, ask(fx, "POST", "/policies/a", CONNECT));
    http_expect(fx, 200, ask(fx, "POST", "/policies/b", CONNECT));
    for (size_t i = 0; i < 2; i++) {
        char arn[200];
        add_certificate(fx, ids[i]);
        snprintf(arn, sizeof arn, "arn:aws:iot:us-east-1:123456789012:cert/%s", ids[i]);
        http_header(fx, "x-amzn-iot-principal", arn);
        http_expect(fx, 200, ask(fx, "PUT", "/principal-policies/a", NULL));
        http_expect(fx, 200, ask(fx, "PUT", "/principal-policies/b", NULL));
    }
    http_expect(fx, 200, ask(fx, "GET", "/principal-policies?pageSize=1", NULL));
    snprintf(path, sizeof path, "/principal-policies?marker=%s", http_text(fx, "nextMarker"));
    http_expect(fx, 200, ask(fx, "GET", path, NULL));
    assert_string_equal(http_text(fx, "policies.0.policyName"), "a");
    http_header(fx, "x-amzn-iot-principal", CERT(ID));
    http_expect_error(fx, ask(fx, "GET", path, NULL), 400, INVALID, "marker");
}

/* --- TestAuthorization --- */

#define QUESTION(type, resource) "{\"actionType\":\"" type "\",\"resources\":[\"" resource "\"]}"
#define PRINCIPAL                "{\"principal\":\"" CERT(ID) "\","

static void decisions(void **state)
{
    struct http_fixture *fx = *state;
    add_certificate(fx, ID);
    fixture_thing(&fx->base, "lamp");
    http_expect(
        fx, 200,
        ask(fx, "POST", "/policies/yes", DOCUMENT("Allow", "iot:Publish", TOPIC "${iot:ClientId}/*")));
    http_expect(fx, 200, ask(fx, "POST", "/policies/no", DOCUMENT("Deny", "iot:Publish", TOPIC "*/secret")));
    http_expect(fx, 200, ask(fx, "PUT", "/target-policies/yes", "{\"target\":\"" CERT(ID) "\"}"));
    http_expect(fx, 200, ask(fx, "PUT", "/target-policies/no", "{\"target\":\"" CERT(ID) "\"}"));
    const char *three = PRINCIPAL "\"authInfos\":[" QUESTION("PUBLISH", TOPIC "lamp/x") "," QUESTION(
        "PUBLISH", TOPIC "lamp/secret") "," QUESTION("SUBSCRIBE", TOPIC "lamp/x") "]}";
    http_expect(fx, 200, ask(fx, "POST", "/test-authorization?clientId=lamp", three));
    assert_string_equal(http_text(fx, "authResults.0.authInfo.actionType"), "PUBLISH");
    assert_string_equal(http_text(fx, "authResults.0.authInfo.resources.0"), TOPIC "lamp/x");
    assert_string_equal(http_text(fx, "authResults.0.authDecision"), "ALLOWED");
    assert_string_equal(http_text(fx, "authResults.0.allowed.policies.0.policyName"), "yes");
    assert_string_equal(http_text(fx, "authResults.0.denied.implicitDeny.policies.0.policyName"), "no");
    assert_int_equal(json_array_size(http_find(fx, "authResults.0.missingContextValues")), 0);
    assert_string_equal(http_text(fx, "authResults.1.authDecision"), "EXPLICIT_DENY");
    assert_string_equal(http_text(fx, "authResults.1.denied.explicitDeny.policies.0.policyArn"),
                        FIXTURE_ARN("policy", "no"));
    assert_string_equal(http_text(fx, "authResults.2.authDecision"), "IMPLICIT_DENY");
    assert_int_equal(json_array_size(http_find(fx, "authResults.2.denied.implicitDeny.policies")), 2);

    http_expect(fx, 200, ask(fx, "POST", "/test-authorization", three));
    assert_string_equal(http_text(fx, "authResults.0.authDecision"), "IMPLICIT_DENY");
    assert_string_equal(http_text(fx, "authResults.0.missingContextValues.0"), "iot:ClientId");
    const char *without = PRINCIPAL
        "\"policyNamesToSkip\":[\"no\"],\"authInfos\":[" QUESTION("PUBLISH", TOPIC "lamp/secret") "]}";
    http_expect(fx, 200, ask(fx, "POST", "/test-authorization?clientId=lamp", without));
    assert_string_equal(http_text(fx, "authResults.0.authDecision"), "ALLOWED");
    const char *with = PRINCIPAL "\"policyNamesToAdd\":[\"more\"],\"authInfos\":[" QUESTION(
        "CONNECT", "arn:aws:iot:us-east-1:123456789012:client/lamp") "]}";
    http_expect_error(fx, ask(fx, "POST", "/test-authorization", with), 404, NOT_FOUND, "more");
    http_expect(fx, 200, ask(fx, "POST", "/policies/more", CONNECT));
    http_expect(fx, 200, ask(fx, "POST", "/test-authorization", with));
    assert_string_equal(http_text(fx, "authResults.0.authDecision"), "ALLOWED");
}

static void questions_that_are_none(void **state)
{
    struct http_fixture *fx = *state;
    add_certificate(fx, ID);
    static const struct {
        const char *body, *part;
    } rows[] = {
        {"{}", "'principal' is missing"},
        {"{\"principal\":7}", "'principal' must be a string"},
        {PRINCIPAL "\"x\":1}", "no member 'x'"},
        {"{\"principal\":\"" CERT(ID) "\"}", "'authInfos' must be 1 to 10"},
        {PRINCIPAL "\"authInfos\":[]}", "1 to 10"},
        {PRINCIPAL "\"authInfos\":[1]}", "not an object"},
        {PRINCIPAL "\"authInfos\":[{}]}", "'actionType'"},
        {PRINCIPAL "\"authInfos\":[{\"actionType\":\"publish\"}]}", "'actionType'"},
        {PRINCIPAL "\"authInfos\":[{\"actionType\":\"PUBLISH\"}]}", "'resources'"},
        {PRINCIPAL "\"authInfos\":[{\"actionType\":\"PUBLISH\",\"resources\":[]}]}", "'resources'"},
        {PRINCIPAL "\"authInfos\":[{\"actionType\":\"PUBLISH\",\"resources\":[7]}]}", "ARN"},
        {PRINCIPAL "\"authInfos\":[" QUESTION("PUBLISH", "topic/a") "]}", "ARN"},
        {PRINCIPAL "\"authInfos\":[{\"actionType\":\"PUBLISH\",\"resource\":[]}]}", "'resource'"},
        {PRINCIPAL "\"policyNamesToAdd\":[1],\"authInfos\":[" QUESTION("PUBLISH", TOPIC "a") "]}",
         "not a string"},
        {PRINCIPAL "\"policyNamesToSkip\":\"a\",\"authInfos\":[" QUESTION("PUBLISH", TOPIC "a") "]}",
         "JSON array"},
        {"{\"principal\":\"arn:aws:iot:eu-west-1:123456789012:cert/" ID
         "\",\"authInfos\":[" QUESTION("PUBLISH", TOPIC "a") "]}",
         "not the ARN of a certificate here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        http_expect_error(fx, ask(fx, "POST", "/test-authorization", rows[i].body), 400, INVALID,
                          rows[i].part);
    }
    const char *stranger =
        "{\"principal\":\"" CERT(OTHER) "\",\"authInfos\":[" QUESTION("PUBLISH", TOPIC "a") "]}";
    http_expect_error(fx, ask(fx, "POST", "/test-authorization", stranger), 404, NOT_FOUND, OTHER);
    /* a resource of elsewhere is a question like any other */
    const char *foreign = PRINCIPAL "\"authInfos\":[" QUESTION("PUBLISH", "arn:aws:s3:::bucket") "]}";
    http_expect(fx, 200, ask(fx, "POST", "/test-authorization", foreign));
    assert_string_equal(http_text(fx, "authResults.0.authDecision"), "IMPLICIT_DENY");
}

/* A policy of patterns that a resource of many a's nearly fits, in many ways. */
static void add_slow_policy(struct http_fixture *fx)
{
    char body[3000] = "";
    strcat(body,
           "{\"policyDocument\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"
           "\\\"Allow\\\",\\\"Action\\\":\\\"*\\\",\\\"Resource\\\":[\\\"arn:b\\\"");
    for (int i = 0; i < 75; i++) {
        strcat(body, ",\\\"arn:*${iot:ClientId}b\\\"");
    }
    strcat(body, "]}]}\"}");
    http_expect(fx, 200, ask(fx, "POST", "/policies/slow", body));
    http_expect(fx, 200, ask(fx, "PUT", "/target-policies/slow", "{\"target\":\"" CERT(ID) "\"}"));
}

/* `count` questions about one and the same resource of so many bytes, for a client id of so many. */
static int ask_slowly(struct http_fixture *fx, int count, int resource_len, int client_len)
{
    static char body[60000];
    static char path[300];
    char *at = body;
    at += sprintf(at, PRINCIPAL "\"authInfos\":[");
    for (int i = 0; i < count; i++) {
        at += sprintf(at, "%s{\"actionType\":\"PUBLISH\",\"resources\":[\"arn:", i ? "," : "");
        memset(at, 'a', (size_t)resource_len - 4);
        at += resource_len - 4;
        at += sprintf(at, "\"]}");
    }
    strcpy(at, "]}");
    strcpy(path, "/test-authorization?clientId=");
    memset(path + strlen(path), 'a', (size_t)client_len);
    path[strlen("/test-authorization?clientId=") + (size_t)client_len] = '\0';
    return ask(fx, "POST", path, body);
}

/* One loop serves everybody: no question may keep it for long. */
static void questions_that_take_too_long(void **state)
{
    struct http_fixture *fx = *state;
    add_certificate(fx, ID);
    add_slow_policy(fx);
    http_expect(fx, 200, ask_slowly(fx, 1, 512, 128));
    assert_string_equal(http_text(fx, "authResults.0.authDecision"), "IMPLICIT_DENY");
    http_expect(fx, 200, ask_slowly(fx, 10, 64, 128));
    http_expect_error(fx, ask_slowly(fx, 10, 512, 128), 410, "LimitExceededException", "take too long");
    http_expect_error(fx, ask_slowly(fx, 1, 513, 128), 400, INVALID, "up to 512 bytes");
    http_expect_error(fx, ask_slowly(fx, 1, 64, 129), 400, INVALID, "'clientId'");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions),
        TEST(lists_and_deletion),
        TEST(attachments_in_both_forms),
        TEST(marker_of_another_principal),
        TEST(decisions),
        TEST(questions_that_are_none),
        TEST(questions_that_take_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
