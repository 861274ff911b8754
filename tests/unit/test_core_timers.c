/* SPDX-License-Identifier: MIT */
/* R-11: time-outs. The timers of docs/protocol.md 2.5 with its sample, retries of 2.6, and the clock of the service. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

#define MINUTE 60000

static int64_t start_ms;

/* Minutes after the start of the test, as a time. */
static int64_t at(int minutes)
{
    return start_ms + (int64_t)minutes * MINUTE;
}

static struct fixture *lamp(void **state, int in_progress_timeout_min)
{
    struct fixture *fx = *state;
    fixture_close(fx);
    fixture_open(fx, ":memory:");
    start_ms = fx->now_ms;
    fixture_thing(fx, "lamp");
    struct job_create create = {.in_progress_timeout_min = in_progress_timeout_min};
    assert_int_equal(fixture_try_job(fx, "j", "lamp", create), CORE_OK);
    fixture_forget(fx);
    return fx;
}

static int progress(struct fixture *fx, int64_t step_timeout_min)
{
    struct execution_update update = {.thing = "lamp",
                                      .job_id = "j",
                                      .status = slice_from("IN_PROGRESS"),
                                      .has_step_timeout = step_timeout_min != 0,
                                      .step_timeout_min = step_timeout_min};
    struct execution execution;
    int code = FIXTURE_RUN(fx, executions_update(fx->core, &update, &execution, &fx->error));
    execution_clear(&execution);
    return code;
}

static int64_t seconds_left(struct fixture *fx)
{
    struct execution execution;
    FIXTURE_OK(fx, executions_describe(fx->core, "lamp", "j", 0, &execution, &fx->error));
    int64_t seconds = execution_seconds_left(fx->core, &execution);
    execution_clear(&execution);
    return seconds;
}

/* One millisecond before the deadline nothing happens, at the deadline it does. */
static void expect_deadline(struct fixture *fx, int64_t deadline_ms)
{
    assert_int_equal(fixture_next_due(fx), deadline_ms);
    fx->now_ms = deadline_ms - 1;
    fixture_forget(fx);
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), "");
    fx->now_ms = deadline_ms;
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
    assert_int_equal(strncmp(fixture_state(fx, "lamp", "j", 1), "TIMED_OUT ", 10), 0);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
    assert_int_equal(seconds_left(fx), -1);
}

static void sample_of_the_protocol(void **state)
{
    /* in-progress 20 min from 12:00; step 7 at 12:05, step 5 at 12:10, step 9 at 12:13: ends 12:20, not 12:22 */
    struct fixture *fx = lamp(state, 20);
    assert_int_equal(progress(fx, 0), CORE_OK);
    assert_int_equal(fixture_next_due(fx), at(20));
    fx->now_ms = at(5);
    assert_int_equal(progress(fx, 7), CORE_OK);
    assert_int_equal(fixture_next_due(fx), at(12));
    fx->now_ms = at(10);
    assert_int_equal(progress(fx, 5), CORE_OK);
    assert_int_equal(fixture_next_due(fx), at(15));
    fx->now_ms = at(13);
    assert_int_equal(progress(fx, 9), CORE_OK);
    assert_int_equal(seconds_left(fx), 7 * 60);
    expect_deadline(fx, at(20));
}

static void step_timer_ends_first(void **state)
{
    struct fixture *fx = lamp(state, 20);
    assert_int_equal(progress(fx, 7), CORE_OK);
    expect_deadline(fx, at(7));
}

static void step_timer_without_in_progress_timer(void **state)
{
    struct fixture *fx = lamp(state, 0);
    assert_int_equal(progress(fx, 0), CORE_OK);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
    assert_int_equal(seconds_left(fx), -1);
    assert_int_equal(progress(fx, 1), CORE_OK);
    expect_deadline(fx, at(1));
}

static void progress_extends_neither_timer(void **state)
{
    struct fixture *fx = lamp(state, 20);
    assert_int_equal(progress(fx, 10), CORE_OK);
    fx->now_ms = at(4);
    assert_int_equal(progress(fx, 0), CORE_OK);
    expect_deadline(fx, at(10));
}

static void step_timer_is_removed(void **state)
{
    struct fixture *fx = lamp(state, 20);
    assert_int_equal(progress(fx, 7), CORE_OK);
    fx->now_ms = at(3);
    assert_int_equal(progress(fx, -1), CORE_OK);
    expect_deadline(fx, at(20));

    fx = lamp(state, 0);
    assert_int_equal(progress(fx, 7), CORE_OK);
    assert_int_equal(progress(fx, -1), CORE_OK);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

static void range_of_the_step_timeout(void **state)
{
    const struct {
        int64_t minutes;
        int code;
    } rows[] = {{1, CORE_OK},
                {10080, CORE_OK},
                {10081, CORE_INVALID_REQUEST},
                {-2, CORE_INVALID_REQUEST},
                {INT64_MAX, CORE_INVALID_REQUEST},
                {INT64_MIN, CORE_INVALID_REQUEST}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture *fx = lamp(state, 0);
        assert_int_equal(progress(fx, rows[i].minutes), rows[i].code);
        struct execution e;
        bool has_one;
        assert_int_equal(FIXTURE_RUN(fx, executions_start_next(fx->core, "lamp", SLICE_EMPTY, rows[i].minutes,
                                                               &e, &has_one, &fx->error)),
                         rows[i].code);
        execution_clear(&e);
    }
    /* -1 removes in an update only; 0 minutes are never a timer */
    struct fixture *fx = lamp(state, 0);
    struct execution e;
    bool has_one;
    assert_int_equal(
        FIXTURE_RUN(fx, executions_start_next(fx->core, "lamp", SLICE_EMPTY, -1, &e, &has_one, &fx->error)),
        CORE_INVALID_REQUEST);
    struct execution_update zero = {
        .thing = "lamp", .job_id = "j", .status = slice_from("IN_PROGRESS"), .has_step_timeout = true};
    assert_int_equal(FIXTURE_RUN(fx, executions_update(fx->core, &zero, &e, &fx->error)),
                     CORE_INVALID_REQUEST);
}

static void no_timer_while_queued(void **state)
{
    struct fixture *fx = lamp(state, 1);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
    assert_int_equal(seconds_left(fx), -1); /* U22 */
    fx->now_ms = at(50000);
    fixture_run_due(fx);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "QUEUED v1 #1");
}

static void timers_end_with_the_execution(void **state)
{
    struct fixture *fx = lamp(state, 20);
    assert_int_equal(progress(fx, 7), CORE_OK);
    assert_int_equal(fixture_update(fx, "lamp", "j", "SUCCEEDED"), CORE_OK);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
    assert_int_equal(seconds_left(fx), -1);
    fx->now_ms = at(60);
    fixture_run_due(fx);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "SUCCEEDED v3 #1");
}

/* The in-progress timer starts when the execution does, not when it is queued. */
static void in_progress_timer_starts_with_the_execution(void **state)
{
    struct fixture *fx = lamp(state, 20);
    fx->now_ms = at(100);
    assert_int_equal(progress(fx, 0), CORE_OK);
    assert_int_equal(seconds_left(fx), 20 * 60);
    fx->now_ms = at(110);
    assert_int_equal(seconds_left(fx), 10 * 60);
    expect_deadline(fx, at(120));
}

static void seconds_left_is_never_negative(void **state)
{
    struct fixture *fx = lamp(state, 1);
    assert_int_equal(progress(fx, 0), CORE_OK);
    fx->now_ms = at(2);
    assert_int_equal(seconds_left(fx), 0);
}

static void several_due_at_once(void **state)
{
    struct fixture *fx = lamp(state, 3);
    struct job_create second = {.in_progress_timeout_min = 2};
    fixture_thing(fx, "door");
    assert_int_equal(fixture_try_job(fx, "k", "lamp", second), CORE_OK);
    assert_int_equal(fixture_try_job(fx, "l", "door", (struct job_create){0}), CORE_OK);
    assert_int_equal(progress(fx, 0), CORE_OK);
    assert_int_equal(fixture_update(fx, "lamp", "k", "IN_PROGRESS"), CORE_OK);
    assert_int_equal(fixture_update(fx, "door", "l", "IN_PROGRESS"), CORE_OK);
    fixture_forget(fx);
    fx->now_ms = at(30);
    fixture_run_due(fx);
    assert_string_equal(
        fixture_heard(fx),
        "lamp/notify IN_PROGRESS:j#1; lamp/notify; lamp/notify-next; "); /* k was due earlier */
    assert_string_equal(fixture_job_state(fx, "k"), "COMPLETED");
    assert_string_equal(fixture_state(fx, "door", "l", 0), "IN_PROGRESS v2 #1");
}

/* More than one batch of the service: all that are due are done by one call. */
static void a_fleet_times_out_at_once(void **state)
{
    struct fixture *fx = lamp(state, 0);
    for (int i = 0; i < 205; i++) {
        char id[16];
        snprintf(id, sizeof id, "k%d", i);
        assert_int_equal(fixture_try_job(fx, id, "lamp", (struct job_create){.in_progress_timeout_min = 1}),
                         CORE_OK);
        assert_int_equal(fixture_update(fx, "lamp", id, "IN_PROGRESS"), CORE_OK);
    }
    fixture_forget(fx);
    fx->now_ms = at(1);
    fixture_run_due(fx);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
    assert_string_equal(fixture_state(fx, "lamp", "k204", 0), "TIMED_OUT v3 #1");
    size_t lines = 0;
    for (const char *at_line = fx->heard; (at_line = strstr(at_line, "lamp/notify ")); at_line++) {
        lines++;
    }
    assert_int_equal(lines, 205);
}

static void deadline_survives_a_restart(void **state)
{
    struct fixture *fx = *state;
    char path[] = "/tmp/core_timers_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fixture_close(fx);
    fixture_open(fx, path);
    start_ms = fx->now_ms;
    fixture_thing(fx, "lamp");
    assert_int_equal(fixture_try_job(fx, "j", "lamp", (struct job_create){.in_progress_timeout_min = 5}),
                     CORE_OK);
    assert_int_equal(progress(fx, 0), CORE_OK);
    fixture_close(fx);
    fixture_open(fx, path);
    expect_deadline(fx, at(5));
    fixture_close(fx);
    char name[64];
    const char *ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    fixture_open(fx, ":memory:");
}

/* --- Retries (2.6) --- */

static struct fixture *retrying(void **state, struct job_retry first, struct job_retry second)
{
    struct fixture *fx = *state;
    fixture_close(fx);
    fixture_open(fx, ":memory:");
    start_ms = fx->now_ms;
    fixture_thing(fx, "lamp");
    struct job_create create = {.in_progress_timeout_min = 5, .retries = {first, second}};
    create.retry_count = second.failure_type ? 2 : first.failure_type ? 1 : 0;
    assert_int_equal(fixture_try_job(fx, "j", "lamp", create), CORE_OK);
    return fx;
}

static void time_out(struct fixture *fx)
{
    assert_int_equal(progress(fx, 0), CORE_OK);
    fx->now_ms += 5 * MINUTE;
    fixture_run_due(fx);
}

/* F: the device fails it; T: it times out; S, R: SUCCEEDED, REJECTED; C: canceled. Afterwards `state` is what the
 * latest execution is. */
static void retry_rules(void **state)
{
    const struct job_retry none = {NULL, 0};
    const struct {
        struct job_retry first, second;
        const char *events;
        const char *state;
        const char *job;
    } rows[] = {
        {none, none, "F", "FAILED v2 #1", "COMPLETED"},
        {{"FAILED", 0}, none, "F", "FAILED v2 #1", "COMPLETED"},
        {{"FAILED", 2}, none, "F", "QUEUED v1 #2", "IN_PROGRESS"},
        {{"FAILED", 2}, none, "FF", "QUEUED v1 #3", "IN_PROGRESS"},
        {{"FAILED", 2}, none, "FFF", "FAILED v2 #3", "COMPLETED"},
        {{"FAILED", 2}, none, "FS", "SUCCEEDED v2 #2", "COMPLETED"},
        {{"FAILED", 2}, none, "T", "TIMED_OUT v3 #1", "COMPLETED"},
        {{"FAILED", 2}, none, "R", "REJECTED v2 #1", "COMPLETED"},
        {{"FAILED", 2}, none, "C", "CANCELED v2 #1", "COMPLETED"},
        {{"FAILED", 2}, none, "FC", "CANCELED v2 #2", "COMPLETED"},
        {{"TIMED_OUT", 1}, none, "F", "FAILED v2 #1", "COMPLETED"},
        {{"TIMED_OUT", 1}, none, "T", "QUEUED v1 #2", "IN_PROGRESS"},
        {{"TIMED_OUT", 1}, none, "TT", "TIMED_OUT v3 #2", "COMPLETED"},
        {{"TIMED_OUT", 1}, {"FAILED", 1}, "TF", "QUEUED v1 #3", "IN_PROGRESS"},
        {{"TIMED_OUT", 1}, {"FAILED", 1}, "TFF", "FAILED v2 #3", "COMPLETED"},
        {{"TIMED_OUT", 1}, {"FAILED", 1}, "TT", "TIMED_OUT v3 #2", "COMPLETED"},
        {{"ALL", 2}, none, "FT", "QUEUED v1 #3", "IN_PROGRESS"},
        {{"ALL", 2}, none, "FTF", "FAILED v2 #3", "COMPLETED"},
        {{"ALL", 10}, none, "FFFFFFFFFF", "QUEUED v1 #11", "IN_PROGRESS"},
        {{"ALL", 10}, none, "FFFFFFFFFFF", "FAILED v2 #11", "COMPLETED"},
        {{"ALL", 2}, none, "R", "REJECTED v2 #1", "COMPLETED"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture *fx = retrying(state, rows[i].first, rows[i].second);
        struct execution_cancel cancel = {.thing = "lamp", .job_id = "j"};
        for (const char *event = rows[i].events; *event; event++) {
            switch (*event) {
            case 'F':
                assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
                break;
            case 'S':
                assert_int_equal(fixture_update(fx, "lamp", "j", "SUCCEEDED"), CORE_OK);
                break;
            case 'R':
                assert_int_equal(fixture_update(fx, "lamp", "j", "REJECTED"), CORE_OK);
                break;
            case 'C':
                FIXTURE_OK(fx, executions_cancel(fx->core, &cancel, &fx->error));
                break;
            default:
                time_out(fx);
            }
        }
        assert_string_equal(fixture_state(fx, "lamp", "j", 0), rows[i].state);
        assert_string_equal(fixture_job_state(fx, "j"), rows[i].job);
    }
}

static void retry_is_a_new_execution(void **state)
{
    struct fixture *fx = retrying(state, (struct job_retry){"ALL", 2}, (struct job_retry){NULL, 0});
    struct execution_update failed = {.thing = "lamp",
                                      .job_id = "j",
                                      .status = slice_from("FAILED"),
                                      .details = slice_from("{\"why\":\"x\"}")};
    struct execution e;
    FIXTURE_OK(fx, executions_update(fx->core, &failed, &e, &fx->error));
    assert_int_equal(e.number, 1); /* the answer is about the one that was updated */
    assert_int_equal(e.status, EXECUTION_FAILED);
    execution_clear(&e);
    fx->now_ms += 1000;
    FIXTURE_OK(fx, executions_describe(fx->core, "lamp", "j", 0, &e, &fx->error));
    assert_int_equal(e.number, 2);
    assert_int_equal(e.retry_attempt, 1);
    assert_int_equal(e.queued_at_ms, fx->now_ms - 1000);
    assert_int_equal(e.started_at_ms, 0);
    assert_null(e.details);
    execution_clear(&e);
    FIXTURE_OK(fx, executions_describe(fx->core, "lamp", "j", 1, &e, &fx->error));
    assert_int_equal(e.status, EXECUTION_FAILED);
    assert_int_equal(e.retry_attempt, 0);
    assert_string_equal(e.details, "{\"why\":\"x\"}");
    execution_clear(&e);
    /* counts are of executions, not of things */
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    struct job job;
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_int_equal(job.counts[EXECUTION_FAILED], 3);
    assert_string_equal(job.config, "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":5},"
                                    "\"jobExecutionsRetryConfig\":{\"criteriaList\":[{\"failureType\":"
                                    "\"ALL\",\"numberOfRetries\":2}]}}");
    job_clear(&job);
}

/* The old execution can be named by its number, and stays terminal. */
static void late_report_of_an_earlier_execution(void **state)
{
    struct fixture *fx = retrying(state, (struct job_retry){"ALL", 2}, (struct job_retry){NULL, 0});
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    struct execution_update late = {
        .thing = "lamp", .job_id = "j", .number = 1, .status = slice_from("SUCCEEDED")};
    struct execution e;
    assert_int_equal(FIXTURE_RUN(fx, executions_update(fx->core, &late, &e, &fx->error)),
                     CORE_INVALID_STATE_TRANSITION);
    late.number = 2;
    FIXTURE_OK(fx, executions_update(fx->core, &late, &e, &fx->error));
    execution_clear(&e);
    assert_string_equal(fixture_job_state(fx, "j"), "COMPLETED");
}

static void canceled_job_is_not_retried(void **state)
{
    struct fixture *fx = retrying(state, (struct job_retry){"ALL", 2}, (struct job_retry){NULL, 0});
    struct job_cancel cancel = {.job_id = "j"};
    struct job job;
    assert_int_equal(progress(fx, 0), CORE_OK);
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "FAILED v3 #1");
    assert_string_equal(fixture_job_state(fx, "j"), "CANCELED");
}

/* A waiting retry goes with the job, and deleting old executions gives no retries back. */
static void queued_retry_is_canceled_with_the_job(void **state)
{
    struct fixture *fx = retrying(state, (struct job_retry){"ALL", 2}, (struct job_retry){NULL, 0});
    struct job_cancel cancel = {.job_id = "j"};
    struct job job;
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "CANCELED v2 #2");
}

static void deleted_executions_give_no_retries_back(void **state)
{
    struct fixture *fx = retrying(state, (struct job_retry){"ALL", 1}, (struct job_retry){NULL, 0});
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    FIXTURE_OK(fx, executions_delete(fx->core, "lamp", "j", 1, false, &fx->error));
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "FAILED v2 #2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sample_of_the_protocol),
        TEST(step_timer_ends_first),
        TEST(step_timer_without_in_progress_timer),
        TEST(progress_extends_neither_timer),
        TEST(step_timer_is_removed),
        TEST(range_of_the_step_timeout),
        TEST(no_timer_while_queued),
        TEST(timers_end_with_the_execution),
        TEST(in_progress_timer_starts_with_the_execution),
        TEST(seconds_left_is_never_negative),
        TEST(several_due_at_once),
        TEST(a_fleet_times_out_at_once),
        TEST(deadline_survives_a_restart),
        TEST(retry_rules),
        TEST(retry_is_a_new_execution),
        TEST(late_report_of_an_earlier_execution),
        TEST(canceled_job_is_not_retried),
        TEST(queued_retry_is_canceled_with_the_job),
        TEST(deleted_executions_give_no_retries_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
