/* SPDX-License-Identifier: MIT */
/* A run lasts until the application is done with it, also when the service ends its execution before. It is over when its handler
 * has returned, and one of these holds: it returned a final status; a final status was reported for it; a cancel callback that
 * began after that return has returned; its deadline has passed. Until then nothing is claimed or rejected.; G5. What
 * never returns: test_engine_stuck.c. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#include <stdio.h>

static int user;

static const struct jobs_action plain = {
    .name = "blink", .max_attempts = 1, .has_cancel = true, .user = &user};
static const struct jobs_action deaf = {.name = "blink", .max_attempts = 1}; /* no cancel callback */
static const struct jobs_action ten_minutes = {
    .name = "blink", .max_attempts = 1, .has_cancel = true, .deadline_s = 600};
static const struct jobs_action deaf_ten_minutes = {.name = "blink", .max_attempts = 1, .deadline_s = 600};

/* The application works in a task of its own, as 01_blink does. The callback returns when that has stopped. */
static void test_callback_ends_it_after_the_return(void **state)
{
    (void)state;
    for (enum ending ending = CANCELED; ending < ENDINGS; ending++) {
        struct fake_engine *f = wait_with(&plain);
        end_in_service(f, ending);
        fake_expect(f, FAKE_CANCEL, "");
        assert_int_equal(f->effects[f->seen - 1].run_id, f->run.run_id);
        assert_ptr_equal(f->effects[f->seen - 1].user, &user);
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 1);
        expect_nothing_for(f, 30 * MINUTE_MS);
        fake_return_cancel(f);
        expect_over(f);
        assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 1);
        fake_free(f);
    }
}

/* The callback that began while the handler ran says nothing about what the handler leaves behind: it is called once more. */
static void test_callback_is_called_once_more(void **state)
{
    (void)state;
    for (enum ending ending = CANCELED; ending < ENDINGS; ending++) {
        for (int is_slow = 0; is_slow < 2; is_slow++) {
            struct fake_engine *f = run_with(&plain);
            end_in_service(f, ending);
            fake_expect(f, FAKE_CANCEL, "");
            if (!is_slow) {
                fake_return_cancel(f);
            }
            expect_nothing_for(f, MINUTE_MS);
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            if (is_slow) {
                expect_nothing_for(f, MINUTE_MS); /* no second call before the first one is back */
                fake_return_cancel(f);
            }
            fake_expect(f, FAKE_CANCEL, "");
            assert_int_equal(f->effects[f->seen - 1].run_id, f->run.run_id);
            expect_nothing_for(f, MINUTE_MS);
            fake_return_cancel(f);
            expect_over(f);
            fake_free(f);
        }
    }
}

/* A final status that the handler returns is the end, whether its callback is back or not; what it says is discarded. */
static void test_handler_returns_a_final_status(void **state)
{
    (void)state;
    for (enum jobs_status status = JOBS_STATUS_SUCCEEDED; status < JOBS_STATUS_COUNT; status++) {
        for (int is_out = 0; is_out < 2; is_out++) {
            struct fake_engine *f = run_with(&plain);
            end_in_service(f, DELETED);
            fake_expect(f, FAKE_CANCEL, "");
            if (!is_out) {
                fake_return_cancel(f);
            }
            expect_nothing_for(f, MINUTE_MS);
            fake_return(f, status);
            expect_over(f);
            if (is_out) {
                fake_return_cancel(f); /* of the run that is over: nothing follows */
            }
            fake_expect_quiet(f);
            assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 1);
            assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
            assert_int_equal(jobs_engine_counters(&f->engine)->failed, 0);
            assert_int_equal(jobs_engine_counters(&f->engine)->rejected, 0);
            assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports,
                             0); /* it was the first word */
            fake_free(f);
        }
    }
}

/* A final report ends the application's part, whoever makes it, by id or by run: its own task, or the callback. It is not sent. */
static void test_final_report_after_the_return(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        bool is_by_id = which % 2 == 0;
        bool has_callback = which / 2 == 0; /* which is out, and makes the report */
        struct fake_engine *f = wait_with(has_callback ? &plain : &deaf);
        uint32_t run_id = f->run.run_id;
        end_in_service(f, DELETED);
        if (has_callback) {
            fake_expect(f, FAKE_CANCEL, "");
        }
        expect_nothing_for(f, MINUTE_MS);
        assert_int_equal(is_by_id ? fake_report(f, "j1", JOBS_STATUS_SUCCEEDED)
                                  : fake_report_run(f, run_id, JOBS_STATUS_SUCCEEDED),
                         ERR_STALE);
        expect_over(f);
        if (has_callback) {
            fake_return_cancel(f);
        }
        fake_expect_quiet(f);
        assert_int_equal(fake_report_run(f, run_id, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
        fake_free(f);
    }
}

/* Reported from within the handler, or while it runs: it is over when the handler returns, whatever it returns, and the callback is
 * not called again: the application has had its last word. */
static void test_final_report_while_the_handler_runs(void **state)
{
    (void)state;
    for (enum jobs_status returned = JOBS_STATUS_IN_PROGRESS; returned < JOBS_STATUS_COUNT; returned++) {
        for (int is_out = 0; is_out < 2; is_out++) {
            struct fake_engine *f = run_with(&plain);
            end_in_service(f, CANCELED);
            fake_expect(f, FAKE_CANCEL, "");
            if (!is_out) {
                fake_return_cancel(f);
            }
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_FAILED), ERR_STALE);
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED),
                             ERR_BUSY); /* one final status is enough */
            expect_nothing_for(f, MINUTE_MS);
            fake_return(f, returned);
            expect_over(f);
            assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 1);
            fake_free(f);
        }
    }
}

/* Without a callback, and without a word: the deadline is the end. It is the run's own, and runs on; else there is one of an hour. */
static void test_deadline_ends_it(void **state)
{
    (void)state;
    struct fake_engine *f = wait_with(&deaf_ten_minutes);
    fake_pass(f, 4 * MINUTE_MS);
    uint64_t started_ms = f->now_ms - 4 * MINUTE_MS;
    end_in_service(f, TIMED_OUT);
    expect_nothing_for(f, 6 * MINUTE_MS - 1 - (f->now_ms - started_ms - 4 * MINUTE_MS));
    fake_wake(f);
    assert_int_equal(f->now_ms - started_ms, 10 * MINUTE_MS);
    expect_over(f);
    fake_free(f);

    f = wait_with(&deaf);
    fake_pass(f, 5 * MINUTE_MS);
    end_in_service(f, TIMED_OUT);
    expect_nothing_for(f, LEAVING_MS - 1);
    fake_wake(f);
    expect_over(f);
    assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 0);
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), 0);
    fake_free(f);
}

/* IN_PROGRESS says that the application still works: the deadline begins anew, the report is answered with ERR_STALE, nothing is
 * sent. */
static void test_in_progress_renews_the_deadline(void **state)
{
    static const struct jobs_action *const which[] = {&deaf, &deaf_ten_minutes};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t deadline_ms = i == 0 ? LEAVING_MS : 10 * MINUTE_MS;
        struct fake_engine *f = wait_with(which[i]);
        end_in_service(f, DELETED);
        for (int k = 0; k < 5; k++) {
            expect_nothing_for(f, deadline_ms - 1);
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_STALE);
        }
        expect_nothing_for(f, deadline_ms - 1);
        fake_pass(f, 1);
        expect_over(f);
        assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports, 0);
        fake_free(f);
    }
}

/* The same while the handler runs, and from within the callback. */
static void test_in_progress_while_the_handler_runs(void **state)
{
    struct fake_engine *f = run_with(&ten_minutes);
    (void)state;
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    for (int k = 0; k < 5; k++) {
        expect_nothing_for(f, 10 * MINUTE_MS - 1);
        assert_int_equal(fake_report_run(f, f->run.run_id, JOBS_STATUS_IN_PROGRESS), ERR_STALE);
    }
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), 0);
    fake_return_cancel(f);
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect(f, FAKE_CANCEL, "");
    expect_nothing_for(f, 10 * MINUTE_MS - 1);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_STALE);
    expect_nothing_for(f, 10 * MINUTE_MS - 1);
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), 0);
    fake_return_cancel(f);
    expect_over(f);
    fake_free(f);
}

/* One line says what is waited for, and until when. */
static void test_log_line(void **state)
{
    struct fake_engine *f = run_with(&ten_minutes);
    (void)state;
    fake_wake(f);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_pass(f, 100 * SECOND_MS - CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
    end_in_service(f, DELETED);
    assert_int_equal(count_lines(f, "no job starts before its"), 1);
    assert_non_null(strstr(f->log, "job j1: up to 500 s no job starts before its handler returns\n"));
    fake_return_cancel(f);
    fake_pass(f, 100 * SECOND_MS);
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    assert_int_equal(count_lines(f, "no job starts before its"), 2);
    assert_non_null(strstr(f->log, "job j1: up to 400 s no job starts before its c"));
    assert_non_null(strstr(f->log, "callback returns\n"));
    fake_free(f);

    f = wait_with(&deaf);
    end_in_service(f, DELETED);
    assert_int_equal(count_lines(f, "no job starts before its"), 1);
    assert_non_null(strstr(f->log, "job j1: up to 3600 s no job starts before its final report\n"));
    fake_free(f);
}

/* The same id comes again, as the service's retry or made again by the operator. It is a run of its own with its own document, which
 * begins when the application is done with the one before, and a late word about that one does not end it. */
static void test_same_id_again(void **state)
{
    (void)state;
    for (enum ending ending = RETRIED; ending <= REMADE; ending++) {
        struct fake_engine *f = wait_with(&plain);
        uint32_t first_run = f->run.run_id;
        end_in_service(f, ending);
        fake_expect(f, FAKE_CANCEL, "");
        expect_nothing_for(f, MINUTE_MS);
        fake_return_cancel(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get",
                    ending == REMADE
                        ? REMADE_J1
                        : fake_execution("j1", 2, "QUEUED", "{\"action\":\"blink\",\"count\":2}"));
        fake_expect_publish_to(f, "j1/update");
        assert_int_equal(fake_report_run(f, first_run, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        assert_true(f->run.run_id != first_run);
        assert_string_equal(f->run_document, "{\"action\":\"blink\",\"count\":2}");
        assert_int_equal(fake_report_run(f, first_run, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        assert_int_equal(fake_report_run(f, first_run, JOBS_STATUS_IN_PROGRESS), ERR_NOT_FOUND);
        fake_expect_quiet(f);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK); /* by id: the run in hand */
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"),
                               ending == REMADE ? "\"executionNumber\":1" : "\"executionNumber\":2"));
        fake_free(f);
    }
}

/* A program that works past its deadline names its run: the report does not reach the next one. */
static void test_late_report_by_run_id_after_the_deadline(void **state)
{
    (void)state;
    for (int is_ended = 0; is_ended < 2; is_ended++) {
        struct fake_engine *f = wait_with(&deaf_ten_minutes);
        uint32_t first_run = f->run.run_id;
        if (is_ended) {
            end_in_service(f, RETRIED);
        }
        fake_expect_quiet(f);
        fake_pass(f, 10 * MINUTE_MS);
        if (!is_ended) {
            assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "DEADLINE"));
            fake_accept(f, "j1/update", "");
            fake_pass(f, FAKE_HINT_MS);
        }
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 2, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        for (enum jobs_status status = JOBS_STATUS_IN_PROGRESS; status < JOBS_STATUS_COUNT; status++) {
            assert_int_equal(fake_report_run(f, first_run, status), ERR_NOT_FOUND);
        }
        fake_expect_quiet(f);
        assert_int_equal(f->starts, 2);
        fake_free(f);
    }
}

/* A boot ends every run: nothing of the application is left. */
static void test_boot_ends_it(void **state)
{
    (void)state;
    for (int is_running = 0; is_running < 2; is_running++) {
        struct fake_engine *f = is_running ? run_with(&plain) : wait_with(&plain);
        end_in_service(f, DELETED);
        fake_expect(f, FAKE_CANCEL, "");
        fake_boot(f);
        fake_register_action(f, &plain);
        assert_true(jobs_engine_is_idle(&f->engine));
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        fake_connect(f);
        expect_over(f);
        fake_free(f);
    }
}

/* A connection that comes and goes changes nothing about it; after that the service is asked as after each connect. */
static void test_reconnect_while_leaving(void **state)
{
    struct fake_engine *f = wait_with(&plain);
    (void)state;
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    for (int i = 0; i < 3; i++) {
        fake_disconnect(f);
        fake_pass(f, MINUTE_MS);
        fake_expect_quiet(f);
        fake_connect(f);
        expect_nothing_for(f, MINUTE_MS);
    }
    fake_return_cancel(f);
    expect_over(f);
    fake_free(f);

    f = wait_with(&plain); /* and off line */
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_disconnect(f);
    fake_return_cancel(f);
    fake_expect_quiet(f);
    assert_true(jobs_engine_is_idle(&f->engine));
    fake_connect(f);
    expect_over(f);
    fake_free(f);
}

/* What has ended is told once, however often the service says so, and returns of other runs and callbacks end nothing. */
static void test_foreign_returns(void **state)
{
    struct fake_engine *f = wait_with(&plain);
    uint32_t run_id = f->run.run_id;
    (void)state;
    jobs_engine_cancel_returned(&f->engine, run_id, f->now_ms); /* none is out */
    fake_check(f);
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    jobs_engine_cancel_returned(&f->engine, 0, f->now_ms);
    jobs_engine_cancel_returned(&f->engine, run_id + 1, f->now_ms);
    jobs_engine_handler_returned(&f->engine, run_id, JOBS_STATUS_SUCCEEDED, f->now_ms); /* it has returned */
    fake_check(f);
    expect_nothing_for(f, MINUTE_MS);
    fake_return_cancel(f);
    fake_return_cancel(f);
    expect_over(f);
    fake_return_cancel(f);
    fake_expect_quiet(f);
    fake_free(f);
}

/* The service has its final status, or has ended it, and the handler goes on. Without a deadline of its own: one for that. Then it is
 * stuck at once, with no second word to it. */
static void test_last_deadline_of_a_handler_that_goes_on(void **state)
{
    static const struct jobs_action *const which[] = {&plain, &ten_minutes};
    (void)state;
    for (int i = 0; i < 4; i++) {
        uint64_t deadline_ms = i % 2 == 0 ? LEAVING_MS : 10 * MINUTE_MS;
        struct fake_engine *f = run_with(which[i % 2]);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
        fake_expect_publish_to(f, "j1/update");
        if (i / 2 == 0) {
            fake_accept(f, "j1/update", "");
        } else {
            fake_reject(f, "j1/update", "ResourceNotFound", "");
        }
        assert_int_equal(f->engine.execution.state, JOBS_RETURNING);
        assert_non_null(strstr(f->log, "no job starts before its handler returns\n"));
        expect_nothing_for(f, deadline_ms - 1);
        fake_wake(f);
        fake_expect(f, FAKE_RESTART, "");
        assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 0);
        assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
        fake_return(f, JOBS_STATUS_IN_PROGRESS);
        expect_over(f);
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callback_ends_it_after_the_return),
        cmocka_unit_test(test_callback_is_called_once_more),
        cmocka_unit_test(test_handler_returns_a_final_status),
        cmocka_unit_test(test_final_report_after_the_return),
        cmocka_unit_test(test_final_report_while_the_handler_runs),
        cmocka_unit_test(test_deadline_ends_it),
        cmocka_unit_test(test_in_progress_renews_the_deadline),
        cmocka_unit_test(test_in_progress_while_the_handler_runs),
        cmocka_unit_test(test_log_line),
        cmocka_unit_test(test_same_id_again),
        cmocka_unit_test(test_late_report_by_run_id_after_the_deadline),
        cmocka_unit_test(test_boot_ends_it),
        cmocka_unit_test(test_reconnect_while_leaving),
        cmocka_unit_test(test_foreign_returns),
        cmocka_unit_test(test_last_deadline_of_a_handler_that_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
