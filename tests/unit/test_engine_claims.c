/* SPDX-License-Identifier: MIT */
/* Claims that are not accepted: rejected, unanswered, cut off, not sent. None is ever sent again: what is pending is read after a pause
 * that grows, and that decides. And claims that are accepted while there is doubt.; G1, G3. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#include <stdio.h>

#define TIMEOUT_MS CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS

/* What $next/get shows after a claim of ours. */
#define OWN_CLAIM                                                                                            \
    "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":"               \
    "\"accepted\",\"attempt\":\"1\"},\"queuedAt\":1699999990,\"versionNumber\":2,\"executionNumber\":1,"     \
    "\"jobDocument\":" BLINK "}"

static struct fake_engine *claiming(void)
{
    struct fake_engine *f = fake_ready();
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    return f;
}

static void read_again(struct fake_engine *f, const char *members)
{
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", members);
}

static void claim_again(struct fake_engine *f, const char *members)
{
    read_again(f, members);
    fake_expect_publish_to(f, "j1/update");
}

/* After a claim that was put off the next one waits, too. */
static void claim_later(struct fake_engine *f, const char *members)
{
    read_again(f, members);
    fake_expect_publish_later(f, "j1/update");
}

enum failure {
    THROTTLED,
    INTERNAL,
    MISMATCH,
    REFUSED,
    GONE,
    UNKNOWN,
    LOST,
    CUT_OFF,
    FAILURES,
};

static void fail_claim(struct fake_engine *f, enum failure failure)
{
    static const char *const codes[] = {"RequestThrottled", "InternalError",    "VersionMismatch",
                                        "InvalidRequest",   "ResourceNotFound", "Whatever"};

    if (failure < LOST) {
        fake_reject(f, "j1/update", codes[failure], "");
    } else if (failure == LOST) {
        fake_wake(f);
    } else {
        fake_disconnect(f);
        fake_connect(f);
    }
}

/* However it failed: one update, then the reading, then at most one more update. */
static void test_a_claim_is_never_repeated(void **state)
{
    (void)state;
    for (enum failure failure = THROTTLED; failure < FAILURES; failure++) {
        struct fake_engine *f = claiming();
        fail_claim(f, failure);
        for (int i = 0; i < 10 && fake_count(f, FAKE_PUBLISH, "$next/get") < 2; i++) {
            fake_wake(f);
        }
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        assert_int_equal(fake_count(f, FAKE_PUBLISH, "j1/update"), 1);
        fake_pass(f, TIMEOUT_MS - 1);
        fake_expect_quiet(f);
        fake_accept(f, "$next/get", failure == CUT_OFF ? OWN_CLAIM : "");
        assert_int_equal(f->starts, failure == CUT_OFF);
        assert_int_equal(fake_count(f, FAKE_PUBLISH, "j1/update"), 1);
        fake_free(f);
    }
    struct fake_engine *f = fake_ready();
    fake_expect_publish_to(f, "$next/get");
    f->fail_publishes = 1;
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_quiet(f);
    fake_wake(f);
    fake_expect_publish_to(f, "$next/get");
    assert_int_equal(fake_count(f, FAKE_PUBLISH, "j1/update"), 0);
    fake_free(f);
}

/* The pause grows over such rounds, although each reading in between succeeds, never falls below an eighth of its window, ends at the
 * cap, and no notification cuts it short. After a claim that was put off the next claim waits, too; after any other it does not. */
static void test_pause_grows(void **state)
{
    static const enum failure failures[] = {THROTTLED, INTERNAL, MISMATCH, LOST};
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct fake_engine *f = claiming();
        uint64_t window_ms = CONFIG_DEVICE_JOBS_RETRY_BASE_MS;
        for (int round = 0; round < 100; round++) {
            fail_claim(f, failures[i]);
            uint64_t failed_ms = f->now_ms;
            fake_message(f, "notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"executionNumber\":1}]}}");
            fake_message(f, "notify-next", "{}");
            fake_expect_quiet(f);
            fake_wake(f);
            assert_in_range(f->now_ms - failed_ms, window_ms / 8, window_ms);
            if (failures[i] == THROTTLED || failures[i] == INTERNAL) {
                claim_later(f, fake_execution("j1", 1, "QUEUED", BLINK));
            } else {
                claim_again(f, fake_execution("j1", 1, "QUEUED", BLINK));
            }
            window_ms *= 2;
            window_ms =
                window_ms < CONFIG_DEVICE_JOBS_RETRY_CAP_MS ? window_ms : CONFIG_DEVICE_JOBS_RETRY_CAP_MS;
        }
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        fake_free(f);
    }
}

/* It begins anew with another execution, and after a claim that was accepted. */
static void test_pause_begins_anew(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    for (int round = 0; round < 8; round++) {
        fail_claim(f, THROTTLED);
        fake_wake(f);
        claim_later(f, fake_execution("j1", 1, "QUEUED", BLINK));
    }
    fail_claim(f, THROTTLED);
    fake_wake(f);
    claim_again(f, fake_execution("j1", 2, "QUEUED", BLINK));
    uint64_t failed_ms = f->now_ms;
    fail_claim(f, THROTTLED);
    fake_wake(f);
    assert_in_range(f->now_ms - failed_ms, 1, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    claim_later(f, fake_execution("j1", 2, "QUEUED", BLINK));
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_free(f);
}

/* A throttled claim whose job was deleted and made again meanwhile, behind another one. The claim names job id and number, and its
 * version is 1 again: sent once more it would be accepted, out of the service's order. */
static void test_throttled_and_made_again(void **state)
{
    (void)state;
    for (int is_told = 0; is_told < 2; is_told++) {
        struct fake_engine *f = claiming();
        if (is_told) {
            fake_message(
                f, "notify",
                "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j2\",\"queuedAt\":1700000040,\"executionNumber\":1},"
                "{\"jobId\":\"j1\",\"queuedAt\":1700000050,\"executionNumber\":1}]}}");
        }
        fail_claim(f, THROTTLED);
        fake_expect_quiet(f);
        fake_wake(f);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect(f, FAKE_START, "j2");
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect_next_soon(f);
        fake_accept(f, "$next/get", REMADE_J1);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        assert_string_equal(f->run_document, "{\"action\":\"blink\",\"count\":2}");
        assert_int_equal(f->run.queued_at_s, 1700000050);
        assert_int_equal(f->run.attempt, 1);
        fake_free(f);
    }
}

/* However it failed: IN_PROGRESS with our attempt is our claim, which has arrived. One start, one attempt, no second claim. */
static void test_own_claim(void **state)
{
    (void)state;
    for (enum failure failure = THROTTLED; failure < FAILURES; failure++) {
        struct fake_engine *f = claiming();
        fail_claim(f, failure);
        while (fake_count(f, FAKE_PUBLISH, "$next/get") < 2) {
            fake_wake(f);
        }
        fake_accept(f, "$next/get", OWN_CLAIM);
        assert_int_equal(f->starts, 1);
        assert_int_equal(f->run.attempt, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->received, 1);
        assert_int_equal(fake_count(f, FAKE_PUBLISH, "j1/update"), 1);
        fake_free(f);
    }
}

/* Another attempt, or another execution number, is somebody else's: by the policy of the action it was interrupted. */
static void test_claim_of_somebody_else(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct fake_engine *f = claiming();
        char members[400];
        fail_claim(f, THROTTLED);
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
        snprintf(members, sizeof members,
                 "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":"
                 "\"%d\"},"
                 "\"queuedAt\":1699999990,\"versionNumber\":2,\"executionNumber\":%d,\"jobDocument\":" BLINK
                 "}",
                 which == 0 ? 2 : 1, which == 0 ? 1 : 2);
        fake_accept(f, "$next/get", members);
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"INTERRUPTED\""));
        assert_int_equal(f->starts, 0);
        fake_free(f);
    }
}

/* A claim that was started is met: what comes IN_PROGRESS later under that name is not our claim once more. G1 */
static void test_claim_is_met_once(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_return_cancel(f);
    fake_return(f, JOBS_STATUS_FAILED);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", OWN_CLAIM); /* a service that came back from a backup */
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"INTERRUPTED\""));
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* Refused for good: read again once. Still QUEUED, and the same: REJECTED. R-10: the queue goes on. */
static void test_refused_for_good(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        struct fake_engine *f = claiming();
        fail_claim(f, which % 2 ? REFUSED : UNKNOWN);
        fake_expect_quiet(f);
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
        if (which / 2) { /* by now it is another one: not refused yet */
            fake_accept(f, "$next/get", REMADE_J1);
            assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"IN_PROGRESS\""));
            fake_accept(f, "j1/update", "");
            fake_expect(f, FAKE_START, "j1");
            fake_free(f);
            continue;
        }
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        const char *update = fake_expect_publish_to(f, "j1/update");
        assert_memory_equal(update, "{\"status\":\"REJECTED\"", 20);
        assert_non_null(strstr(update, "\"reason\":\"CLAIM_REFUSED\""));
        fake_accept(f, "j1/update", "");
        fake_pass(f, 2 * SECOND_MS);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j2/update");
        assert_int_equal(f->starts, 0);
        assert_int_equal(f->saves, 0);
        fake_free(f);
    }
}

/* The refusal may have been meant for another one, when a notification spoke of it meanwhile: it is not final. */
static void test_refused_with_a_doubt(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    fake_message(f, "notify", "{\"jobs\":{}}");
    fail_claim(f, REFUSED);
    fake_wake(f);
    claim_again(f, fake_execution("j1", 1, "QUEUED", BLINK));
    assert_non_null(strstr(f->effects[f->seen - 1].text, "\"IN_PROGRESS\""));
    fail_claim(f, REFUSED); /* without one it is */
    fake_wake(f);
    claim_again(f, fake_execution("j1", 1, "QUEUED", BLINK));
    assert_non_null(strstr(f->effects[f->seen - 1].text, "\"CLAIM_REFUSED\""));
    fake_free(f);
}

/* A notification before the answer that names job id, number and queuedAt of the claim is no reason to doubt; any other one is. */
static void test_doubt(void **state)
{
    static const struct {
        const char *topic, *payload;
        bool is_doubt;
    } notices[] = {
        {"notify",
         "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}", false},
        {"notify",
         "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}],"
         "\"QUEUED\":[{\"jobId\":\"j2\",\"queuedAt\":1699999991,\"executionNumber\":1}]}}",
         false},
        {"notify-next",
         "{\"timestamp\":1,\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1699999990,"
         "\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":" BLINK "}}",
         false},
        {"notify",
         "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1700000050,\"executionNumber\":1}]}}", true},
        {"notify",
         "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":2}]}}", true},
        {"notify",
         "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j2\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}", true},
        {"notify", "{\"jobs\":{}}", true},
        {"notify-next", "{\"timestamp\":1}", true},
        {"notify-next",
         "{\"timestamp\":1,\"execution\":{\"jobId\":\"j2\",\"status\":\"QUEUED\",\"queuedAt\":1699999990,"
         "\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":" BLINK "}}",
         true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof notices / sizeof notices[0]; i++) {
        struct fake_engine *f = claiming();
        fake_message(f, notices[i].topic, notices[i].payload);
        fake_expect_quiet(f);
        fake_accept(f, "j1/update", "");
        assert_int_equal(f->starts, !notices[i].is_doubt);
        if (notices[i].is_doubt) {
            fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}"); /* at once */
            fake_accept(f, "$next/get", OWN_CLAIM);
            fake_expect(f, FAKE_START, "j1"); /* it was about something else */
            assert_int_equal(f->run.attempt, 1);
        }
        fake_free(f);
    }
}

/* The doubt is about one claim: the next one begins without. */
static void test_doubt_ends_with_its_claim(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    fake_message(f, "notify", "{\"jobs\":{}}");
    fail_claim(f, THROTTLED);
    fake_wake(f);
    claim_later(f, fake_execution("j1", 1, "QUEUED", BLINK));
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* After a report from outside the handler no claim goes out before its caller has the answer, nor within 20 ms of it: the seed's
 * program clears its flag after the call. */
static void test_claim_waits_for_the_answer_to_a_report(void **state)
{
    (void)state;
    for (int is_ended = 0; is_ended < 2; is_ended++) {
        static const struct jobs_action plain = {.name = "blink", .max_attempts = 1};
        struct fake_engine *f = wait_with(&plain);
        struct jobs_report report = {.job_id = "j1", .status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
        if (is_ended) {
            end_in_service(f, DELETED);
        }
        assert_int_equal(jobs_engine_report(&f->engine, &report, f->now_ms), is_ended ? ERR_STALE : ERR_OK);
        fake_check(f);
        if (!is_ended) {
            fake_expect_publish_to(f, "j1/update");
            fake_accept(f, "j1/update", "");
            fake_expect_next_soon(f);
        } else {
            fake_expect_publish_to(f, "$next/get");
        }
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_pass(f, MINUTE_MS);
        fake_expect_quiet(f);
        uint64_t answered_ms = f->now_ms;
        jobs_engine_answered(&f->engine, f->now_ms);
        fake_check(f);
        fake_expect_quiet(f);
        fake_wake(f);
        assert_int_equal(f->now_ms - answered_ms, 20);
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect(f, FAKE_START, "j2");
        fake_free(f);
    }
}

/* Accepted without a document that can be used: read at once, as ours. When that does not end, with a pause that grows. */
static void test_accepted_without_a_document(void **state)
{
    struct fake_engine *f = claiming();
    uint64_t window_ms = CONFIG_DEVICE_JOBS_RETRY_BASE_MS;
    (void)state;
    f->withholds_document = true;
    fake_accept(f, "j1/update", "");
    for (int round = 0; round < 12; round++) {
        claim_again(f, fake_execution("j1", 1, "QUEUED", BLINK));
        fake_accept(f, "j1/update", "");
        uint64_t accepted_ms = f->now_ms;
        fake_expect_quiet(f);
        fake_wake(f);
        assert_in_range(f->now_ms - accepted_ms, window_ms / 8, window_ms);
        window_ms *= 2;
        window_ms = window_ms < CONFIG_DEVICE_JOBS_RETRY_CAP_MS ? window_ms : CONFIG_DEVICE_JOBS_RETRY_CAP_MS;
    }
    read_again(f, OWN_CLAIM);
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* What starts without a new claim waits as long: it is read again then. */
static void test_own_claim_waits_for_the_answer_to_a_report(void **state)
{
    static const struct jobs_action waits = {
        .name = "blink", .max_attempts = 1, .has_resume = true, .on_interrupted = JOBS_INTERRUPTED_WAIT};
    static const char pending[] =
        "\"execution\":{\"jobId\":\"j2\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":\"1\"},"
        "\"queuedAt\":1699999990,\"versionNumber\":2,\"executionNumber\":1,\"jobDocument\":" BLINK "}";
    (void)state;
    for (int is_late = 0; is_late < 2; is_late++) {
        struct fake_engine *f = wait_with(&waits);
        struct jobs_report report = {.job_id = "j1", .status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
        assert_int_equal(jobs_engine_report(&f->engine, &report, f->now_ms), ERR_OK);
        fake_check(f);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect_next_soon(f);
        if (!is_late) {
            jobs_engine_answered(&f->engine, f->now_ms);
        }
        fake_accept(f, "$next/get", pending);
        fake_expect_quiet(f);
        if (is_late) { /* the caller wakes now only */
            fake_pass(f, SECOND_MS);
            fake_expect_quiet(f);
            jobs_engine_answered(&f->engine, f->now_ms);
            fake_check(f);
        }
        uint64_t answered_ms = f->now_ms;
        fake_wake(f);
        assert_int_equal(f->now_ms - answered_ms, 20);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", pending);
        fake_expect(f, FAKE_START, "j2");
        fake_free(f);
    }
}

/* Messages were dropped while a claim was on its way: one of them may have spoken of others, so it is read before it starts. */
static void test_dropped_messages_cast_doubt(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_check(f);
    fake_accept(f, "j1/update", "");
    fake_expect_publish_to(f, "$next/get");
    fake_expect_quiet(f);
    fake_free(f);
}

/* What was refused is one claim. The next one, which has no answer, is not refused with it: it is claimed again. G3 */
static void test_a_refusal_is_of_one_claim(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    fail_claim(f, REFUSED);
    fake_wake(f);
    read_again(f, fake_execution("j2", 1, "QUEUED", BLINK)); /* it stands in front now */
    fake_expect_publish_to(f, "j2/update");
    fail_claim(f, LOST);
    fake_wake(f);
    read_again(f, fake_execution("j2", 1, "QUEUED", BLINK));
    assert_non_null(strstr(fake_expect_publish_to(f, "j2/update"), "\"IN_PROGRESS\""));
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_free(f);
}

/* docs/protocol.md 1.11: the second pause follows a claim that was put off; not the one after it, which fails otherwise, and no
 * progress that was put off. */
static void test_putting_off_is_of_one_claim(void **state)
{
    static const struct jobs_action again = {
        .name = "blink", .max_attempts = 2, .has_cancel = true, .on_interrupted = JOBS_INTERRUPTED_RERUN};
    struct fake_engine *f = claiming();
    (void)state;
    fail_claim(f, THROTTLED);
    fake_wake(f);
    claim_later(f, fake_execution("j1", 1, "QUEUED", BLINK));
    fail_claim(f, MISMATCH);
    fake_wake(f);
    claim_again(f, fake_execution("j1", 1, "QUEUED", BLINK));
    fake_free(f);

    f = run_with(&again);
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "RequestThrottled", "");
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_return_cancel(f);
    fake_return(f, JOBS_STATUS_FAILED);
    claim_again(f, OWN_CLAIM); /* a service that came back from a backup: the second attempt */
    assert_non_null(strstr(f->effects[f->seen - 1].text, "\"attempt\":\"2\""));
    fake_free(f);
}

/* Made again under its id while the claim was on its way, and IN_PROGRESS without a word about the attempt: the one that was seen QUEUED
 * is another one, so this is not our claim. G1 */
static void test_remade_and_claimed_without_a_word(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    fail_claim(f, LOST);
    fake_wake(f);
    read_again(f, "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1700000050,"
                  "\"versionNumber\":2,\"executionNumber\":1,\"jobDocument\":" BLINK "}");
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"INTERRUPTED\""));
    assert_int_equal(f->starts, 0);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dropped_messages_cast_doubt),
        cmocka_unit_test(test_a_claim_is_never_repeated),
        cmocka_unit_test(test_pause_grows),
        cmocka_unit_test(test_pause_begins_anew),
        cmocka_unit_test(test_throttled_and_made_again),
        cmocka_unit_test(test_own_claim),
        cmocka_unit_test(test_claim_of_somebody_else),
        cmocka_unit_test(test_claim_is_met_once),
        cmocka_unit_test(test_refused_for_good),
        cmocka_unit_test(test_refused_with_a_doubt),
        cmocka_unit_test(test_doubt),
        cmocka_unit_test(test_doubt_ends_with_its_claim),
        cmocka_unit_test(test_claim_waits_for_the_answer_to_a_report),
        cmocka_unit_test(test_accepted_without_a_document),
        cmocka_unit_test(test_own_claim_waits_for_the_answer_to_a_report),
        cmocka_unit_test(test_a_refusal_is_of_one_claim),
        cmocka_unit_test(test_putting_off_is_of_one_claim),
        cmocka_unit_test(test_remade_and_claimed_without_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
