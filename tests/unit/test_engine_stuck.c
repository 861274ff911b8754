/* SPDX-License-Identifier: MIT */
/* Handlers and cancel callbacks that are not back when the run's deadline has passed: the device restarts, or (JOBS_STUCK_LEAVE) no
 * job starts until they are; also for a run that the service has ended, and then nothing is sent. And callbacks of one run that
 * are still out when the next one is cancelled.; docs/guarantees.md. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#define GRACE_MS CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS

static const struct jobs_action restarts = {
    .name = "blink", .max_attempts = 1, .has_cancel = true, .deadline_s = 60};
static const struct jobs_action leaves = {
    .name = "blink", .max_attempts = 1, .has_cancel = true, .deadline_s = 60, .on_stuck = JOBS_STUCK_LEAVE};
static const struct jobs_action *const actions[] = {&restarts, &leaves};

/* RESTART: at once, once, and nothing is sent. LEAVE: a line, and nothing happens, however long it takes. */
static void expect_stuck(struct fake_engine *f, const struct jobs_action *action, const char *what)
{
    if (action == &restarts) {
        fake_expect(f, FAKE_RESTART, what);
    }
    fake_expect_quiet(f);
    assert_int_equal(count_lines(f, what), action == &leaves);
    expect_nothing_for(f, 100 * MINUTE_MS);
    assert_int_equal(count_lines(f, what), action == &leaves);
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), action == &restarts);
}

static void answer_running(struct fake_engine *f)
{
    fake_pass(f, CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
}

/* The handler is told, has its grace, then FAILED / DEADLINE is in the journal; it is sent when the device is not restarted. */
static void test_handler_of_a_job(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = run_with(actions[i]);
        answer_running(f);
        fake_pass(f, MINUTE_MS - CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
        fake_expect(f, FAKE_CANCEL, "");
        fake_return_cancel(f);
        fake_pass(f, GRACE_MS - 1);
        fake_expect_quiet(f);
        unsigned saves = f->saves;
        fake_wake(f);
        assert_int_equal(f->saves, saves + 1);
        if (i == 0) {
            fake_expect(f, FAKE_RESTART, "a job handler never returned");
        }
        const char *update = fake_expect_publish_to(f, "j1/update");
        assert_non_null(strstr(update, "\"status\":\"FAILED\""));
        assert_non_null(
            strstr(update, "\"reason\":\"DEADLINE\",\"message\":\"the handler did not return in time\""));
        assert_int_equal(count_lines(f, "a job handler never returned"), i == 1);
        fake_accept(f, "j1/update", "");
        expect_nothing_for(f, 100 * MINUTE_MS);
        if (i == 1) {
            fake_return(f, JOBS_STATUS_SUCCEEDED); /* at last, and too late */
            expect_over(f);
            assert_int_equal(jobs_engine_counters(&f->engine)->failed, 1);
            assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
        }
        fake_free(f);
    }
}

/* Ended in the service before: it was told then, so its deadline is the end, without a further grace, and nothing is sent. */
static void test_handler_of_a_run_that_has_ended(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = run_with(actions[i]);
        answer_running(f);
        end_in_service(f, DELETED);
        fake_expect(f, FAKE_CANCEL, "");
        fake_return_cancel(f);
        expect_nothing_for(f, MINUTE_MS - CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS - 1);
        unsigned saves = f->saves;
        fake_wake(f);
        expect_stuck(f, actions[i], "a job handler never returned");
        assert_int_equal(f->saves, saves); /* the journal has forgotten it already */
        if (i == 1) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS); /* its deadline has passed: no callback any more */
            expect_over(f);
        }
        fake_free(f);
    }
}

/* The callback of a run that has ended, after the return of its handler. */
static void test_callback_of_a_run_that_has_ended(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = wait_with(actions[i]);
        end_in_service(f, DELETED);
        fake_expect(f, FAKE_CANCEL, "");
        expect_nothing_for(f, MINUTE_MS - 1);
        fake_wake(f);
        expect_stuck(f, actions[i], "a cancel callback never returned");
        if (i == 1) {
            fake_return_cancel(f);
            expect_over(f);
        }
        fake_free(f);
    }
}

/* It began while the handler ran, so another one waits for its turn. The deadline has passed meanwhile: when it is back at last the run is
 * over, the other one is not called, and the next job starts. G3 */
static void test_first_callback_of_a_run_that_has_ended(void **state)
{
    struct fake_engine *f = run_with(&leaves);
    (void)state;
    answer_running(f);
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    expect_nothing_for(f, MINUTE_MS - CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS - 1);
    fake_wake(f);
    expect_stuck(f, &leaves, "a cancel callback never returned");
    fake_return_cancel(f);
    expect_over(f);
    assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 1);
    fake_free(f);
}

/* The callback that tells of the deadline: the job is FAILED, and what comes next need not wait for it until the grace has passed. */
static void test_callback_at_the_deadline(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = wait_with(actions[i]);
        fake_pass(f, MINUTE_MS);
        fake_expect(f, FAKE_CANCEL, "");
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"DEADLINE\""));
        fake_accept(f, "j1/update", "");
        fake_expect_next_soon(f);
        fake_accept(f, "$next/get", "");
        fake_pass(f, GRACE_MS - FAKE_HINT_MS - 1);
        fake_expect_quiet(f);
        assert_false(jobs_engine_is_idle(&f->engine)); /* code of the application runs */
        fake_wake(f);
        expect_stuck(f, actions[i], "a cancel callback never returned");
        if (i == 1) {
            fake_return_cancel(f);
            assert_true(jobs_engine_is_idle(&f->engine));
            fake_pass(f, SECOND_MS);
            expect_over(f);
        }
        fake_free(f);
    }
}

/* Both at once, the handler and the callback that was to end it: the device restarts once, or waits for the handler. */
static void test_handler_and_callback(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (int is_ended = 0; is_ended < 2; is_ended++) {
            struct fake_engine *f = run_with(actions[i]);
            answer_running(f);
            if (is_ended) {
                end_in_service(f, DELETED);
                fake_expect(f, FAKE_CANCEL, "");
            }
            fake_pass(f, MINUTE_MS + GRACE_MS - CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
            if (!is_ended) {
                fake_expect(f, FAKE_CANCEL, "");
            }
            if (i == 0) {
                fake_expect(f, FAKE_RESTART, "a job handler never returned");
            }
            if (!is_ended) {
                fake_expect_publish_to(f, "j1/update");
                fake_accept(f, "j1/update", "");
            }
            expect_nothing_for(f, 100 * MINUTE_MS);
            assert_int_equal(fake_count(f, FAKE_RESTART, NULL), i == 0);
            fake_free(f);
        }
    }
}

/* Run j1 is over by its word, its callback is still out; run j2 is cancelled: its callback is not lost, and comes when the other one
 * is back. j2 is over only after that. */
static struct fake_engine *cancel_two(const struct jobs_action *action, uint32_t *first_run)
{
    struct fake_engine *f = run_with(action);
    *first_run = f->run.run_id;
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_return(f, JOBS_STATUS_FAILED);
    expect_over(f); /* j2 runs */
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_publish_to(f, "j2/get");
    fake_reject(f, "j2/get", "ResourceNotFound", "");
    return f;
}

static void test_next_run_is_cancelled_while_a_callback_is_out(void **state)
{
    (void)state;
    for (int is_returned_first = 0; is_returned_first < 2; is_returned_first++) {
        uint32_t first_run;
        struct fake_engine *f = cancel_two(&restarts, &first_run);
        uint32_t second_run = f->run.run_id;
        jobs_engine_cancel_returned(&f->engine, second_run, f->now_ms); /* its turn has not come */
        jobs_engine_cancel_returned(&f->engine, second_run + 1, f->now_ms);
        expect_nothing_for(f, SECOND_MS);
        if (is_returned_first) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            expect_nothing_for(f, SECOND_MS);
        }
        assert_int_equal(f->cancelled_run, first_run);
        fake_return_cancel(f);
        fake_expect(f, FAKE_CANCEL, "");
        assert_int_equal(f->cancelled_run, second_run);
        if (!is_returned_first) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            expect_nothing_for(f, SECOND_MS); /* that callback began before the return */
            fake_return_cancel(f);
            fake_expect(f, FAKE_CANCEL, "");
            assert_int_equal(f->cancelled_run, second_run);
        }
        expect_nothing_for(f, SECOND_MS);
        fake_return_cancel(f);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        assert_true(jobs_engine_is_idle(&f->engine));
        fake_free(f);
    }
}

/* Its run has its last word before its turn, by its return, by a report in it or after it: it is not called. */
static void test_wanted_callback_that_nobody_needs(void **state)
{
    enum word { BY_RETURN, REPORTS_IN_IT, REPORTS_AFTER_IT, WORDS };
    (void)state;
    for (enum word word = BY_RETURN; word < WORDS; word++) {
        uint32_t first_run;
        struct fake_engine *f = cancel_two(&restarts, &first_run);
        if (word == REPORTS_IN_IT) {
            assert_int_equal(fake_report(f, "j2", JOBS_STATUS_FAILED), ERR_STALE);
        }
        fake_return(f, word == BY_RETURN ? JOBS_STATUS_SUCCEEDED : JOBS_STATUS_IN_PROGRESS);
        if (word == REPORTS_AFTER_IT) {
            expect_nothing_for(f, SECOND_MS);
            assert_int_equal(fake_report(f, "j2", JOBS_STATUS_FAILED), ERR_STALE);
        }
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", "");
        fake_return_cancel(f);
        fake_expect_quiet(f);
        assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 1);
        fake_free(f);
    }
}

/* Its run ends by its deadline before its turn: it is called all the same, and no job starts before that. */
static void test_wanted_callback_of_a_run_past_its_deadline(void **state)
{
    static const struct jobs_action slow = {
        .name = "slow", .max_attempts = 1, .has_cancel = true, .deadline_s = 600};
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_register_action(f, &slow);
    fake_register_action(f, &restarts);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"slow\"}"));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_return(f, JOBS_STATUS_FAILED);
    expect_over(f); /* j2 runs */
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_publish_to(f, "j2/get");
    fake_reject(f, "j2/get", "ResourceNotFound", "");
    expect_nothing_for(f, 2 * MINUTE_MS);
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), 0);
    fake_return_cancel(f);
    fake_expect(f, FAKE_CANCEL, "");
    assert_int_equal(f->cancelled_run, f->run.run_id);
    fake_pass(f, SECOND_MS);
    fake_expect_publish_to(f, "$next/get"); /* its deadline has passed: its callback need not be back */
    fake_return_cancel(f);
    fake_expect_quiet(f);
    fake_free(f);
}

/* A callback of a run that is over is stuck while the next job runs: that job goes on with LEAVE, and none follows it. */
static void test_callback_is_stuck_while_the_next_job_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = run_with(actions[i]);
        end_in_service(f, DELETED);
        fake_expect(f, FAKE_CANCEL, "");
        fake_return(f, JOBS_STATUS_FAILED);
        expect_over(f);
        fake_pass(f, CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_pass(f, 50 * SECOND_MS);
        fake_expect_quiet(f);
        assert_int_equal(fake_report(f, "j2", JOBS_STATUS_IN_PROGRESS), ERR_OK); /* j2 has its time */
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_pass(f, 20 * SECOND_MS);
        assert_int_equal(fake_count(f, FAKE_RESTART, NULL), i == 0);
        if (i == 1) {
            fake_expect_quiet(f);
            assert_int_equal(count_lines(f, "a cancel callback never returned"), 1);
            fake_return(f, JOBS_STATUS_SUCCEEDED);
            fake_expect_publish_to(f, "j2/update");
            fake_accept(f, "j2/update", "");
            expect_nothing_for(f, 100 * MINUTE_MS);
            fake_return_cancel(f);
            fake_pass(f, SECOND_MS);
            fake_expect_publish_to(f, "$next/get");
        }
        fake_free(f);
    }
}

/* A callback of a run that is over is stuck before the claim of the next job is answered: it starts when the callback is back, as our own
 * claim. */
static void test_callback_is_stuck_while_the_next_job_is_claimed(void **state)
{
    struct fake_engine *f = run_with(&leaves);
    (void)state;
    answer_running(f);
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_pass(f, MINUTE_MS - CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS - SECOND_MS);
    fake_return(f, JOBS_STATUS_FAILED);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j2/update");
    fake_pass(f, SECOND_MS);
    assert_int_equal(count_lines(f, "a cancel callback never returned"), 1);
    fake_accept(f, "j2/update", "");
    fake_pass(f, MINUTE_MS);
    fake_expect_quiet(f);
    assert_int_equal(f->starts, 1);
    fake_return_cancel(f);
    fake_wake(f); /* the second reading in a row */
    fake_expect_publish_to(f, "$next/get");
    fake_accept(
        f, "$next/get",
        "\"execution\":{\"jobId\":\"j2\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":\"1\"},"
        "\"queuedAt\":1699999990,\"versionNumber\":2,\"executionNumber\":1,\"jobDocument\":" BLINK "}");
    fake_expect(f, FAKE_START, "j2");
    fake_free(f);
}

/* The callback of the run before began after its handler had returned. Its return is not the end of the run in hand, which the service has
 * ended, too: that one's own callback is called. */
static void test_callback_of_the_run_before_ends_no_other_run(void **state)
{
    struct fake_engine *f = wait_with(&restarts);
    (void)state;
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_STALE);
    expect_over(f); /* j2 runs */
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j2/update");
    fake_reject(f, "j2/update", "ResourceNotFound", "");
    fake_expect_quiet(f);
    fake_return_cancel(f);
    fake_expect(f, FAKE_CANCEL, "");
    assert_int_equal(f->effects[f->seen - 1].run_id, f->run.run_id);
    fake_expect_quiet(f);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handler_of_a_job),
        cmocka_unit_test(test_handler_of_a_run_that_has_ended),
        cmocka_unit_test(test_callback_of_a_run_that_has_ended),
        cmocka_unit_test(test_first_callback_of_a_run_that_has_ended),
        cmocka_unit_test(test_callback_at_the_deadline),
        cmocka_unit_test(test_handler_and_callback),
        cmocka_unit_test(test_next_run_is_cancelled_while_a_callback_is_out),
        cmocka_unit_test(test_wanted_callback_that_nobody_needs),
        cmocka_unit_test(test_wanted_callback_of_a_run_past_its_deadline),
        cmocka_unit_test(test_callback_is_stuck_while_the_next_job_runs),
        cmocka_unit_test(test_callback_is_stuck_while_the_next_job_is_claimed),
        cmocka_unit_test(test_callback_of_the_run_before_ends_no_other_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
