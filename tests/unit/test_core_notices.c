/* SPDX-License-Identifier: MIT */
/* The notification table of docs/protocol.md 1.9, row by row, with and without room on the way to the broker; U13 and U14; the order of docs/protocol.md 3. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

/* The second time each row is played the way to the broker has no room until the change is made. */
static bool is_without_room;

/* What was told: at once, or when there is room again. */
static const char *heard(struct fixture *fx)
{
    fx->room = SIZE_MAX;
    assert_true(core_begin(fx->core));
    fixture_finish(fx);
    return fixture_heard(fx);
}

/* A thing "lamp" with the jobs a, b, c in this order, one second apart. */
static struct fixture *lamp_with(void **state, const char *jobs)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    for (const char *job = jobs; *job; job++) {
        char id[2] = {*job, '\0'};
        fixture_job(fx, id, "lamp");
        fx->now_ms += 1000;
    }
    fixture_forget(fx);
    fx->room = is_without_room ? 0 : SIZE_MAX;
    return fx;
}

static void update(struct fixture *fx, const char *job_id, const char *status)
{
    assert_int_equal(fixture_update(fx, "lamp", job_id, status), CORE_OK);
}

static void new_execution_in_an_empty_queue(void **state)
{
    struct fixture *fx = lamp_with(state, "");
    fixture_job(fx, "a", "lamp");
    assert_string_equal(heard(fx), "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; ");
}

static void new_execution_behind_others(void **state)
{
    struct fixture *fx = lamp_with(state, "a");
    fixture_job(fx, "b", "lamp");
    assert_string_equal(heard(fx), "lamp/notify QUEUED:a#1,b#1; ");
}

static void first_execution_starts(void **state)
{
    struct fixture *fx = lamp_with(state, "ab");
    update(fx, "a", "IN_PROGRESS");
    assert_string_equal(heard(fx), "");
}

static void first_execution_starts_by_start_next(void **state)
{
    struct fixture *fx = lamp_with(state, "ab");
    struct execution execution;
    bool has_one = false;
    FIXTURE_OK(fx, executions_start_next(fx->core, "lamp", SLICE_EMPTY, 0, &execution, &has_one, &fx->error));
    assert_true(has_one);
    assert_string_equal(execution.job_id, "a");
    execution_clear(&execution);
    assert_string_equal(heard(fx), "");
}

static void later_execution_starts_and_becomes_first(void **state)
{
    struct fixture *fx = lamp_with(state, "abc");
    update(fx, "c", "IN_PROGRESS");
    assert_string_equal(heard(fx), "lamp/notify-next c#1 IN_PROGRESS; ");
}

static void later_execution_starts_behind_one_in_progress(void **state)
{
    struct fixture *fx = lamp_with(state, "abc");
    update(fx, "a", "IN_PROGRESS");
    update(fx, "b", "IN_PROGRESS");
    assert_string_equal(heard(fx), "");
}

/* queuedAt decides, not the time of the start: an older one that starts later comes first. */
static void older_execution_starts_and_becomes_first(void **state)
{
    struct fixture *fx = lamp_with(state, "abc");
    update(fx, "b", "IN_PROGRESS");
    fixture_forget(fx);
    update(fx, "a", "IN_PROGRESS");
    assert_string_equal(heard(fx), "lamp/notify-next a#1 IN_PROGRESS; ");
}

static void progress_and_step_timer(void **state)
{
    struct fixture *fx = lamp_with(state, "ab");
    update(fx, "a", "IN_PROGRESS");
    update(fx, "a", "IN_PROGRESS");
    struct execution_update step = {.thing = "lamp",
                                    .job_id = "a",
                                    .status = slice_from("IN_PROGRESS"),
                                    .has_step_timeout = true,
                                    .step_timeout_min = 5};
    struct execution execution;
    FIXTURE_OK(fx, executions_update(fx->core, &step, &execution, &fx->error));
    execution_clear(&execution);
    bool has_one;
    FIXTURE_OK(fx, executions_start_next(fx->core, "lamp", SLICE_EMPTY, 7, &execution, &has_one, &fx->error));
    execution_clear(&execution);
    assert_string_equal(heard(fx), "");
}

/* --- Rows about the end of an execution: the same for every cause --- */

static void end_by_report(struct fixture *fx, const char *job_id)
{
    update(fx, job_id, "SUCCEEDED");
}

static void end_by_rejection(struct fixture *fx, const char *job_id)
{
    update(fx, job_id, "REJECTED");
}

static void end_by_cancel(struct fixture *fx, const char *job_id)
{
    struct execution_cancel cancel = {.thing = "lamp", .job_id = job_id, .is_forced = true};
    FIXTURE_OK(fx, executions_cancel(fx->core, &cancel, &fx->error));
}

static void end_by_cancel_of_the_job(struct fixture *fx, const char *job_id)
{
    struct job_cancel cancel = {.job_id = job_id, .is_forced = true};
    struct job job;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
}

static void end_by_deletion(struct fixture *fx, const char *job_id)
{
    FIXTURE_OK(fx, executions_delete(fx->core, "lamp", job_id, 1, true, &fx->error));
}

static void end_by_deletion_of_the_job(struct fixture *fx, const char *job_id)
{
    FIXTURE_OK(fx, jobs_delete(fx->core, job_id, true, &fx->error));
}

static void end_by_timeout(struct fixture *fx, const char *job_id)
{
    struct execution_update step = {.thing = "lamp",
                                    .job_id = job_id,
                                    .status = slice_from("IN_PROGRESS"),
                                    .has_step_timeout = true,
                                    .step_timeout_min = 1};
    struct execution execution;
    FIXTURE_OK(fx, executions_update(fx->core, &step, &execution, &fx->error));
    execution_clear(&execution);
    fixture_forget(fx);
    fx->now_ms += 60000;
    fixture_run_due(fx);
}

static void (*const ends[])(struct fixture *fx, const char *job_id) = {
    end_by_report,   end_by_rejection,           end_by_cancel,  end_by_cancel_of_the_job,
    end_by_deletion, end_by_deletion_of_the_job, end_by_timeout,
};
#define END_COUNT (sizeof ends / sizeof *ends)

static void first_execution_ends_others_remain(void **state)
{
    for (size_t i = 0; i < END_COUNT; i++) {
        struct fixture *fx = lamp_with(state, "abc");
        ends[i](fx, "a");
        assert_string_equal(heard(fx), "lamp/notify QUEUED:b#1,c#1; lamp/notify-next b#1 QUEUED; ");
        fixture_close(fx);
        fixture_open(fx, ":memory:");
    }
}

/* A time-out needs an execution that runs, so the one that ends is never first among QUEUED ones: it is put behind an
 * older one that runs, too. */
static void later_execution_ends(void **state)
{
    for (size_t i = 0; i < END_COUNT; i++) {
        struct fixture *fx = lamp_with(state, "abc");
        update(fx, "a", "IN_PROGRESS");
        ends[i](fx, "b");
        assert_string_equal(heard(fx), "lamp/notify IN_PROGRESS:a#1 QUEUED:c#1; ");
        fixture_close(fx);
        fixture_open(fx, ":memory:");
    }
}

static void last_execution_ends(void **state)
{
    for (size_t i = 0; i < END_COUNT; i++) {
        struct fixture *fx = lamp_with(state, "a");
        ends[i](fx, "a");
        assert_string_equal(heard(fx), "lamp/notify; lamp/notify-next; ");
        fixture_close(fx);
        fixture_open(fx, ":memory:");
    }
}

static void deletion_of_a_terminal_execution(void **state)
{
    struct fixture *fx = lamp_with(state, "ab");
    update(fx, "a", "FAILED");
    (void)heard(fx);
    FIXTURE_OK(fx, executions_delete(fx->core, "lamp", "a", 1, false, &fx->error));
    assert_string_equal(heard(fx), "");
    FIXTURE_OK(fx, jobs_delete(fx->core, "a", false, &fx->error));
    assert_string_equal(heard(fx), "");
}

static void cancel_touches_every_thing(void **state)
{
    struct fixture *fx = *state;
    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door"),
                             FIXTURE_ARN("thing", "sink")};
    fixture_thing(fx, "lamp");
    fixture_thing(fx, "door");
    fixture_thing(fx, "sink");
    fixture_job(fx, "z", "door");
    assert_int_equal(fixture_try_job(fx, "a", "", (struct job_create){.targets = targets, .target_count = 3}),
                     CORE_OK);
    assert_int_equal(fixture_update(fx, "sink", "a", "IN_PROGRESS"), CORE_OK);
    fixture_forget(fx);
    struct job_cancel cancel = {.job_id = "a"};
    struct job job;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
    /* lamp had only this one, door has another in front, sink's runs and is left alone */
    assert_string_equal(heard(fx), "lamp/notify; lamp/notify-next; door/notify QUEUED:z#1; ");
}

/* --- Retry (U14): one notify after both changes --- */

static void retry_job(struct fixture *fx, const char *job_id)
{
    struct job_create create = {.retries = {{"FAILED", 3}}, .retry_count = 1};
    assert_int_equal(fixture_try_job(fx, job_id, "lamp", create), CORE_OK);
}

static void retry_of_the_only_execution(void **state)
{
    struct fixture *fx = lamp_with(state, "");
    retry_job(fx, "a");
    fixture_forget(fx);
    update(fx, "a", "FAILED");
    assert_string_equal(heard(fx), "lamp/notify QUEUED:a#2; lamp/notify-next a#2 QUEUED; ");
}

static void retry_queues_behind_older_ones(void **state)
{
    struct fixture *fx = lamp_with(state, "");
    retry_job(fx, "a");
    fx->now_ms += 1000;
    fixture_job(fx, "b", "lamp");
    fixture_forget(fx);
    fx->now_ms += 1000;
    update(fx, "a", "FAILED");
    assert_string_equal(heard(fx), "lamp/notify QUEUED:b#1,a#2; lamp/notify-next b#1 QUEUED; ");
}

static void retry_behind_the_first(void **state)
{
    struct fixture *fx = lamp_with(state, "b");
    retry_job(fx, "a");
    fixture_forget(fx);
    update(fx, "a", "FAILED");
    assert_string_equal(heard(fx), "lamp/notify QUEUED:b#1,a#2; ");
}

/* --- Order (docs/protocol.md 3) --- */

static void in_progress_before_queued_then_queued_at(void **state)
{
    struct fixture *fx = lamp_with(state, "abcde");
    update(fx, "e", "IN_PROGRESS");
    update(fx, "c", "IN_PROGRESS");
    fixture_forget(fx);
    fixture_job(fx, "f", "lamp");
    assert_string_equal(fixture_heard(fx), "lamp/notify IN_PROGRESS:c#1,e#1 QUEUED:a#1,b#1,d#1,f#1; ");
}

static void same_millisecond_goes_by_creation(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    fixture_job(fx, "z", "lamp");
    fixture_job(fx, "m", "lamp");
    fixture_job(fx, "a", "lamp");
    fixture_forget(fx);
    fixture_job(fx, "k", "lamp");
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:z#1,m#1,a#1,k#1; ");
}

/* The same second for the device, but not for us. */
static void milliseconds_count(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    fx->now_ms = 1700000000900;
    fixture_job(fx, "late", "lamp");
    fx->now_ms = 1700000000100;
    fixture_job(fx, "early", "lamp");
    assert_string_equal(fixture_heard(fx),
                        "lamp/notify QUEUED:late#1; lamp/notify-next late#1 QUEUED; "
                        "lamp/notify QUEUED:early#1,late#1; lamp/notify-next early#1 QUEUED; ");
}

static void at_most_ten_are_shown(void **state)
{
    struct fixture *fx = lamp_with(state, "abcdefghij");
    fixture_job(fx, "k", "lamp");
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:a#1,b#1,c#1,d#1,e#1,f#1,g#1,h#1,i#1,j#1; ");
    update(fx, "k", "IN_PROGRESS");
    fixture_forget(fx);
    update(fx, "a", "SUCCEEDED");
    assert_string_equal(fixture_heard(fx),
                        "lamp/notify IN_PROGRESS:k#1 QUEUED:b#1,c#1,d#1,e#1,f#1,g#1,h#1,i#1,j#1; ");
}

/* --- Batches --- */

static void notifications_wait_for_the_outbox(void **state)
{
    struct fixture *fx = lamp_with(state, "");
    const char *targets[] = {FIXTURE_ARN("thing", "lamp")};
    struct job_create create = {
        .job_id = "a", .targets = targets, .target_count = 1, .document = slice_from("1")};
    struct job job;
    assert_true(core_begin(fx->core));
    assert_int_equal(jobs_create(fx->core, &create, &job, &fx->error), CORE_OK);
    job_clear(&job);
    core_publish_outbox(fx->core); /* not committed: must stay */
    assert_string_equal(fixture_heard(fx), "");
    assert_true(core_commit(fx->core));
    assert_string_equal(fixture_heard(fx), "");
    core_publish_outbox(fx->core);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; ");
    core_publish_outbox(fx->core);
    assert_string_equal(fixture_heard(fx), "");
}

/* Each change is told on its own, also when one batch holds many. */
static void one_batch_with_several_changes(void **state)
{
    struct fixture *fx = lamp_with(state, "ab");
    struct execution execution;
    assert_true(core_begin(fx->core));
    const char *words[] = {"IN_PROGRESS", "SUCCEEDED"};
    for (size_t i = 0; i < 2; i++) {
        struct execution_update one = {.thing = "lamp", .job_id = "a", .status = slice_from(words[i])};
        assert_int_equal(executions_update(fx->core, &one, &execution, &fx->error), CORE_OK);
        execution_clear(&execution);
    }
    struct execution_update bad = {.thing = "lamp", .job_id = "a", .status = slice_from("FAILED")};
    assert_int_equal(executions_update(fx->core, &bad, &execution, &fx->error),
                     CORE_INVALID_STATE_TRANSITION);
    fixture_finish(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:b#1; lamp/notify-next b#1 QUEUED; ");
}

static void announcement_after_a_start(void **state)
{
    struct fixture *fx = lamp_with(state, "ab");
    fixture_thing(fx, "done");
    fixture_thing(fx, "attic");
    fixture_thing(fx, "idle");
    fixture_job(fx, "c", "done");
    fixture_update(fx, "done", "c", "SUCCEEDED");
    fixture_job(fx, "d", "attic");
    update(fx, "b", "IN_PROGRESS");
    fixture_forget(fx);
    core_broker_started(fx->core);
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), ""); /* nobody has subscribed yet */
}

/* The exact bytes of docs/protocol.md 1.9. */
static void payloads_byte_for_byte(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    fx->now_ms = 1699999990999;
    fixture_job(fx, "j2", "lamp");
    assert_string_equal(fx->heard,
                        "lamp/notify {\"timestamp\":1699999990,\"jobs\":{\"QUEUED\":[{\"jobId\":\"j2\","
                        "\"queuedAt\":1699999990,\"lastUpdatedAt\":1699999990,\"versionNumber\":1,"
                        "\"executionNumber\":1}]}}\n"
                        "lamp/notify-next {\"timestamp\":1699999990,\"execution\":{\"jobId\":\"j2\","
                        "\"status\":\"QUEUED\",\"queuedAt\":1699999990,\"lastUpdatedAt\":1699999990,"
                        "\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":{\"op\":\"x\"}}}\n");
    fixture_forget(fx);
    fixture_job(fx, "j3", "lamp");
    fx->now_ms = 1700000000001;
    update(fx, "j2", "IN_PROGRESS");
    fixture_forget(fx);
    update(fx, "j3", "REJECTED");
    assert_string_equal(fx->heard,
                        "lamp/notify {\"timestamp\":1700000000,\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j2\","
                        "\"queuedAt\":1699999990,\"startedAt\":1700000000,\"lastUpdatedAt\":1700000000,"
                        "\"versionNumber\":2,\"executionNumber\":1}]}}\n");
    fixture_forget(fx);
    update(fx, "j2", "SUCCEEDED");
    assert_string_equal(fx->heard, "lamp/notify {\"timestamp\":1700000000,\"jobs\":{}}\n"
                                   "lamp/notify-next {\"timestamp\":1700000000}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_execution_in_an_empty_queue),
        TEST(new_execution_behind_others),
        TEST(first_execution_starts),
        TEST(first_execution_starts_by_start_next),
        TEST(later_execution_starts_and_becomes_first),
        TEST(later_execution_starts_behind_one_in_progress),
        TEST(older_execution_starts_and_becomes_first),
        TEST(progress_and_step_timer),
        TEST(first_execution_ends_others_remain),
        TEST(later_execution_ends),
        TEST(last_execution_ends),
        TEST(deletion_of_a_terminal_execution),
        TEST(cancel_touches_every_thing),
        TEST(retry_of_the_only_execution),
        TEST(retry_queues_behind_older_ones),
        TEST(retry_behind_the_first),
        TEST(in_progress_before_queued_then_queued_at),
        TEST(same_millisecond_goes_by_creation),
        TEST(milliseconds_count),
        TEST(at_most_ten_are_shown),
        TEST(notifications_wait_for_the_outbox),
        TEST(one_batch_with_several_changes),
        TEST(announcement_after_a_start),
        TEST(payloads_byte_for_byte),
    };
    const struct CMUnitTest without_room[] = {
        TEST(new_execution_in_an_empty_queue),
        TEST(new_execution_behind_others),
        TEST(first_execution_starts),
        TEST(first_execution_starts_by_start_next),
        TEST(later_execution_starts_and_becomes_first),
        TEST(later_execution_starts_behind_one_in_progress),
        TEST(progress_and_step_timer),
        TEST(first_execution_ends_others_remain),
        TEST(later_execution_ends),
        TEST(last_execution_ends),
        TEST(deletion_of_a_terminal_execution),
        TEST(cancel_touches_every_thing),
        TEST(older_execution_starts_and_becomes_first),
        TEST(retry_of_the_only_execution),
        TEST(retry_queues_behind_older_ones),
        TEST(retry_behind_the_first),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    is_without_room = true;
    return failed + cmocka_run_group_tests(without_room, NULL, NULL);
}
