/* SPDX-License-Identifier: MIT */
/* Events of jobs and executions (docs/protocol.md 1.12): which are told, what stands in them, and that none is lost, out of order, or
 * in the way of notices. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/events/event_configurations.h"
#include "cloud/core/events/event_outbox.h"
#include "fakes/core_fixture.h"

static char directory[48], path[96];

static void enable(struct fixture *fx, enum event_kind kind, bool is_enabled)
{
    struct event_configurations update = {0};
    update.is_given[kind] = true;
    update.is_enabled[kind] = is_enabled;
    FIXTURE_OK(fx, event_configurations_update(fx->core, &update, &fx->error));
}

static struct fixture *lamp(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    enable(fx, EVENT_JOB, true);
    enable(fx, EVENT_JOB_EXECUTION, true);
    return fx;
}

/* The topics since the last look, without what they share: "jobExecution/a/succeeded; job/a/completed; ". Their texts are checked to
 * be JSON that says the same. */
static const char *told(struct fixture *fx)
{
    core_publish_events(fx->core);
    fx->brief[0] = '\0';
    char *rest = fx->told;
    char *line;
    while (rest && (line = strsep(&rest, "\n")) && *line) {
        char *payload = strchr(line, ' ');
        assert_non_null(payload);
        *payload++ = '\0';
        json_t *json = json_loads(payload, 0, NULL);
        assert_non_null(json);
        assert_int_equal(strncmp(line, "$aws/events/", 12), 0);
        const char *operation = strrchr(line, '/') + 1;
        assert_string_equal(json_string_value(json_object_get(json, "operation")), operation);
        assert_non_null(strstr(line, json_string_value(json_object_get(json, "jobId"))));
        assert_int_equal(strlen(json_string_value(json_object_get(json, "eventId"))), 36);
        assert_string_equal(json_string_value(json_object_get(json, "eventType")),
                            strstr(line, "/jobExecution/") ? "JOB_EXECUTION" : "JOB");
        fixture_add(fx, line + 12);
        fixture_add(fx, "; ");
        json_decref(json);
    }
    free(fx->told);
    fx->told = NULL;
    fx->told_len = 0;
    return fx->brief;
}

static void end_job(struct fixture *fx, const char *job_id)
{
    fixture_job(fx, job_id, "lamp");
    assert_int_equal(fixture_update(fx, "lamp", job_id, "SUCCEEDED"), CORE_OK);
}

static void pump(struct fixture *fx)
{
    assert_true(core_begin(fx->core));
    fixture_finish(fx);
}

/* How many events wait in the database. */
static int64_t waiting(struct fixture *fx)
{
    int64_t count = 0;
    for (int64_t seq = 0;;) {
        sqlite3_stmt *query = STORE_QUERY(fx->core->store, STORE_EVENT_NEXT, store_i64(seq));
        int got = store_row(fx->core->store, query);
        seq = got == 1 ? store_column_i64(query, 0) : 0;
        store_done(query);
        if (got != 1) {
            return count;
        }
        count++;
    }
}

/* --- Which are told --- */

static void nothing_is_told_unless_asked_for(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    end_job(fx, "a");
    assert_string_equal(told(fx), "");
    assert_int_equal(waiting(fx), 0);
    enable(fx, EVENT_JOB_EXECUTION, true);
    end_job(fx, "b");
    assert_string_equal(told(fx), "jobExecution/b/succeeded; ");
    enable(fx, EVENT_JOB_EXECUTION, false);
    enable(fx, EVENT_JOB, true);
    end_job(fx, "c");
    assert_string_equal(told(fx), "job/c/completed; ");
}

static void configurations_have_dates_once_they_were_changed(void **state)
{
    struct fixture *fx = *state;
    struct event_configurations now;
    assert_int_equal(event_configurations_describe(fx->core, &now, &fx->error), CORE_OK);
    assert_int_equal(now.created_at_ms, 0);
    enable(fx, EVENT_JOB, true);
    fx->now_ms += 5000;
    enable(fx, EVENT_THING, false);
    assert_int_equal(event_configurations_describe(fx->core, &now, &fx->error), CORE_OK);
    assert_int_equal(now.created_at_ms, FIXTURE_START_MS);
    assert_int_equal(now.last_modified_at_ms, FIXTURE_START_MS + 5000);
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        assert_int_equal(now.is_enabled[i], i == EVENT_JOB);
        enum event_kind kind;
        assert_true(event_kind_parse(slice_from(event_kind_text((enum event_kind)i)), &kind));
        assert_int_equal(kind, i);
    }
}

static void kinds_without_events_cannot_be_enabled(void **state)
{
    struct fixture *fx = *state;
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        struct event_configurations update = {0}, now;
        update.is_given[EVENT_JOB] = update.is_enabled[EVENT_JOB] = true;
        update.is_given[i] = update.is_enabled[i] = true;
        bool is_modelled = i == EVENT_JOB || i == EVENT_JOB_EXECUTION;
        assert_int_equal(FIXTURE_RUN(fx, event_configurations_update(fx->core, &update, &fx->error)),
                         is_modelled ? CORE_OK : CORE_INVALID_REQUEST);
        if (!is_modelled) {
            assert_non_null(strstr(fx->error.message, event_kind_text((enum event_kind)i)));
        }
        assert_int_equal(event_configurations_describe(fx->core, &now, &fx->error), CORE_OK);
        assert_int_equal(now.is_enabled[EVENT_JOB], is_modelled);
        enable(fx, EVENT_JOB, false);
    }
}

static void each_end_of_an_execution(void **state)
{
    struct fixture *fx = lamp(state);
    static const char *const statuses[][2] = {
        {"SUCCEEDED", "succeeded"}, {"FAILED", "failed"}, {"REJECTED", "rejected"}};
    for (size_t i = 0; i < 3; i++) {
        char wanted[100];
        fixture_job(fx, statuses[i][1], "lamp");
        fixture_update(fx, "lamp", statuses[i][1], "IN_PROGRESS");
        assert_string_equal(told(fx), ""); /* progress is no event */
        fixture_update(fx, "lamp", statuses[i][1], statuses[i][0]);
        snprintf(wanted, sizeof wanted, "jobExecution/%s/%s; job/%s/completed; ", statuses[i][1],
                 statuses[i][1], statuses[i][1]);
        assert_string_equal(told(fx), wanted);
    }
    assert_int_equal(fixture_try_job(fx, "late", "lamp", (struct job_create){.in_progress_timeout_min = 1}),
                     CORE_OK);
    fixture_update(fx, "lamp", "late", "IN_PROGRESS");
    fx->now_ms += 60000;
    fixture_run_due(fx);
    assert_string_equal(told(fx), "jobExecution/late/timed_out; job/late/completed; ");
    fixture_job(fx, "gone", "lamp");
    const struct expected_version any = {0};
    FIXTURE_OK(fx, things_delete(fx->core, "lamp", any, &fx->error));
    assert_string_equal(told(fx), "jobExecution/gone/removed; job/gone/completed; ");
}

static void retry_is_no_end_of_the_job(void **state)
{
    struct fixture *fx = lamp(state);
    assert_int_equal(
        fixture_try_job(fx, "a", "lamp", (struct job_create){.retries = {{"FAILED", 1}}, .retry_count = 1}),
        CORE_OK);
    fixture_update(fx, "lamp", "a", "FAILED");
    assert_string_equal(told(fx), "jobExecution/a/failed; ");
    fixture_update(fx, "lamp", "a", "FAILED");
    assert_string_equal(told(fx), "jobExecution/a/failed; job/a/completed; ");
}

static void cancel_job(struct fixture *fx, const char *job_id, bool is_forced)
{
    struct job job;
    struct job_cancel cancel = {.job_id = job_id, .is_forced = is_forced, .comment = "why"};
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
}

static void operators_ends(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp");
    cancel_job(fx, "a", false);
    assert_string_equal(told(fx),
                        "job/a/cancellation_in_progress; jobExecution/a/canceled; job/a/canceled; ");
    fixture_job(fx, "b", "lamp");
    fixture_update(fx, "lamp", "b", "IN_PROGRESS");
    cancel_job(fx, "b", false); /* the device may still finish it */
    assert_string_equal(told(fx), "job/b/cancellation_in_progress; job/b/canceled; ");
    fixture_update(fx, "lamp", "b", "SUCCEEDED");
    assert_string_equal(told(fx), "jobExecution/b/succeeded; ");
    FIXTURE_OK(fx, jobs_delete(fx->core, "b", false, &fx->error));
    assert_string_equal(told(fx), "job/b/deletion_in_progress; job/b/deleted; ");
    fixture_job(fx, "c", "lamp");
    FIXTURE_OK(fx, executions_delete(fx->core, "lamp", "c", 1, false, &fx->error));
    assert_string_equal(told(fx), "jobExecution/c/deleted; job/c/completed; ");
    fixture_job(fx, "d", "lamp");
    struct execution_cancel cancel = {.thing = "lamp", .job_id = "d"};
    FIXTURE_OK(fx, executions_cancel(fx->core, &cancel, &fx->error));
    assert_string_equal(told(fx), "jobExecution/d/canceled; job/d/completed; ");
}

static void what_is_refused_is_not_told(void **state)
{
    struct fixture *fx = lamp(state);
    end_job(fx, "a");
    told(fx);
    assert_int_equal(fixture_update(fx, "lamp", "a", "FAILED"), CORE_INVALID_STATE_TRANSITION);
    struct job job;
    struct job_cancel cancel = {.job_id = "a"};
    assert_int_equal(FIXTURE_RUN(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error)), CORE_INVALID_REQUEST);
    fixture_job(fx, "b", "lamp");
    assert_int_equal(FIXTURE_RUN(fx, jobs_delete(fx->core, "b", false, &fx->error)),
                     CORE_INVALID_STATE_TRANSITION);
    assert_string_equal(told(fx), "");
}

/* Texts of the greatest length, each byte an escape: they fit. */
static void long_texts(void **state)
{
    struct fixture *fx = lamp(state);
    char description[2029];
    memset(description, '"', sizeof description - 1);
    description[sizeof description - 1] = '\0';
    assert_int_equal(fixture_try_job(fx, "a", "lamp", (struct job_create){.description = description}),
                     CORE_OK);
    struct job job;
    FIXTURE_OK(fx, jobs_cancel(fx->core, &(struct job_cancel){.job_id = "a", .comment = description}, &job,
                               &fx->error));
    job_clear(&job);
    core_publish_events(fx->core);
    assert_int_equal(told(fx) != NULL, true);
}

/* --- Their way --- */

static void they_wait_for_room_in_order(void **state)
{
    struct fixture *fx = lamp(state);
    fx->event_room = 0;
    end_job(fx, "a");
    end_job(fx, "b");
    assert_string_equal(told(fx), "");
    assert_false(core_has_events(fx->core));
    fx->event_room = 3;
    assert_true(core_has_events(fx->core));
    assert_string_equal(told(fx), "jobExecution/a/succeeded; job/a/completed; jobExecution/b/succeeded; ");
    assert_false(core_has_events(fx->core));
    fx->event_room = 3;
    assert_string_equal(told(fx), "job/b/completed; ");
    assert_false(core_has_events(fx->core));
}

static void notices_go_first(void **state)
{
    struct fixture *fx = lamp(state);
    fx->room = 0;
    end_job(fx, "a");
    assert_string_equal(told(fx), "");
    assert_false(core_has_events(fx->core)); /* although events have room: notices wait */
    fx->room = SIZE_MAX;
    pump(fx);
    assert_true(core_has_events(fx->core));
    assert_string_equal(told(fx), "jobExecution/a/succeeded; job/a/completed; ");
}

static void not_before_the_commit_nor_without_it(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp");
    struct execution execution;
    struct execution_update update = {.thing = "lamp", .job_id = "a", .status = slice_from("SUCCEEDED")};
    assert_true(core_begin(fx->core));
    assert_int_equal(executions_update(fx->core, &update, &execution, &fx->error), CORE_OK);
    execution_clear(&execution);
    assert_string_equal(told(fx), "");
    assert_true(store_run(fx->core->store, store_query(fx->core->store, STORE_ROLLBACK, NULL, 0)));
    assert_false(core_commit(fx->core));
    pump(fx); /* notices do not wait any more */
    assert_true(core_has_events(fx->core));
    assert_string_equal(told(fx), "");
    assert_false(core_has_events(fx->core)); /* and it is not looked for again and again */
    assert_int_equal(fixture_update(fx, "lamp", "a", "FAILED"), CORE_OK);
    assert_string_equal(told(fx), "jobExecution/a/failed; job/a/completed; ");
}

/* Not even when no notice stands before it. */
static void nothing_leaves_in_the_middle_of_a_batch(void **state)
{
    struct fixture *fx = lamp(state);
    pump(fx);
    assert_true(core_begin(fx->core));
    assert_true(
        event_outbox_add(fx->core, "$aws/events/job/x/completed",
                         "{\"eventType\":\"JOB\",\"eventId\":\"7364ffd1-8b65-4824-85d5-6c14686c97c6\","
                         "\"operation\":\"completed\",\"jobId\":\"x\"}"));
    assert_true(core_has_events(fx->core));
    assert_string_equal(told(fx), "");
    fixture_finish(fx);
    assert_string_equal(told(fx), "job/x/completed; ");
}

static void what_the_broker_has_not_taken_is_told_again(void **state)
{
    struct fixture *fx = lamp(state);
    fx->is_broker_deaf = true;
    end_job(fx, "a");
    assert_string_equal(told(fx), "jobExecution/a/succeeded; job/a/completed; ");
    core_event_delivered(fx->core, fx->last_event - 1);
    core_broker_lost(fx->core);
    pump(fx);
    assert_string_equal(told(fx), "job/a/completed; ");
    assert_int_equal(waiting(fx), 1);
    core_event_delivered(fx->core, fx->last_event);
    pump(fx);
    assert_int_equal(waiting(fx), 0);
}

/* Without anybody else's COMMIT the taken ones go a second later. */
static void taken_ones_are_cleared_when_nothing_happens(void **state)
{
    struct fixture *fx = lamp(state);
    end_job(fx, "a");
    pump(fx); /* marks of notices */
    told(fx);
    assert_int_equal(waiting(fx), 2);
    assert_int_equal(core_next_due_ms(fx->core), fx->now_ms + 1000);
    fx->now_ms += 1000;
    fixture_run_due(fx);
    assert_int_equal(waiting(fx), 0);
    assert_int_equal(core_next_due_ms(fx->core), INT64_MAX);
}

static void those_that_wait_are_bounded(void **state)
{
    struct fixture *fx = lamp(state);
    fx->event_room = 0;
    assert_true(core_begin(fx->core));
    for (int i = 0; i < EVENT_OUTBOX_MAX + 5; i++) {
        assert_true(event_outbox_add(fx->core, "$aws/events/job/x/completed", "{}"));
    }
    fixture_finish(fx);
    assert_int_equal(core_events_left_out(fx->core), 5);
    assert_int_equal(core_events_left_out(fx->core), 0);
    assert_int_equal(waiting(fx), EVENT_OUTBOX_MAX);
}

static void next_process_goes_on(void **state)
{
    (void)state;
    struct fixture fx = {0};
    snprintf(directory, sizeof directory, "/tmp/core_events_XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/iot.db", directory);
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    enable(&fx, EVENT_JOB, true);
    fx.event_room = 0;
    end_job(&fx, "a");
    fixture_close(&fx);
    fixture_open(&fx, path);
    end_job(&fx, "b");
    assert_string_equal(told(&fx), "job/a/completed; job/b/completed; ");
    fixture_close(&fx);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[112];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(directory), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_unless_asked_for),
        TEST(configurations_have_dates_once_they_were_changed),
        TEST(kinds_without_events_cannot_be_enabled),
        TEST(each_end_of_an_execution),
        TEST(retry_is_no_end_of_the_job),
        TEST(operators_ends),
        TEST(what_is_refused_is_not_told),
        TEST(long_texts),
        TEST(they_wait_for_room_in_order),
        TEST(notices_go_first),
        TEST(not_before_the_commit_nor_without_it),
        TEST(nothing_leaves_in_the_middle_of_a_batch),
        TEST(what_the_broker_has_not_taken_is_told_again),
        TEST(taken_ones_are_cleared_when_nothing_happens),
        TEST(those_that_wait_are_bounded),
        cmocka_unit_test(next_process_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
