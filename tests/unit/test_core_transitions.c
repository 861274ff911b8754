/* SPDX-License-Identifier: MIT */
/* The transition matrix of docs/protocol.md 2.3, every cell by every actor; versions (2.4); start-next (1.5, U8). */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

/* --- Bring an execution of the job "j" on the thing "lamp" into a state --- */

static void device_sends(struct fixture *fx, const char *status)
{
    assert_int_equal(fixture_update(fx, "lamp", "j", status), CORE_OK);
}

static int cancel_execution(struct fixture *fx, bool is_forced)
{
    struct execution_cancel cancel = {.thing = "lamp", .job_id = "j", .is_forced = is_forced};
    return FIXTURE_RUN(fx, executions_cancel(fx->core, &cancel, &fx->error));
}

static int cancel_job(struct fixture *fx, bool is_forced)
{
    struct job_cancel cancel = {.job_id = "j", .is_forced = is_forced};
    struct job job;
    int code = FIXTURE_RUN(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
    return code;
}

static void pass_the_deadline(struct fixture *fx)
{
    fx->now_ms += 10 * 60000;
    fixture_run_due(fx);
}

/* The job has a second thing whose execution stays pending, so the job is never COMPLETED under our feet; and a
 * time-out, so that T can happen wherever it is allowed to. */
static struct fixture *open_in(void **state, const char *status)
{
    struct fixture *fx = *state;
    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "other")};
    struct job_create create = {.targets = targets, .target_count = 2, .in_progress_timeout_min = 10};
    fixture_close(fx);
    fixture_open(fx, ":memory:");
    fixture_thing(fx, "lamp");
    fixture_thing(fx, "other");
    assert_int_equal(fixture_try_job(fx, "j", "", create), CORE_OK);
    if (strcmp(status, "QUEUED") == 0) {
        return fx;
    }
    if (strcmp(status, "CANCELED") == 0) {
        assert_int_equal(cancel_execution(fx, false), CORE_OK);
        return fx;
    }
    device_sends(fx, "IN_PROGRESS");
    if (strcmp(status, "TIMED_OUT") == 0) {
        pass_the_deadline(fx);
    } else if (strcmp(status, "IN_PROGRESS") != 0) {
        device_sends(fx, status);
    }
    return fx;
}

static void expect_state(struct fixture *fx, const char *status, int version)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%s v%d #1", status, version);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), wanted);
}

static int version_of(struct fixture *fx)
{
    int version = 0;
    char status[32];
    assert_int_equal(sscanf(fixture_state(fx, "lamp", "j", 0), "%31s v%d", status, &version), 2);
    return version;
}

/* A refused change leaves state, version and details; the error carries the state. */
static void expect_refused(struct fixture *fx, int code, int wanted_code, const char *from, int version)
{
    assert_int_equal(code, wanted_code);
    if (wanted_code == CORE_INVALID_STATE_TRANSITION) {
        assert_true(fx->error.has_state);
        assert_string_equal(execution_status_text(fx->error.status), from);
        assert_int_equal(fx->error.version, version);
    }
    expect_state(fx, from, version);
}

static const char *const pending[] = {"QUEUED", "IN_PROGRESS"};
/* REMOVED needs a thing group, which iot-local does not have (column G). */
static const char *const terminal[] = {"SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELED"};
static const char *const device_words[] = {"IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"};
static const char *const service_words[] = {"TIMED_OUT", "CANCELED", "REMOVED", "PAUSED", "", "queued"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Column D (and S by update): the four words of a device from both pending states. QUEUED -> SUCCEEDED without
 * IN_PROGRESS and IN_PROGRESS -> REJECTED (U21) are among them. */
static void device_from_pending(void **state)
{
    for (size_t from = 0; from < COUNT(pending); from++) {
        for (size_t to = 0; to < COUNT(device_words); to++) {
            struct fixture *fx = open_in(state, pending[from]);
            int version = version_of(fx);
            device_sends(fx, device_words[to]);
            expect_state(fx, device_words[to], version + 1);
        }
    }
}

static void device_from_terminal(void **state)
{
    for (size_t from = 0; from < COUNT(terminal); from++) {
        for (size_t to = 0; to < COUNT(device_words); to++) {
            struct fixture *fx = open_in(state, terminal[from]);
            int version = version_of(fx);
            expect_refused(fx, fixture_update(fx, "lamp", "j", device_words[to]),
                           CORE_INVALID_STATE_TRANSITION, terminal[from], version);
        }
    }
}

/* U12: QUEUED is a transition that never is; the words of the service and unknown ones are bad requests. */
static void device_sends_what_it_may_not(void **state)
{
    const char *const all[] = {"QUEUED",   "IN_PROGRESS", "SUCCEEDED", "FAILED",
                               "REJECTED", "TIMED_OUT",   "CANCELED"};
    for (size_t from = 0; from < COUNT(all); from++) {
        struct fixture *fx = open_in(state, all[from]);
        int version = version_of(fx);
        expect_refused(fx, fixture_update(fx, "lamp", "j", "QUEUED"), CORE_INVALID_STATE_TRANSITION,
                       all[from], version);
        for (size_t to = 0; to < COUNT(service_words); to++) {
            expect_refused(fx, fixture_update(fx, "lamp", "j", service_words[to]), CORE_INVALID_REQUEST,
                           all[from], version);
        }
    }
}

static void control_plane_cancels(void **state)
{
    for (int is_forced = 0; is_forced < 2; is_forced++) {
        struct fixture *fx = open_in(state, "QUEUED");
        assert_int_equal(cancel_execution(fx, is_forced), CORE_OK);
        expect_state(fx, "CANCELED", 2);

        fx = open_in(state, "IN_PROGRESS");
        if (is_forced) {
            assert_int_equal(cancel_execution(fx, true), CORE_OK);
            expect_state(fx, "CANCELED", 3);
        } else {
            expect_refused(fx, cancel_execution(fx, false), CORE_INVALID_STATE_TRANSITION, "IN_PROGRESS", 2);
        }
        for (size_t from = 0; from < COUNT(terminal); from++) {
            fx = open_in(state, terminal[from]);
            int version = version_of(fx);
            expect_refused(fx, cancel_execution(fx, is_forced), CORE_INVALID_STATE_TRANSITION, terminal[from],
                           version);
        }
    }
}

static void cancel_of_the_job_leaves_terminal_ones(void **state)
{
    for (size_t from = 0; from < COUNT(terminal); from++) {
        struct fixture *fx = open_in(state, terminal[from]);
        int version = version_of(fx);
        assert_int_equal(cancel_job(fx, true), CORE_OK);
        expect_state(fx, terminal[from], version);
    }
}

/* T: only IN_PROGRESS times out. */
static void timer(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    pass_the_deadline(fx);
    expect_state(fx, "QUEUED", 1);

    fx = open_in(state, "IN_PROGRESS");
    pass_the_deadline(fx);
    expect_state(fx, "TIMED_OUT", 3); /* U36: the version grows */

    for (size_t from = 0; from < COUNT(terminal); from++) {
        fx = open_in(state, terminal[from]);
        int version = version_of(fx);
        pass_the_deadline(fx);
        expect_state(fx, terminal[from], version);
    }
}

/* --- Versions (2.4) --- */

static void every_accepted_update_counts(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    expect_state(fx, "QUEUED", 1);
    for (int i = 2; i < 6; i++) {
        device_sends(fx, "IN_PROGRESS"); /* nothing else changes from the second one on */
        expect_state(fx, "IN_PROGRESS", i);
    }
}

static int update_with(struct fixture *fx, int64_t expected_version, const char *details)
{
    struct execution_update update = {.thing = "lamp",
                                      .job_id = "j",
                                      .status = slice_from("IN_PROGRESS"),
                                      .details = slice_from(details),
                                      .has_expected_version = true,
                                      .expected_version = expected_version};
    struct execution execution;
    int code = FIXTURE_RUN(fx, executions_update(fx->core, &update, &execution, &fx->error));
    execution_clear(&execution);
    return code;
}

static void expected_version(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    assert_int_equal(update_with(fx, 2, NULL), CORE_VERSION_MISMATCH);
    assert_string_equal(fx->error.message, "Expected version 2 but found version 1");
    assert_int_equal(update_with(fx, 0, NULL), CORE_VERSION_MISMATCH);
    assert_int_equal(update_with(fx, INT64_MAX, NULL), CORE_VERSION_MISMATCH);
    assert_int_equal(update_with(fx, -1, NULL), CORE_VERSION_MISMATCH);
    expect_state(fx, "QUEUED", 1);
    assert_int_equal(update_with(fx, 1, "{\"a\":\"1\"}"), CORE_OK);
    assert_int_equal(update_with(fx, 1, NULL), CORE_VERSION_MISMATCH);
    assert_true(fx->error.has_state);
    assert_int_equal(fx->error.status, EXECUTION_IN_PROGRESS);
    assert_int_equal(fx->error.version, 2);
    assert_string_equal(fx->error.details, "{\"a\":\"1\"}");
    expect_state(fx, "IN_PROGRESS", 2);
}

/* The version is looked at before the state. */
static void version_comes_before_state(void **state)
{
    struct fixture *fx = open_in(state, "SUCCEEDED");
    assert_int_equal(update_with(fx, 1, NULL), CORE_VERSION_MISMATCH);
    assert_int_equal(update_with(fx, 3, NULL), CORE_INVALID_STATE_TRANSITION);
}

/* --- statusDetails: replaced as a whole when given, kept when not (U5) --- */

static char *details_of(struct fixture *fx)
{
    struct execution execution;
    FIXTURE_OK(fx, executions_describe(fx->core, "lamp", "j", 0, &execution, &fx->error));
    char *details = execution.details ? strdup(execution.details) : strdup("none");
    execution_clear(&execution);
    return details;
}

static void expect_details(struct fixture *fx, const char *wanted)
{
    char *details = details_of(fx);
    assert_string_equal(details, wanted);
    free(details);
}

static void details_are_replaced(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    expect_details(fx, "none");
    assert_int_equal(update_with(fx, 1, "{\"a\":\"1\",\"b\":\"2\"}"), CORE_OK);
    expect_details(fx, "{\"a\":\"1\",\"b\":\"2\"}");
    assert_int_equal(update_with(fx, 2, NULL), CORE_OK);
    expect_details(fx, "{\"a\":\"1\",\"b\":\"2\"}");
    assert_int_equal(update_with(fx, 3, "{\"b\":\"3\"}"), CORE_OK);
    expect_details(fx, "{\"b\":\"3\"}");
    assert_int_equal(update_with(fx, 4, "{\"b\":4}"), CORE_INVALID_REQUEST);
    expect_details(fx, "{\"b\":\"3\"}");
    assert_int_equal(update_with(fx, 4, "{}"), CORE_OK);
    expect_details(fx, "none");
}

/* --- Times --- */

static void times(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    struct execution e;
    int64_t start = fx->now_ms;
    fx->now_ms += 1000;
    device_sends(fx, "IN_PROGRESS");
    fx->now_ms += 1000;
    device_sends(fx, "IN_PROGRESS");
    FIXTURE_OK(fx, executions_describe(fx->core, "lamp", "j", 0, &e, &fx->error));
    assert_int_equal(e.queued_at_ms, start);
    assert_int_equal(e.started_at_ms, start + 1000);
    assert_int_equal(e.last_updated_at_ms, start + 2000);
    execution_clear(&e);
}

static void straight_to_succeeded_was_never_started(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    struct execution e;
    device_sends(fx, "SUCCEEDED");
    FIXTURE_OK(fx, executions_describe(fx->core, "lamp", "j", 0, &e, &fx->error));
    assert_int_equal(e.started_at_ms, 0);
    execution_clear(&e);
}

/* --- start-next (1.5, U8) --- */

static int start_next(struct fixture *fx, const char *details, int64_t step, struct execution *e,
                      bool *has_one)
{
    return FIXTURE_RUN(
        fx, executions_start_next(fx->core, "lamp", slice_from(details), step, e, has_one, &fx->error));
}

static void start_next_starts_a_queued_one(void **state)
{
    struct fixture *fx = open_in(state, "QUEUED");
    struct execution e;
    bool has_one = false;
    fx->now_ms += 5000;
    assert_int_equal(start_next(fx, "{\"k\":\"v\"}", 3, &e, &has_one), CORE_OK);
    assert_true(has_one);
    assert_int_equal(e.status, EXECUTION_IN_PROGRESS);
    assert_int_equal(e.version, 2);
    assert_int_equal(e.started_at_ms, fx->now_ms);
    assert_int_equal(e.last_updated_at_ms, fx->now_ms);
    assert_int_equal(execution_seconds_left(fx->core, &e), 180);
    assert_string_equal(e.details, "{\"k\":\"v\"}");
    assert_string_equal(e.document, "{\"op\":\"x\"}");
    execution_clear(&e);
    expect_state(fx, "IN_PROGRESS", 2);
}

static void start_next_leaves_one_in_progress(void **state)
{
    struct fixture *fx = open_in(state, "IN_PROGRESS");
    struct execution e;
    bool has_one = false;
    int64_t start = fx->now_ms;
    fx->now_ms += 5000;
    assert_int_equal(start_next(fx, "{\"k\":\"v\"}", 3, &e, &has_one), CORE_OK);
    assert_true(has_one);
    assert_int_equal(e.version, 2);
    assert_int_equal(e.started_at_ms, start);
    assert_int_equal(e.last_updated_at_ms, start);
    assert_null(e.details);
    assert_int_equal(execution_seconds_left(fx->core, &e), 180); /* the step timer is applied */
    execution_clear(&e);
}

static void start_next_with_nothing_pending(void **state)
{
    struct fixture *fx = open_in(state, "SUCCEEDED");
    struct execution e;
    bool has_one = true;
    assert_int_equal(start_next(fx, NULL, 0, &e, &has_one), CORE_OK);
    assert_false(has_one);
    assert_null(e.document);
    execution_clear(&e);
}

/* An execution that is never finished blocks the queue (docs/protocol.md 3). */
static void start_next_never_passes_one_in_progress(void **state)
{
    struct fixture *fx = open_in(state, "IN_PROGRESS");
    struct execution e;
    bool has_one = false;
    fixture_job(fx, "k", "lamp");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(start_next(fx, NULL, 0, &e, &has_one), CORE_OK);
        assert_string_equal(e.job_id, "j");
        execution_clear(&e);
    }
    assert_string_equal(fixture_state(fx, "lamp", "k", 0), "QUEUED v1 #1");
}

/* --- The status of the job (2.1) --- */

static void job_completes_with_its_last_execution(void **state)
{
    struct fixture *fx = open_in(state, "IN_PROGRESS");
    struct job job;
    device_sends(fx, "FAILED");
    assert_string_equal(fixture_job_state(fx, "j"), "IN_PROGRESS");
    fx->now_ms += 777;
    assert_int_equal(fixture_update(fx, "other", "j", "SUCCEEDED"), CORE_OK);
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_int_equal(job.status, JOB_COMPLETED);
    assert_int_equal(job.completed_at_ms, fx->now_ms);
    assert_int_equal(job.last_updated_at_ms, fx->now_ms);
    assert_int_equal(job.counts[EXECUTION_FAILED], 1);
    assert_int_equal(job.counts[EXECUTION_SUCCEEDED], 1);
    assert_int_equal(job.counts[EXECUTION_QUEUED], 0);
    job_clear(&job);
}

static void job_completes_when_the_last_pending_execution_is_canceled_or_deleted(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct fixture *fx = open_in(state, "SUCCEEDED");
        struct execution_cancel cancel = {.thing = "other", .job_id = "j"};
        if (i) {
            FIXTURE_OK(fx, executions_delete(fx->core, "other", "j", 1, false, &fx->error));
        } else {
            FIXTURE_OK(fx, executions_cancel(fx->core, &cancel, &fx->error));
        }
        assert_string_equal(fixture_job_state(fx, "j"), "COMPLETED");
    }
}

static void canceled_job_does_not_complete(void **state)
{
    struct fixture *fx = open_in(state, "IN_PROGRESS");
    assert_int_equal(cancel_job(fx, false), CORE_OK);
    device_sends(fx, "SUCCEEDED");
    assert_string_equal(fixture_job_state(fx, "j"), "CANCELED");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(device_from_pending),
        TEST(device_from_terminal),
        TEST(device_sends_what_it_may_not),
        TEST(control_plane_cancels),
        TEST(cancel_of_the_job_leaves_terminal_ones),
        TEST(timer),
        TEST(every_accepted_update_counts),
        TEST(expected_version),
        TEST(version_comes_before_state),
        TEST(details_are_replaced),
        TEST(times),
        TEST(straight_to_succeeded_was_never_started),
        TEST(start_next_starts_a_queued_one),
        TEST(start_next_leaves_one_in_progress),
        TEST(start_next_with_nothing_pending),
        TEST(start_next_never_passes_one_in_progress),
        TEST(job_completes_with_its_last_execution),
        TEST(job_completes_when_the_last_pending_execution_is_canceled_or_deleted),
        TEST(canceled_job_does_not_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
