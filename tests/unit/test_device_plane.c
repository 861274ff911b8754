/* SPDX-License-Identifier: MIT */
/* The device's Jobs API over MQTT, byte for byte: accepted answers of docs/protocol.md 1.1 to 1.7, U-points of section 9. */
// LINK: cloud_mqtt_plane jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"
#include "fakes/device_ask.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The thing "lamp" with the jobs a and b, two seconds apart; the clock stands at 1700000000. */
static struct fixture *lamp(void **state)
{
    struct fixture *fx = *state;
    fx->now_ms = 1699999000999;
    fixture_thing(fx, "lamp");
    assert_int_equal(
        fixture_try_job(fx, "a", "lamp", (struct job_create){.document = slice_from("{\"n\": 1}")}), CORE_OK);
    fx->now_ms = 1699999002000;
    assert_int_equal(fixture_try_job(fx, "b", "lamp", (struct job_create){.document = slice_from("[2.50]")}),
                     CORE_OK);
    fx->now_ms = 1700000000500;
    fixture_forget(fx);
    return fx;
}

/* --- GetPendingJobExecutions --- */

static void get_pending(void **state)
{
    struct fixture *fx = lamp(state);
    expect_answer(fx, "lamp", "get", "{\"clientToken\":\"t1\"}",
                  "get/accepted {\"timestamp\":1700000000,\"clientToken\":\"t1\",\"inProgressJobs\":[],"
                  "\"queuedJobs\":["
                  "{\"jobId\":\"a\",\"queuedAt\":1699999000,\"lastUpdatedAt\":1699999000,\"versionNumber\":1,"
                  "\"executionNumber\":1},"
                  "{\"jobId\":\"b\",\"queuedAt\":1699999002,\"lastUpdatedAt\":1699999002,\"versionNumber\":1,"
                  "\"executionNumber\":1}]}");
    expect_answer(fx, "lamp", "b/update", "{\"status\":\"IN_PROGRESS\"}",
                  "b/update/accepted {\"timestamp\":1700000000}");
    expect_answer(
        fx, "lamp", "get", "{}", /* U7: IN_PROGRESS ones are listed */
        "get/accepted {\"timestamp\":1700000000,\"inProgressJobs\":["
        "{\"jobId\":\"b\",\"queuedAt\":1699999002,\"startedAt\":1700000000,\"lastUpdatedAt\":1700000000,"
        "\"versionNumber\":2,\"executionNumber\":1}],"
        "\"queuedJobs\":["
        "{\"jobId\":\"a\",\"queuedAt\":1699999000,\"lastUpdatedAt\":1699999000,\"versionNumber\":1,"
        "\"executionNumber\":1}]}");
    expect_answer(fx, "lamp", "a/update", "{\"status\":\"FAILED\"}",
                  "a/update/accepted {\"timestamp\":1700000000}");
    expect_answer(fx, "lamp", "b/update", "{\"status\":\"FAILED\"}",
                  "b/update/accepted {\"timestamp\":1700000000}");
    expect_answer(fx, "lamp", "get", "{}",
                  "get/accepted {\"timestamp\":1700000000,\"inProgressJobs\":[],\"queuedJobs\":[]}");
}

/* --- DescribeJobExecution --- */

#define EXECUTION_A                                                                                          \
    "{\"jobId\":\"a\",\"status\":\"QUEUED\",\"queuedAt\":1699999000,\"lastUpdatedAt\":1699999000,"           \
    "\"versionNumber\":1,\"executionNumber\":1"

static void describe(void **state)
{
    struct fixture *fx = lamp(state);
    const struct {
        const char *verb, *payload, *wanted;
    } rows[] = {
        /* the document by default (U1: $next stays in the topic) */
        {"$next/get", "{}",
         "$next/get/accepted {\"timestamp\":1700000000,\"execution\":" EXECUTION_A
         ",\"jobDocument\":{\"n\": 1}}}"},
        {"a/get", "{}",
         "a/get/accepted {\"timestamp\":1700000000,\"execution\":" EXECUTION_A
         ",\"jobDocument\":{\"n\": 1}}}"},
        {"a/get", "{\"includeJobDocument\":true,\"clientToken\":\"\",\"executionNumber\":1}",
         "a/get/accepted {\"timestamp\":1700000000,\"clientToken\":\"\",\"execution\":" EXECUTION_A
         ",\"jobDocument\":{\"n\": 1}}}"},
        {"a/get", "{\"includeJobDocument\":false}",
         "a/get/accepted {\"timestamp\":1700000000,\"execution\":" EXECUTION_A "}}"},
        {"b/get", "{\"executionNumber\":null}",
         "b/get/accepted {\"timestamp\":1700000000,\"execution\":{\"jobId\":\"b\",\"status\":\"QUEUED\","
         "\"queuedAt\":1699999002,\"lastUpdatedAt\":1699999002,\"versionNumber\":1,\"executionNumber\":1,"
         "\"jobDocument\":[2.50]}}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_answer(fx, "lamp", rows[i].verb, rows[i].payload, rows[i].wanted);
    }
    assert_string_equal(fixture_state(fx, "lamp", "a", 0), "QUEUED v1 #1"); /* reading starts nothing */
    assert_string_equal(fixture_heard(fx), "");
}

static void describe_next_when_idle(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_thing(fx, "idle");
    fx->now_ms = 1700000000500;
    expect_answer(fx, "idle", "$next/get", "{\"clientToken\":\"t\"}",
                  "$next/get/accepted {\"timestamp\":1700000000,\"clientToken\":\"t\"}");
}

static void describe_with_everything(void **state)
{
    struct fixture *fx = lamp(state);
    assert_int_equal(fixture_try_job(fx, "c", "lamp", (struct job_create){.in_progress_timeout_min = 2}),
                     CORE_OK);
    expect_answer(fx, "lamp", "c/update",
                  "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"b\":\"\\u0031\", \"a\":\"x\\\"y\"}}",
                  "c/update/accepted {\"timestamp\":1700000000}");
    fx->now_ms += 30000;
    expect_answer(fx, "lamp", "$next/get", "{\"includeJobDocument\":false}",
                  "$next/get/accepted {\"timestamp\":1700000030,\"execution\":{\"jobId\":\"c\","
                  "\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"b\":\"1\",\"a\":\"x\\\"y\"},"
                  "\"queuedAt\":1700000000,\"startedAt\":1700000000,\"lastUpdatedAt\":1700000000,"
                  "\"approximateSecondsBeforeTimedOut\":90,\"versionNumber\":2,\"executionNumber\":1}}");
}

/* --- StartNextPendingJobExecution --- */

static void start_next(void **state)
{
    struct fixture *fx = lamp(state);
    const char *started =
        "{\"jobId\":\"a\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"k\":\"v\"},"
        "\"queuedAt\":1699999000,\"startedAt\":1700000000,\"lastUpdatedAt\":1700000000,"
        "\"approximateSecondsBeforeTimedOut\":600,\"versionNumber\":2,\"executionNumber\":1,"
        "\"jobDocument\":{\"n\": 1}}";
    char wanted[512];
    snprintf(wanted, sizeof wanted,
             "start-next/accepted {\"timestamp\":1700000000,\"clientToken\":\"t\",\"execution\":%s}",
             started);
    expect_answer(fx, "lamp", "start-next",
                  "{\"clientToken\":\"t\",\"statusDetails\":{\"k\":\"v\"},\"stepTimeoutInMinutes\":10}",
                  wanted);
    snprintf(wanted, sizeof wanted, "start-next/accepted {\"timestamp\":1700000000,\"execution\":%s}",
             started);
    expect_answer(fx, "lamp", "start-next", "{\"statusDetails\":{\"other\":\"v\"}}", wanted); /* U8 */
    assert_string_equal(fixture_heard(fx), "");
}

static void start_next_when_idle(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_thing(fx, "idle");
    expect_answer(fx, "idle", "start-next", "{\"clientToken\":\"t\"}", /* U9 */
                  "start-next/accepted {\"timestamp\":1700000000,\"clientToken\":\"t\"}");
    expect_answer(fx, "idle", "start-next", "", "start-next/accepted {\"timestamp\":1700000000}"); /* U2 */
}

/* --- UpdateJobExecution: every combination of what may be asked for --- */

static void update_answers(void **state)
{
    struct fixture *fx = lamp(state);
    const struct {
        const char *payload, *wanted;
    } rows[] = {
        {"{\"status\":\"IN_PROGRESS\"}", "a/update/accepted {\"timestamp\":1700000000}"},
        {"{\"status\":\"IN_PROGRESS\",\"clientToken\":\"t\",\"includeJobDocument\":false,"
         "\"includeJobExecutionState\":false}",
         "a/update/accepted {\"timestamp\":1700000000,\"clientToken\":\"t\"}"},
        {"{\"status\":\"IN_PROGRESS\",\"includeJobExecutionState\":true}",
         "a/update/accepted {\"timestamp\":1700000000,\"executionState\":{\"status\":\"IN_PROGRESS\","
         "\"versionNumber\":4}}"},
        {"{\"status\":\"IN_PROGRESS\",\"includeJobDocument\":true,\"clientToken\":\"t\"}",
         "a/update/accepted {\"timestamp\":1700000000,\"clientToken\":\"t\",\"jobDocument\":{\"n\": 1}}"},
        {"{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"k\":\"v\"},\"includeJobDocument\":true,"
         "\"includeJobExecutionState\":true,\"expectedVersion\":5,\"executionNumber\":1}",
         "a/update/accepted {\"timestamp\":1700000000,\"executionState\":{\"status\":\"SUCCEEDED\","
         "\"statusDetails\":{\"k\":\"v\"},\"versionNumber\":6},\"jobDocument\":{\"n\": 1}}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_answer(fx, "lamp", "a/update", rows[i].payload, rows[i].wanted);
    }
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:b#1; lamp/notify-next b#1 QUEUED; ");
}

/* The answer goes first, then notify, then notify-next (1.10): the service publishes only when it is told to. */
static void answer_before_notifications(void **state)
{
    struct fixture *fx = lamp(state);
    struct device_answer answer;
    assert_true(core_begin(fx->core));
    device_plane_handle(fx->core, slice_from("$aws/things/lamp/jobs/a/update"),
                        slice_from("{\"status\":\"SUCCEEDED\"}"), &answer);
    assert_true(core_commit(fx->core));
    assert_non_null(answer.payload);
    assert_string_equal(fixture_heard(fx), "");
    device_answer_clear(&answer);
    assert_null(answer.topic);
    core_publish_outbox(fx->core);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:b#1; lamp/notify-next b#1 QUEUED; ");
}

/* AWS's embedded C library sends it as a string. */
static void expected_version_as_number_or_string(void **state)
{
    struct fixture *fx = lamp(state);
    const char *good[] = {"1", "\"2\"", "\"003\"", "\"\\u0034\"", "null"};
    char payload[128];
    for (size_t i = 0; i < COUNT(good); i++) {
        snprintf(payload, sizeof payload, "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":%s}", good[i]);
        expect_answer(fx, "lamp", "a/update", payload, "a/update/accepted {\"timestamp\":1700000000}");
    }
    assert_string_equal(fixture_state(fx, "lamp", "a", 0), "IN_PROGRESS v6 #1");
}

/* Official clients repeat jobId and thingName in the body, and send members of other operations. */
static void unknown_members_are_ignored(void **state)
{
    struct fixture *fx = lamp(state);
    expect_answer(
        fx, "lamp", "a/get",
        "{\"jobId\":\"other\",\"thingName\":7,\"status\":\"x\",\"status\":\"y\",\"deep\":[[[{\"a\":{}}]]],"
        "\"expectedVersion\":\"z\",\"includeJobDocument\":false}",
        "a/get/accepted {\"timestamp\":1700000000,\"execution\":" EXECUTION_A "}}");
    expect_answer(fx, "lamp", "$next/get",
                  "{\"jobId\":\"$next\",\"thingName\":\"lamp\",\"includeJobDocument\":false}",
                  "$next/get/accepted {\"timestamp\":1700000000,\"execution\":" EXECUTION_A "}}");
    expect_answer(fx, "lamp", "a/update", "{\"jobId\":\"b\",\"thingName\":\"x\",\"status\":\"IN_PROGRESS\"}",
                  "a/update/accepted {\"timestamp\":1700000000}");
    assert_string_equal(fixture_state(fx, "lamp", "b", 0), "QUEUED v1 #1");
}

static void null_is_absent(void **state)
{
    struct fixture *fx = lamp(state);
    expect_answer(
        fx, "lamp", "a/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":null,\"clientToken\":null,\"expectedVersion\":null,"
        "\"executionNumber\":null,\"includeJobExecutionState\":null,\"includeJobDocument\":null,"
        "\"stepTimeoutInMinutes\":null}",
        "a/update/accepted {\"timestamp\":1700000000}");
    expect_answer(fx, "lamp", "start-next", "{\"statusDetails\":null,\"stepTimeoutInMinutes\":null}",
                  "start-next/accepted {\"timestamp\":1700000000,\"execution\":{\"jobId\":\"a\","
                  "\"status\":\"IN_PROGRESS\",\"queuedAt\":1699999000,\"startedAt\":1700000000,"
                  "\"lastUpdatedAt\":1700000000,\"versionNumber\":2,\"executionNumber\":1,"
                  "\"jobDocument\":{\"n\": 1}}}");
}

/* Old SDKs of AWS: the one for Python sends executionNumber so, the one for C++ everything. */
static void numbers_and_booleans_as_text(void **state)
{
    struct fixture *fx = lamp(state);
    expect_answer(
        fx, "lamp", "a/update",
        "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":\"1\",\"executionNumber\":\"1\","
        "\"stepTimeoutInMinutes\":\"5\",\"includeJobExecutionState\":\"true\","
        "\"includeJobDocument\":\"false\"}",
        "a/update/accepted {\"timestamp\":1700000000,\"executionState\":{\"status\":\"IN_PROGRESS\","
        "\"versionNumber\":2}}");
    const char *answer =
        ask(fx, "lamp", "a/get", "{\"executionNumber\":\"1\",\"includeJobDocument\":\"false\"}");
    assert_non_null(strstr(answer, "\"approximateSecondsBeforeTimedOut\":300"));
    assert_null(strstr(answer, "jobDocument"));
    answer = ask(fx, "lamp", "start-next", "{\"stepTimeoutInMinutes\":\"2\"}");
    assert_non_null(strstr(answer, "\"approximateSecondsBeforeTimedOut\":120"));
    expect_answer(fx, "lamp", "a/update", "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":\"-1\"}",
                  "a/update/accepted {\"timestamp\":1700000000}");
    assert_null(strstr(ask(fx, "lamp", "a/get", "{}"), "approximateSeconds"));
}

/* As AWS's Device Client reports what a program has printed: kept, and escaped wherever it is shown. */
static void control_characters_in_details(void **state)
{
    struct fixture *fx = lamp(state);
    const char shown[] = "\"statusDetails\":{\"stdout\":\"one\\ntwo\\r\\n\\t\\u001b[0m\"}";
    const char *answer =
        ask(fx, "lamp", "a/update",
            "{\"status\":\"IN_PROGRESS\",\"includeJobExecutionState\":true,\"statusDetails\":"
            "{\"stdout\":\"one\\ntwo\\r\\n\\t\\u001b[0m\"}}");
    assert_non_null(strstr(answer, "a/update/accepted "));
    assert_non_null(strstr(answer, shown));
    assert_non_null(strstr(ask(fx, "lamp", "a/get", "{}"), shown));
    answer = ask(fx, "lamp", "a/update", "{\"status\":\"FAILED\",\"expectedVersion\":7}");
    assert_non_null(strstr(answer, "a/update/rejected "));
    assert_non_null(strstr(answer, shown));
    answer = ask(fx, "lamp", "a/update", "{\"status\":\"FAILED\",\"statusDetails\":{\"a\":\"\\u0000\"}}");
    assert_non_null(strstr(answer, "a/update/rejected {\"code\":\"InvalidRequest\""));
}

/* Echoed as it was written: escapes stay escapes. */
static void client_tokens(void **state)
{
    struct fixture *fx = lamp(state);
    static char payload[9000];
    static char wanted[9000];
    static char token_64[65];
    memset(token_64, 't', 64);
    const char *tokens[] = {"",
                            "a",
                            "\\u0061\\/\\\"\\\\\\n",
                            "\xc3\xa4\xf0\x9f\x98\x80",
                            "\\ud800 \\u0000",
                            " x y ",
                            token_64,
                            "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                            "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                            "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                            "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"}; /* 33 */
    for (size_t i = 0; i < COUNT(tokens); i++) {
        snprintf(payload, sizeof payload, "{ \"cl\\u0069entToken\" : \"%s\" }", tokens[i]);
        snprintf(wanted, sizeof wanted,
                 "get/rejected {\"code\":\"ResourceNotFound\",\"message\":\"thing 'nobody' does not exist\","
                 "\"clientToken\":\"%s\",\"timestamp\":1700000000}",
                 tokens[i]);
        expect_answer(fx, "nobody", "get", payload, wanted);
    }
}

/* A job may be called like an operation: levels decide, not words. */
static void jobs_with_the_names_of_operations(void **state)
{
    struct fixture *fx = *state;
    const char *names[] = {"get", "update", "start-next", "notify", "notify-next", "accepted", "jobs"};
    fixture_thing(fx, "jobs");
    for (size_t i = 0; i < COUNT(names); i++) {
        char verb[64];
        char wanted[128];
        fixture_job(fx, names[i], "jobs");
        snprintf(verb, sizeof verb, "%s/update", names[i]);
        snprintf(wanted, sizeof wanted, "%s/update/accepted {\"timestamp\":1700000000}", names[i]);
        expect_answer(fx, "jobs", verb, "{\"status\":\"SUCCEEDED\"}", wanted);
        assert_string_equal(fixture_job_state(fx, names[i]), "COMPLETED");
    }
}

/* --- Documents: the bytes that the operator gave stand in the answer --- */

static void documents_byte_for_byte(void **state)
{
    struct fixture *fx = *state;
    const char *documents[] = {
        "{\"big\":123456789012345678901234567890,\"r\":0.1000000000000000055511151231257827}",
        "{\"e\":\"\\u0041\\/\\ud83d\\ude00\\ud800\\u0000\",\"u\":\"\xf0\x9f\x98\x80\"}",
        " \n{ \"a\" : [ ] }\t", "\"text\"", "-0.0e+7"};
    fixture_thing(fx, "lamp");
    for (size_t i = 0; i < COUNT(documents); i++) {
        char id[16];
        char verb[32];
        char wanted[512];
        snprintf(id, sizeof id, "j%zu", i);
        struct job_create create = {.document = slice_from(documents[i])};
        assert_int_equal(fixture_try_job(fx, id, "lamp", create), CORE_OK);
        snprintf(verb, sizeof verb, "%s/update", id);
        snprintf(wanted, sizeof wanted, "%s/accepted {\"timestamp\":1700000000,\"jobDocument\":%s}", verb,
                 documents[i]);
        expect_answer(fx, "lamp", verb, "{\"status\":\"SUCCEEDED\",\"includeJobDocument\":true}", wanted);
    }
}

/* The longest of everything fits: document, details, names, token. */
static void longest_answer(void **state)
{
    struct fixture *fx = *state;
    static char document[32769];
    static char payload[80000];
    char thing[129];
    char job_id[65];
    memset(thing, 'n', 128);
    thing[128] = '\0';
    memset(job_id, 'j', 64);
    job_id[64] = '\0';
    memset(document, 'd', 32768);
    document[0] = document[32767] = '"';
    fixture_thing(fx, thing);
    assert_int_equal(
        fixture_try_job(fx, job_id, thing, (struct job_create){.document = slice_from(document)}), CORE_OK);
    char *at = payload + sprintf(payload,
                                 "{\"status\":\"IN_PROGRESS\",\"includeJobDocument\":true,"
                                 "\"includeJobExecutionState\":true,\"stepTimeoutInMinutes\":10080,"
                                 "\"clientToken\":\"%.64s\",\"statusDetails\":{",
                                 document + 1);
    for (int i = 0; i < 10; i++) {
        at += sprintf(at, "%s\"%0128d\":\"", i ? "," : "", i);
        for (int k = 0; k < 1024; k++) {
            at += sprintf(at, "\\\"");
        }
        at += sprintf(at, "\"");
    }
    sprintf(at, "}}");
    char verb[80];
    snprintf(verb, sizeof verb, "%s/update", job_id);
    const char *answer = ask(fx, thing, verb, payload);
    assert_non_null(strstr(answer, "/update/accepted "));
    assert_non_null(strstr(answer, document));
    snprintf(verb, sizeof verb, "%s/get", job_id);
    answer = ask(fx, thing, verb, "{}");
    assert_non_null(strstr(answer, "/get/accepted "));
    assert_non_null(strstr(answer, document));
    assert_non_null(strstr(answer, "\"approximateSecondsBeforeTimedOut\":604800"));
}

/* --- Topics --- */

static void topics(void **state)
{
    struct fixture *fx = lamp(state);
    char long_topic[300];
    const struct {
        const char *topic;
        bool is_request;
        const char *answer; /* the topic; NULL: none */
    } rows[] = {
        {"$aws/things/lamp/jobs/get", true, "$aws/things/lamp/jobs/get/accepted"},
        {"$aws/things/lamp/jobs/start-next", true, "$aws/things/lamp/jobs/start-next/accepted"},
        {"$aws/things/lamp/jobs/$next/get", true, "$aws/things/lamp/jobs/$next/get/accepted"},
        {"$aws/things/lamp/jobs/b/get", true, "$aws/things/lamp/jobs/b/get/accepted"},
        {"$aws/things/lamp/jobs/b/update", true, "$aws/things/lamp/jobs/b/update/rejected"},
        {"$aws/things/a:b_c/jobs/get", true, "$aws/things/a:b_c/jobs/get/rejected"},
        /* no operation (U10: request topic + /rejected) */
        {"$aws/things/lamp/jobs/put", true, "$aws/things/lamp/jobs/put/rejected"},
        {"$aws/things/lamp/jobs/", true, "$aws/things/lamp/jobs//rejected"},
        {"$aws/things/lamp/jobs/b/put", true, "$aws/things/lamp/jobs/b/put/rejected"},
        {"$aws/things/lamp/jobs/b/", true, "$aws/things/lamp/jobs/b//rejected"},
        {"$aws/things/lamp/jobs/b/get/more", true, "$aws/things/lamp/jobs/b/get/more/rejected"},
        {"$aws/things/lamp/jobs/b/get/", true, "$aws/things/lamp/jobs/b/get//rejected"},
        {"$aws/things/lamp/jobs/b/namespace-x/get", true, "$aws/things/lamp/jobs/b/namespace-x/get/rejected"},
        /* the service's own */
        {"$aws/things/lamp/jobs/notify", false, "$aws/things/lamp/jobs/notify/rejected"},
        {"$aws/things/lamp/jobs/notify-next", false, "$aws/things/lamp/jobs/notify-next/rejected"},
        {"$aws/things/lamp/jobs/get/accepted", false, "$aws/things/lamp/jobs/get/accepted/rejected"},
        {"$aws/things/lamp/jobs/b/update/rejected", false,
         "$aws/things/lamp/jobs/b/update/rejected/rejected"},
        /* something else */
        {"$aws/things/lamp/jobs", false, NULL},
        {"$aws/things/lamp", false, NULL},
        {"$aws/things/lamp/shadow/get", false, NULL},
        {"$aws/things/lamp/jobsx/get", false, NULL},
        {"$aws/certificates/create/json", false, NULL},
        {"aws/things/lamp/jobs/get", false, NULL},
        {"/$aws/things/lamp/jobs/get", false, NULL},
        {"$AWS/things/lamp/jobs/get", false, NULL},
        {"$aws/things/lamp/jobs/+/get", false, NULL},
        {"$aws/things/lamp/jobs/#", false, NULL},
        {"$aws/things/+/jobs/get", false, NULL},
        {"$aws/things/la\x01mp/jobs/get", false, NULL},
        {"$aws/things/\xff/jobs/get", false, NULL},
        {"", false, NULL},
        {long_topic, false, NULL},
        {long_topic + 4, true, "InvalidRequest"},
    };
    memset(long_topic, 'x', sizeof long_topic); /* 260 bytes; 256 from the fifth on */
    memcpy(long_topic, "$aws$aws/things/", 16);
    memcpy(long_topic + 260 - 9, "/jobs/get", 10);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct device_answer answer;
        struct slice topic = slice_from(rows[i].topic);
        assert_int_equal(device_plane_is_request(topic), rows[i].is_request);
        assert_true(core_begin(fx->core));
        device_plane_handle(fx->core, topic, slice_from("{}"), &answer);
        fixture_finish(fx);
        if (!rows[i].answer) {
            assert_null(answer.topic);
            assert_null(answer.payload);
        } else if (rows[i].answer[0] == '$') {
            assert_string_equal(answer.topic, rows[i].answer);
        } else {
            assert_non_null(strstr(answer.payload, rows[i].answer));
        }
        device_answer_clear(&answer);
    }
}

/* The longest topic of all has 226 bytes (1.1). */
static void longest_topic(void **state)
{
    struct fixture *fx = *state;
    char topic[300];
    snprintf(topic, sizeof topic, "$aws/things/%0128d/jobs/%064d/update", 0, 0);
    struct device_answer answer;
    assert_true(core_begin(fx->core));
    device_plane_handle(fx->core, slice_from(topic), slice_from("{\"status\":\"FAILED\"}"), &answer);
    fixture_finish(fx);
    assert_int_equal(strlen(answer.topic), 226);
    assert_non_null(strstr(answer.payload, "ResourceNotFound"));
    device_answer_clear(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(get_pending),
        TEST(describe),
        TEST(describe_next_when_idle),
        TEST(describe_with_everything),
        TEST(start_next),
        TEST(start_next_when_idle),
        TEST(update_answers),
        TEST(answer_before_notifications),
        TEST(expected_version_as_number_or_string),
        TEST(unknown_members_are_ignored),
        TEST(null_is_absent),
        TEST(numbers_and_booleans_as_text),
        TEST(control_characters_in_details),
        TEST(client_tokens),
        TEST(jobs_with_the_names_of_operations),
        TEST(documents_byte_for_byte),
        TEST(longest_answer),
        TEST(topics),
        TEST(longest_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
