/* SPDX-License-Identifier: MIT */
/* The handler wants its document anew, because links in it have expired: asked for under its own identity, put where the run's document
 * stands, and always with an end that the handler hears of. R-37. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#include <stdio.h>

#define NEW_DOCUMENT "{\"action\":\"blink\",\"url\":\"new\"}"
#define QUESTION     "{\"executionNumber\":1,\"clientToken\":\"T\"}"
#define PLAIN        "{\"executionNumber\":1,\"includeJobDocument\":false,\"clientToken\":\"T\"}"

static struct fake_engine *refreshing(void)
{
    struct fake_engine *f = fake_running();
    assert_int_equal(fake_refresh(f), ERR_OK);
    fake_expect_publish(f, "j1/get", QUESTION);
    fake_expect_quiet(f);
    return f;
}

static void expect_refreshed(struct fake_engine *f, const char *how)
{
    fake_expect(f, FAKE_REFRESHED, how);
    assert_int_equal(f->effects[f->seen - 1].run_id, f->run.run_id);
}

static void test_fresh(void **state)
{
    struct fake_engine *f = refreshing();
    (void)state;
    for (int i = 0; i < 3; i++) {
        fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
        expect_refreshed(f, "fresh");
        assert_string_equal(f->document, NEW_DOCUMENT);
        fake_expect_quiet(f);
        assert_int_equal(fake_refresh(f), ERR_OK); /* as often as it likes */
        fake_expect_publish(f, "j1/get", QUESTION);
    }
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect(f, FAKE_REFRESHED, "stale"); /* an end in any case */
    fake_expect_publish_to(f, "j1/update");
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

static void test_who_may_ask(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    assert_int_equal(jobs_engine_refresh(&f->engine, 0, f->now_ms), ERR_NOT_FOUND);
    assert_int_equal(jobs_engine_refresh(&f->engine, 1, f->now_ms), ERR_NOT_FOUND);
    fake_free(f);

    f = fake_running();
    assert_int_equal(jobs_engine_refresh(&f->engine, f->run.run_id + 1, f->now_ms), ERR_NOT_FOUND);
    assert_int_equal(fake_refresh(f), ERR_OK);
    assert_int_equal(fake_refresh(f), ERR_BUSY);
    fake_free(f);

    for (int which = 0; which < 5; which++) {
        f = fake_running();
        if (which == 0) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS); /* WAITING: no handler that could use it */
        } else if (which == 1) {
            fake_report(f, "j1", JOBS_STATUS_SUCCEEDED);
        } else if (which == 2) {
            fake_return(f, JOBS_STATUS_SUCCEEDED);
        } else {
            end_in_service(f, DELETED);
            if (which == 4) {
                fake_return_cancel(f);
                fake_return(f, JOBS_STATUS_IN_PROGRESS);
            }
        }
        size_t effects = f->effect_count;
        assert_int_equal(fake_refresh(f), ERR_NOT_FOUND);
        assert_int_equal(f->effect_count, effects);
        fake_free(f);
    }
}

/* Every way in which it cannot be had. */
static void test_stale(void **state)
{
    static const struct {
        bool is_accepted;
        const char *code, *members;
    } answers[] = {
        {true, "",
         "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1699999990,"
         "\"versionNumber\":1,\"executionNumber\":1}"},
        {true, "", ""},
        {true, "", "\"jobDocument\":" NEW_DOCUMENT}, /* whose? */
        {false, "InvalidRequest", ""},
        {false, "Whatever", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct fake_engine *f = refreshing();
        if (answers[i].is_accepted) {
            fake_accept(f, "j1/get", answers[i].members);
        } else {
            fake_reject(f, "j1/get", answers[i].code, answers[i].members);
        }
        expect_refreshed(f, "stale");
        fake_expect_quiet(f);
        fake_free(f);
    }
    struct fake_engine *f = refreshing(); /* larger than the place for it */
    char payload[200];
    snprintf(
        payload, sizeof payload,
        "{\"clientToken\":\"%s\",\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"queuedAt\":"
        "1699999990,\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":0}}",
        f->effects[f->seen - 1].token);
    fake_message_oversized(f, "j1/get/accepted", payload, CONFIG_DEVICE_JOBS_DOCUMENT_SIZE);
    expect_refreshed(f, "stale");
    fake_free(f);
}

/* What the service sends must be a document: text that is not JSON is none. */
static void test_broken_document(void **state)
{
    static const char *const documents[] = {"{\"action\":\"blink\",}",
                                            "{\"action\":\"blink\",\"x\":\"\x01\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct fake_engine *f = refreshing();
        fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", documents[i]));
        fake_pass(f, MINUTE_MS); /* also when it counts as an answer that did not come */
        assert_int_equal(count_lines(f, "fresh"), 0);
        for (size_t k = 0; k < f->effect_count; k++) {
            assert_true(f->effects[k].kind != FAKE_REFRESHED || strcmp(f->effects[k].text, "stale") == 0);
        }
        fake_free(f);
    }
}

/* The answer is about an ended execution, or another one of this name: the run leaves, and its handler hears both. */
static void test_ended_meanwhile(void **state)
{
    (void)state;
    for (int which = 0; which < 5; which++) {
        struct fake_engine *f = refreshing();
        if (which == 0) {
            fake_reject(f, "j1/get", "ResourceNotFound", "");
        } else if (which == 1) {
            fake_reject(f, "j1/get", "TerminalStateReached", "");
        } else if (which == 2) {
            fake_accept(f, "j1/get", fake_execution("j1", 1, "CANCELED", NEW_DOCUMENT));
        } else if (which == 3) {
            fake_accept(f, "j1/get", fake_execution("j1", 2, "QUEUED", NEW_DOCUMENT));
        } else {
            fake_accept(f, "j1/get", REMADE_J1);
        }
        expect_refreshed(f, "stale");
        fake_expect(f, FAKE_CANCEL, "");
        fake_expect_quiet(f);
        fake_free(f);
    }
}

/* A question without the document is in flight already: its answer is not the end of it. */
static void test_asked_while_a_question_is_out(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_message(f, "notify", "{}");
    fake_expect_publish(f, "j1/get", PLAIN);
    assert_int_equal(fake_refresh(f), ERR_OK);
    fake_expect_quiet(f);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    fake_expect_publish(f, "j1/get", QUESTION);
    fake_expect_quiet(f);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
    expect_refreshed(f, "fresh");
    fake_free(f);

    f = refreshing(); /* and the other way round: the doubt is no reason to wait longer than for the next answer */
    fake_message(f, "notify", "{}");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
    fake_expect_publish(f, "j1/get", QUESTION);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
    expect_refreshed(f, "fresh");
    fake_free(f);
}

/* Lost, throttled, not sent, cut off: asked again until there is an answer. R-15 */
static void test_asked_again(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        struct fake_engine *f = which == 2 ? fake_running() : refreshing();
        if (which == 0) {
            fake_wake(f);
            fake_wake(f);
        } else if (which == 1) {
            fake_reject(f, "j1/get", "RequestThrottled", "");
            fake_wake(f);
        } else if (which == 2) {
            f->fail_publishes = 1;
            assert_int_equal(fake_refresh(f), ERR_OK);
            fake_expect_quiet(f);
            fake_wake(f);
        } else {
            fake_disconnect(f);
            fake_expect_quiet(f);
            fake_connect(f);
            for (size_t i = f->seen; i < f->effect_count; i++) {
                f->effects[i].is_looked_at |=
                    f->effects[i].kind == FAKE_PUBLISH && strcmp(f->effects[i].topic, "$next/get") == 0;
            }
        }
        while (f->seen < f->effect_count &&
               (f->effects[f->seen].is_looked_at || strcmp(f->effects[f->seen].topic, "j1/update") == 0)) {
            f->seen++; /* "running" */
        }
        fake_expect_publish(f, "j1/get", QUESTION);
        fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
        expect_refreshed(f, "fresh");
        assert_string_equal(f->document, NEW_DOCUMENT);
        fake_free(f);
    }
}

/* Nobody waits any more: no end is told, and the answer is written nowhere. */
static void test_dropped(void **state)
{
    struct fake_engine *f = refreshing();
    char before[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    (void)state;
    memcpy(before, f->document, sizeof before);
    jobs_engine_drop_refresh(&f->engine, f->now_ms);
    fake_check(f);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
    fake_expect_quiet(f);
    assert_memory_equal(f->document, before, sizeof before);
    assert_int_equal(fake_refresh(f), ERR_OK);
    fake_expect_publish(f, "j1/get", QUESTION);
    fake_report(f, "j1", JOBS_STATUS_SUCCEEDED); /* it has its final status: the end */
    expect_refreshed(f, "stale");
    fake_free(f);
}

/* A resume handler may ask as well. */
static void test_of_a_resumed_run(void **state)
{
    static const struct jobs_action action = {
        .name = "blink", .max_attempts = 1, .has_resume = true, .on_interrupted = JOBS_INTERRUPTED_WAIT};
    struct fake_engine *f = run_with(&action);
    (void)state;
    fake_boot(f);
    fake_register_action(f, &action);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", BLINK));
    fake_expect(f, FAKE_START, "j1");
    assert_int_equal(fake_refresh(f), ERR_OK);
    fake_expect_publish(f, "j1/get", QUESTION);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
    expect_refreshed(f, "fresh");
    fake_free(f);
}

/* The first question is still out when it is asked for once more: its answer has the document, so it is the end of it. */
static void test_dropped_and_asked_again(void **state)
{
    struct fake_engine *f = refreshing();
    (void)state;
    jobs_engine_drop_refresh(&f->engine, f->now_ms);
    fake_check(f);
    assert_int_equal(fake_refresh(f), ERR_OK);
    fake_expect_quiet(f);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NEW_DOCUMENT));
    expect_refreshed(f, "fresh");
    fake_free(f);
}

/* The handler has returned while the service throttled its question: nobody needs the answer, so it is not asked again beside the
 * final status. */
static void test_not_asked_for_nobody(void **state)
{
    struct fake_engine *f = refreshing();
    (void)state;
    fake_reject(f, "j1/get", "RequestThrottled", "");
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    expect_refreshed(f, "stale");
    fake_expect_publish_to(f, "j1/update");
    fake_pass(f, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    fake_reject(f, "j1/update", "RequestThrottled", "");
    fake_expect_quiet(f);
    fake_wake(f);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_who_may_ask),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_broken_document),
        cmocka_unit_test(test_ended_meanwhile),
        cmocka_unit_test(test_asked_while_a_question_is_out),
        cmocka_unit_test(test_asked_again),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_of_a_resumed_run),
        cmocka_unit_test(test_dropped_and_asked_again),
        cmocka_unit_test(test_not_asked_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
