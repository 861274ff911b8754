/* SPDX-License-Identifier: MIT */
/* Marks instead of queued messages (cloud/README.md, "A turn"): a notice is told by itself while there is room on the way
 * to the broker, notices of one thing become one without room, and none is lost. What subscribers are told after the broker
 * has started. What is due, in slices. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/marks.h"
#include "fakes/core_fixture.h"
#include "fakes/sqlite_rows.h"

static struct fixture *lamp(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    return fx;
}

/* An empty batch: what waits and has room goes out. */
static void pump(struct fixture *fx)
{
    assert_true(core_begin(fx->core));
    fixture_finish(fx);
}

static void end_job(struct fixture *fx, const char *job_id)
{
    assert_int_equal(fixture_update(fx, "lamp", job_id, "SUCCEEDED"), CORE_OK);
}

static void without_room_many_changes_become_one_notice(void **state)
{
    struct fixture *fx = lamp(state);
    fx->room = 0;
    fixture_job(fx, "a", "lamp");
    fixture_job(fx, "b", "lamp");
    end_job(fx, "a");
    fixture_job(fx, "c", "lamp");
    assert_string_equal(fixture_heard(fx), "");
    assert_false(core_has_news(fx->core));
    fx->room = SIZE_MAX;
    assert_true(core_has_news(fx->core));
    pump(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify-next b#1 QUEUED; lamp/notify QUEUED:b#1,c#1; ");
    pump(fx);
    assert_string_equal(fixture_heard(fx), "");
}

/* Joined and left again without anybody having heard of it: still told, because a notice is never lost. */
static void a_change_and_its_undoing_are_told(void **state)
{
    struct fixture *fx = lamp(state);
    fx->room = 0;
    fixture_job(fx, "a", "lamp");
    end_job(fx, "a");
    fx->room = SIZE_MAX;
    pump(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
}

static void room_for_some(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_thing(fx, "door");
    fx->room = 3;
    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door")};
    assert_int_equal(fixture_try_job(fx, "a", "", (struct job_create){.targets = targets, .target_count = 2}),
                     CORE_OK);
    assert_string_equal(fixture_heard(fx),
                        "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; door/notify QUEUED:a#1; ");
    pump(fx);
    assert_string_equal(fixture_heard(fx), "door/notify-next a#1 QUEUED; ");
}

static void each_change_of_a_batch_is_told_by_itself(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp");
    fixture_job(fx, "b", "lamp");
    fixture_forget(fx);
    const char *jobs[] = {"a", "b"};
    assert_true(core_begin(fx->core));
    for (size_t i = 0; i < 2; i++) {
        struct execution execution;
        struct execution_update update = {
            .thing = "lamp", .job_id = jobs[i], .status = slice_from("SUCCEEDED")};
        assert_int_equal(executions_update(fx->core, &update, &execution, &fx->error), CORE_OK);
        execution_clear(&execution);
        core_collect(fx->core);
    }
    assert_string_equal(fixture_heard(fx), ""); /* not before the COMMIT */
    fixture_finish(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:b#1; lamp/notify-next b#1 QUEUED; "
                                           "lamp/notify; lamp/notify-next; ");
}

static void what_the_broker_has_not_taken_is_told_again(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp");
    fixture_forget(fx);
    core_broker_lost(fx->core);
    pump(fx);
    pump(fx);
    assert_string_equal(fixture_heard(fx), ""); /* taken, and the marks are off */
    fx->is_broker_deaf = true;
    end_job(fx, "a");
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
    pump(fx);
    assert_string_equal(fixture_heard(fx), ""); /* still on its way */
    core_broker_lost(fx->core);
    pump(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
}

/* The broker takes an older notice when the thing has a newer mark already: that one stays. */
static void an_old_delivery_does_not_take_a_new_mark(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp"); /* marks 1 and 2 */
    fixture_forget(fx);
    fx->is_broker_deaf = true;
    end_job(fx, "a"); /* marks 3 and 4 */
    fixture_forget(fx);
    core_delivered(fx->core, 1);
    core_delivered(fx->core, 2);
    pump(fx);
    core_broker_lost(fx->core);
    pump(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
}

static void notices_survive_a_restart(void **state)
{
    struct fixture *fx = *state;
    char path[] = "/tmp/core_marks_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fixture_close(fx);
    fixture_open(fx, path);
    fixture_thing(fx, "lamp");
    fx->is_broker_deaf = true;
    fixture_job(fx, "a", "lamp");
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; ");
    fixture_close(fx);
    fixture_open(fx, path);
    pump(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; ");
    pump(fx); /* takes the marks off */
    fixture_close(fx);
    fixture_open(fx, path);
    pump(fx);
    assert_string_equal(fixture_heard(fx), "");
    unlink(path);
}

/* --- After the broker has started --- */

static const char *subscribe(struct fixture *fx, const char *filter)
{
    assert_true(core_begin(fx->core));
    core_subscribed(fx->core, slice_from(filter));
    fixture_finish(fx);
    fixture_run_due(fx);
    return fixture_heard(fx);
}

static struct fixture *lamp_with_two_jobs(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp");
    fx->now_ms += 1000;
    fixture_job(fx, "b", "lamp");
    fixture_forget(fx);
    return fx;
}

static void subscribing_alone_sends_nothing(void **state)
{
    struct fixture *fx = lamp_with_two_jobs(state);
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/#"), "");
}

static void the_first_subscriber_is_told_once(void **state)
{
    struct fixture *fx = lamp_with_two_jobs(state);
    core_broker_started(fx->core);
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), "");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify-next"), "lamp/notify-next a#1 QUEUED; ");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify-next"), "");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "lamp/notify QUEUED:a#1,b#1; ");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/#"), "");
    core_broker_started(fx->core);
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "lamp/notify QUEUED:a#1,b#1; ");
}

/* A restored session does not subscribe again (docs/protocol.md, persistent sessions); a device with a clean session has not
 * subscribed yet, and is told when it does. */
static void restored_sessions_are_told_at_the_start(void **state)
{
    struct fixture *fx = lamp_with_two_jobs(state);
    fixture_thing(fx, "idle");
    core_broker_started(fx->core);
    core_sessions_restored(fx->core);
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:a#1,b#1; lamp/notify-next a#1 QUEUED; ");
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), "");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "lamp/notify QUEUED:a#1,b#1; ");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "");
}

/* Who subscribes for one kind of all things meanwhile takes the other kind from nobody. */
static void restored_sessions_and_a_subscriber_of_everything(void **state)
{
    struct fixture *fx = lamp_with_two_jobs(state);
    core_broker_started(fx->core);
    core_sessions_restored(fx->core);
    assert_string_equal(subscribe(fx, "$aws/things/+/jobs/notify"),
                        "lamp/notify-next a#1 QUEUED; lamp/notify QUEUED:a#1,b#1; ");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify-next"), "lamp/notify-next a#1 QUEUED; ");
}

static void what_came_after_the_start_was_told_already(void **state)
{
    struct fixture *fx = lamp(state);
    core_broker_started(fx->core);
    fixture_job(fx, "a", "lamp");
    fixture_forget(fx);
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "");
}

static void what_has_ended_since_the_start_is_not_told(void **state)
{
    struct fixture *fx = lamp(state);
    fixture_job(fx, "a", "lamp");
    core_broker_started(fx->core);
    end_job(fx, "a");
    fixture_forget(fx);
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "");
}

static void filters_that_cover_notices(void **state)
{
    const char both[] = "lamp/notify QUEUED:a#1,b#1; lamp/notify-next a#1 QUEUED; ";
    const char list[] = "lamp/notify QUEUED:a#1,b#1; ";
    const struct {
        const char *filter, *heard;
    } rows[] = {
        {"$aws/things/lamp/jobs/#", both},
        {"$aws/things/lamp/jobs/+", both},
        {"$aws/things/lamp/#", both},
        {"$aws/things/lamp/+/notify", list},
        {"$aws/things/+/jobs/notify", list},
        {"$aws/things/+/jobs/#", both},
        {"$aws/+/lamp/jobs/notify", list},
        {"$aws/things/#", both},
        {"$aws/#", both},
        {"$aws/things/lamp/jobs/notify/#", ""},
        {"$aws/things/lamp/jobs/+/get/accepted", ""},
        {"$aws/things/lamp/shadow/#", ""},
        {"$aws/things/other/jobs/#", ""},
        {"$aws/things/lamp", ""},
        {"$aws", ""},
        {"#", ""}, /* does not match topics that begin with $ */
        {"", ""},
        {"a/b", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *fx = lamp_with_two_jobs(state);
        core_broker_started(fx->core);
        assert_string_equal(subscribe(fx, rows[i].filter), rows[i].heard);
        fixture_close(fx);
        fixture_open(fx, ":memory:");
    }
}

/* --- A database that refuses one statement --- */

static struct {
    char path[32];
    sqlite3 *foreign;
} broken;

/* Things that have a job each, in a database that others can reach. */
static struct fixture *two_things_in_a_file(void **state)
{
    struct fixture *fx = *state;
    strcpy(broken.path, "/tmp/core_marks_XXXXXX");
    int fd = mkstemp(broken.path);
    assert_true(fd >= 0);
    close(fd);
    fixture_close(fx);
    fixture_open(fx, broken.path);
    fixture_thing(fx, "door");
    fixture_thing(fx, "lamp");
    fixture_job(fx, "d", "door");
    fixture_job(fx, "l", "lamp");
    fixture_forget(fx);
    core_broker_started(fx->core);
    broken.foreign = db_open(broken.path);
    return fx;
}

/* A failure is one, and is not tried again in a loop. */
static void expect_failure(struct fixture *fx)
{
    assert_false(core_run_due(fx->core));
    assert_in_range(core_next_due_ms(fx->core), fx->now_ms + 1, fx->now_ms + 1000);
}

/* ... but a second later. */
static const char *mend(struct fixture *fx, const char *sql)
{
    db_run(broken.foreign, sql);
    assert_int_equal(sqlite3_close(broken.foreign), SQLITE_OK);
    fx->now_ms += 1000;
    fixture_run_due(fx);
    unlink(broken.path);
    return fixture_heard(fx);
}

#define REFUSE(when)                                                                                         \
    "CREATE TRIGGER refuse BEFORE INSERT ON marks WHEN " when " BEGIN SELECT RAISE(ABORT, 'no'); END"

/* Whoever was told before it is not told again. */
static void an_announcement_that_fails_is_made_later(void **state)
{
    struct fixture *fx = two_things_in_a_file(state);
    db_run(broken.foreign, REFUSE("NEW.thing_name = 'lamp'"));
    core_sessions_restored(fx->core);
    expect_failure(fx);
    assert_string_equal(fixture_heard(fx), "door/notify QUEUED:d#1; door/notify-next d#1 QUEUED; ");
    fx->now_ms += 1000;
    expect_failure(fx);
    assert_string_equal(fixture_heard(fx), "");
    assert_string_equal(mend(fx, "DROP TRIGGER refuse"),
                        "lamp/notify QUEUED:l#1; lamp/notify-next l#1 QUEUED; ");
}

/* Half of it is not written down as done. */
static void an_announcement_is_made_whole_or_not_at_all(void **state)
{
    struct fixture *fx = two_things_in_a_file(state);
    char refuse[200];
    snprintf(refuse, sizeof refuse, REFUSE("NEW.thing_name = 'door' AND NEW.kind = %d"), MARK_FIRST);
    db_run(broken.foreign, refuse);
    assert_string_equal(subscribe(fx, "$aws/things/door/jobs/#"), "");
    assert_string_equal(subscribe(fx, "$aws/things/+/jobs/#"), "");
    expect_failure(fx);
    assert_string_equal(mend(fx, "DROP TRIGGER refuse"),
                        "door/notify QUEUED:d#1; door/notify-next d#1 QUEUED; "
                        "lamp/notify QUEUED:l#1; lamp/notify-next l#1 QUEUED; ");
}

static void things_that_cannot_be_read_are_announced_later(void **state)
{
    struct fixture *fx = two_things_in_a_file(state);
    db_run(broken.foreign, "ALTER TABLE executions RENAME TO hidden");
    core_sessions_restored(fx->core);
    expect_failure(fx);
    assert_string_equal(mend(fx, "ALTER TABLE hidden RENAME TO executions"),
                        "door/notify QUEUED:d#1; door/notify-next d#1 QUEUED; "
                        "lamp/notify QUEUED:l#1; lamp/notify-next l#1 QUEUED; ");
}

/* Who cannot know what was pending at the start tells more than needed. */
static void a_start_that_cannot_look_announces_all(void **state)
{
    struct fixture *fx = two_things_in_a_file(state);
    db_run(broken.foreign, "ALTER TABLE executions RENAME TO hidden");
    core_broker_started(fx->core);
    assert_string_equal(mend(fx, "ALTER TABLE hidden RENAME TO executions"), "");
    assert_string_equal(subscribe(fx, "$aws/things/lamp/jobs/notify"), "lamp/notify QUEUED:l#1; ");
}

/* --- What is due, and who else writes --- */

static void a_fleet_times_out_in_slices(void **state)
{
    enum { THINGS = 100 };
    struct fixture *fx = *state;
    for (int i = 0; i < THINGS; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        fixture_thing(fx, name);
        assert_int_equal(fixture_try_job(fx, name, name, (struct job_create){.in_progress_timeout_min = 1}),
                         CORE_OK);
        assert_int_equal(fixture_update(fx, name, name, "IN_PROGRESS"), CORE_OK);
    }
    fixture_forget(fx);
    fx->now_ms += 60000;
    int slices = 1;
    while (core_run_due(fx->core)) {
        slices++;
        assert_true(core_next_due_ms(fx->core) <= fx->now_ms);
    }
    assert_in_range(slices, 3, THINGS / 2);
    int64_t timed_out = 0;
    for (int i = 0; i < THINGS; i++) {
        char name[16];
        struct job job;
        snprintf(name, sizeof name, "t%d", i);
        FIXTURE_OK(fx, jobs_describe(fx->core, name, &job, &fx->error));
        timed_out += job.counts[EXECUTION_TIMED_OUT];
        job_clear(&job);
    }
    assert_int_equal(timed_out, THINGS);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

static void a_foreign_writer_stops_no_reader(void **state)
{
    struct fixture *fx = *state;
    char path[] = "/tmp/core_marks_XXXXXX";
    sqlite3 *foreign = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fixture_close(fx);
    fixture_open(fx, path);
    fixture_thing(fx, "lamp");
    assert_int_equal(sqlite3_open(path, &foreign), SQLITE_OK);
    assert_int_equal(sqlite3_exec(foreign, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);

    assert_false(core_begin(fx->core));
    assert_true(core_is_busy(fx->core));
    assert_false(core_run_due(fx->core)); /* and no spinning */
    assert_true(core_begin_read(fx->core));
    struct thing thing;
    assert_int_equal(things_describe(fx->core, "lamp", &thing, &fx->error), CORE_OK);
    thing_clear(&thing);
    assert_int_equal(things_create(fx->core, &(struct thing_create){.name = "door"}, &thing, &fx->error),
                     CORE_INTERNAL);
    fixture_finish(fx);

    assert_int_equal(sqlite3_close(foreign), SQLITE_OK);
    assert_true(core_begin(fx->core));
    assert_false(core_is_busy(fx->core));
    fixture_finish(fx);
    unlink(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_room_many_changes_become_one_notice),
        TEST(a_change_and_its_undoing_are_told),
        TEST(room_for_some),
        TEST(each_change_of_a_batch_is_told_by_itself),
        TEST(what_the_broker_has_not_taken_is_told_again),
        TEST(an_old_delivery_does_not_take_a_new_mark),
        TEST(notices_survive_a_restart),
        TEST(subscribing_alone_sends_nothing),
        TEST(the_first_subscriber_is_told_once),
        TEST(restored_sessions_are_told_at_the_start),
        TEST(restored_sessions_and_a_subscriber_of_everything),
        TEST(what_came_after_the_start_was_told_already),
        TEST(what_has_ended_since_the_start_is_not_told),
        TEST(filters_that_cover_notices),
        TEST(an_announcement_that_fails_is_made_later),
        TEST(an_announcement_is_made_whole_or_not_at_all),
        TEST(things_that_cannot_be_read_are_announced_later),
        TEST(a_start_that_cannot_look_announces_all),
        TEST(a_fleet_times_out_in_slices),
        TEST(a_foreign_writer_stops_no_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
