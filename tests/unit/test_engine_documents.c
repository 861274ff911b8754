/* SPDX-License-Identifier: MIT */
/* What is refused before it runs, and when it is left alone: docs/protocol.md 1.11; the registration grace as
 * a table. Handlers that serve documents without an action: test_engine_members.c. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE CONFIG_DEVICE_JOBS_GRACE_MS

static void offer(struct fake_engine *f, const char *status, const char *document)
{
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, status, document));
}

/* Its handler may still be registered: nothing happens, also after the second question of a connection. */
static void pass_over(struct fake_engine *f, const char *status, const char *document)
{
    offer(f, status, document);
    offer(f, status, document);
    fake_expect_quiet(f);
}

/* "blink" is registered, and the grace time is over. */
static struct fake_engine *ready_after_grace(void)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register(f, "blink");
    fake_pass(f, GRACE);
    fake_connect(f);
    return f;
}

static void expect_refused(struct fake_engine *f, const char *status, const char *state, const char *reason)
{
    char head[200];
    const char *payload = fake_expect_publish_to(f, "j1/update");
    snprintf(head, sizeof head,
             "{\"status\":\"%s\",\"statusDetails\":{\"state\":\"%s\",\"attempt\":\"%d\",\"reason\":\"%s\","
             "\"message\":\"",
             status, state, strcmp(status, "FAILED") == 0, reason);
    assert_memory_equal(payload, head, strlen(head));
    const char *tail = strstr(payload, "\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    assert_non_null(tail);
    assert_true(tail > payload + strlen(head)); /* the message for people is not empty */
    assert_int_equal(f->starts, 0);
}

static const struct {
    const char *document; /* NULL: none in the answer */
    const char *reason;
} bad_documents[] = {
    {"{}", "NO_ACTION"},
    {"{\"action\":\"\"}", "NO_ACTION"},
    {"{\"action\":7}", "NO_ACTION"},
    {"{\"action\":null}", "NO_ACTION"},
    {"{\"action\":{\"action\":\"blink\"}}", "NO_ACTION"},
    {"{\"Action\":\"blink\"}", "NO_ACTION"},
    {"{\"steps\":[{\"action\":\"blink\"}]}", "NO_ACTION"},
    {"{\"action\":\"a\\u0000b\"}", "NO_ACTION"},
    {"{\"action\":\"\\ud800\"}", "NO_ACTION"},
    {"{\"action\":\"blink\",\"action\":\"blink\"}", "AMBIGUOUS_KEY"},
    {"{\"action\":\"blink\",\"\\u0061ction\":\"x\"}", "AMBIGUOUS_KEY"},
    {"\"blink\"", "INVALID_DOCUMENT"},
    {"[\"action\"]", "INVALID_DOCUMENT"},
    {"7", "INVALID_DOCUMENT"},
    {"null", "INVALID_DOCUMENT"},
    {NULL, "INVALID_DOCUMENT"},
};

/* Rejected while QUEUED, and the next job runs; FAILED when it was IN_PROGRESS. No put: nothing was started. */
static void test_bad_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_documents / sizeof bad_documents[0]; i++) {
        struct fake_engine *f = ready_after_grace();
        offer(f, "QUEUED", bad_documents[i].document);
        expect_refused(f, "REJECTED", "rejected", bad_documents[i].reason);
        fake_accept(f, "j1/update", "");
        fake_expect_next_soon(f); /* not the same: it was rejected; the status is enough */
        fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", bad_documents[i].document));
        expect_refused(f, "FAILED", "failed", bad_documents[i].reason);
        fake_accept(f, "j1/update", "");
        fake_pass(f, CONFIG_DEVICE_JOBS_RETRY_BASE_MS); /* the same id again: not in a hurry */
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", "{\"action\":\"blink\"}"));
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect(f, FAKE_START, "j2");
        assert_int_equal(f->saves, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->rejected, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->failed, 1);
        fake_free(f);
    }
}

/* Within the registration grace a document without an action waits: a handler that serves one of its members may come. What no
 * handler can serve is refused at once. */
static void test_bad_documents_within_the_grace(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_documents / sizeof bad_documents[0]; i++) {
        struct fake_engine *f = fake_ready();
        if (strcmp(bad_documents[i].reason, "NO_ACTION") == 0) {
            pass_over(f, "QUEUED", bad_documents[i].document);
            fake_wake(f);
            assert_int_equal(f->now_ms, 1000 + GRACE);
        }
        offer(f, "QUEUED", bad_documents[i].document);
        expect_refused(f, "REJECTED", "rejected", bad_documents[i].reason);
        fake_free(f);
    }
}

static char *long_document(size_t len)
{
    static const char head[] = "{\"action\":\"blink\",\"x\":\"";
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + len - 2, "\"}", 3);
    return text;
}

/* The longest document that fits runs whole; one byte more is refused, with both sizes. */
static void test_document_at_the_limit(void **state)
{
    char *fits = long_document(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE - 1);
    char *too_long = long_document(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE);
    struct fake_engine *f = fake_ready();
    (void)state;
    offer(f, "QUEUED", fits);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    assert_string_equal(f->run_document, fits);
    fake_free(f);

    f = fake_ready();
    offer(f, "QUEUED", too_long);
    expect_refused(f, "REJECTED", "rejected", "DOCUMENT_TOO_LARGE");
    assert_non_null(strstr(f->effects[f->seen - 1].text, "too large: 4096 bytes, limit 4095"));
    fake_free(f);
    free(fits);
    free(too_long);
}

/* a document of any size is refused by name with its size and the limit, whatever the execution's status. */
static void test_document_far_too_large(void **state)
{
    static const char *const statuses[][3] = {{"QUEUED", "REJECTED", "rejected"},
                                              {"IN_PROGRESS", "FAILED", "failed"}};
    char *document = long_document(32768);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = fake_ready();
        offer(f, statuses[i][0], document);
        expect_refused(f, statuses[i][1], statuses[i][2], "DOCUMENT_TOO_LARGE");
        assert_non_null(strstr(f->effects[f->seen - 1].text, "too large: 32768 bytes, limit 4095"));
        fake_accept(f, "j1/update", "");
        fake_expect_next_soon(f);
        fake_free(f);
    }
    free(document);
}

/* The engine says how long a document must stay: from the start until the handler has returned, and while the application works on
 * it. The document that was read before the claim need not stay: the answer to the claim brings it along. */
static void test_document_is_kept_for_the_handler(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    assert_false(jobs_engine_keeps_document(&f->engine));
    offer(f, "QUEUED", "{\"action\":\"blink\"}");
    assert_false(jobs_engine_keeps_document(&f->engine)); /* CLAIMING */
    fake_accept(f, "j1/update", "");
    assert_true(jobs_engine_keeps_document(&f->engine)); /* RUNNING */
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    assert_true(jobs_engine_keeps_document(&f->engine)); /* REPORTED, and the handler runs */
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    assert_false(jobs_engine_keeps_document(&f->engine));
    fake_free(f);

    f = fake_running();
    fake_message(f, "notify", "{}");
    fake_reject(f, "j1/get", "ResourceNotFound", "");
    assert_true(jobs_engine_keeps_document(&f->engine)); /* LEAVING, and the handler runs */
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    assert_false(jobs_engine_keeps_document(&f->engine));
    fake_free(f);

    f = fake_running();
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    assert_true(jobs_engine_keeps_document(&f->engine)); /* WAITING */
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    assert_false(jobs_engine_keeps_document(&f->engine));
    fake_free(f);
}

/* It nests deeper than the reader goes: a valid document, but none that we can take. */
static void test_document_nested_too_deeply(void **state)
{
    char document[128] = "{\"action\":\"blink\",\"x\":";
    struct fake_engine *f = fake_ready();
    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        strcat(document, "[");
    }
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        strcat(document, "]");
    }
    strcat(document, "}");
    offer(f, "QUEUED", document);
    expect_refused(f, "REJECTED", "rejected", "INVALID_DOCUMENT");
    fake_free(f);
}

/* A notification that does not fit is a hint like any other. */
static void test_oversized_notification(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_idle(f);
    fake_message(f, "notify-next", "");
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_free(f);
}

static void test_grace_unknown_action_waits_then_is_refused(void **state)
{
    struct fake_engine *f = fake_ready(); /* "blink" is registered */
    (void)state;
    pass_over(f, "QUEUED", "{\"action\":\"ota\"}");
    uint64_t started_ms = 1000;
    fake_wake(f);
    assert_int_equal(f->now_ms - started_ms, GRACE);
    offer(f, "QUEUED", "{\"action\":\"ota\"}");
    expect_refused(f, "REJECTED", "rejected", "UNKNOWN_ACTION");
    assert_non_null(strstr(f->effects[f->seen - 1].text, "no handler for action ota"));
    fake_free(f);
}

static void test_grace_in_progress_and_no_handler_is_failed(void **state)
{
    struct fake_engine *f = ready_after_grace();
    (void)state;
    offer(f, "IN_PROGRESS", "{\"action\":\"ota\"}");
    expect_refused(f, "FAILED", "failed", "UNKNOWN_ACTION");
    fake_free(f);
}

static void test_grace_registration_is_served_at_once(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    pass_over(f, "QUEUED", "{\"action\":\"ota\"}");
    fake_pass(f, GRACE / 2);
    fake_expect_quiet(f);
    fake_register(f, "ota");
    offer(f, "QUEUED", "{\"action\":\"ota\"}");
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* With no handler at all the queue is left alone for ever, whatever is in it. */
static void test_grace_without_any_handler(void **state)
{
    static const char *const documents[] = {"{\"action\":\"ota\"}", "{}", "7"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fake_engine *f = fake_new();
        fake_boot(f);
        fake_connect(f);
        pass_over(f, "QUEUED", documents[i]);
        fake_pass(f, 10 * GRACE);
        fake_expect_quiet(f);
        fake_register(f, "blink"); /* the first one, after the grace time */
        offer(f, "QUEUED", documents[i]);
        assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"REJECTED\"", 20);
        fake_free(f);
    }
}

/* The seed's order: SYSTEM_start(), connection, then JOBS_register(). */
static void test_grace_first_registration_while_a_job_waits(void **state)
{
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_connect(f);
    pass_over(f, "QUEUED", "{\"action\":\"blink\"}");
    fake_register(f, "blink");
    offer(f, "QUEUED", "{\"action\":\"blink\"}");
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

/* The grace time runs from the start of the network, and a job that waits needs no timer while off line. */
static void test_grace_passes_off_line(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    pass_over(f, "QUEUED", "{\"action\":\"ota\"}");
    fake_disconnect(f);
    assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
    f->now_ms += 2 * GRACE;
    fake_connect(f);
    offer(f, "QUEUED", "{\"action\":\"ota\"}");
    expect_refused(f, "REJECTED", "rejected", "UNKNOWN_ACTION");
    fake_free(f);
}

/* Hostile action names reach neither the JSON nor the log as they are. */
static void test_hostile_action_names(void **state)
{
    struct fake_engine *f = ready_after_grace();
    (void)state;
    offer(f, "QUEUED", "{\"action\":\"a\\\"\\n\\u202eb\\\\\"}");
    expect_refused(f, "REJECTED", "rejected", "UNKNOWN_ACTION");
    assert_non_null(strstr(f->effects[f->seen - 1].text, "action a'  b/\""));
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_accept(
        f, "$next/get",
        fake_execution("j2", 1, "QUEUED", "{\"action\":\"a-name-of-more-than-thirty-one-characters\"}"));
    assert_non_null(strstr(fake_expect_publish_to(f, "j2/update"), "UNKNOWN_ACTION"));
    fake_free(f);
}

static void test_register_errors(void **state)
{
    struct fake_engine *f = fake_new();
    struct jobs_action action = {.name = "a-name-of-31-characters-or-less", .max_attempts = 1};
    char names[CONFIG_DEVICE_JOBS_MAX_ACTIONS][16];
    (void)state;
    fake_boot(f);
    assert_int_equal(strlen(action.name), 31);
    fake_register_action(f, &action);
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_EXISTS);
    action.name = "a-name-of-32-characters-or-less!";
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_ARG);
    action.name = "";
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_ARG);
    action.name = NULL;
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_ARG);
    action.name = "x";
    action.timeout_min = 10081;
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_ARG);
    action.timeout_min = 10080;
    action.max_attempts = 0;
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_ARG);
    for (int i = 1; i < CONFIG_DEVICE_JOBS_MAX_ACTIONS; i++) {
        snprintf(names[i], sizeof names[i], "a%d", i);
        fake_register(f, names[i]);
        memset(names[i], '?', sizeof names[i]); /* names are copied */
    }
    action.max_attempts = 1;
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_FULL);
    action.name = "a1";
    assert_int_equal(jobs_engine_register(&f->engine, &action, 0), ERR_EXISTS);
    fake_free(f);
}

/* A question that is out already finds what the new handler serves: it is not asked twice. */
static void test_registered_while_it_is_asked(void **state)
{
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_connect(f);
    for (int i = 0; i < 2; i++) {
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"blink\"}"));
    }
    fake_expect_quiet(f); /* there is no handler at all: left alone */
    fake_wake(f);
    fake_expect_publish_to(f, "$next/get"); /* the one without a cause */
    fake_register(f, "blink");
    fake_accept(f, "$next/get", ""); /* the operator has deleted it */
    fake_expect_quiet(f);
    fake_free(f);
}

/* the message says why this document is refused, and nothing else, whatever was logged before. */
static void test_messages_of_refusals(void **state)
{
    char *too_long = long_document(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE);
    const char *const documents[] = {"{\"action\":\"reboot\"}", too_long, "{\"action\":\"reboot\"}"};
    static const char *const messages[] = {
        "no handler for action reboot", "too large: 4096 bytes, limit 4095", "no handler for action reboot"};
    struct fake_engine *f = ready_after_grace();
    char job_id[] = "k0";
    (void)state;
    offer(f, "QUEUED", "7");
    expect_refused(f, "REJECTED", "rejected", "INVALID_DOCUMENT");
    fake_accept(f, "j1/update", "");
    for (size_t i = 0; i < 3; i++) {
        char message[100];
        char tail[20];
        job_id[1]++;
        snprintf(tail, sizeof tail, "%s/update", job_id);
        snprintf(message, sizeof message, "\"message\":\"%s\"}", messages[i]);
        fake_expect_next_soon(f);
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", documents[i]));
        assert_non_null(strstr(fake_expect_publish_to(f, tail), message));
        fake_accept(f, tail, "");
    }
    fake_free(f);
    free(too_long);
}

/* The job that waited for its handler is gone: neither the end of the grace nor a handler is a reason to ask. */
static void test_passed_over_and_gone(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    pass_over(f, "QUEUED", "{\"action\":\"later\"}");
    fake_message(f, "notify-next", "{}");
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", "");
    fake_register(f, "later");
    fake_pass(f, GRACE);
    fake_expect_quiet(f);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_documents),
        cmocka_unit_test(test_bad_documents_within_the_grace),
        cmocka_unit_test(test_document_at_the_limit),
        cmocka_unit_test(test_document_far_too_large),
        cmocka_unit_test(test_document_is_kept_for_the_handler),
        cmocka_unit_test(test_document_nested_too_deeply),
        cmocka_unit_test(test_oversized_notification),
        cmocka_unit_test(test_grace_unknown_action_waits_then_is_refused),
        cmocka_unit_test(test_grace_in_progress_and_no_handler_is_failed),
        cmocka_unit_test(test_grace_registration_is_served_at_once),
        cmocka_unit_test(test_grace_without_any_handler),
        cmocka_unit_test(test_grace_first_registration_while_a_job_waits),
        cmocka_unit_test(test_grace_passes_off_line),
        cmocka_unit_test(test_hostile_action_names),
        cmocka_unit_test(test_register_errors),
        cmocka_unit_test(test_registered_while_it_is_asked),
        cmocka_unit_test(test_messages_of_refusals),
        cmocka_unit_test(test_passed_over_and_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
