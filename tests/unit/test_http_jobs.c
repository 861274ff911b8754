/* SPDX-License-Identifier: MIT */
/* Jobs and executions over HTTP, both planes (docs/protocol.md 5.1, 5.3, 6, 10). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/objects.h"
#include "fakes/http_fixture.h"

#include <math.h>

#define LAMP   "arn:aws:iot:us-east-1:123456789012:thing/lamp"
#define DATA   "iot-jobs-data"
#define TARGET "\"targets\":[\"" LAMP "\"]"

static struct http_fixture *with_lamp(void **state)
{
    struct http_fixture *fx = *state;
    fixture_thing(&fx->base, "lamp");
    return fx;
}

/* Body of CreateJob with this document, which may hold anything. */
static void create_job(struct http_fixture *fx, const char *job_id, const char *document)
{
    char path[128];
    json_t *body = json_pack("{s[s]ss}", "targets", LAMP, "document", document);
    char *text = json_dumps(body, JSON_COMPACT);
    snprintf(path, sizeof path, "/jobs/%s", job_id);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", path, text));
    free(text);
    json_decref(body);
}

static int64_t integer(const struct http_fixture *fx, const char *path)
{
    json_t *value = http_find(fx, path);
    if (!json_is_integer(value)) {
        fail_msg("%s is no integer", path);
    }
    return json_integer_value(value);
}

static void expect_date(const struct http_fixture *fx, const char *path, int64_t ms)
{
    json_t *value = http_find(fx, path);
    if (!json_is_number(value) || fabs(json_number_value(value) - (double)ms / 1000.0) > 0.0005) {
        fail_msg("%s is not %lld ms", path, (long long)ms);
    }
}

static void new_job_and_its_description(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    http_expect(
        fx, 200,
        http_ask(fx, "iot", "PUT", "/jobs/j-1",
                 "{" TARGET ",\"document\":\"{}\",\"description\":\"what it does\","
                 "\"targetSelection\":\"SNAPSHOT\",\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":7},"
                 "\"jobExecutionsRetryConfig\":{\"criteriaList\":[{\"failureType\":\"FAILED\","
                 "\"numberOfRetries\":2}]},\"presignedUrlConfig\":{},\"tags\":[],\"abortConfig\":null}"));
    assert_string_equal(http_text(fx, "jobArn"), "arn:aws:iot:us-east-1:123456789012:job/j-1");
    assert_string_equal(http_text(fx, "jobId"), "j-1");
    assert_string_equal(http_text(fx, "description"), "what it does");

    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j-1", NULL));
    assert_string_equal(http_text(fx, "job.status"), "IN_PROGRESS");
    assert_string_equal(http_text(fx, "job.targetSelection"), "SNAPSHOT");
    assert_string_equal(http_text(fx, "job.targets.0"), LAMP);
    assert_int_equal(integer(fx, "job.timeoutConfig.inProgressTimeoutInMinutes"), 7);
    assert_string_equal(http_text(fx, "job.jobExecutionsRetryConfig.criteriaList.0.failureType"), "FAILED");
    assert_int_equal(integer(fx, "job.jobExecutionsRetryConfig.criteriaList.0.numberOfRetries"), 2);
    assert_int_equal(integer(fx, "job.jobProcessDetails.numberOfQueuedThings"), 1);
    static const char *const zero[] = {"Canceled",   "Succeeded", "Failed",  "Rejected",
                                       "InProgress", "Removed",   "TimedOut"};
    for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "job.jobProcessDetails.numberOf%sThings", zero[i]);
        assert_int_equal(integer(fx, path), 0);
    }
    assert_true(json_is_false(http_find(fx, "job.isConcurrent")));
    expect_date(fx, "job.createdAt", FIXTURE_START_MS);
    expect_date(fx, "job.lastUpdatedAt", FIXTURE_START_MS);
    assert_null(http_find(fx, "job.completedAt"));
    assert_null(http_find(fx, "job.document"));
    assert_null(http_find(fx, "documentSource"));
}

/* The document is text: what a JSON library would change stays as it is. */
static void document_stays_byte_for_byte(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    const char document[] =
        " {\"big\" : 123456789012345678901234567890,\"r\":1.10, \"e\":1E+2,\"u\":\"\\u00e9\xc3\xa9/\\/\","
        "\"a\":1,\"a\":2}\n";
    create_job(fx, "j", document);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j/job-document", NULL));
    assert_string_equal(http_text(fx, "document"), document);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j/job-document?beforeSubstitution=true", NULL));
    assert_string_equal(http_text(fx, "document"), document);
    http_expect(fx, 200, http_ask(fx, DATA, "PUT", "/things/lamp/jobs/$next", "{}"));
    assert_string_equal(http_text(fx, "execution.jobDocument"), document);
}

static void bad_jobs_are_refused(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    static const struct {
        const char *body, *part;
    } cases[] = {
        {"{\"document\":\"{}\"}", "a job has 1 to 100 targets"},
        {"{\"targets\":[],\"document\":\"{}\"}", "a job has 1 to 100 targets"},
        {"{\"targets\":\"" LAMP "\",\"document\":\"{}\"}", "'targets' must be a JSON array"},
        {"{\"targets\":[1],\"document\":\"{}\"}", "'targets' must hold strings"},
        {"{\"targets\":[\"lamp\"],\"document\":\"{}\"}", "lamp"},
        {"{" TARGET "}", "document"},
        {"{" TARGET ",\"document\":{}}", "'document' must be a string"},
        {"{" TARGET ",\"document\":\"{\"}", "document"},
        {"{" TARGET ",\"document\":\"{}\",\"documentSource\":\"s3://b/k\"}", ""},
        {"{" TARGET ",\"document\":\"{}\",\"targetSelection\":\"CONTINUOUS\"}", "CONTINUOUS"},
        {"{" TARGET ",\"document\":\"{}\",\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":0}}",
         "inProgressTimeoutInMinutes"},
        {"{" TARGET ",\"document\":\"{}\",\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":10081}}",
         "10080"},
        {"{" TARGET ",\"document\":\"{}\",\"timeoutConfig\":{\"minutes\":1}}", "unknown member 'minutes'"},
        {"{" TARGET ",\"document\":\"{}\",\"jobExecutionsRetryConfig\":{\"criteriaList\":[]}}",
         "'criteriaList'"},
        {"{" TARGET ",\"document\":\"{}\",\"jobExecutionsRetryConfig\":{\"criteriaList\":[{},{},{}]}}",
         "'criteriaList'"},
        {"{" TARGET
         ",\"document\":\"{}\",\"jobExecutionsRetryConfig\":{\"criteriaList\":[{\"failureType\":\"ALL\"}]}}",
         "numberOfRetries"},
        {"{" TARGET ",\"document\":\"{\\\"url\\\":\\\"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/"
         "bkt/k}\\\"}\"}",
         "presignedUrlConfig with a roleArn"},
        {"{" TARGET ",\"document\":\"{\\\"v\\\":\\\"${aws:iot:parameter:v}\\\"}\"}",
         "does not model placeholders"},
        {"{" TARGET ",\"document\":\"{}\",\"presignedUrlConfig\":{\"expiresInSec\":59}}", "60 to 3600"},
        {"{" TARGET ",\"document\":\"{}\",\"presignedUrlConfig\":{\"expiresInSec\":3601}}", "60 to 3600"},
        {"{" TARGET ",\"document\":\"{}\",\"presignedUrlConfig\":{\"expiresInSec\":0}}", "expiresInSec"},
        {"{" TARGET ",\"document\":\"{}\",\"presignedUrlConfig\":{\"roleArn\":\"arn:aws:iam::1\"}}",
         "20 to 2048"},
        {"{" TARGET ",\"document\":\"{}\",\"presignedUrlConfig\":{\"role\":\"x\"}}", "unknown member 'role'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = http_ask(fx, "iot", "PUT", "/jobs/j", cases[i].body);
        if (status == 404) { /* the object of documentSource */
            continue;
        }
        http_expect_error(fx, status, 400, "InvalidRequestException", cases[i].part);
    }
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs/j", NULL), 404, "ResourceNotFoundException", "j");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/a%3Ab", "{" TARGET ",\"document\":\"{}\"}"), 400,
                      "InvalidRequestException", "a:b");
    create_job(fx, "twice", "{}");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/twice", "{" TARGET ",\"document\":\"{}\"}"), 409,
                      "ResourceAlreadyExistsException", "twice");
    assert_string_equal(http_text(fx, "resourceId"), "twice");
    assert_string_equal(http_text(fx, "resourceArn"), "arn:aws:iot:us-east-1:123456789012:job/twice");
    http_expect_error(
        fx, http_ask(fx, "iot", "PUT", "/jobs/j", "{\"targets\":[\"" LAMP "2\"],\"document\":\"{}\"}"), 404,
        "ResourceNotFoundException", "lamp2");
}

static void document_source_is_resolved_in_the_local_store(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    const char document[] = "{\"action\":\"blink\"}\n";
    const char placeholder[] = "{\"url\":\"${aws:iot:s3-presigned-url:s3://b/k}\"}";
    FIXTURE_OK(&fx->base, buckets_create(fx->service.core, "docs", &fx->base.error));
    fixture_object(&fx->base, "docs", "a b.json", document);
    fixture_object(&fx->base, "docs", "bad", placeholder);
    const char link[] = "https://s3.us-east-1.amazonaws.com/docs/a%20b.json";
    char body[300];
    snprintf(body, sizeof body, "{" TARGET ",\"documentSource\":\"%s\"}", link);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", "/jobs/j", body));
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j", NULL));
    assert_string_equal(http_text(fx, "documentSource"), link);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j/job-document", NULL));
    assert_string_equal(http_text(fx, "document"), document);
    http_expect_error(
        fx, http_ask(fx, "iot", "PUT", "/jobs/k", "{" TARGET ",\"documentSource\":\"s3://docs/none\"}"), 404,
        "ResourceNotFoundException", "none");
    http_expect_error(
        fx,
        http_ask(fx, "iot", "PUT", "/jobs/k", "{" TARGET ",\"documentSource\":\"https://example.com/x\"}"),
        400, "InvalidRequestException", "s3://");
    http_expect_error(
        fx, http_ask(fx, "iot", "PUT", "/jobs/k", "{" TARGET ",\"documentSource\":\"s3://docs/bad\"}"), 400,
        "InvalidRequestException", "placeholders");
}

/* docs/protocol.md 5.5: devices get links, operators the placeholder, before and after substitution. */
static void links_are_for_devices_alone(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    const char *const document =
        "{\"url\":\"${aws:iot:s3-presigned-url-v2:https://s3.us-east-1.amazonaws.com/bucket/a.bin}\"}";
    json_t *body = json_pack("{s[s]ss s{ss si}}", "targets", LAMP, "document", document, "presignedUrlConfig",
                             "roleArn", "arn:aws:iam::123456789012:role/ota", "expiresInSec", 90);
    char *text = json_dumps(body, JSON_COMPACT);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", "/jobs/j", text));
    free(text);
    json_decref(body);

    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j", NULL));
    assert_string_equal(http_text(fx, "job.presignedUrlConfig.roleArn"),
                        "arn:aws:iam::123456789012:role/ota");
    assert_int_equal(integer(fx, "job.presignedUrlConfig.expiresInSec"), 90);
    static const char *const forms[] = {"/jobs/j/job-document",
                                        "/jobs/j/job-document?beforeSubstitution=true",
                                        "/jobs/j/job-document?beforeSubstitution=false"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        http_expect(fx, 200, http_ask(fx, "iot", "GET", forms[i], NULL));
        assert_string_equal(http_text(fx, "document"), document);
    }
    unsigned before = fx->base.links_signed;
    char link[128];
    static const struct {
        const char *method, *target, *body, *place;
    } deliveries[] = {
        {"GET", "/things/lamp/jobs/$next", NULL, "execution.jobDocument"},
        {"GET", "/things/lamp/jobs/j", NULL, "execution.jobDocument"},
        {"PUT", "/things/lamp/jobs/$next", "{}", "execution.jobDocument"},
        {"POST", "/things/lamp/jobs/j", "{\"status\":\"IN_PROGRESS\",\"includeJobDocument\":true}",
         "jobDocument"},
    };
    for (size_t i = 0; i < sizeof deliveries / sizeof deliveries[0]; i++) {
        http_expect(fx, 200,
                    http_ask(fx, DATA, deliveries[i].method, deliveries[i].target, deliveries[i].body));
        snprintf(link, sizeof link, "{\"url\":\"https://links/bucket/a.bin?n=%u&s=90\"}",
                 before + (unsigned)i + 1);
        assert_string_equal(http_text(fx, deliveries[i].place), link);
    }
    http_expect(fx, 200,
                http_ask(fx, "iot", "PATCH", "/jobs/j", "{\"presignedUrlConfig\":{\"expiresInSec\":61}}"));
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs/j", NULL));
    assert_non_null(strstr(http_text(fx, "execution.jobDocument"), "&s=61\""));
}

static void jobs_are_listed(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "one", "{}");
    fx->base.now_ms += 1000;
    create_job(fx, "two", "{}");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs", NULL));
    assert_int_equal(json_array_size(http_find(fx, "jobs")), 2);
    assert_string_equal(http_text(fx, "jobs.0.jobId"), "two");
    assert_string_equal(http_text(fx, "jobs.0.status"), "IN_PROGRESS");
    assert_string_equal(http_text(fx, "jobs.0.targetSelection"), "SNAPSHOT");
    expect_date(fx, "jobs.0.createdAt", FIXTURE_START_MS + 1000);
    assert_null(http_find(fx, "jobs.0.targets"));
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs?status=COMPLETED", NULL));
    assert_int_equal(json_array_size(http_find(fx, "jobs")), 0);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs?targetSelection=CONTINUOUS", NULL));
    assert_int_equal(json_array_size(http_find(fx, "jobs")), 0);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs?targetSelection=SNAPSHOT&maxResults=1", NULL));
    assert_int_equal(json_array_size(http_find(fx, "jobs")), 1);
    assert_non_null(http_find(fx, "nextToken"));
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs?status=SLEEPING", NULL), 400,
                      "InvalidRequestException", "SLEEPING");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs?targetSelection=ALL", NULL), 400,
                      "InvalidRequestException", "targetSelection");
}

static void cancel_and_delete(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "j", "{}");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/jobs/j", NULL), 409,
                      "InvalidStateTransitionException", "j");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/j/cancel?force=1", "{}"), 400,
                      "InvalidRequestException", "'force'");
    http_expect(fx, 200,
                http_ask(fx, "iot", "PUT", "/jobs/j/cancel?force=true",
                         "{\"reasonCode\":\"OLD\",\"comment\":\"why\"}"));
    assert_string_equal(http_text(fx, "jobId"), "j");
    assert_string_equal(http_text(fx, "jobArn"), "arn:aws:iot:us-east-1:123456789012:job/j");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j", NULL));
    assert_string_equal(http_text(fx, "job.status"), "CANCELED");
    assert_string_equal(http_text(fx, "job.reasonCode"), "OLD");
    assert_string_equal(http_text(fx, "job.comment"), "why");
    assert_true(json_is_true(http_find(fx, "job.forceCanceled")));
    expect_date(fx, "job.completedAt", FIXTURE_START_MS); /* U35 */
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/j/cancel", "{}"), 400, "InvalidRequestException",
                      "j");
    http_expect(fx, 200, http_ask(fx, "iot", "DELETE", "/jobs/j", NULL));
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs/j", NULL), 404, "ResourceNotFoundException", "j");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/jobs/j", NULL), 404, "ResourceNotFoundException",
                      "j");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/j/cancel", NULL), 404,
                      "ResourceNotFoundException", "j");
    create_job(fx, "k", "{}");
    http_expect(fx, 200, http_ask(fx, "iot", "DELETE", "/jobs/k?force=true", NULL));
}

static void execution_on_the_control_plane(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "j", "{}");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j", NULL));
    assert_string_equal(http_text(fx, "execution.status"), "QUEUED");
    assert_int_equal(json_object_size(http_find(fx, "execution.statusDetails")), 0);
    assert_null(http_find(fx, "execution.startedAt"));
    assert_null(http_find(fx, "execution.approximateSecondsBeforeTimedOut")); /* U22 */

    fx->base.now_ms += 1500;
    http_expect(fx, 200,
                http_ask(fx, DATA, "PUT", "/things/lamp/jobs/$next",
                         "{\"statusDetails\":{\"step\":\"1\"},\"stepTimeoutInMinutes\":2}"));
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j?executionNumber=1", NULL));
    assert_string_equal(http_text(fx, "execution.jobId"), "j");
    assert_string_equal(http_text(fx, "execution.thingArn"), LAMP);
    assert_null(http_find(fx, "execution.thingName"));
    assert_null(http_find(fx, "execution.jobDocument"));
    assert_string_equal(http_text(fx, "execution.status"), "IN_PROGRESS");
    assert_string_equal(http_text(fx, "execution.statusDetails.detailsMap.step"), "1");
    assert_true(json_is_false(http_find(fx, "execution.forceCanceled")));
    expect_date(fx, "execution.queuedAt", FIXTURE_START_MS);
    expect_date(fx, "execution.startedAt", FIXTURE_START_MS + 1500);
    expect_date(fx, "execution.lastUpdatedAt", FIXTURE_START_MS + 1500);
    assert_int_equal(integer(fx, "execution.executionNumber"), 1);
    assert_int_equal(integer(fx, "execution.versionNumber"), 2);
    assert_int_equal(integer(fx, "execution.approximateSecondsBeforeTimedOut"), 120);

    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j?executionNumber=2", NULL), 404,
                      "ResourceNotFoundException", "");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j?executionNumber=x", NULL), 400,
                      "InvalidRequestException", "executionNumber");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/none/jobs/j", NULL), 404,
                      "ResourceNotFoundException", "");
}

static void executions_are_listed(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "one", "{}");
    fx->base.now_ms += 1000;
    create_job(fx, "two", "{}");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs", NULL));
    assert_int_equal(json_array_size(http_find(fx, "executionSummaries")), 2);
    assert_string_equal(http_text(fx, "executionSummaries.0.jobId"), "two");
    assert_string_equal(http_text(fx, "executionSummaries.0.jobExecutionSummary.status"), "QUEUED");
    assert_int_equal(integer(fx, "executionSummaries.0.jobExecutionSummary.executionNumber"), 1);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs?jobId=one&status=QUEUED", NULL));
    assert_int_equal(json_array_size(http_find(fx, "executionSummaries")), 1);
    assert_string_equal(http_text(fx, "executionSummaries.0.jobId"), "one");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs?status=FAILED", NULL));
    assert_int_equal(json_array_size(http_find(fx, "executionSummaries")), 0);
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/one/things", NULL));
    assert_string_equal(http_text(fx, "executionSummaries.0.thingArn"), LAMP);
    assert_null(http_find(fx, "executionSummaries.0.jobId"));
    expect_date(fx, "executionSummaries.0.jobExecutionSummary.queuedAt", FIXTURE_START_MS);
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs/one/things?status=X", NULL), 400,
                      "InvalidRequestException", "X");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs/none/things", NULL), 404,
                      "ResourceNotFoundException", "none");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/none/jobs", NULL), 404,
                      "ResourceNotFoundException", "none");
}

static void execution_is_canceled_and_deleted(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "j", "{}");
    http_expect(fx, 200, http_ask(fx, DATA, "PUT", "/things/lamp/jobs/$next", "{}"));
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/things/lamp/jobs/j/cancel", "{}"), 409,
                      "InvalidStateTransitionException", "");
    http_expect_error(
        fx, http_ask(fx, "iot", "PUT", "/things/lamp/jobs/j/cancel?force=true", "{\"expectedVersion\":9}"),
        409, "VersionConflictException", "9");
    http_expect_error(fx,
                      http_ask(fx, "iot", "PUT", "/things/lamp/jobs/j/cancel", "{\"statusDetails\":\"x\"}"),
                      400, "InvalidRequestException", "'statusDetails' must be a JSON object");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/things/lamp/jobs/j/executionNumber/1", NULL), 409,
                      "InvalidStateTransitionException", "");
    http_expect(fx, 200,
                http_ask(fx, "iot", "PUT", "/things/lamp/jobs/j/cancel?force=true",
                         "{\"expectedVersion\":2,\"statusDetails\":{\"by\":\"me\"}}"));
    assert_string_equal(fx->call.answer.body, "{}");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j", NULL));
    assert_string_equal(http_text(fx, "execution.status"), "CANCELED");
    assert_true(json_is_true(http_find(fx, "execution.forceCanceled")));
    assert_string_equal(http_text(fx, "execution.statusDetails.detailsMap.by"), "me");
    http_expect(fx, 200,
                http_ask(fx, "iot", "DELETE", "/things/lamp/jobs/j/executionNumber/1?force=false", NULL));
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/lamp/jobs/j", NULL), 404,
                      "ResourceNotFoundException", "");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/things/lamp/jobs/j/executionNumber/zero", NULL),
                      400, "InvalidRequestException", "zero");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/things/lamp/jobs/j/executionNumber/1", NULL), 404,
                      "ResourceNotFoundException", "");
}

/* --- iot-jobs-data --- */

static void idle_thing_gets_empty_answers(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs", NULL));
    assert_int_equal(json_array_size(http_find(fx, "inProgressJobs")), 0);
    assert_true(json_is_array(http_find(fx, "queuedJobs")));
    http_expect(fx, 200, http_ask(fx, DATA, "PUT", "/things/lamp/jobs/$next", NULL));
    assert_string_equal(fx->call.answer.body, "{}");
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs/%24next", NULL));
    assert_string_equal(fx->call.answer.body, "{}");
    http_expect_error(fx, http_ask(fx, DATA, "GET", "/things/none/jobs", NULL), 404,
                      "ResourceNotFoundException", "none");
}

static void device_runs_a_job(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "j", "{\"op\":\"x\"}");
    create_job(fx, "k", "{}");
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs/%24next", NULL));
    assert_string_equal(http_text(fx, "execution.status"), "QUEUED");
    assert_string_equal(http_text(fx, "execution.jobDocument"),
                        "{\"op\":\"x\"}"); /* a string, and by default */
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs/j?includeJobDocument=false", NULL));
    assert_null(http_find(fx, "execution.jobDocument"));

    http_expect(
        fx, 200,
        http_ask(fx, DATA, "POST", "/things/lamp/jobs/j",
                 "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"p\":\"50\"},\"expectedVersion\":\"1\"}"));
    assert_string_equal(fx->call.answer.body, "{}"); /* nothing asked, nothing told */
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs", NULL));
    assert_string_equal(http_text(fx, "inProgressJobs.0.jobId"), "j");
    assert_int_equal(integer(fx, "inProgressJobs.0.startedAt"), FIXTURE_START_MS / 1000); /* whole seconds */
    assert_int_equal(integer(fx, "inProgressJobs.0.versionNumber"), 2);
    assert_string_equal(http_text(fx, "queuedJobs.0.jobId"), "k");
    assert_null(http_find(fx, "queuedJobs.0.startedAt"));

    http_expect(fx, 200,
                http_ask(fx, DATA, "POST", "/things/lamp/jobs/j",
                         "{\"status\":\"SUCCEEDED\",\"expectedVersion\":2,\"includeJobExecutionState\":true,"
                         "\"includeJobDocument\":true,\"executionNumber\":1}"));
    assert_string_equal(http_text(fx, "executionState.status"), "SUCCEEDED");
    assert_int_equal(integer(fx, "executionState.versionNumber"), 3);
    assert_string_equal(http_text(fx, "executionState.statusDetails.p"), "50"); /* kept */
    assert_string_equal(http_text(fx, "jobDocument"), "{\"op\":\"x\"}");
    http_expect_error(fx, http_ask(fx, DATA, "GET", "/things/lamp/jobs/j", NULL), 410,
                      "TerminalStateException", "");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/jobs/j", NULL));
    assert_string_equal(http_text(fx, "job.status"), "COMPLETED");
}

static void refused_updates_carry_the_state(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "j", "{}");
    http_expect(fx, 200,
                http_ask(fx, DATA, "PUT", "/things/lamp/jobs/$next", "{\"statusDetails\":{\"step\":\"1\"}}"));
    http_expect_error(fx,
                      http_ask(fx, DATA, "POST", "/things/lamp/jobs/j",
                               "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":7}"),
                      409, "InvalidStateTransitionException", "7"); /* U33 */
    assert_string_equal(http_text(fx, "executionState.status"), "IN_PROGRESS");
    assert_int_equal(integer(fx, "executionState.versionNumber"), 2);
    assert_string_equal(http_text(fx, "executionState.statusDetails.step"), "1");
    http_expect(fx, 200, http_ask(fx, DATA, "POST", "/things/lamp/jobs/j", "{\"status\":\"FAILED\"}"));
    http_expect_error(fx, http_ask(fx, DATA, "POST", "/things/lamp/jobs/j", "{\"status\":\"SUCCEEDED\"}"),
                      409, "InvalidStateTransitionException", "");
    assert_string_equal(http_text(fx, "executionState.status"), "FAILED");
}

static void bad_updates_are_refused(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    create_job(fx, "j", "{}");
    static const char *const bad[] = {
        "{}",
        "",
        "{\"status\":null}",
        "{\"status\":1}",
        "{\"status\":\"CANCELED\"}",
        "{\"status\":\"DONE\"}",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"a\":1}}",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"a\":{}}}",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":[]}",
        "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":0}",
        "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":-2}",
        "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":10081}",
        "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":\"one\"}",
        "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":1.5}",
        "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":-1}",
        "{\"status\":\"IN_PROGRESS\",\"includeJobDocument\":1}",
        "{\"status\":\"IN_PROGRESS\",\"executionNumber\":0}",
        "{\"status\":\"IN_PROGRESS\",\"executionNumber\":99999999999999999999}",
        "{\"status\":\"IN_PROGRESS\",\"clientToken\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int status = http_ask(fx, DATA, "POST", "/things/lamp/jobs/j", bad[i]);
        if (status != 400) {
            fail_msg("status %d for %s", status, bad[i]);
        }
        http_expect_error(fx, status, 400, "InvalidRequestException", "");
    }
    http_expect_error(fx,
                      http_ask(fx, DATA, "PUT", "/things/lamp/jobs/$next", "{\"stepTimeoutInMinutes\":0}"),
                      400, "InvalidRequestException", "stepTimeoutInMinutes");
    http_expect_error(fx, http_ask(fx, DATA, "POST", "/things/lamp/jobs/none", "{\"status\":\"FAILED\"}"),
                      404, "ResourceNotFoundException", "");
    http_expect(fx, 200, http_ask(fx, DATA, "GET", "/things/lamp/jobs/j", NULL));
    assert_int_equal(integer(fx, "execution.versionNumber"), 1);
}

/* An answer comes after the COMMIT, a notification after the answer (docs/protocol.md 1.10). */
static void notifications_leave_when_the_answer_is_made(void **state)
{
    struct http_fixture *fx = with_lamp(state);
    fixture_forget(&fx->base);
    create_job(fx, "j", "{}");
    assert_string_equal(fixture_heard(&fx->base), "lamp/notify QUEUED:j#1; lamp/notify-next j#1 QUEUED; ");
    http_ask(fx, "iot", "PUT", "/jobs/j", "{" TARGET ",\"document\":\"{}\"}");
    assert_string_equal(fixture_heard(&fx->base), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(new_job_and_its_description),
        TEST(document_stays_byte_for_byte),
        TEST(bad_jobs_are_refused),
        TEST(document_source_is_resolved_in_the_local_store),
        TEST(links_are_for_devices_alone),
        TEST(jobs_are_listed),
        TEST(cancel_and_delete),
        TEST(execution_on_the_control_plane),
        TEST(executions_are_listed),
        TEST(execution_is_canceled_and_deleted),
        TEST(idle_thing_gets_empty_answers),
        TEST(device_runs_a_job),
        TEST(refused_updates_carry_the_state),
        TEST(bad_updates_are_refused),
        TEST(notifications_leave_when_the_answer_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
