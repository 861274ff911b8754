/* SPDX-License-Identifier: MIT */
/* While a job runs: reports by id and by run, progress, deadlines, handlers that return late or never: docs/guarantees.md,
 * "Interrupted, restarted, too slow".. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define INTERVAL_MS CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS

static struct fake_engine *running_with(const struct jobs_action *action)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register_action(f, action);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"blink\"}"));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    return f;
}

static const struct jobs_action minute_action = {
    .name = "blink", .max_attempts = 1, .has_cancel = true, .deadline_s = 60};

static void expect_update(struct fake_engine *f, const char *part)
{
    const char *payload = fake_expect_publish_to(f, "j1/update");
    if (strstr(payload, part) == NULL) {
        fail_msg("no %s in %s", part, payload);
    }
}

/* A final report from inside the handler wins over what the handler returns afterwards. */
static void test_final_report_before_the_handler_returns(void **state)
{
    static const enum jobs_status returned[] = {JOBS_STATUS_IN_PROGRESS, JOBS_STATUS_FAILED,
                                                JOBS_STATUS_SUCCEEDED};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (int settled_first = 0; settled_first < 2; settled_first++) {
            struct fake_engine *f = fake_running();
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
            expect_update(f, "\"SUCCEEDED\"");
            if (settled_first) {
                fake_accept(f, "j1/update", "");
                fake_pass(f, 60000);
                fake_expect_quiet(f); /* no other job before the handler has returned */
                fake_return(f, returned[i]);
                fake_expect_publish_to(f, "$next/get"); /* a notify-next may have come meanwhile */
            } else {
                fake_return(f, returned[i]);
                fake_expect_quiet(f);
                fake_accept(f, "j1/update", "");
                fake_expect_next_soon(f);
            }
            assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 1);
            fake_free(f);
        }
    }
}

static void test_report_twice(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_FAILED), ERR_OK);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_BUSY);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_BUSY);
    expect_update(f, "\"FAILED\"");
    fake_accept(f, "j1/update", "");
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "$next/get");
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND); /* settled */
    fake_expect_quiet(f);
    assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports, 3);
    fake_free(f);
}

static void test_reports_that_name_no_run(void **state)
{
    struct fake_engine *f = fake_running();
    struct jobs_report report = {
        .run_id = f->run.run_id + 1, .job_id = "j1", .status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
    (void)state;
    assert_int_equal(fake_report_whole(f, &report), ERR_NOT_FOUND); /* the run decides, not the id */
    assert_int_equal(fake_report(f, "j", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j11", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    char long_id[4 * DEVICE_JOB_ID_CAP] = "";
    memset(long_id, 'j', sizeof long_id - 1);
    report.job_id = long_id;
    report.run_id = 0;
    assert_int_equal(fake_report_whole(f, &report), ERR_NOT_FOUND);
    report.job_id = NULL; /* names nothing */
    assert_int_equal(fake_report_whole(f, &report), ERR_NOT_FOUND);
    report.run_id = f->run.run_id;
    report.status = JOBS_STATUS_COUNT;
    assert_int_equal(fake_report_whole(f, &report), ERR_ARG);
    report.status = JOBS_STATUS_IN_PROGRESS;
    report.progress_percent = 101;
    assert_int_equal(fake_report_whole(f, &report), ERR_ARG);
    fake_expect_quiet(f);
    jobs_engine_handler_returned(&f->engine, f->run.run_id + 1, JOBS_STATUS_SUCCEEDED, f->now_ms);
    fake_expect_quiet(f);
    report.progress_percent = 100;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    expect_update(f, "\"progress\":\"100\"");
    fake_free(f);

    f = fake_ready(); /* nothing was ever started */
    assert_int_equal(fake_report(f, "", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    fake_free(f);
}

/* a handler that only says FAILED still gets a reason; one that returns rubbish has failed. */
static void test_failure_without_a_word(void **state)
{
    static const enum jobs_status returned[] = {JOBS_STATUS_FAILED, JOBS_STATUS_COUNT, (enum jobs_status)77};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fake_engine *f = fake_running();
        fake_return(f, returned[i]);
        expect_update(f, "\"reason\":\"HANDLER_FAILED\",\"message\":\"failed in the handler\"");
        fake_free(f);
    }
}

/* state, reason, message, attempt. Each reason belongs to one phase, so it names the phase, too. */
static void test_every_reason_is_told_whole(void **state)
{
    (void)state;
    for (uint8_t reason = JOBS_REASON_NONE + 1; reason < JOBS_REASON_COUNT; reason++) {
        struct fake_engine *f = fake_running();
        char expected[200];
        f->engine.execution.attempt = 3;
        assert_true(strlen(jobs_wire_reason_text(reason)) > 0 &&
                    strlen(jobs_wire_reason_message(reason)) > 0);
        jobs_execution_refuse(&f->engine.execution, (enum jobs_reason)reason, NULL);
        jobs_engine_tick(&f->engine, f->now_ms);
        fake_check(f);
        snprintf(expected, sizeof expected,
                 "\"state\":\"failed\",\"attempt\":\"3\",\"reason\":\"%s\",\"message\":\"%s\"}",
                 jobs_wire_reason_text(reason), jobs_wire_reason_message(reason));
        expect_update(f, expected);
        fake_free(f);
    }
}

/* a message of the application is cleaned, and cut between code points. */
static void test_message_is_cleaned(void **state)
{
    struct fake_engine *f = fake_running();
    char message[400] = "tab\there \"\\\" \xc3\xa4 \xff ";
    struct jobs_report report = {
        .job_id = "j1", .status = JOBS_STATUS_FAILED, .progress_percent = -1, .message = message};
    char expected[400] = "\"message\":\"tab here '/' \xc3\xa4 ? ";
    (void)state;
    for (int i = 0; i < 40; i++) {
        strcat(message, "\xe2\x82\xac"); /* 3 bytes each: the 127th is within one */
    }
    while (strlen(expected) + 3 <= strlen("\"message\":\"") + JOURNAL_MESSAGE_CAP - 1) {
        strcat(expected, "\xe2\x82\xac");
    }
    strcat(expected, "\"}");
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    expect_update(f, expected);
    fake_free(f);
}

/* The first "running" goes out at once, the next ones at the interval, and only the newest. */
static void test_progress_is_rate_limited_and_newest_wins(void **state)
{
    struct fake_engine *f = fake_running();
    struct jobs_report report = {.job_id = "j1", .status = JOBS_STATUS_IN_PROGRESS};
    (void)state;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"running\",\"attempt\":\"1\","
        "\"progress\":\"0\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    for (int i = 1; i <= 50; i++) { /* while it is in flight, and after */
        report.progress_percent = i;
        assert_int_equal(fake_report_whole(f, &report), ERR_OK);
        if (i == 25) {
            fake_accept(f, "j1/update", "");
        }
    }
    fake_expect_quiet(f);
    uint64_t sent_ms = f->now_ms;
    fake_wake(f);
    assert_int_equal(f->now_ms - sent_ms, INTERVAL_MS);
    expect_update(f, "\"progress\":\"50\"");
    fake_accept(f, "j1/update", "");
    fake_pass(f, 10 * INTERVAL_MS);
    fake_expect_quiet(f); /* nothing new, nothing sent */
    report.progress_percent = 51;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    expect_update(f, "\"progress\":\"51\"");
    fake_free(f);
}

/* The seed's status table: "In Progress" is visible, also for a handler that blocks and says nothing. */
static void test_running_is_told_without_a_report(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    uint64_t start_ms = f->now_ms;
    fake_wake(f);
    assert_int_equal(f->now_ms - start_ms, INTERVAL_MS);
    expect_update(f, "\"state\":\"running\"");
    fake_accept(f, "j1/update", "");
    fake_pass(f, 10 * INTERVAL_MS);
    fake_expect_quiet(f);
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_quiet(f); /* once is enough */
    fake_free(f);
}

/* A quick handler costs no update in between. Progress that is under way when the final status comes is waited for. */
static void test_final_status_supersedes_progress(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_pass(f, INTERVAL_MS - 1);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    expect_update(f, "\"SUCCEEDED\"");
    fake_expect_quiet(f);
    fake_free(f);

    f = fake_running();
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    expect_update(f, "\"running\"");
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_quiet(f); /* one update at a time */
    fake_accept(f, "j1/update", "");
    expect_update(f, "\"SUCCEEDED\"");
    fake_free(f);
}

/* The backoff of progress that nobody needs any more does not hold up the final status. */
static void test_final_status_does_not_wait_for_progress(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    expect_update(f, "\"running\"");
    for (int i = 0; i < 4; i++) {
        fake_reject(f, "j1/update", "RequestThrottled", "");
        fake_wake(f);
        expect_update(f, "\"running\"");
    }
    fake_reject(f, "j1/update", "RequestThrottled", "");
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    expect_update(f, "\"SUCCEEDED\"");
    fake_free(f);
}

/* Every update repeats the whole map: AWS replaces it (U5). */
static void test_details_are_repeated_until_replaced(void **state)
{
    struct fake_engine *f = fake_running();
    struct details details = {0};
    struct jobs_report report = {
        .job_id = "j1", .status = JOBS_STATUS_IN_PROGRESS, .progress_percent = -1, .details = &details};
    (void)state;
    assert_int_equal(details_add(&details, "step", "1"), ERR_OK);
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    expect_update(f, "\"attempt\":\"1\",\"step\":\"1\"}");
    fake_accept(f, "j1/update", "");
    fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
    fake_pass(f, INTERVAL_MS);
    expect_update(f, "\"attempt\":\"1\",\"step\":\"1\"}");
    fake_accept(f, "j1/update", "");
    details_clear(&details);
    assert_int_equal(details_add(&details, "step", "2"), ERR_OK);
    report.status = JOBS_STATUS_SUCCEEDED;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    expect_update(f, "\"attempt\":\"1\",\"step\":\"2\"}");
    fake_accept(f, "j1/update", "");
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", "{\"action\":\"blink\"}"));
    fake_pass(f, 20);                                                    /* after a report */
    assert_null(strstr(fake_expect_publish_to(f, "j2/update"), "step")); /* not those of another job */
    fake_free(f);
}

/* The largest map there can be stays within its limit. */
static void test_largest_details(void **state)
{
    struct fake_engine *f = fake_running();
    struct details details = {0};
    struct jobs_report report = {
        .job_id = "j1", .status = JOBS_STATUS_REJECTED, .progress_percent = -1, .details = &details};
    char value[1100];
    (void)state;
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_int_equal(details_add(&details, "k", value), ERR_OK);
    assert_int_equal(details.len, DETAILS_TEXT_CAP - 1);
    memset(value, '"', sizeof value - 1);
    report.message = value;
    f->engine.execution.attempt = 255;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    const char *payload = fake_expect_publish_to(f, "j1/update");
    const char *map = strstr(payload, "{\"state\"");
    const char *end = strstr(payload, "},\"executionNumber\"");
    assert_true(map != NULL && end != NULL && end + 1 - map <= CONFIG_DEVICE_JOBS_DETAILS_SIZE);
    fake_free(f);
}

/* The handler returned, the report never came. R-01: the next job within 2 s. */
static void test_deadline_without_a_report(void **state)
{
    struct fake_engine *f = running_with(&minute_action);
    (void)state;
    uint64_t start_ms = f->now_ms;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    expect_update(f, "\"running\"");
    fake_accept(f, "j1/update", "");
    fake_wake(f);
    assert_int_equal(f->now_ms - start_ms, 60000);
    fake_expect(f, FAKE_CANCEL, "");
    expect_update(f, "\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
                     "\"reason\":\"DEADLINE\"");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    assert_int_equal(f->now_ms - start_ms, 60000 + FAKE_HINT_MS);
    fake_return_cancel(f);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), 0);
    fake_free(f);
}

/* The handler never returned: told, 10 s of grace, journaled, restarted, reported after the boot. */
static void test_deadline_of_a_handler_that_never_returns(void **state)
{
    struct fake_engine *f = running_with(&minute_action);
    (void)state;
    fake_pass(f, INTERVAL_MS);
    expect_update(f, "\"running\"");
    fake_accept(f, "j1/update", "");
    fake_wake(f);
    fake_expect(f, FAKE_CANCEL, "");
    fake_expect_quiet(f);
    uint64_t told_ms = f->now_ms;
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_OK); /* too late to renew anything */
    expect_update(f, "\"running\"");
    fake_accept(f, "j1/update", "");
    unsigned saves = f->saves;
    fake_wake(f);
    assert_int_equal(f->now_ms - told_ms, CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS);
    fake_expect(f, FAKE_SAVE, "");
    fake_expect(f, FAKE_RESTART, "");
    assert_int_equal(f->saves, saves + 1);

    fake_boot(f);
    fake_register_action(f, &minute_action);
    fake_connect(f);
    fake_expect_seen(f, "j1");
    expect_update(f, "\"reason\":\"DEADLINE\"");
    fake_accept(f, "j1/update", "");
    fake_expect_publish_to(f, "$next/get");
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

static void boot_minute(struct fake_engine *f)
{
    f->seen = f->effect_count;
    fake_boot(f);
    fake_register_action(f, &minute_action);
    fake_connect(f);
}

/* 1,000 runs, each third one comes to its end, each third one never reports, each third one never returns: 0 stuck, each
 * failure with its reason, and the next handler starts within 2 s of the deadline (or of the boot that the deadline led to). */
static void test_thousand_runs_none_is_stuck(void **state)
{
    struct fake_engine *f = fake_new();
    char job_id[16];
    char update[32];
    uint64_t over_ms;
    (void)state;
    boot_minute(f);
    for (int i = 0; i < 1000; i++) {
        snprintf(job_id, sizeof job_id, "job-%d", i);
        snprintf(update, sizeof update, "%s/update", job_id);
        over_ms = f->now_ms;
        if (i % 3 == 0) { /* after a boot */
            fake_expect_publish_to(f, "$next/get");
        } else {
            fake_expect_next_soon(f);
        }
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", "{\"action\":\"blink\"}"));
        fake_expect_publish_to(f, update);
        fake_accept(f, update, "");
        fake_expect(f, FAKE_START, job_id);
        assert_true(f->now_ms - over_ms <= 2000);
        fake_pass(f, INTERVAL_MS);
        fake_expect_publish_to(f, update);
        fake_accept(f, update, "");
        if (i % 3 == 0) {
            fake_return(f, JOBS_STATUS_SUCCEEDED);
        } else {
            if (i % 3 == 1) {
                fake_return(f, JOBS_STATUS_IN_PROGRESS);
            }
            fake_wake(f);
            fake_expect(f, FAKE_CANCEL, "");
            fake_return_cancel(f);
        }
        if (i % 3 == 2) {
            fake_wake(f);
            fake_expect(f, FAKE_SAVE, "");
            fake_expect(f, FAKE_RESTART, "");
            boot_minute(f);
            fake_expect_seen(f, job_id);
        }
        const char *payload = fake_expect_publish_to(f, update);
        assert_non_null(strstr(payload, i % 3 == 0 ? "\"SUCCEEDED\""
                                        : i % 3 == 1
                                            ? "\"DEADLINE\",\"message\":\"no final status in time\""
                                            : "\"DEADLINE\",\"message\":\"the handler did not return"));
        fake_accept(f, update, "");
        memmove(f->effects, f->effects + f->seen, (f->effect_count - f->seen) * sizeof f->effects[0]);
        f->effect_count -= f->seen;
        f->seen = 0;
        f->log[0] = '\0';
    }
    assert_int_equal(f->starts, 1000);
    fake_free(f);
}

/* Within the grace it does return: what it says counts, a plain failure is one of the deadline, and nothing restarts. */
static void test_deadline_and_the_handler_returns_in_time(void **state)
{
    static const struct {
        enum jobs_status returned;
        const char *update;
    } cases[] = {
        {JOBS_STATUS_SUCCEEDED, "\"status\":\"SUCCEEDED\""},
        {JOBS_STATUS_FAILED, "\"reason\":\"DEADLINE\""},
        {JOBS_STATUS_IN_PROGRESS, "\"reason\":\"DEADLINE\""},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fake_engine *f = running_with(&minute_action);
        fake_pass(f, INTERVAL_MS);
        expect_update(f, "\"running\"");
        fake_accept(f, "j1/update", "");
        fake_wake(f);
        fake_expect(f, FAKE_CANCEL, "");
        fake_pass(f, CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS - 1);
        fake_return(f, cases[i].returned);
        expect_update(f, cases[i].update);
        fake_accept(f, "j1/update", "");
        fake_return_cancel(f);
        fake_expect_next_soon(f);
        fake_accept(f, "$next/get", "");
        fake_pass(f, 60000);
        fake_expect_quiet(f);
        fake_free(f);
    }
}

/* The deadline works off line and for a handler that has reported but does not return; a job that was cancelled, too. */
static void test_deadline_off_line_reported_or_cancelled(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct fake_engine *f = running_with(&minute_action);
        if (which == 1) {
            fake_report(f, "j1", JOBS_STATUS_SUCCEEDED);
        }
        if (which == 2) {
            fake_message(f, "notify", "{}");
            fake_reject(f, "j1/get", "ResourceNotFound", "");
        }
        fake_disconnect(f);
        f->seen = f->effect_count;
        fake_wake(f);
        if (which != 2) { /* else it was told before, and the deadline is the end */
            fake_expect(f, FAKE_CANCEL, "");
            fake_wake(f);
        }
        fake_expect(f, FAKE_RESTART, "");
        assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
        fake_boot(f);
        fake_connect(f);
        if (which == 2) {
            fake_expect_publish_to(f, "$next/get");
        } else {
            fake_expect_seen(f, "j1");
            expect_update(f, which == 0 ? "\"DEADLINE\"" : "\"SUCCEEDED\"");
        }
        fake_free(f);
    }
}

static void test_deadline_is_renewed_by_progress_only(void **state)
{
    struct fake_engine *f = running_with(&minute_action);
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    expect_update(f, "\"running\"");
    fake_accept(f, "j1/update", "");
    for (int i = 0; i < 5; i++) {
        fake_pass(f, 59000);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_OK);
        expect_update(f, "\"running\"");
        fake_accept(f, "j1/update", "");
    }
    fake_message(
        f, "notify",
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}");
    fake_pass(f, 59999);
    fake_expect_quiet(f);
    fake_pass(f, 1);
    fake_expect(f, FAKE_CANCEL, "");
    fake_free(f);
}

/* deadline_s 0: none. */
static void test_no_deadline(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_accept(f, "j1/update", "");
    fake_disconnect(f);
    assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
    fake_free(f);
}

/* Ticks too early and too often do no harm, in any phase. */
static void test_ticks_at_random(void **state)
{
    struct fake_engine *f = running_with(&minute_action);
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    expect_update(f, "\"running\"");
    for (int i = 0; i < 1000; i++) {
        f->now_ms += 1;
        jobs_engine_tick(&f->engine, f->now_ms);
    }
    fake_expect_quiet(f);
    fake_accept(f, "j1/update", "");
    f->now_ms += 1000000; /* and much too late */
    jobs_engine_tick(&f->engine, f->now_ms);
    fake_expect(f, FAKE_CANCEL, "");
    expect_update(f, "\"DEADLINE\"");
    assert_true(jobs_engine_wake_at_ms(&f->engine) > f->now_ms);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_final_report_before_the_handler_returns),
        cmocka_unit_test(test_report_twice),
        cmocka_unit_test(test_reports_that_name_no_run),
        cmocka_unit_test(test_failure_without_a_word),
        cmocka_unit_test(test_every_reason_is_told_whole),
        cmocka_unit_test(test_message_is_cleaned),
        cmocka_unit_test(test_progress_is_rate_limited_and_newest_wins),
        cmocka_unit_test(test_running_is_told_without_a_report),
        cmocka_unit_test(test_final_status_supersedes_progress),
        cmocka_unit_test(test_final_status_does_not_wait_for_progress),
        cmocka_unit_test(test_details_are_repeated_until_replaced),
        cmocka_unit_test(test_largest_details),
        cmocka_unit_test(test_deadline_without_a_report),
        cmocka_unit_test(test_deadline_of_a_handler_that_never_returns),
        cmocka_unit_test(test_thousand_runs_none_is_stuck),
        cmocka_unit_test(test_deadline_and_the_handler_returns_in_time),
        cmocka_unit_test(test_deadline_off_line_reported_or_cancelled),
        cmocka_unit_test(test_deadline_is_renewed_by_progress_only),
        cmocka_unit_test(test_no_deadline),
        cmocka_unit_test(test_ticks_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
