/* SPDX-License-Identifier: MIT */
/* Topics, requests and answers against the tables of docs/protocol.md 1.1 to 1.9, and R-25: every combination of members. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "device/core/jobs/reason.h"
#include "device/core/jobs/wire.h"

#include <stdio.h>
#include <string.h>

#define ID64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static void test_topics_taken_apart(void **state)
{
    static const struct {
        const char *topic;
        enum jobs_topic_kind kind;
        bool is_accepted;
        const char *job_id;
    } cases[] = {
        {"$aws/things/T/jobs/notify", JOBS_TOPIC_NOTIFY, false, ""},
        {"$aws/things/T/jobs/notify-next", JOBS_TOPIC_NOTIFY_NEXT, false, ""},
        {"$aws/things/T/jobs/$next/get/accepted", JOBS_TOPIC_GET, true, "$next"},
        {"$aws/things/T/jobs/$next/get/rejected", JOBS_TOPIC_GET, false, "$next"},
        {"$aws/things/T/jobs/" ID64 "/update/accepted", JOBS_TOPIC_UPDATE, true, ID64},
        {"$aws/things/T/jobs/j/update/rejected", JOBS_TOPIC_UPDATE, false, "j"},
        /* jobs that are called like operations: the number of levels decides */
        {"$aws/things/T/jobs/notify/get/accepted", JOBS_TOPIC_GET, true, "notify"},
        {"$aws/things/T/jobs/get/get/accepted", JOBS_TOPIC_GET, true, "get"},
        {"$aws/things/T/jobs/get/accepted", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/start-next/accepted", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/j/get", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/j/get/", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/j/get/accepted/", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/j/get/Accepted", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/j/delete/accepted", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/notify/", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs/", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T/jobs", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things/T2/jobs/notify", JOBS_TOPIC_OTHER, false, ""},
        {"$aws/things//jobs/notify", JOBS_TOPIC_OTHER, false, ""},
        {"x$aws/things/T/jobs/notify", JOBS_TOPIC_OTHER, false, ""},
        {"", JOBS_TOPIC_OTHER, false, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jobs_topic topic = jobs_wire_parse_topic("T", slice_from(cases[i].topic));
        assert_int_equal(topic.kind, cases[i].kind);
        if (topic.kind != JOBS_TOPIC_GET && topic.kind != JOBS_TOPIC_UPDATE) {
            continue;
        }
        assert_int_equal(topic.is_accepted, cases[i].is_accepted);
        assert_true(slice_is(topic.job_id, cases[i].job_id));
    }
}

static void test_topics_made(void **state)
{
    char thing[DEVICE_THING_NAME_CAP];
    char topic[DEVICE_TOPIC_CAP];
    (void)state;
    jobs_wire_make_topic(topic, "T", "$next", "get");
    assert_string_equal(topic, "$aws/things/T/jobs/$next/get");
    jobs_wire_make_topic(topic, "T", NULL, jobs_wire_filter(JOBS_SUB_UPDATE));
    assert_string_equal(topic, "$aws/things/T/jobs/+/update/+");
    memset(thing, 't', sizeof thing - 1);
    thing[sizeof thing - 1] = '\0';
    jobs_wire_make_topic(topic, thing, ID64, "update/accepted"); /* the longest there is: 226 bytes */
    assert_int_equal(strlen(topic), 226);
}

/* docs/protocol.md 1.8: every code, a name, a meaning, retry yes or no. R-30 */
static void test_rejection_codes(void **state)
{
    static const struct {
        const char *code;
        enum jobs_verdict verdict;
    } cases[] = {
        {"InvalidTopic", JOBS_VERDICT_REFUSED},      {"InvalidJson", JOBS_VERDICT_REFUSED},
        {"InvalidRequest", JOBS_VERDICT_REFUSED},    {"InvalidStateTransition", JOBS_VERDICT_REFUSED},
        {"ResourceNotFound", JOBS_VERDICT_GONE},     {"VersionMismatch", JOBS_VERDICT_REREAD},
        {"InternalError", JOBS_VERDICT_RETRY},       {"RequestThrottled", JOBS_VERDICT_RETRY},
        {"TerminalStateReached", JOBS_VERDICT_GONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct jobs_rejection *rejection = jobs_wire_rejection(slice_from(cases[i].code));
        assert_string_equal(rejection->code, cases[i].code);
        assert_int_equal(rejection->verdict, cases[i].verdict);
        assert_true(strlen(rejection->meaning) > 0);
    }
    assert_int_equal(jobs_wire_rejection(slice_from("internalerror"))->verdict, JOBS_VERDICT_REFUSED);
    assert_int_equal(jobs_wire_rejection(slice_from(""))->verdict, JOBS_VERDICT_REFUSED);
    assert_int_equal(jobs_wire_rejection(SLICE_EMPTY)->verdict, JOBS_VERDICT_REFUSED);
}

/* docs/protocol.md 2.2: the words, and which of them are the end. Pins the order of the tables to the enums. */
static void test_statuses(void **state)
{
    static const struct {
        uint8_t status;
        const char *text, *word;
        bool is_terminal;
    } cases[] = {
        {JOBS_STATUS_IN_PROGRESS, "IN_PROGRESS", "running", false},
        {JOBS_STATUS_SUCCEEDED, "SUCCEEDED", "succeeded", true},
        {JOBS_STATUS_FAILED, "FAILED", "failed", true},
        {JOBS_STATUS_REJECTED, "REJECTED", "rejected", true},
        {JOBS_WIRE_QUEUED, "QUEUED", NULL, false},
        {JOBS_WIRE_TIMED_OUT, "TIMED_OUT", NULL, true},
        {JOBS_WIRE_REMOVED, "REMOVED", NULL, true},
        {JOBS_WIRE_CANCELED, "CANCELED", NULL, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char payload[100];
        struct jobs_answer answer;
        assert_string_equal(jobs_wire_status_text(cases[i].status), cases[i].text);
        if (cases[i].word != NULL) {
            assert_string_equal(jobs_wire_state_text(cases[i].status), cases[i].word);
        }
        assert_int_equal(jobs_wire_is_terminal(cases[i].status), cases[i].is_terminal);
        snprintf(payload, sizeof payload, "{\"executionState\":{\"status\":\"%s\"}}", cases[i].text);
        assert_int_equal(jobs_wire_read_answer(slice_from(payload), &answer), ERR_OK);
        assert_int_equal(answer.status, cases[i].status);
    }
    static const char *const others[] = {"\"queued\"", "\"QUEUED \"",  "\"\"",           "0",          "true",
                                         "null",       "[\"QUEUED\"]", "{\"QUEUED\":1}", "\"QUEUEDX\""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char payload[100];
        struct jobs_answer answer;
        snprintf(payload, sizeof payload, "{\"executionState\":{\"status\":%s}}", others[i]);
        assert_int_equal(jobs_wire_read_answer(slice_from(payload), &answer), ERR_OK);
        assert_int_equal(answer.status, JOBS_WIRE_UNKNOWN);
    }
    assert_false(jobs_wire_is_terminal(JOBS_WIRE_UNKNOWN));
    assert_string_equal(jobs_wire_reason_text(JOBS_REASON_NO_ACTION), "NO_ACTION");
    assert_string_equal(jobs_wire_reason_text(JOBS_REASON_NONE), "");
    for (uint8_t i = 1; i < JOBS_REASON_COUNT; i++) {
        assert_true(strlen(jobs_wire_reason_message(i)) > 0);
        assert_true(strlen(jobs_wire_reason_message(i)) < JOURNAL_MESSAGE_CAP);
        assert_null(strpbrk(jobs_wire_reason_message(i), "\"\\"));
    }
}

/* The guide's answer, with every member. */
static void test_answer_with_an_execution(void **state)
{
    static const char payload[] =
        "{\"timestamp\":1700000000,\"clientToken\":\"t-1\",\"execution\":{\"thingName\":\"T\",\"jobId\":"
        "\"j\","
        "\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":\"2\",\"step\":\"x\"},\"queuedAt\":"
        "1699999000,"
        "\"startedAt\":1699999100,\"lastUpdatedAt\":1699999100,\"approximateSecondsBeforeTimedOut\":60,"
        "\"versionNumber\":3,\"executionNumber\":12345678901234567,\"jobDocument\":{\"action\":\"a\"}}}";
    struct jobs_answer answer;
    (void)state;
    assert_int_equal(jobs_wire_read_answer(slice_from(payload), &answer), ERR_OK);
    assert_true(slice_is(answer.token, "t-1"));
    assert_int_equal(answer.timestamp_s, 1700000000);
    assert_null(answer.rejection);
    assert_true(answer.has_execution);
    assert_string_equal(answer.execution.job_id, "j");
    assert_true(answer.execution.execution_number == 12345678901234567);
    assert_int_equal(answer.execution.queued_at_s, 1699999000);
    assert_int_equal(answer.version, 3);
    assert_int_equal(answer.status, JOBS_STATUS_IN_PROGRESS);
    assert_int_equal(answer.attempt, 2);
    assert_true(slice_is(answer.details, "{\"attempt\":\"2\",\"step\":\"x\"}"));
}

static void test_rejected_answer(void **state)
{
    static const char payload[] = "{\"code\":\"VersionMismatch\",\"message\":\"Expected version 4 but found "
                                  "version 3\",\"clientToken\":\"t9\","
                                  "\"timestamp\":1700000000,\"executionState\":{\"status\":\"IN_PROGRESS\","
                                  "\"statusDetails\":{\"attempt\":\"7\"},"
                                  "\"versionNumber\":3}}";
    struct jobs_answer answer;
    (void)state;
    assert_int_equal(jobs_wire_read_answer(slice_from(payload), &answer), ERR_OK);
    assert_string_equal(answer.rejection->code, "VersionMismatch");
    assert_false(answer.has_execution);
    assert_int_equal(answer.status, JOBS_STATUS_IN_PROGRESS);
    assert_int_equal(answer.attempt, 7);
    assert_int_equal(jobs_wire_verdict(&answer), JOBS_VERDICT_REREAD);
}

/* U4, U6, U9: what must be tolerated. */
static void test_answers_in_other_forms(void **state)
{
    static const struct {
        const char *payload;
        enum err err;
        bool has_execution;
        int64_t queued_at_s;
    } cases[] = {
        {"{}", ERR_OK, false, 0},
        {"{\"execution\":{}}", ERR_OK, false, 0},
        {"{\"execution\":null}", ERR_OK, false, 0},
        {"{\"execution\":{\"jobId\":\"j\",\"queuedAt\":1699999000123,\"versionNumber\":1,\"executionNumber\":"
         "1}}",
         ERR_OK, true, 1699999000},
        {"{\"execution\":{\"jobId\":\"j\",\"queuedAt\":1699999000.5,\"versionNumber\":0,\"executionNumber\":-"
         "1}}",
         ERR_OK, true, 1699999000},
        {"{\"execution\":{\"jobId\":\"j\",\"queuedAt\":\"1\",\"versionNumber\":1,\"executionNumber\":1}}",
         ERR_CORRUPT, false, 0},
        {"{\"execution\":{\"jobId\":\"j\",\"queuedAt\":1,\"versionNumber\":\"1\",\"executionNumber\":1}}",
         ERR_CORRUPT, false, 0},
        {"{\"execution\":{\"jobId\":\"j\",\"queuedAt\":1,\"versionNumber\":1,\"executionNumber\":"
         "99999999999999999999}}",
         ERR_CORRUPT, false, 0},
        {"{\"execution\":{\"jobId\":\"" ID64 "x\",\"queuedAt\":1,\"versionNumber\":1,\"executionNumber\":1}}",
         ERR_CORRUPT, false, 0},
        {"{\"execution\":{\"jobId\":\"j\",\"jobId\":\"k\",\"queuedAt\":1,\"versionNumber\":1,"
         "\"executionNumber\":1}}",
         ERR_JSON_AMBIGUOUS, false, 0},
        {"[]", ERR_JSON_NOT_OBJECT, false, 0},
        {"", ERR_JSON_INCOMPLETE, false, 0},
        {"{\"timestamp\":1", ERR_JSON_INCOMPLETE, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct jobs_answer answer;
        assert_int_equal(jobs_wire_read_answer(slice_from(cases[i].payload), &answer), cases[i].err);
        assert_int_equal(answer.has_execution, cases[i].has_execution);
        if (cases[i].err == ERR_OK) {
            assert_true(answer.execution.queued_at_s == cases[i].queued_at_s);
        }
    }
}

static void test_get_request(void **state)
{
    char out[200];
    (void)state;
    size_t len = jobs_wire_write_get(out, sizeof out, "t", 0, true);
    assert_string_equal(out, "{\"clientToken\":\"t\"}");
    assert_int_equal(len, strlen(out));
    jobs_wire_write_get(out, sizeof out, "t", 5, false);
    assert_string_equal(out, "{\"executionNumber\":5,\"includeJobDocument\":false,\"clientToken\":\"t\"}");
    assert_int_equal(jobs_wire_write_get(out, 19, "t", 0, true), 0);
}

/* every combination of optional members is the member table's JSON, in every status. */
static void test_update_request_in_all_combinations(void **state)
{
    struct details details;
    struct jobs_outcome outcome = {.reason = JOBS_REASON_STORAGE, .message = "why"};
    (void)state;
    details_clear(&details);
    assert_int_equal(details_add(&details, "step", "1"), ERR_OK);
    for (unsigned bits = 0; bits < 1u << 9; bits++) {
        static const char *const statuses[] = {"IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"};
        struct details none;
        char out[600];
        char expected[600];
        details_clear(&none);
        struct jobs_wire_update update = {
            .token = "t",
            .status = (uint8_t)(bits & 3),
            .state = bits & 4 ? "accepted" : NULL,
            .attempt = 3,
            .outcome = bits & 8 ? &outcome : NULL,
            .details = bits & 16 ? &details : &none,
            .expected_version = bits & 32 ? 7 : -1,
            .execution_number = bits & 64 ? 9 : 0,
            .step_timeout_min = bits & 128 ? 10 : 0,
            .has_progress = (bits & 128) != 0,
            .progress_percent = 50,
            .with_document = (bits & 256) != 0,
        };
        int len = snprintf(expected, sizeof expected, "{\"status\":\"%s\"", statuses[bits & 3]);
        if (bits & 4) {
            len += snprintf(expected + len, sizeof expected - (size_t)len,
                            ",\"statusDetails\":{\"state\":\"accepted\",\"attempt\":\"3\"%s%s%s}",
                            bits & 128 ? ",\"progress\":\"50\"" : "",
                            bits & 8 ? ",\"reason\":\"STORAGE\",\"message\":\"why\"" : "",
                            bits & 16 ? ",\"step\":\"1\"" : "");
        }
        snprintf(expected + len, sizeof expected - (size_t)len, "%s%s%s%s,\"clientToken\":\"t\"}",
                 bits & 32 ? ",\"expectedVersion\":7" : "", bits & 64 ? ",\"executionNumber\":9" : "",
                 bits & 128 ? ",\"stepTimeoutInMinutes\":10" : "",
                 bits & 256 ? ",\"includeJobDocument\":true" : "");
        assert_int_equal(jobs_wire_write_update(out, sizeof out, &update), strlen(expected));
        assert_string_equal(out, expected);
        assert_int_equal(json_read(slice_from(out), NULL, 0, NULL), ERR_OK);
        assert_int_equal(jobs_wire_write_update(out, strlen(expected), &update), 0);
    }
}

static void test_notifications(void **state)
{
    static const struct {
        const char *payload;
        bool has;
    } cases[] = {
        {"{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}]}}", true},
        {"{\"jobs\":{\"QUEUED\":[{\"jobId\":\"a\",\"executionNumber\":2,\"queuedAt\":5},{\"jobId\":\"j\","
         "\"executionNumber\":2,\"queuedAt\":5}]}}",
         true},
        {"{\"jobs\":{\"NEW_LIST\":[{\"x\":[{}],\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}]}}",
         true},
        {"{\"execution\":{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}}", true},
        {"{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j\",\"executionNumber\":1,\"queuedAt\":5}]}}", false},
        {"{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j\"}]}}", false},
        {"{\"jobs\":{\"IN_PROGRESS\":[[{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}]]}}", false},
        {"{\"jobs\":{\"IN_PROGRESS\":[\"j\",2,null]}}", false},
        {"{\"jobs\":{}}", false},
        /* other values than the object, the list and the summary */
        {"{\"jobs\":[{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}]}", false},
        {"{\"jobs\":\"{\\\"QUEUED\\\":[{\\\"jobId\\\":\\\"j\\\",\\\"executionNumber\\\":2,\\\"queuedAt\\\":5}"
         "]}\"}",
         false},
        {"{\"jobs\":1}", false},
        {"{\"jobs\":{\"QUEUED\":{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}}}", false},
        {"{\"jobs\":{\"QUEUED\":\"[{\\\"jobId\\\":\\\"j\\\",\\\"executionNumber\\\":2,\\\"queuedAt\\\":5}]\"}"
         "}",
         false},
        {"{\"jobs\":{\"QUEUED\":[\"{\\\"jobId\\\":\\\"j\\\",\\\"executionNumber\\\":2,\\\"queuedAt\\\":5}\"]}"
         "}",
         false},
        {"{\"execution\":[{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}]}", false},
        {"{\"execution\":\"{\\\"jobId\\\":\\\"j\\\",\\\"executionNumber\\\":2,\\\"queuedAt\\\":5}\"}", false},
        {"{\"execution\":null}", false},
        {"{\"execution\":{\"jobId\":\"i\",\"executionNumber\":2,\"queuedAt\":5,\"jobDocument\":{\"jobId\":"
         "\"j\","
         "\"executionNumber\":2,\"queuedAt\":5}}}",
         false},
        {"{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":5}]}",
         false}, /* not whole */
        {"{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j\",\"executionNumber\":2}]}}",
         false}, /* of whichever second */
        {"{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j\",\"executionNumber\":2,\"queuedAt\":6}]}}", false},
        {"", false},
    };
    struct jobs_identity execution = {.job_id = "j", .execution_number = 2, .queued_at_s = 5};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(jobs_wire_notice_has(slice_from(cases[i].payload), &execution), cases[i].has);
    }
    execution.job_id[0] = '7'; /* a job may be called like a number, but its id is a string */
    assert_true(jobs_wire_notice_has(
        slice_from("{\"execution\":{\"jobId\":\"7\",\"executionNumber\":2,\"queuedAt\":5}}"), &execution));
    assert_false(jobs_wire_notice_has(
        slice_from("{\"execution\":{\"jobId\":7,\"executionNumber\":2,\"queuedAt\":5}}"), &execution));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_taken_apart),
        cmocka_unit_test(test_topics_made),
        cmocka_unit_test(test_rejection_codes),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_answer_with_an_execution),
        cmocka_unit_test(test_rejected_answer),
        cmocka_unit_test(test_answers_in_other_forms),
        cmocka_unit_test(test_get_request),
        cmocka_unit_test(test_update_request_in_all_combinations),
        cmocka_unit_test(test_notifications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
