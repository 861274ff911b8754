/* SPDX-License-Identifier: MIT */
/* Rejected answers: every code of docs/protocol.md 1.8 provoked, the order of the checks, and that nothing changed. R-30. */
// LINK: cloud_mqtt_plane jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/mqtt/device_answer.h"
#include "fakes/core_fixture.h"
#include "fakes/device_ask.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* "lamp": q QUEUED, p IN_PROGRESS with details, d SUCCEEDED. */
static struct fixture *lamp(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    fixture_job(fx, "q", "lamp");
    fixture_job(fx, "p", "lamp");
    fixture_job(fx, "d", "lamp");
    ask(fx, "lamp", "p/update", "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"step\":\"2\"}}");
    ask(fx, "lamp", "p/update", "{\"status\":\"IN_PROGRESS\"}");
    ask(fx, "lamp", "d/update", "{\"status\":\"SUCCEEDED\"}");
    fixture_forget(fx);
    return fx;
}

static void expect_nothing_changed(struct fixture *fx)
{
    assert_string_equal(fixture_state(fx, "lamp", "q", 0), "QUEUED v1 #1");
    assert_string_equal(fixture_state(fx, "lamp", "p", 0), "IN_PROGRESS v3 #1");
    assert_string_equal(fixture_state(fx, "lamp", "d", 0), "SUCCEEDED v2 #1");
    assert_string_equal(fixture_heard(fx), "");
}

/* The exact bytes, members in the order of the sample. */
static void whole_answers(void **state)
{
    struct fixture *fx = lamp(state);
    expect_answer(fx, "lamp", "p/update",
                  "{\"status\":\"SUCCEEDED\",\"expectedVersion\":\"4\",\"clientToken\":\"t9\"}",
                  "p/update/rejected {\"code\":\"VersionMismatch\","
                  "\"message\":\"Expected version 4 but found version 3\",\"clientToken\":\"t9\","
                  "\"timestamp\":1700000000,\"executionState\":{\"status\":\"IN_PROGRESS\","
                  "\"statusDetails\":{\"step\":\"2\"},\"versionNumber\":3}}");
    expect_answer(
        fx, "lamp", "d/update", "{\"status\":\"FAILED\"}",
        "d/update/rejected {\"code\":\"InvalidStateTransition\","
        "\"message\":\"an execution that is SUCCEEDED cannot become FAILED\",\"timestamp\":1700000000,"
        "\"executionState\":{\"status\":\"SUCCEEDED\",\"versionNumber\":2}}");
    expect_answer(
        fx, "lamp", "d/get", "{\"clientToken\":\"t\"}",
        "d/get/rejected {\"code\":\"TerminalStateReached\","
        "\"message\":\"the execution of job 'd' on thing 'lamp' is SUCCEEDED\",\"clientToken\":\"t\","
        "\"timestamp\":1700000000}");
    expect_answer(fx, "lamp", "n/get", "{}",
                  "n/get/rejected {\"code\":\"ResourceNotFound\","
                  "\"message\":\"job 'n' has no execution on thing 'lamp'\",\"timestamp\":1700000000}");
    expect_answer(
        fx, "lamp", "q/update", "{\"clientToken\":\"t\"}",
        "q/update/rejected {\"code\":\"InvalidRequest\",\"message\":\"Value null at 'status' failed to "
        "satisfy constraint: Member must not be null\",\"clientToken\":\"t\",\"timestamp\":1700000000}");
    expect_answer(
        fx, "lamp", "q/put", "{\"clientToken\":\"t\"}",
        "q/put/rejected {\"code\":\"InvalidTopic\",\"message\":\"no operation of AWS IoT Jobs has this "
        "topic\",\"clientToken\":\"t\",\"timestamp\":1700000000}");
    expect_answer(
        fx, "lamp", "q/put", "{", /* topic before JSON; no token to echo */
        "q/put/rejected {\"code\":\"InvalidTopic\",\"message\":\"no operation of AWS IoT Jobs has this "
        "topic\",\"timestamp\":1700000000}");
    expect_answer(
        fx, "lamp", "get", "{\"clientToken\":\"t\"",
        "get/rejected {\"code\":\"InvalidJson\",\"message\":\"the payload is not usable at byte 18: JSON "
        "text ends too early\",\"timestamp\":1700000000}");
    expect_nothing_changed(fx);
}

static void expect_code(struct fixture *fx, const char *thing, const char *verb, const char *payload,
                        const char *code)
{
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s/rejected {\"code\":\"%s\",\"message\":\"", verb, code);
    const char *got = ask(fx, thing, verb, payload);
    if (strncmp(got, wanted, strlen(wanted)) != 0) {
        fail_msg("%s %.200s gave %s, not %s", verb, payload, got, code);
    }
    bool has_state = strstr(got, "\"executionState\":{") != NULL;
    assert_int_equal(has_state,
                     strcmp(code, "VersionMismatch") == 0 || strcmp(code, "InvalidStateTransition") == 0);
}

static void invalid_json(void **state)
{
    struct fixture *fx = lamp(state);
    const char *verbs[] = {"get", "start-next", "$next/get", "q/get", "q/update", "none/get", "none/update"};
    const char *payloads[] = {" ",
                              "{",
                              "nul",
                              "{\"a\":}",
                              "{\"a\":1,}",
                              "{'a':1}",
                              "{}{}",
                              "[]",
                              "\"a\"",
                              "7",
                              "null",
                              "true",
                              "{\"a\":01}",
                              "\xff",
                              "{\"a\":\"\xff\"}",
                              "\xef\xbb\xbf{}",
                              "{\"clientToken\":\"\x01\"}"};
    for (size_t i = 0; i < COUNT(verbs); i++) {
        for (size_t j = 0; j < COUNT(payloads); j++) {
            expect_code(fx, "lamp", verbs[i], payloads[j], "InvalidJson");
        }
    }
    assert_non_null(strstr(ask_bytes(fx, "lamp", "get", (struct slice){"{\"a\":\"\0\"}", 9}), "InvalidJson"));
    expect_nothing_changed(fx);
}

static void too_deep_is_refused(void **state)
{
    struct fixture *fx = lamp(state);
    char payload[100] = "{\"a\":";
    memset(payload + 5, '[', 40);
    memset(payload + 45, ']', 40);
    strcpy(payload + 85, "}");
    expect_code(fx, "lamp", "get", payload, "InvalidJson");
}

/* A payload as large as AWS takes it is read; one byte more is refused without a look inside. */
static void size_of_the_payload(void **state)
{
    struct fixture *fx = lamp(state);
    char *payload = malloc(131074);
    assert_non_null(payload);
    memset(payload, ' ', 131073);
    payload[131073] = '\0';
    payload[0] = '{';
    payload[131071] = '}';
    assert_non_null(strstr(ask_bytes(fx, "lamp", "get", (struct slice){payload, 131072}), "get/accepted"));
    payload[131071] = ' ';
    payload[131072] = '}';
    expect_code(fx, "lamp", "get", payload, "InvalidRequest");
    free(payload);
}

static void invalid_requests(void **state)
{
    struct fixture *fx = lamp(state);
    const struct {
        const char *verb, *payload;
    } rows[] = {
        {"get", "{\"clientToken\":7}"},
        {"get", "{\"clientToken\":{\"a\":1}}"},
        {"get", "{\"clientToken\":\"a\",\"clientToken\":\"b\"}"},
        {"start-next", "{\"stepTimeoutInMinutes\":0}"},
        {"start-next", "{\"stepTimeoutInMinutes\":-1}"},
        {"start-next", "{\"stepTimeoutInMinutes\":10081}"},
        {"start-next", "{\"stepTimeoutInMinutes\":1.5}"},
        {"start-next", "{\"stepTimeoutInMinutes\":1e1}"},
        {"start-next", "{\"stepTimeoutInMinutes\":\"five\"}"},
        {"start-next", "{\"stepTimeoutInMinutes\":\"5 \"}"},
        {"start-next", "{\"stepTimeoutInMinutes\":\"0\"}"},
        {"start-next", "{\"stepTimeoutInMinutes\":99999999999999999999}"},
        {"start-next", "{\"statusDetails\":{\"a\":1}}"},
        {"start-next", "{\"statusDetails\":[]}"},
        {"start-next", "{\"statusDetails\":\"{}\"}"},
        {"start-next", "{\"statusDetails\":{},\"statusDetails\":{}}"},
        {"q/get", "{\"executionNumber\":0}"},
        {"q/get", "{\"executionNumber\":-1}"},
        {"q/get", "{\"executionNumber\":\"0\"}"},
        {"q/get", "{\"executionNumber\":\"1.0\"}"},
        {"q/get", "{\"executionNumber\":\"\"}"},
        {"q/get", "{\"executionNumber\":9223372036854775808}"},
        {"q/get", "{\"includeJobDocument\":\"False\"}"},
        {"q/get", "{\"includeJobDocument\":\"1\"}"},
        {"q/get", "{\"includeJobDocument\":0}"},
        {"q/update", "{}"},
        {"q/update", ""},
        {"q/update", "{\"status\":null}"},
        {"q/update", "{\"status\":1}"},
        {"q/update", "{\"status\":\"\"}"},
        {"q/update", "{\"status\":\"DONE\"}"},
        {"q/update", "{\"status\":\"succeeded\"}"},
        {"q/update", "{\"status\":\"SUCCEEDED \"}"},
        {"q/update", "{\"status\":\"CANCELED\"}"},
        {"q/update", "{\"status\":\"TIMED_OUT\"}"},
        {"q/update", "{\"status\":\"REMOVED\"}"},
        {"q/update", "{\"status\":\"\\u0000\"}"},
        {"q/update",
         "{\"status\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"},
        {"q/update", "{\"status\":\"FAILED\",\"status\":\"FAILED\"}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":\"\"}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":\"one\"}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":\" 1\"}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":1.0}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":true}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":123456789012345678901234567890}"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":\"123456789012345678901234567890123456\"}"},
        {"q/update", "{\"status\":\"FAILED\",\"executionNumber\":0}"},
        {"q/update", "{\"status\":\"FAILED\",\"includeJobExecutionState\":1}"},
        {"q/update", "{\"status\":\"FAILED\",\"includeJobDocument\":\"yes\"}"},
        {"q/update", "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":0}"},
        {"q/update", "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":-2}"},
        {"q/update", "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":10081}"},
        {"q/update", "{\"status\":\"FAILED\",\"statusDetails\":{\"a b\":\"1\"}}"},
        {"q/update", "{\"status\":\"FAILED\",\"statusDetails\":{\"a\":null}}"},
        {"$next/update", "{\"status\":\"FAILED\"}"}, /* U1 */
        {"a.b/get", "{}"},
        {"a.b/update", "{\"status\":\"FAILED\"}"},
        {"$other/get", "{}"},
        {"/get", "{}"},
        {"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj/get", "{}"}, /* 65 */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_code(fx, "lamp", rows[i].verb, rows[i].payload, "InvalidRequest");
    }
    expect_code(fx, "la.mp", "get", "{}", "InvalidRequest");
    expect_code(fx, "", "get", "{}", "InvalidRequest");
    expect_code(fx, "la.mp", "start-next", "{}", "InvalidRequest");
    expect_code(fx, "la.mp", "$next/get", "{}", "InvalidRequest");
    expect_nothing_changed(fx);
}

/* More than 64 characters, escaped or not: refused, and nothing of it comes back. */
static void tokens_that_are_too_long(void **state)
{
    struct fixture *fx = lamp(state);
    char payload[1200];
    for (int form = 0; form < 3; form++) {
        static const char *const characters[] = {"t", "\\u0074", "\xf0\x9f\x9a\x80"};
        char *at = payload + sprintf(payload, "{\"clientToken\":\"");
        for (int i = 0; i < 65; i++) {
            at += sprintf(at, "%s", characters[form]);
        }
        sprintf(at, "\"}");
        expect_code(fx, "lamp", "get", payload, "InvalidRequest");
        assert_null(strstr(ask(fx, "lamp", "get", payload), "\"clientToken\""));
        expect_code(fx, "lamp", "start-next", payload, "InvalidRequest");
    }
    expect_nothing_changed(fx);
}

/* The token is known although a member is given twice. */
static void token_of_an_ambiguous_request(void **state)
{
    struct fixture *fx = lamp(state);
    expect_answer(
        fx, "lamp", "q/update", "{\"status\":\"FAILED\",\"clientToken\":\"t\",\"status\":\"FAILED\"}",
        "q/update/rejected {\"code\":\"InvalidRequest\",\"message\":\"a member occurs twice, at byte 37\","
        "\"clientToken\":\"t\",\"timestamp\":1700000000}");
}

static void not_found(void **state)
{
    struct fixture *fx = lamp(state);
    char other[129];
    memset(other, 'x', 128);
    other[128] = '\0';
    fixture_thing(fx, "other");
    const struct {
        const char *thing, *verb, *payload;
    } rows[] = {
        {"nobody", "get", "{}"},
        {"nobody", "start-next", "{}"},
        {"nobody", "$next/get", "{}"},
        {"nobody", "q/get", "{}"},
        {"nobody", "q/update", "{\"status\":\"FAILED\"}"},
        {other, "q/get", "{}"},
        {"other", "q/get", "{}"}, /* the job exists, but not on this thing */
        {"other", "q/update", "{\"status\":\"FAILED\"}"},
        {"lamp", "none/get", "{}"},
        {"lamp", "none/update", "{\"status\":\"FAILED\"}"},
        {"lamp", "q/get", "{\"executionNumber\":2}"},
        {"lamp", "q/update", "{\"status\":\"FAILED\",\"executionNumber\":9223372036854775807}"},
        {"LAMP", "q/get", "{}"},
        {"lamp", "Q/get", "{}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_code(fx, rows[i].thing, rows[i].verb, rows[i].payload, "ResourceNotFound");
    }
    expect_nothing_changed(fx);
}

static void state_and_version(void **state)
{
    struct fixture *fx = lamp(state);
    const struct {
        const char *verb, *payload, *code;
    } rows[] = {
        {"d/update", "{\"status\":\"SUCCEEDED\"}", "InvalidStateTransition"}, /* U11 */
        {"d/update", "{\"status\":\"IN_PROGRESS\",\"executionNumber\":1}", "InvalidStateTransition"},
        {"q/update", "{\"status\":\"QUEUED\"}", "InvalidStateTransition"}, /* U12 */
        {"p/update", "{\"status\":\"QUEUED\"}", "InvalidStateTransition"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":2}", "VersionMismatch"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":0}", "VersionMismatch"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":-1}", "VersionMismatch"},
        {"q/update", "{\"status\":\"FAILED\",\"expectedVersion\":\"9223372036854775807\"}",
         "VersionMismatch"},
        {"d/get", "{}", "TerminalStateReached"},
        {"d/get", "{\"executionNumber\":1,\"includeJobDocument\":false}", "TerminalStateReached"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_code(fx, "lamp", rows[i].verb, rows[i].payload, rows[i].code);
    }
    expect_nothing_changed(fx);
}

/* Topic, JSON, members, existence, version, state: of two faults the earlier one is told. */
static void order_of_the_checks(void **state)
{
    struct fixture *fx = lamp(state);
    const struct {
        const char *verb, *payload, *code;
    } rows[] = {
        {"none/put", "{", "InvalidTopic"},
        {"none/update", "{\"status\":\"x\"", "InvalidJson"},
        {"none/update", "{\"status\":\"x\"}", "InvalidRequest"},
        {"none/update", "{\"status\":\"FAILED\",\"statusDetails\":{\"a\":1}}", "InvalidRequest"},
        {"d/update", "{\"status\":\"FAILED\",\"stepTimeoutInMinutes\":0,\"expectedVersion\":9}",
         "InvalidRequest"},
        {"none/update", "{\"status\":\"QUEUED\",\"expectedVersion\":9}", "ResourceNotFound"},
        {"d/update", "{\"status\":\"FAILED\",\"executionNumber\":7,\"expectedVersion\":9}",
         "ResourceNotFound"},
        {"d/update", "{\"status\":\"QUEUED\",\"expectedVersion\":9}", "VersionMismatch"},
        {"d/update", "{\"status\":\"QUEUED\",\"expectedVersion\":2}", "InvalidStateTransition"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_code(fx, "lamp", rows[i].verb, rows[i].payload, rows[i].code);
    }
    expect_nothing_changed(fx);
}

/* InternalError: the database is gone under a running service, or the COMMIT failed. */
static void internal_error(void **state)
{
    struct fixture *fx = lamp(state);
    struct device_answer answer;
    device_plane_internal_error(fx->core, slice_from("$aws/things/lamp/jobs/q/update"),
                                slice_from("{\"status\":\"FAILED\",\"clientToken\":\"t\"}"), &answer);
    assert_string_equal(answer.topic, "$aws/things/lamp/jobs/q/update/rejected");
    assert_string_equal(answer.payload,
                        "{\"code\":\"InternalError\",\"message\":\"the service could not store this "
                        "request; try again\",\"clientToken\":\"t\",\"timestamp\":1700000000}");
    device_answer_clear(&answer);
    device_plane_internal_error(fx->core, slice_from("$aws/things/lamp/jobs/get"), slice_from("nonsense"),
                                &answer);
    assert_non_null(strstr(answer.payload, "\"code\":\"InternalError\""));
    device_answer_clear(&answer);
    device_plane_internal_error(fx->core, slice_from("other/topic"), slice_from("{}"), &answer);
    assert_null(answer.topic);
}

/* A caller that goes on after a failed core_begin: nothing is written outside a batch. */
static void without_a_batch(void **state)
{
    struct fixture *fx = lamp(state);
    struct device_answer answer;
    device_plane_handle(fx->core, slice_from("$aws/things/lamp/jobs/q/update"),
                        slice_from("{\"status\":\"FAILED\"}"), &answer);
    assert_non_null(strstr(answer.payload, "\"code\":\"InternalError\""));
    device_answer_clear(&answer);
    expect_nothing_changed(fx);
}

/* The whole table: what a device cannot cause is our fault. RequestThrottled has no cause of its own here. */
static void wire_names(void **state)
{
    (void)state;
    const struct {
        enum core_code code;
        const char *name;
    } rows[] = {{CORE_INVALID_REQUEST, "InvalidRequest"},
                {CORE_NOT_FOUND, "ResourceNotFound"},
                {CORE_INVALID_STATE_TRANSITION, "InvalidStateTransition"},
                {CORE_VERSION_MISMATCH, "VersionMismatch"},
                {CORE_TERMINAL_STATE, "TerminalStateReached"},
                {CORE_THROTTLED, "RequestThrottled"},
                {CORE_INTERNAL, "InternalError"},
                {CORE_ALREADY_EXISTS, "InternalError"},
                {CORE_LIMIT_EXCEEDED, "InternalError"},
                {CORE_CONFLICT, "InternalError"},
                {CORE_DELETE_CONFLICT, "InternalError"},
                {CORE_CERTIFICATE_STATE, "InternalError"},
                {CORE_CERTIFICATE_INVALID, "InternalError"},
                {CORE_MALFORMED_POLICY, "InternalError"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(device_answer_code(rows[i].code), rows[i].name);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* docs/protocol.md 1.8, RequestThrottled; 4, data-plane rate. Whatever is asked, the rate comes first, and the token is echoed. */
static void too_many_requests(void **state)
{
    struct fixture *fx = *state;
    fixture_close(fx);
    fx->requests_per_s = 2;
    fixture_open(fx, ":memory:");
    fixture_thing(fx, "lamp");
    const char *throttled =
        "get/rejected {\"code\":\"RequestThrottled\",\"message\":\"more than 2 requests per "
        "second\",\"clientToken\":\"t\",\"timestamp\":";
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "get/accepted"));
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "get/accepted"));
    assert_non_null(strstr(ask(fx, "lamp", "get", "{\"clientToken\":\"t\"}"), throttled));
    assert_non_null(strstr(ask(fx, "lamp", "put/x", "{"), "RequestThrottled"));
    fx->now_ms += 499;
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "RequestThrottled"));
    fx->now_ms += 1;
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "get/accepted"));
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "RequestThrottled"));
    fx->now_ms += 60000; /* a pause fills one second's worth, not more */
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "get/accepted"));
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "get/accepted"));
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "RequestThrottled"));
    fx->now_ms -= 3600000; /* a clock that is set back must not stop the service */
    assert_non_null(strstr(ask(fx, "lamp", "get", "{}"), "get/accepted"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_answers),
        TEST(invalid_json),
        TEST(too_deep_is_refused),
        TEST(size_of_the_payload),
        TEST(invalid_requests),
        TEST(tokens_that_are_too_long),
        TEST(token_of_an_ambiguous_request),
        TEST(not_found),
        TEST(state_and_version),
        TEST(order_of_the_checks),
        TEST(internal_error),
        TEST(without_a_batch),
        TEST(wire_names),
        TEST(too_many_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
