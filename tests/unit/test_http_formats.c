/* SPDX-License-Identifier: MIT */
/* Names, texts and lists over HTTP as AWS's model has them (docs/protocol.md 4), errors that repeat them, ARNs by partition, and
 * who may call where keys are configured. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

#include "cloud/http/credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#define LAMP "arn:aws:iot:us-east-1:123456789012:thing/lamp"

static int try_attribute(struct http_fixture *fx, const char *name, const char *value)
{
    static int number;
    char path[40];
    json_t *body = json_pack("{s{s{ss}}}", "attributePayload", "attributes", name, value);
    char *text = json_dumps(body, 0);
    snprintf(path, sizeof path, "/things/t%d", number++);
    int status = http_ask(fx, "iot", "POST", path, text);
    if (status == 200) {
        http_expect(fx, 200, http_ask(fx, "iot", "GET", path, NULL));
        assert_string_equal(json_string_value(json_object_get(http_find(fx, "attributes"), name)), value);
    }
    free(text);
    json_decref(body);
    return status;
}

static void attributes(void **state)
{
    struct http_fixture *fx = *state;
    static const char *const good[] = {"", "v=1", "[a]", "a,b@/:#.-_=[]", "0"};
    static const char *const bad[] = {"a b",  "a+b",  "{a}", "a\"b", "\xc3\xa4",
                                      "a\nb", "a\\b", "(a)", "a;b",  "a&b"};
    static const char *const bad_names[] = {"", "a=b", "a[0]", "a b", "\xc3\xa4"};
    char longest[802];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(try_attribute(fx, "n", good[i]), 200);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(try_attribute(fx, "n", bad[i]), 400);
    }
    for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++) {
        assert_int_equal(try_attribute(fx, bad_names[i], "v"), 400);
    }
    assert_int_equal(try_attribute(fx, "a_.,@/:#-Z9", "v"), 200);
    memset(longest, '=', sizeof longest);
    longest[801] = '\0';
    assert_int_equal(try_attribute(fx, "n", longest), 400);
    longest[800] = '\0';
    assert_int_equal(try_attribute(fx, "n", longest), 200);
    memset(longest, 'n', 129);
    longest[129] = '\0';
    assert_int_equal(try_attribute(fx, longest, "v"), 400);
    longest[128] = '\0';
    assert_int_equal(try_attribute(fx, longest, "v"), 200);
}

static int try_cancel(struct http_fixture *fx, const char *member, const char *value)
{
    static int number;
    char job[40];
    char path[60];
    json_t *body = json_pack("{ss}", member, value);
    char *text = json_dumps(body, 0);
    snprintf(job, sizeof job, "c%d", number++);
    snprintf(path, sizeof path, "/jobs/%s/cancel", job);
    fixture_job(&fx->base, job, "lamp");
    int status = http_ask(fx, "iot", "PUT", path, text);
    free(text);
    json_decref(body);
    return status;
}

static void comments_and_reasons(void **state)
{
    struct http_fixture *fx = *state;
    fixture_thing(&fx->base, "lamp");
    assert_int_equal(try_cancel(fx, "comment", "too early: \xc3\xbc \xf0\x9f\x9a\x80"), 200);
    static const char *const bad[] = {"",         "a\nb",         "\x7f",        "\xc2\x85",
                                      "\xc2\xad", "\xe2\x80\x8d", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(try_cancel(fx, "comment", bad[i]), 400);
    }
    assert_int_equal(try_cancel(fx, "reasonCode", "A_1"), 200);
    static const char *const bad_reasons[] = {"", "a", "A B", "A-1", "\xc3\x84"};
    for (size_t i = 0; i < sizeof bad_reasons / sizeof bad_reasons[0]; i++) {
        assert_int_equal(try_cancel(fx, "reasonCode", bad_reasons[i]), 400);
    }
}

/* What a device may report over MQTT is refused over HTTP, and shown over HTTP when it came over MQTT. */
static void details_over_http(void **state)
{
    struct http_fixture *fx = *state;
    fixture_thing(&fx->base, "lamp");
    fixture_job(&fx->base, "j", "lamp");
    const char update[] = "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"out\":\"a\\nb\"}}";
    http_expect_error(fx, http_ask(fx, "iot-jobs-data", "POST", "/things/lamp/jobs/j", update), 400,
                      "InvalidRequestException", "'out'");
    http_expect_error(fx,
                      http_ask(fx, "iot-jobs-data", "PUT", "/things/lamp/jobs/$next",
                               "{\"statusDetails\":{\"out\":\"\\u001b\"}}"),
                      400, "InvalidRequestException", "'out'");
    http_expect_error(
        fx,
        http_ask(fx, "iot", "PUT", "/things/lamp/jobs/j/cancel", "{\"statusDetails\":{\"out\":\"\\u200b\"}}"),
        400, "InvalidRequestException", "'out'");
    struct execution execution;
    struct execution_update over_mqtt = {.thing = "lamp",
                                         .job_id = "j",
                                         .status = slice_from("IN_PROGRESS"),
                                         .details = slice_from("{\"out\":\"a\\nb\\u001b\"}")};
    FIXTURE_OK(&fx->base, executions_update(fx->base.core, &over_mqtt, &execution, &fx->base.error));
    execution_clear(&execution);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j", NULL));
    assert_string_equal(http_text(fx, "execution.statusDetails.detailsMap.out"), "a\nb\x1b");
    http_expect(fx, 200, http_ask(fx, "iot-jobs-data", "GET", "/things/lamp/jobs/j", NULL));
    assert_string_equal(http_text(fx, "execution.statusDetails.out"), "a\nb\x1b");
}

static void numbers_and_booleans_as_text(void **state)
{
    struct http_fixture *fx = *state;
    fixture_thing(&fx->base, "lamp");
    http_expect(fx, 200,
                http_ask(fx, "iot", "PUT", "/jobs/j",
                         "{\"targets\":[\"" LAMP "\"],\"document\":\"{}\",\"timeoutConfig\":"
                         "{\"inProgressTimeoutInMinutes\":\"5\"}}"));
    http_expect(fx, 200,
                http_ask(fx, "iot-jobs-data", "POST", "/things/lamp/jobs/j",
                         "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":\"1\",\"executionNumber\":\"1\","
                         "\"stepTimeoutInMinutes\":\"2\",\"includeJobExecutionState\":\"true\"}"));
    assert_int_equal(json_integer_value(http_find(fx, "executionState.versionNumber")), 2);
    static const char *const bad[] = {"\"expectedVersion\":\"one\"",    "\"executionNumber\":\"\"",
                                      "\"executionNumber\":\" 1\"",     "\"stepTimeoutInMinutes\":\"2.5\"",
                                      "\"includeJobDocument\":\"yes\"", "\"includeJobDocument\":1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char body[160];
        snprintf(body, sizeof body, "{\"status\":\"IN_PROGRESS\",%s}", bad[i]);
        http_expect_error(fx, http_ask(fx, "iot-jobs-data", "POST", "/things/lamp/jobs/j", body), 400,
                          "InvalidRequestException", "must be");
    }
}

/* --- Errors repeat names as they were given --- */

static void errors_repeat_names(void **state)
{
    struct http_fixture *fx = *state;
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/p%C3%BCmpe", "{}"), 400,
                      "InvalidRequestException", "'p\xc3\xbcmpe'");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs/%F0%9F%9A%80", NULL), 400,
                      "InvalidRequestException", "'\xf0\x9f\x9a\x80'");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/a%1B%5B2Jb%C2%9B", NULL), 400,
                      "InvalidRequestException", "'a?[2Jb?'");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/a?x%0Ay=1", NULL), 400,
                      "InvalidRequestException", "'x?y'");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/policies/%C3%A4%20%22%5C", NULL), 400,
                      "InvalidRequestException", "'\xc3\xa4 \"\\'");
    http_expect_s3_error(fx, http_ask(fx, "s3", "PUT", "/%C3%BC%3C%26%3E", ""), 400, "InvalidBucketName",
                         "'\xc3\xbc&lt;&amp;&gt;'");
    http_expect(fx, 200, http_ask(fx, "s3", "PUT", "/docs", ""));
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/%EF%BF%BE%EF%BF%BD%07", NULL), 404, "NoSuchKey",
                         "'?\xef\xbf\xbd?'");
}

/* A name is cut between two characters. */
static void long_names_are_cut_between_characters(void **state)
{
    struct http_fixture *fx = *state;
    char path[6000] = "/things/";
    for (int shift = 0; shift < 3; shift++) {
        char *at = path + strlen("/things/");
        at += sprintf(at, "%.*s", shift, "aa");
        for (int i = 0; i < 600; i++) {
            at += sprintf(at, "%%E2%%82%%AC");
        }
        http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                          "\xe2\x82\xac' is not a thing name");
        assert_null(strchr(http_text(fx, "message"), '?'));
    }
}

static void document_source_is_named_whole(void **state)
{
    struct http_fixture *fx = *state;
    char link[1351] = "https://evil.example/";
    char *body = malloc(2000);
    fixture_thing(&fx->base, "lamp");
    assert_non_null(body);
    memset(link + strlen(link), 'k', 1350 - strlen(link));
    link[1349] = 'z';
    snprintf(body, 2000, "{\"targets\":[\"" LAMP "\"],\"documentSource\":\"%s\"}", link);
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/j", body), 400, "InvalidRequestException", link);
    assert_non_null(strstr(http_text(fx, "message"), "without a query"));
    free(body);
}

/* --- Policies and certificates --- */

static void a_policy_tells_its_dates(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200,
                http_ask(fx, "iot", "POST", "/policies/p",
                         "{\"policyDocument\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{"
                         "\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"iot:Connect\\\",\\\"Resource\\\":"
                         "\\\"*\\\"}]}\"}"));
    assert_null(http_find(fx, "creationDate"));
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/policies/p", NULL));
    double now_s = (double)FIXTURE_START_MS / 1000;
    assert_true(json_number_value(http_find(fx, "creationDate")) == now_s);
    assert_true(json_number_value(http_find(fx, "lastModifiedDate")) == now_s);
    assert_true(strlen(http_text(fx, "generationId")) == 64);
    assert_string_equal(http_text(fx, "defaultVersionId"), "1");
}

static void certificate_ids_in_capitals(void **state)
{
    struct http_fixture *fx = *state;
    char path[100] = "/certificates/";
    http_expect(fx, 200, http_ask(fx, "iot", "POST", "/keys-and-certificate", ""));
    const char *id = http_text(fx, "certificateId");
    for (size_t i = 0; i < 64; i++) {
        path[14 + i] = (char)(id[i] >= 'a' ? id[i] - 'a' + 'A' : id[i]);
    }
    path[78] = '\0';
    http_expect(fx, 200, http_ask(fx, "iot", "GET", path, NULL));
    path[77] = 'g';
    http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                      "64 hex digits");
}

/* --- Partitions --- */

static void arns_have_the_partition_of_the_region(void **state)
{
    struct http_fixture *fx = *state;
    static const char *const rows[][2] = {{"cn-north-1", "aws-cn"},
                                          {"cn-northwest-1", "aws-cn"},
                                          {"us-gov-west-1", "aws-us-gov"},
                                          {"us-gov-east-1", "aws-us-gov"},
                                          {"eu-central-1", "aws"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char why[200] = "", arn[100], body[300];
        const struct core_config config = {
            .database = ":memory:", .region = rows[i][0], .clock = &fx->base.clock};
        fx->service.core = core_open(&config, why, sizeof why);
        assert_non_null(fx->service.core);
        snprintf(arn, sizeof arn, "arn:%s:iot:%s:123456789012:thing/lamp", rows[i][1], rows[i][0]);
        http_expect(fx, 200, http_ask(fx, "iot", "POST", "/things/lamp", "{}"));
        assert_string_equal(http_text(fx, "thingArn"), arn);
        snprintf(body, sizeof body, "{\"targets\":[\"%s\"],\"document\":\"{}\"}", arn);
        http_expect(fx, 200, http_ask(fx, "iot", "PUT", "/jobs/j", body));
        http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j", NULL));
        assert_string_equal(http_text(fx, "job.targets.0"), arn);
        http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j", NULL));
        assert_string_equal(http_text(fx, "execution.thingArn"), arn);
        snprintf(body, sizeof body,
                 "{\"targets\":[\"arn:aws-iso:iot:%s:123456789012:thing/lamp\"],\"document\":\"{}\"}",
                 rows[i][0]);
        http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/k", body), 400, "InvalidRequestException",
                          rows[i][1]);
        http_forget(fx);
        core_close(fx->service.core);
    }
    fx->service.core = fx->base.core;
}

/* --- Who may call --- */

static struct credentials *make_credentials(struct http_fixture *fx)
{
    char path[100], why[200] = "";
    snprintf(path, sizeof path, "%s/credentials", fx->dir);
    assert_true(credentials_make_file(path, why, sizeof why));
    struct credentials *credentials = credentials_read(path, why, sizeof why);
    assert_non_null(credentials);
    return credentials;
}

static void forged_signatures_are_refused(void **state)
{
    struct http_fixture *fx = *state;
    struct credentials *credentials = make_credentials(fx);
    char authorization[300];
    fx->service.credentials = credentials;
    fx->base.now_ms = 1700000000000; /* 20231114T221320Z */
    http_header(fx, "X-Amz-Date", "20231114T221320Z");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/keys-and-certificate", NULL), 403,
                      "UnrecognizedClientException", "key id");
    http_expect_s3_error(fx, http_ask(fx, "s3", "PUT", "/docs", NULL), 403, "InvalidAccessKeyId", "key id");
    for (int is_s3 = 0; is_s3 < 2; is_s3++) {
        snprintf(authorization, sizeof authorization,
                 "AWS4-HMAC-SHA256 Credential=%s/20231114/us-east-1/%s/aws4_request, "
                 "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" HTTP_SIGNATURE,
                 credentials_first_id(credentials), is_s3 ? "s3" : "iot");
        http_header(fx, "Authorization", authorization);
        http_header(fx, "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
        int status = http_send(fx, "PUT", is_s3 ? "/docs" : "/jobs/j", NULL, 0);
        if (is_s3) {
            http_expect_s3_error(fx, status, 403, "SignatureDoesNotMatch", "does not match");
        } else {
            http_expect_error(fx, status, 403, "InvalidSignatureException", "does not match");
        }
    }
    http_header(fx, "Authorization", NULL);
    http_expect_error(fx, http_send(fx, "GET", "/things", NULL, 0), 403,
                      "MissingAuthenticationTokenException", "signature");
    http_expect_s3_error(
        fx, http_send(fx, "GET", "/docs/k?AWSAccessKeyId=A&Signature=s&Expires=1900000000", NULL, 0), 400,
        "InvalidRequest", "AWS4-HMAC-SHA256");
    fx->source = FROM_UNIX_SOCKET; /* the command line of the same user */
    http_expect(fx, 200, http_send(fx, "GET", "/things", NULL, 0));
    http_forget(fx);
    credentials_free(credentials);
}

static void credentials_file_is_private(void **state)
{
    struct http_fixture *fx = *state;
    struct credentials *credentials = make_credentials(fx);
    char path[100], why[200] = "";
    snprintf(path, sizeof path, "%s/credentials", fx->dir);
    assert_int_equal(strlen(credentials_first_id(credentials)), 20);
    assert_int_equal(strlen(credentials_secret(credentials, credentials_first_id(credentials))), 40);
    assert_null(credentials_secret(credentials, ""));
    assert_null(credentials_secret(credentials, "AKIA"));
    credentials_free(credentials);
    static const int open_modes[] = {0644, 0640, 0604, 0660, 0602};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        assert_int_equal(chmod(path, (mode_t)open_modes[i]), 0);
        assert_null(credentials_read(path, why, sizeof why));
        assert_non_null(strstr(why, "chmod 600"));
    }
    assert_int_equal(unlink(path), 0);
    assert_null(credentials_read(path, why, sizeof why));
    assert_null(credentials_read(fx->dir, why, sizeof why));
}

static void all_names_count_as_host(void **state)
{
    struct http_fixture *fx = *state;
    static const char *const names[] = {"first.example", "second.example", "10.1.2.3"};
    static const char *const ours[] = {"first.example", "SECOND.example:99", "10.1.2.3:8080", "127.0.0.1",
                                       "iot.example"};
    fx->service.names = names;
    fx->service.name_count = 3;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        http_header(fx, "Host", ours[i]);
        http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things", NULL));
    }
    static const char *const foreign[] = {"third.example", "10.1.2.4", "second.example.evil"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        http_header(fx, "Host", foreign[i]);
        http_expect(fx, 403, http_ask(fx, "iot", "GET", "/things", NULL));
    }
    fx->service.listen = "0.0.0.0"; /* every address of this machine is ours, every name is not */
    http_header(fx, "Host", "10.1.2.4:8080");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things", NULL));
    http_header(fx, "Host", "third.example");
    http_expect(fx, 403, http_ask(fx, "iot", "GET", "/things", NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(attributes),
        TEST(comments_and_reasons),
        TEST(details_over_http),
        TEST(numbers_and_booleans_as_text),
        TEST(errors_repeat_names),
        TEST(long_names_are_cut_between_characters),
        TEST(document_source_is_named_whole),
        TEST(a_policy_tells_its_dates),
        TEST(certificate_ids_in_capitals),
        TEST(arns_have_the_partition_of_the_region),
        TEST(forged_signatures_are_refused),
        TEST(credentials_file_is_private),
        TEST(all_names_count_as_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
