/* SPDX-License-Identifier: MIT */
/* Requests and their answers: lost, late, doubled and foreign answers, bursts of notifications, publishes that fail. What a
 * rejection does: test_engine_rejections.c. docs/protocol.md 1.2 and 1.10. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define BLINK      "{\"action\":\"blink\"}"
#define TIMEOUT_MS CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS
#define NOTICE_OF_J1                                                                                         \
    "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}"

/* What $next/get shows after a claim of ours. */
#define OWN_CLAIM                                                                                            \
    "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":"               \
    "\"accepted\",\"attempt\":\"1\"},\"queuedAt\":1699999990,\"versionNumber\":2,\"executionNumber\":1,"     \
    "\"jobDocument\":" BLINK "}"

#define STATE(name) "\"executionState\":{\"status\":\"" name "\",\"versionNumber\":3}"

static struct fake_engine *claiming(void)
{
    struct fake_engine *f = fake_ready();
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    return f;
}

/* The document is read again before it is claimed again. */
static void claim_again(struct fake_engine *f)
{
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
}

/* The window doubles up to its cap, the wait never falls below an eighth of it, and a success resets it. What is repeated so is
 * progress and final statuses, never a claim (test_engine_claims.c). */
static void test_backoff_of_retries(void **state)
{
    struct fake_engine *f = fake_running();
    uint64_t window_ms = CONFIG_DEVICE_JOBS_RETRY_BASE_MS;
    (void)state;
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    for (int i = 0; i < 12; i++) {
        uint64_t rejected_ms = f->now_ms;
        fake_reject(f, "j1/update", "RequestThrottled", "");
        fake_message(f, "notify", NOTICE_OF_J1); /* nobody talks it out of that */
        fake_wake(f);
        fake_expect_publish_to(f, "j1/update");
        assert_in_range(f->now_ms - rejected_ms, window_ms / 8, window_ms);
        window_ms =
            window_ms * 2 < CONFIG_DEVICE_JOBS_RETRY_CAP_MS ? window_ms * 2 : CONFIG_DEVICE_JOBS_RETRY_CAP_MS;
    }
    fake_accept(f, "j1/update", "");
    fake_pass(f, CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    uint64_t rejected_ms = f->now_ms;
    fake_reject(f, "j1/update", "RequestThrottled", "");
    fake_expect_quiet(f);
    fake_wake(f);
    fake_expect_publish_to(f, "j1/update");
    assert_in_range(f->now_ms - rejected_ms, 1, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    fake_free(f);
}

/* A service that throttles for a day. */
static void test_backoff_never_ends(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    for (int i = 0; i < 2000; i++) {
        fake_reject(f, "$next/get", "RequestThrottled", "");
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
    }
    assert_in_range(f->now_ms / 2000, CONFIG_DEVICE_JOBS_RETRY_CAP_MS / 8, CONFIG_DEVICE_JOBS_RETRY_CAP_MS);
    fake_free(f);
}

/* A notification must not talk the device out of its backoff. */
static void test_notification_during_backoff(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_reject(f, "$next/get", "RequestThrottled", "");
    uint64_t rejected_ms = f->now_ms;
    fake_message(f, "notify", "{}");
    fake_message(f, "notify-next", "{}");
    fake_expect_quiet(f);
    fake_wake(f);
    fake_expect_publish_to(f, "$next/get");
    assert_in_range(f->now_ms - rejected_ms, CONFIG_DEVICE_JOBS_RETRY_BASE_MS / 8,
                    CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    assert_true(jobs_engine_counters(&f->engine)->retried_sends > 0);
    fake_free(f);
}

static void lose(struct fake_engine *f)
{
    uint64_t sent_ms = f->now_ms;
    fake_wake(f);
    assert_int_equal(f->now_ms - sent_ms, TIMEOUT_MS);
    fake_expect_quiet(f);
    fake_wake(f);
    assert_in_range(f->now_ms - sent_ms, TIMEOUT_MS, TIMEOUT_MS + CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
}

/* each request of a job's life is answered only the second time. */
static void test_each_answer_lost_once(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    lose(f);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    lose(f);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}"); /* not sent twice on one reading */
    fake_accept(f, "$next/get", OWN_CLAIM);
    fake_expect(f, FAKE_START, "j1"); /* it had arrived: this is our own claim */
    assert_int_equal(f->run.attempt, 1);
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    fake_wake(f);
    fake_expect_seen(f, "j1"); /* an update names no queuedAt: is it still about this execution? */
    fake_expect_quiet(f);
    fake_wake(f);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"running\""));
    fake_accept(f, "j1/update", "");
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_publish_to(f, "j1/get");
    lose(f);
    fake_expect_publish(f, "j1/get",
                        "{\"executionNumber\":1,\"includeJobDocument\":false,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    fake_expect_publish_to(f, "j1/update");
    fake_wake(f);
    fake_expect_publish_to(f, "j1/get");
    fake_reject(f, "j1/get", "TerminalStateReached", ""); /* ended, but how? */
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_reject(f, "j1/update", "InvalidStateTransition", STATE("SUCCEEDED"));
    fake_expect_next_soon(f);
    assert_int_equal(f->starts, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 0);
    fake_free(f);
}

/* An answer that comes after its request was given up is foreign: the one to the new request counts. */
static void test_late_answer(void **state)
{
    struct fake_engine *f = claiming();
    char late[200];
    (void)state;
    snprintf(late, sizeof late, "{\"clientToken\":\"%s\",\"timestamp\":1,\"jobDocument\":" BLINK "}",
             f->effects[f->seen - 1].token);
    fake_wake(f);
    fake_message(f, "j1/update/accepted", late); /* during the backoff */
    assert_int_equal(f->starts, 0);
    fake_wake(f);
    claim_again(f);
    fake_message(f, "j1/update/accepted", late); /* while the new one is in flight */
    assert_int_equal(f->starts, 0);
    fake_accept(f, "j1/update", "");
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* wrong or missing token, right token on the wrong topic, broken text. */
static void test_foreign_answers_do_not_move_the_state(void **state)
{
    static const char *const payloads[] = {
        "",
        "{}",
        "[]",
        "{\"timestamp\":1}",
        "{\"clientToken\":\"\"}",
        "{\"clientToken\":null}",
        "{\"clientToken\":\"0123456789abcdef\"}",
        "{\"clientToken\":\"%s0\"}",
        "{\"clientToken\":\"%s\"",
        "{\"clientToken\":\"%s\",\"clientToken\":\"%s\"}",
        "{\"x\":{\"clientToken\":\"%s\"}}",
    };
    static const char *const topics[] = {
        "j2/update/accepted", "j1/get/accepted",      "$next/update/accepted",
        "j1/update",          "j1/update/accepted/x", "$next/get/accepted",
        "update/accepted",    "j1x/update/accepted",  "notify/accepted"};
    struct fake_engine *f = claiming();
    char token[JOBS_TOKEN_CAP];
    char text[200];
    (void)state;
    memcpy(token, f->effects[f->seen - 1].token, sizeof token);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        char *at = text;
        for (const char *p = payloads[i]; *p != '\0'; p++) {
            if (p[0] == '%') {
                at += sprintf(at, "%s", token);
                p++;
            } else {
                *at++ = *p;
            }
        }
        *at = '\0';
        fake_message(f, "j1/update/accepted", text);
        fake_message(f, "j1/update/rejected", text);
    }
    snprintf(text, sizeof text, "{\"clientToken\":\"%s\",\"jobDocument\":" BLINK "}", token);
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        fake_message(f, topics[i], text);
    }
    fake_expect_quiet(f);
    assert_int_equal(f->starts, 0);
    fake_message(f, "j1/update/accepted", text);
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* QoS 1 may deliver twice; the second copy is nobody's answer. */
static void test_doubled_answers(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    const char *offer = fake_execution("j1", 1, "QUEUED", BLINK);
    fake_accept(f, "$next/get", offer);
    fake_accept(f, "$next/get", offer);
    fake_expect_publish_to(f, "j1/update");
    fake_expect_quiet(f);
    fake_accept(f, "j1/update", "");
    fake_accept(f, "j1/update", "");
    fake_reject(f, "j1/update", "ResourceNotFound", "");
    fake_expect(f, FAKE_START, "j1");
    fake_expect_quiet(f);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_expect_quiet(f);
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* a thousand notifications cost one more question, idle or running. */
static void test_burst_of_notifications(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    for (int i = 0; i < 1000; i++) {
        fake_message(f, i % 2 ? "notify" : "notify-next", "{\"timestamp\":1}");
    }
    fake_expect_quiet(f);
    fake_accept(f, "$next/get", "");
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", "");
    fake_expect_quiet(f);
    fake_free(f);

    f = fake_running();
    for (int i = 0; i < 1000; i++) {
        fake_message(f, i % 2 ? "notify" : "notify-next", "{\"timestamp\":1}");
    }
    fake_expect_publish_to(f, "j1/get");
    fake_expect_quiet(f);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    fake_expect_quiet(f);
    fake_free(f);
}

/* A notification while the question is in flight: its answer is older than what is known, so it is asked once more. */
static void test_notification_beside_an_answer_with_a_job(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_message(f, "notify-next", "{\"timestamp\":1}");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_expect_quiet(f);
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_expect_quiet(f);
    fake_free(f);
}

static void test_resync_asks(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_idle(f);
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    assert_int_equal(jobs_engine_counters(&f->engine)->resyncs, 1);
    fake_free(f);

    f = fake_running();
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_expect_publish(f, "$next/get", "{\"includeJobDocument\":false,\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    fake_expect_quiet(f);
    fake_free(f);
}

/* A publish that is refused on the spot is tried again by the engine's own timer, in each phase. */
static void test_publish_fails(void **state)
{
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_register(f, "blink");
    f->fail_publishes = 3;
    fake_connect(f);
    fake_expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        fake_wake(f);
    }
    fake_expect_publish_to(f, "$next/get");
    f->fail_publishes = 1;
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_quiet(f);
    fake_wake(f);
    claim_again(f);
    fake_accept(f, "j1/update", "");
    f->fail_publishes = 1;
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_wake(f);
    fake_expect(f, FAKE_START, "j1");
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_free(f);
}

/* What was left of one job's requests, unanswered or in a backoff, holds up nothing of the next one. */
static void test_next_job_does_not_wait_for_the_last_one(void **state)
{
    (void)state;
    for (int is_refused = 0; is_refused < 2; is_refused++) {
        struct fake_engine *f = fake_running();
        fake_return(f, JOBS_STATUS_IN_PROGRESS);
        fake_expect_publish_to(f, "j1/update");
        if (is_refused) {
            fake_reject(f, "j1/update", "RequestThrottled", "");
        }
        fake_message(f, "notify", "{}");
        fake_expect_publish_to(f, "j1/get");
        fake_reject(f, "j1/get", "ResourceNotFound", "");
        fake_expect(f, FAKE_CANCEL, "");
        fake_expect_quiet(f); /* the application may still work on it */
        fake_return_cancel(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect(f, FAKE_START, "j2");
        fake_free(f);
    }
}

/* The same for the question whether the service still has it. */
static void test_next_job_is_asked_for_at_once(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    fake_message(f, "notify", "{}");
    fake_expect_publish_to(f, "j1/get"); /* never answered */
    fake_reject(f, "j1/update", "ResourceNotFound", "");
    fake_expect(f, FAKE_CANCEL, "");
    fake_expect_quiet(f); /* the application may still work on it */
    fake_return_cancel(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_message(f, "notify", "{}");
    fake_expect_publish_to(f, "j2/get");
    fake_free(f);
}

/* A port that tells of a new connection and not of the end of the old one: what was in flight is lost all the same. */
static void test_connected_twice(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get"); /* at once, as on each connection */
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

/* $next stands in place of a job id in get only. */
static void test_answer_to_next_on_the_topic_of_an_update(void **state)
{
    struct fake_engine *f = fake_ready();
    char text[600];
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    snprintf(text, sizeof text, "{\"clientToken\":\"%s\",\"timestamp\":1700000000,%s}",
             f->effects[f->seen - 1].token, fake_execution("j1", 1, "QUEUED", BLINK));
    fake_message(f, "$next/update/accepted", text);
    fake_expect_quiet(f);
    fake_message(f, "$next/get/accepted", text);
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_of_retries),
        cmocka_unit_test(test_backoff_never_ends),
        cmocka_unit_test(test_notification_during_backoff),
        cmocka_unit_test(test_each_answer_lost_once),
        cmocka_unit_test(test_late_answer),
        cmocka_unit_test(test_foreign_answers_do_not_move_the_state),
        cmocka_unit_test(test_doubled_answers),
        cmocka_unit_test(test_burst_of_notifications),
        cmocka_unit_test(test_notification_beside_an_answer_with_a_job),
        cmocka_unit_test(test_resync_asks),
        cmocka_unit_test(test_publish_fails),
        cmocka_unit_test(test_next_job_does_not_wait_for_the_last_one),
        cmocka_unit_test(test_next_job_is_asked_for_at_once),
        cmocka_unit_test(test_connected_twice),
        cmocka_unit_test(test_answer_to_next_on_the_topic_of_an_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
