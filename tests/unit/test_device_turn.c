/* SPDX-License-Identifier: MIT */
/* Subscriptions on their way to the core: one that could not be written down costs no device its notice (cloud/README.md, "From a
 * device to the service and back"). */
// LINK: cloud_broker_link jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/mqtt/device_turn.h"
#include "fakes/core_fixture.h"
#include "fakes/sqlite_rows.h"

#define NOTICES "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; "

static struct fixture fx;
static struct turn turn;
static struct device_turn devices;
static char path[32];

static void no_log(const char *line)
{
    (void)line;
}

/* A thing with a job that was pending when the broker started. */
static int open_all(void **state)
{
    (void)state;
    strcpy(path, "/tmp/device_turn_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fx = (struct fixture){0};
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    fixture_job(&fx, "a", "lamp");
    fixture_next_due(&fx); /* takes the marks of these notices off */
    fixture_forget(&fx);
    core_broker_started(fx.core);
    turn_open(&turn, fx.core, &fx.clock, no_log);
    devices = (struct device_turn){.core = fx.core, .turn = &turn};
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    turn_close(&turn);
    fixture_close(&fx);
    return unlink(path);
}

/* Ten seconds, or until something is heard. */
static const char *run(void)
{
    for (int i = 0; i < 100 && fx.heard_len == 0; i++) {
        fx.now_ms += 100;
        turn_run(&turn);
    }
    return fixture_heard(&fx);
}

static void a_subscriber_is_told_once(void **state)
{
    (void)state;
    device_turn_subscribed(&devices, slice_from("$aws/things/lamp/jobs/#"));
    assert_string_equal(run(), NOTICES);
    device_turn_subscribed(&devices, slice_from("$aws/things/lamp/jobs/#"));
    assert_string_equal(run(), "");
}

/* Somebody holds the database for longer than there is patience: the subscription is refused, the device has subscribed. */
static void a_subscriber_whom_the_database_refused_is_told_all_the_same(void **state)
{
    (void)state;
    sqlite3 *foreign = db_open(path);
    db_run(foreign, "BEGIN IMMEDIATE");
    device_turn_subscribed(&devices, slice_from("$aws/things/lamp/jobs/#"));
    assert_string_equal(run(), "");
    assert_null(turn.first);
    assert_int_equal(sqlite3_close(foreign), SQLITE_OK);
    assert_string_equal(run(), NOTICES);
}

/* One statement fails, the others of the turn do not. */
static void a_subscriber_whose_announcement_failed_is_told_later(void **state)
{
    (void)state;
    sqlite3 *foreign = db_open(path);
    db_run(foreign, "CREATE TRIGGER refuse BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'no'); END");
    device_turn_subscribed(&devices, slice_from("$aws/things/lamp/jobs/#"));
    assert_string_equal(run(), "");
    db_run(foreign, "DROP TRIGGER refuse");
    assert_int_equal(sqlite3_close(foreign), SQLITE_OK);
    assert_string_equal(run(), NOTICES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(a_subscriber_is_told_once),
        TEST(a_subscriber_whom_the_database_refused_is_told_all_the_same),
        TEST(a_subscriber_whose_announcement_failed_is_told_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
