/* SPDX-License-Identifier: MIT */
/* Cancel and delete: the table of docs/protocol.md 2.7, and what the device gets afterwards. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One job on three things: "queued", "running", "done". */
static struct fixture *three(void **state)
{
    struct fixture *fx = *state;
    const char *targets[] = {FIXTURE_ARN("thing", "queued"), FIXTURE_ARN("thing", "running"),
                             FIXTURE_ARN("thing", "done")};
    fixture_close(fx);
    fixture_open(fx, ":memory:");
    fixture_thing(fx, "queued");
    fixture_thing(fx, "running");
    fixture_thing(fx, "done");
    assert_int_equal(fixture_try_job(fx, "j", "", (struct job_create){.targets = targets, .target_count = 3}),
                     CORE_OK);
    assert_int_equal(fixture_update(fx, "running", "j", "IN_PROGRESS"), CORE_OK);
    assert_int_equal(fixture_update(fx, "done", "j", "SUCCEEDED"), CORE_OK);
    fixture_forget(fx);
    return fx;
}

static void expect_states(struct fixture *fx, const char *queued, const char *running, const char *done)
{
    assert_string_equal(fixture_state(fx, "queued", "j", 0), queued);
    assert_string_equal(fixture_state(fx, "running", "j", 0), running);
    assert_string_equal(fixture_state(fx, "done", "j", 0), done);
}

static bool is_force_canceled(struct fixture *fx, const char *thing)
{
    struct execution e;
    FIXTURE_OK(fx, executions_describe(fx->core, thing, "j", 0, &e, &fx->error));
    bool is_forced = e.is_force_canceled;
    execution_clear(&e);
    return is_forced;
}

/* --- CancelJob --- */

static void cancel_job(void **state)
{
    struct fixture *fx = three(state);
    struct job_cancel cancel = {.job_id = "j", .reason_code = "WHY_2", .comment = "because \xc3\xa4"};
    struct job job;
    fx->now_ms += 1500;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    assert_int_equal(job.status, JOB_CANCELED);
    assert_false(job.is_force_canceled);
    assert_string_equal(job.reason_code, "WHY_2");
    assert_string_equal(job.comment, "because \xc3\xa4");
    assert_int_equal(job.completed_at_ms, fx->now_ms); /* U35 */
    assert_int_equal(job.last_updated_at_ms, fx->now_ms);
    assert_int_equal(job.created_at_ms, fx->now_ms - 1500);
    assert_int_equal(job.counts[EXECUTION_CANCELED], 1);
    assert_int_equal(job.counts[EXECUTION_IN_PROGRESS], 1);
    job_clear(&job);
    expect_states(fx, "CANCELED v2 #1", "IN_PROGRESS v2 #1", "SUCCEEDED v2 #1");
    assert_false(is_force_canceled(fx, "queued"));
}

static void cancel_job_is_heard(void **state)
{
    struct fixture *fx = three(state);
    struct job_cancel cancel = {.job_id = "j"};
    struct job job;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    assert_null(job.reason_code);
    assert_null(job.comment);
    job_clear(&job);
    assert_string_equal(fixture_heard(fx), "queued/notify; queued/notify-next; ");
    /* the device may still finish the one that runs */
    assert_int_equal(fixture_update(fx, "running", "j", "SUCCEEDED"), CORE_OK);
    assert_string_equal(fixture_job_state(fx, "j"), "CANCELED");
}

static void cancel_job_with_force(void **state)
{
    struct fixture *fx = three(state);
    struct job_cancel cancel = {.job_id = "j", .is_forced = true};
    struct job job;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    assert_true(job.is_force_canceled);
    job_clear(&job);
    expect_states(fx, "CANCELED v2 #1", "CANCELED v3 #1", "SUCCEEDED v2 #1");
    assert_true(is_force_canceled(fx, "running"));
    assert_false(is_force_canceled(fx, "done"));
    assert_string_equal(fixture_heard(fx),
                        "queued/notify; queued/notify-next; running/notify; running/notify-next; ");
}

static void cancel_job_refused(void **state)
{
    struct fixture *fx = three(state);
    char reason_129[130];
    char comment_2029[2030];
    memset(reason_129, 'A', 129);
    reason_129[129] = '\0';
    memset(comment_2029, 'c', 2029);
    comment_2029[2029] = '\0';
    const struct {
        struct job_cancel cancel;
        int code;
    } rows[] = {
        {{.job_id = "none"}, CORE_NOT_FOUND},
        {{.job_id = "n.n"}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .reason_code = "why"}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .reason_code = reason_129}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .comment = comment_2029}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .comment = "a\tb"}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .reason_code = reason_129 + 1, .comment = comment_2029 + 1}, CORE_OK},
        {{.job_id = "j"}, CORE_INVALID_REQUEST}, /* CANCELED already (U26) */
        {{.job_id = "j", .is_forced = true}, CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct job job;
        assert_int_equal(FIXTURE_RUN(fx, jobs_cancel(fx->core, &rows[i].cancel, &job, &fx->error)),
                         rows[i].code);
        job_clear(&job);
    }
    fixture_job(fx, "k", "done");
    fixture_update(fx, "done", "k", "SUCCEEDED");
    struct job job;
    assert_int_equal(
        FIXTURE_RUN(fx, jobs_cancel(fx->core, &(struct job_cancel){.job_id = "k"}, &job, &fx->error)),
        CORE_INVALID_REQUEST); /* COMPLETED */
}

/* --- CancelJobExecution --- */

static int cancel_execution(struct fixture *fx, struct execution_cancel cancel)
{
    cancel.job_id = cancel.job_id ? cancel.job_id : "j";
    return FIXTURE_RUN(fx, executions_cancel(fx->core, &cancel, &fx->error));
}

static void cancel_execution_table(void **state)
{
    struct fixture *fx = three(state);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "queued"}), CORE_OK);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "running"}),
                     CORE_INVALID_STATE_TRANSITION);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "done"}),
                     CORE_INVALID_STATE_TRANSITION);
    expect_states(fx, "CANCELED v2 #1", "IN_PROGRESS v2 #1", "SUCCEEDED v2 #1");
    assert_false(is_force_canceled(fx, "queued"));

    fx = three(state);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "queued", .is_forced = true}),
                     CORE_OK);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "running", .is_forced = true}),
                     CORE_OK);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "done", .is_forced = true}),
                     CORE_INVALID_STATE_TRANSITION);
    expect_states(fx, "CANCELED v2 #1", "CANCELED v3 #1", "SUCCEEDED v2 #1");
    assert_true(is_force_canceled(fx, "running"));
    assert_string_equal(fixture_job_state(fx, "j"), "COMPLETED"); /* nothing is pending any more */
}

static void cancel_execution_checks(void **state)
{
    struct fixture *fx = three(state);
    const struct {
        struct execution_cancel cancel;
        int code;
    } rows[] = {
        {{.thing = "none"}, CORE_NOT_FOUND},
        {{.thing = "a b"}, CORE_INVALID_REQUEST},
        {{.thing = "queued", .job_id = "none"}, CORE_NOT_FOUND},
        {{.thing = "queued", .job_id = "$next"}, CORE_INVALID_REQUEST},
        {{.thing = "queued", .details = {"{\"a\":1}", 7}}, CORE_INVALID_REQUEST},
        {{.thing = "queued", .has_expected_version = true, .expected_version = 2}, CORE_VERSION_MISMATCH},
        {{.thing = "done", .has_expected_version = true, .expected_version = 1}, CORE_VERSION_MISMATCH},
        {{.thing = "queued",
          .has_expected_version = true,
          .expected_version = 1,
          .details = {"{\"who\":\"me\"}", 12}},
         CORE_OK},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(cancel_execution(fx, rows[i].cancel), rows[i].code);
    }
    struct execution e;
    FIXTURE_OK(fx, executions_describe(fx->core, "queued", "j", 0, &e, &fx->error));
    assert_string_equal(e.details, "{\"who\":\"me\"}");
    execution_clear(&e);
}

/* --- DeleteJob --- */

static void delete_job(void **state)
{
    struct fixture *fx = three(state);
    assert_int_equal(FIXTURE_RUN(fx, jobs_delete(fx->core, "j", false, &fx->error)),
                     CORE_INVALID_STATE_TRANSITION);
    expect_states(fx, "QUEUED v1 #1", "IN_PROGRESS v2 #1", "SUCCEEDED v2 #1");
    assert_string_equal(fixture_heard(fx), "");
    assert_int_equal(FIXTURE_RUN(fx, jobs_delete(fx->core, "none", true, &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, jobs_delete(fx->core, "", true, &fx->error)), CORE_INVALID_REQUEST);

    FIXTURE_OK(fx, jobs_delete(fx->core, "j", true, &fx->error));
    assert_string_equal(fixture_job_state(fx, "j"), "none");
    assert_string_equal(fixture_heard(fx),
                        "queued/notify; queued/notify-next; running/notify; running/notify-next; ");
    assert_string_equal(fixture_state(fx, "queued", "j", 0), "none");
    assert_string_equal(fixture_state(fx, "running", "j", 0), "none");
    assert_string_equal(fixture_state(fx, "done", "j", 0), "none");
}

/* A canceled job may go without force, and takes the execution that still runs with it. */
static void delete_canceled_job(void **state)
{
    struct fixture *fx = three(state);
    struct job job;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &(struct job_cancel){.job_id = "j"}, &job, &fx->error));
    job_clear(&job);
    fixture_forget(fx);
    FIXTURE_OK(fx, jobs_delete(fx->core, "j", false, &fx->error));
    assert_string_equal(fixture_heard(fx), "running/notify; running/notify-next; ");
    assert_string_equal(fixture_state(fx, "done", "j", 0), "none");
}

/* --- DeleteJobExecution --- */

static int delete_execution(struct fixture *fx, const char *thing, int64_t number, bool is_forced)
{
    return FIXTURE_RUN(fx, executions_delete(fx->core, thing, "j", number, is_forced, &fx->error));
}

static void delete_execution_table(void **state)
{
    struct fixture *fx = three(state);
    assert_int_equal(delete_execution(fx, "running", 1, false), CORE_INVALID_STATE_TRANSITION);
    assert_int_equal(delete_execution(fx, "queued", 2, false), CORE_NOT_FOUND);
    assert_non_null(strstr(fx->error.message, "number 2"));
    assert_int_equal(delete_execution(fx, "nobody", 1, false), CORE_NOT_FOUND);
    assert_non_null(strstr(fx->error.message, "nobody"));
    expect_states(fx, "QUEUED v1 #1", "IN_PROGRESS v2 #1", "SUCCEEDED v2 #1");
    assert_int_equal(delete_execution(fx, "queued", 1, false), CORE_OK); /* U23 */
    assert_int_equal(delete_execution(fx, "done", 1, false), CORE_OK);
    assert_string_equal(fixture_job_state(fx, "j"), "IN_PROGRESS");
    assert_int_equal(delete_execution(fx, "running", 1, true), CORE_OK);
    expect_states(fx, "none", "none", "none");
    assert_string_equal(fixture_job_state(fx, "j"), "COMPLETED");
}

/* --- What the device sees afterwards --- */

static int get(struct fixture *fx, const char *thing, const char *job_id, bool *has_one)
{
    struct execution e;
    int code = FIXTURE_RUN(fx, executions_get(fx->core, thing, job_id, 0, true, &e, has_one, &fx->error));
    execution_clear(&e);
    return code;
}

static void device_after_cancel(void **state)
{
    struct fixture *fx = three(state);
    bool has_one = false;
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "running", .is_forced = true}),
                     CORE_OK);
    assert_int_equal(fixture_update(fx, "running", "j", "SUCCEEDED"), CORE_INVALID_STATE_TRANSITION);
    assert_true(fx->error.has_state);
    assert_int_equal(fx->error.status, EXECUTION_CANCELED);
    assert_int_equal(get(fx, "running", "j", &has_one), CORE_TERMINAL_STATE);
    assert_int_equal(get(fx, "running", "$next", &has_one), CORE_OK);
    assert_false(has_one);
}

static void device_after_delete(void **state)
{
    struct fixture *fx = three(state);
    bool has_one = false;
    assert_int_equal(delete_execution(fx, "running", 1, true), CORE_OK);
    assert_int_equal(fixture_update(fx, "running", "j", "SUCCEEDED"), CORE_NOT_FOUND);
    assert_int_equal(get(fx, "running", "j", &has_one), CORE_NOT_FOUND);
}

/* The operator sees every status. */
static void describe_serves_every_status(void **state)
{
    struct fixture *fx = three(state);
    assert_int_equal(cancel_execution(fx, (struct execution_cancel){.thing = "queued"}), CORE_OK);
    expect_states(fx, "CANCELED v2 #1", "IN_PROGRESS v2 #1", "SUCCEEDED v2 #1");
    struct execution e;
    assert_int_equal(FIXTURE_RUN(fx, executions_describe(fx->core, "queued", "j", 2, &e, &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, executions_describe(fx->core, "queued", "j", -1, &e, &fx->error)),
                     CORE_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cancel_job_is_heard),
        TEST(cancel_job),
        TEST(cancel_job_with_force),
        TEST(cancel_job_refused),
        TEST(cancel_execution_table),
        TEST(cancel_execution_checks),
        TEST(delete_job),
        TEST(delete_canceled_job),
        TEST(delete_execution_table),
        TEST(device_after_cancel),
        TEST(device_after_delete),
        TEST(describe_serves_every_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
