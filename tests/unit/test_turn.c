/* SPDX-License-Identifier: MIT */
/* One turn: requests that arrive together share a COMMIT and are answered after it, in order; a foreign writer makes writers
 * wait and nobody else; notices follow the answers (cloud/README.md, "A turn"). */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/events/event_configurations.h"
#include "cloud/core/events/event_outbox.h"
#include "cloud/core/turn.h"
#include "fakes/core_fixture.h"

#include <sqlite3.h>

#define REQUESTS_MAX 600

/* A request that creates a thing, or reads one; and what became of it. */
struct request {
    struct turn_request turn; /* first */
    struct house *house;
    char thing[16];
    enum core_code code;
};

struct house {
    struct fixture fx;
    struct turn turn;
    char path[40];
    struct request requests[REQUESTS_MAX];
    size_t request_count;
    char told[REQUESTS_MAX *
              24]; /* "name=code;" in the order of the answers, "name!;" when nothing was kept */
    char logged[400];
};

static struct house *the_house; /* the log has no context */

static void log_line(const char *line)
{
    snprintf(the_house->logged, sizeof the_house->logged, "%s", line);
}

static void create(struct turn_request *turn)
{
    struct request *request = (struct request *)turn;
    struct thing thing;
    struct core_error error = {0};
    request->code = things_create(request->house->fx.core, &(struct thing_create){.name = request->thing},
                                  &thing, &error);
    thing_clear(&thing);
    core_error_clear(&error);
}

static void describe(struct turn_request *turn)
{
    struct request *request = (struct request *)turn;
    struct thing thing;
    struct core_error error = {0};
    request->code = things_describe(request->house->fx.core, request->thing, &thing, &error);
    thing_clear(&thing);
    core_error_clear(&error);
}

static void answered(struct turn_request *turn, bool is_kept)
{
    struct request *request = (struct request *)turn;
    char *end = request->house->told + strlen(request->house->told);
    if (is_kept) {
        sprintf(end, "%s=%d;", request->thing, (int)request->code);
    } else {
        sprintf(end, "%s!;", request->thing);
    }
}

static void add(struct house *house, const char *thing, bool writes, uint64_t order)
{
    struct request *request = &house->requests[house->request_count++];
    *request = (struct request){
        .turn = {.writes = writes, .order = order, .serve = writes ? create : describe, .done = answered},
        .house = house};
    snprintf(request->thing, sizeof request->thing, "%s", thing);
    turn_add(&house->turn, &request->turn);
}

static const char *told(struct house *house)
{
    static char text[sizeof house->told];
    memcpy(text, house->told, sizeof text);
    house->told[0] = '\0';
    return text;
}

static int setup(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    assert_non_null(house);
    strcpy(house->path, "/tmp/turn_XXXXXX");
    int fd = mkstemp(house->path);
    assert_true(fd >= 0);
    close(fd);
    the_house = house;
    fixture_open(&house->fx, house->path);
    turn_open(&house->turn, house->fx.core, &house->fx.clock, log_line);
    *state = house;
    return 0;
}

static int teardown(void **state)
{
    struct house *house = *state;
    static const char *const ends[] = {"", "-wal", "-shm"};
    turn_close(&house->turn);
    fixture_close(&house->fx);
    for (size_t i = 0; i < 3; i++) {
        char name[60];
        snprintf(name, sizeof name, "%s%s", house->path, ends[i]);
        unlink(name);
    }
    free(house);
    return 0;
}

static sqlite3 *foreign_writer(struct house *house)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(house->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void who_comes_together_is_answered_together(void **state)
{
    struct house *house = *state;
    add(house, "a", true, 0);
    add(house, "a", false, 0); /* sees what came before */
    add(house, "b", false, 0);
    add(house, "b", true, 0);
    assert_string_equal(told(house), "");
    turn_run(&house->turn);
    char wanted[60];
    snprintf(wanted, sizeof wanted, "a=0;a=0;b=%d;b=0;", CORE_NOT_FOUND);
    assert_string_equal(told(house), wanted);
}

/* One page of the log grows by one frame per COMMIT that changes something: with one COMMIT for 64 there is one. */
static void sixty_four_share_a_commit(void **state)
{
    struct house *house = *state;
    sqlite3 *reader = NULL;
    assert_int_equal(sqlite3_open(house->path, &reader), SQLITE_OK);
    sqlite3_stmt *version = NULL;
    assert_int_equal(sqlite3_prepare_v2(reader, "PRAGMA data_version", -1, &version, NULL), SQLITE_OK);
    int changes = -1;
    sqlite3_int64 last = 0;
    for (int i = 0; i < 64; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        add(house, name, true, 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(sqlite3_step(version), SQLITE_ROW);
        changes += sqlite3_column_int64(version, 0) != last;
        last = sqlite3_column_int64(version, 0);
        sqlite3_reset(version);
        turn_run(&house->turn);
    }
    assert_int_equal(changes, 1);
    sqlite3_finalize(version);
    sqlite3_close(reader);
    assert_non_null(strstr(told(house), "t63=0;"));
}

static void a_turn_is_bounded(void **state)
{
    struct house *house = *state;
    for (int i = 0; i < 500; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        add(house, name, true, 0);
    }
    turn_run(&house->turn);
    assert_null(strstr(house->told, "t499="));
    assert_int_equal(turn_timeout_ms(&house->turn), 0);
    turn_run(&house->turn);
    assert_non_null(strstr(house->told, "t499=0;"));
    assert_true(turn_timeout_ms(&house->turn) > 0);
}

static void readers_pass_a_foreign_writer(void **state)
{
    struct house *house = *state;
    add(house, "lamp", true, 0);
    turn_run(&house->turn);
    told(house);

    sqlite3 *foreign = foreign_writer(house);
    add(house, "door", true, 1);
    add(house, "lamp", false, 2);
    add(house, "door", false, 1); /* behind the write of its own connection */
    add(house, "door", false, 3);
    turn_run(&house->turn);
    char wanted[60];
    snprintf(wanted, sizeof wanted, "lamp=0;door=%d;", CORE_NOT_FOUND);
    assert_string_equal(told(house), wanted);
    assert_in_range(turn_timeout_ms(&house->turn), 1, 100); /* tries again soon, and does not spin */
    turn_run(&house->turn);
    assert_string_equal(told(house), "");

    sqlite3_close(foreign);
    turn_run(&house->turn);
    assert_string_equal(told(house), "door=0;door=0;");
}

static void patience_ends_with_a_line(void **state)
{
    struct house *house = *state;
    sqlite3 *foreign = foreign_writer(house);
    add(house, "door", true, 0);
    turn_run(&house->turn);
    house->fx.now_ms += TURN_PATIENCE_MS - 1;
    turn_run(&house->turn);
    assert_string_equal(told(house), "");
    assert_string_equal(house->logged, "");
    house->fx.now_ms += 1;
    turn_run(&house->turn);
    assert_string_equal(told(house), "door!;");
    assert_non_null(strstr(house->logged, "locked"));
    sqlite3_close(foreign);
    add(house, "door", true, 0);
    turn_run(&house->turn);
    assert_string_equal(told(house), "door=0;");
}

static void closing_tells_those_who_wait(void **state)
{
    struct house *house = *state;
    add(house, "a", true, 0);
    add(house, "b", false, 0);
    turn_close(&house->turn);
    assert_string_equal(told(house), "a!;b!;");
}

/* --- Notices --- */

struct update {
    struct turn_request turn; /* first */
    struct fixture *fx;
    const char *job_id;
};

static void end_job(struct turn_request *turn)
{
    struct update *update = (struct update *)turn;
    struct execution execution;
    struct execution_update wanted = {
        .thing = "lamp", .job_id = update->job_id, .status = slice_from("SUCCEEDED")};
    assert_int_equal(executions_update(update->fx->core, &wanted, &execution, &update->fx->error), CORE_OK);
    execution_clear(&execution);
}

static void answer_comes_first(struct turn_request *turn, bool is_kept)
{
    assert_true(is_kept);
    assert_string_equal(fixture_heard(((struct update *)turn)->fx), "");
}

static void notices_follow_the_answers_one_per_change(void **state)
{
    struct house *house = *state;
    struct fixture *fx = &house->fx;
    fixture_thing(fx, "lamp");
    fixture_job(fx, "a", "lamp");
    fixture_job(fx, "b", "lamp");
    fixture_forget(fx);
    struct turn_request turn = {.writes = true, .serve = end_job, .done = answer_comes_first};
    struct update updates[] = {{turn, fx, "a"}, {turn, fx, "b"}};
    turn_add(&house->turn, &updates[0].turn);
    turn_add(&house->turn, &updates[1].turn);
    turn_run(&house->turn);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:b#1; lamp/notify-next b#1 QUEUED; "
                                           "lamp/notify; lamp/notify-next; ");
}

static void what_waits_for_room_goes_out_when_there_is_some(void **state)
{
    struct house *house = *state;
    struct fixture *fx = &house->fx;
    fixture_thing(fx, "lamp");
    fx->room = 0;
    fixture_job(fx, "a", "lamp");
    turn_run(&house->turn);
    assert_true(turn_timeout_ms(&house->turn) > 0);
    fx->room = 1;
    assert_int_equal(turn_timeout_ms(&house->turn), 0);
    turn_run(&house->turn);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:a#1; ");
    turn_run(&house->turn);
    assert_string_equal(fixture_heard(fx), "lamp/notify-next a#1 QUEUED; ");
}

/* --- Events --- */

static void enable_job_events(struct house *house)
{
    struct event_configurations update = {0};
    update.is_given[EVENT_JOB] = update.is_enabled[EVENT_JOB] = true;
    FIXTURE_OK(&house->fx, event_configurations_update(house->fx.core, &update, &house->fx.error));
    fixture_thing(&house->fx, "lamp");
}

static void end_jobs(struct house *house, int count)
{
    char job[16];
    for (int i = 0; i < count; i++) {
        snprintf(job, sizeof job, "job%d", i);
        fixture_job(&house->fx, job, "lamp");
        assert_int_equal(fixture_update(&house->fx, "lamp", job, "SUCCEEDED"), CORE_OK);
    }
}

static size_t events_told(struct house *house)
{
    size_t count = 0;
    for (const char *at = house->fx.told; at && (at = strchr(at, '\n')); at++) {
        count++;
    }
    return count;
}

/* They go out in the turn after the notices, as far as there is room, and the next turn comes at once when there is room again. */
static void events_go_out_at_the_end_of_a_turn(void **state)
{
    struct house *house = *state;
    enable_job_events(house);
    house->fx.event_room = 2;
    end_jobs(house, 3);
    assert_int_equal(events_told(house), 0);
    assert_int_equal(turn_timeout_ms(&house->turn), 0);
    turn_run(&house->turn);
    assert_int_equal(events_told(house), 2);
    assert_true(turn_timeout_ms(&house->turn) > 0); /* no room: nothing to do */
    house->fx.event_room = 2;
    assert_int_equal(turn_timeout_ms(&house->turn), 0);
    turn_run(&house->turn);
    assert_int_equal(events_told(house), 3);
    assert_true(turn_timeout_ms(&house->turn) > 0);
    assert_string_equal(house->logged, "");
}

static void lost_events_are_one_line(void **state)
{
    struct house *house = *state;
    house->fx.event_room = 0;
    assert_true(core_begin(house->fx.core));
    for (int i = 0; i < EVENT_OUTBOX_MAX + 7; i++) {
        assert_true(event_outbox_add(house->fx.core, "$aws/events/job/x/completed", "{}"));
    }
    fixture_finish(&house->fx);
    turn_run(&house->turn);
    assert_non_null(
        strstr(house->logged, "7 events of jobs are lost: the broker has taken none for too long"));
    house->logged[0] = '\0';
    turn_run(&house->turn);
    assert_string_equal(house->logged, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_comes_together_is_answered_together),
        TEST(sixty_four_share_a_commit),
        TEST(a_turn_is_bounded),
        TEST(readers_pass_a_foreign_writer),
        TEST(patience_ends_with_a_line),
        TEST(closing_tells_those_who_wait),
        TEST(notices_follow_the_answers_one_per_change),
        TEST(what_waits_for_room_goes_out_when_there_is_some),
        TEST(events_go_out_at_the_end_of_a_turn),
        TEST(lost_events_are_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
