/* SPDX-License-Identifier: MIT */
/* The state table of device/core/jobs/states.c through the engine's own calls: every state, and everything that can happen to it. What
 * leads to a state and what follows from it is checked in the other test_engine files. G1, G2, G5. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

static const struct jobs_action action = {
    .name = "blink", .max_attempts = 1, .has_cancel = true, .deadline_s = 600};

enum event {
    OFFER, /* notify-next brings another job, and its document */
    UPDATE_ACCEPTED,
    UPDATE_GONE,
    UPDATE_THROTTLED,
    UPDATE_REFUSED,
    UPDATE_LOST,
    GET_GONE, /* a notification without it, and the answer to the question that follows */
    GET_GOOD,
    RETURN_FINAL,
    RETURN_LATER,   /* IN_PROGRESS */
    RETURN_FOREIGN, /* of a run that is not in hand */
    REPORT_FINAL,
    REPORT_FINAL_BY_ID,
    REPORT_PROGRESS,
    REPORT_FOREIGN,
    CALLBACK_RETURNS,
    DEADLINE, /* off line, so that only time passes */
    GRACE,    /* the same, and the grace */
    DISCONNECT,
    RECONNECT,
    RESYNC,
    REFRESH,
    NOTHING, /* ticks, SUBACKs and messages that belong to nothing */
    BOOT,
    EVENTS,
};

/* What each event makes of each state; o: nothing. */
/* clang-format off */
#define ROW(event, idle, claiming, running, waiting, reported, final, leaving_running, leaving_waiting, returning) \
    [event] = {idle, claiming, running, waiting, reported, final, leaving_running, leaving_waiting, returning}
#define SAME    JOBS_STATE_COUNT
#define I JOBS_IDLE
#define C JOBS_CLAIMING
#define R JOBS_RUNNING
#define W JOBS_WAITING
#define RP JOBS_REPORTED
#define F JOBS_FINAL
#define LR JOBS_LEAVING_RUNNING
#define LW JOBS_LEAVING_WAITING
#define RT JOBS_RETURNING
#define o SAME

static const enum jobs_state expected[EVENTS][JOBS_STATE_COUNT] = {
    /*    in                 I   C   R   W   RP  F   LR  LW  RT */
    ROW(OFFER,               C,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(UPDATE_ACCEPTED,     o,  R,  o,  o, RT,  I,  o,  o,  o),
    ROW(UPDATE_GONE,         o,  I, LR, LW, RT,  I,  o,  o,  o),
    ROW(UPDATE_THROTTLED,    o,  I,  o,  o,  o,  o,  o,  o,  o),
    ROW(UPDATE_REFUSED,      o,  I,  o,  o,  o,  o,  o,  o,  o),
    ROW(UPDATE_LOST,         o,  I,  o,  o,  o,  o,  o,  o,  o),
    ROW(GET_GONE,            o,  o, LR, LW,  o,  o,  o,  o,  o),
    ROW(GET_GOOD,            o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(RETURN_FINAL,        o,  o,  F,  o,  F,  o,  I,  o,  I),
    ROW(RETURN_LATER,        o,  o,  W,  o,  F,  o, LW,  o,  I),
    ROW(RETURN_FOREIGN,      o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(REPORT_FINAL,        o,  o, RP,  F,  o,  o, RT,  I,  o),
    ROW(REPORT_FINAL_BY_ID,  o,  o, RP,  F,  o,  o, RT,  I,  o),
    ROW(REPORT_PROGRESS,     o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(REPORT_FOREIGN,      o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(CALLBACK_RETURNS,    o,  o,  o,  o,  o,  o,  o,  I,  o),
    ROW(DEADLINE,            o,  I,  o,  F,  o,  o, RT,  o,  o),
    ROW(GRACE,               o,  I, RP,  F,  o,  o, RT,  o,  o),
    ROW(DISCONNECT,          o,  I,  o,  o,  o,  o,  o,  o,  o),
    ROW(RECONNECT,           o,  I,  o,  o,  o,  o,  o,  o,  o),
    ROW(RESYNC,              o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(REFRESH,             o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(NOTHING,             o,  o,  o,  o,  o,  o,  o,  o,  o),
    ROW(BOOT,                o,  I,  I,  I,  F,  o,  I,  I,  I),
};
/* clang-format on */

static struct fake_engine *gone(struct fake_engine *f)
{
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    return f;
}

/* In each state that has an update to the service, one is in flight. */
static struct fake_engine *enter(enum jobs_state state)
{
    struct fake_engine *f;

    switch (state) {
    case JOBS_IDLE:
    case JOBS_CLAIMING:
        f = fake_new();
        fake_boot(f);
        fake_register_action(f, &action);
        fake_connect(f);
        if (state == JOBS_IDLE) {
            fake_expect_idle(f);
        } else {
            fake_expect_publish_to(f, "$next/get");
            fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        }
        break;
    case JOBS_RUNNING:
        f = run_with(&action);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_OK);
        break;
    case JOBS_WAITING:
        f = run_with(&action);
        fake_return(f, JOBS_STATUS_IN_PROGRESS);
        break;
    case JOBS_REPORTED:
        f = run_with(&action);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
        break;
    case JOBS_FINAL:
        f = run_with(&action);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        break;
    case JOBS_LEAVING_RUNNING:
        f = gone(run_with(&action));
        break;
    case JOBS_LEAVING_WAITING:
        f = gone(wait_with(&action));
        break;
    default:
        f = run_with(&action);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
        fake_accept(f, "j1/update", "");
        break;
    }
    f->seen = f->effect_count;
    assert_int_equal(f->engine.execution.state, state);
    return f;
}

static bool is_asking(const struct fake_engine *f, enum jobs_request_kind kind)
{
    return f->engine.exchange.requests[kind].is_in_flight;
}

static void happen_update(struct fake_engine *f, enum event event)
{
    if (!is_asking(f, JOBS_REQUEST_UPDATE)) {
        return;
    }
    switch (event) {
    case UPDATE_ACCEPTED:
        fake_accept(f, "j1/update", "");
        break;
    case UPDATE_GONE:
        fake_reject(f, "j1/update", "ResourceNotFound", "");
        break;
    case UPDATE_THROTTLED:
        fake_reject(f, "j1/update", "RequestThrottled", "");
        break;
    case UPDATE_REFUSED:
        fake_reject(f, "j1/update", "InvalidRequest", "");
        break;
    default:
        fake_pass(f, CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
        break;
    }
}

static void happen_get(struct fake_engine *f, bool is_good)
{
    fake_message(f, "notify", "{\"jobs\":{}}");
    if (!is_asking(f, JOBS_REQUEST_DESCRIBE)) {
        return; /* there is nothing to ask about, or an update under way tells more */
    }
    if (is_good) {
        fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    } else {
        fake_reject(f, "j1/get", "ResourceNotFound", "");
    }
}

static enum err expected_answer(enum jobs_state state)
{
    switch (state) {
    case JOBS_RUNNING:
    case JOBS_WAITING:
        return ERR_OK;
    case JOBS_LEAVING_RUNNING:
    case JOBS_LEAVING_WAITING:
        return ERR_STALE;
    case JOBS_REPORTED:
    case JOBS_FINAL:
    case JOBS_RETURNING:
        return ERR_BUSY;
    default:
        return ERR_NOT_FOUND;
    }
}

static void happen_report(struct fake_engine *f, enum event event, enum jobs_state state)
{
    uint32_t run_id = f->run.run_id != 0 ? f->run.run_id : 1;

    if (event == REPORT_FOREIGN) {
        assert_int_equal(fake_report_run(f, run_id + 1, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        assert_int_equal(fake_report(f, "j9", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    } else if (event == REPORT_FINAL_BY_ID) {
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_FAILED), expected_answer(state));
    } else {
        enum jobs_status status = event == REPORT_FINAL ? JOBS_STATUS_FAILED : JOBS_STATUS_IN_PROGRESS;
        assert_int_equal(fake_report_run(f, run_id, status), expected_answer(state));
    }
}

static void happen_time(struct fake_engine *f, enum event event)
{
    fake_disconnect(f);
    if (event == RECONNECT) {
        fake_pass(f, 1000);
        f->seen = f->effect_count;
        fake_connect(f);
    } else if (event != DISCONNECT) {
        fake_pass(f, 10 * MINUTE_MS);
    }
    if (event == GRACE) {
        fake_pass(f, CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS);
    }
}

static void happen_nothing(struct fake_engine *f)
{
    static const char *const topics[] = {"j1/update/accepted", "j1/update/rejected", "j1/get/accepted",
                                         "j1/get/rejected",    "$next/get/rejected", "j9/update/rejected"};
    jobs_engine_tick(&f->engine, f->now_ms);
    jobs_engine_drop_refresh(&f->engine, f->now_ms);
    for (unsigned id = 0; id <= JOBS_SUB_COUNT; id++) {
        fake_subscribed(f, (enum jobs_subscription)id, true);
    }
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        fake_message(f, topics[i], "{\"clientToken\":\"0123456789abcdef\",\"code\":\"ResourceNotFound\"}");
        fake_message(f, topics[i], "");
    }
}

static void happen(struct fake_engine *f, enum event event, enum jobs_state state)
{
    switch (event) {
    case OFFER:
        fake_message(
            f, "notify-next",
            "{\"timestamp\":1700000100,\"execution\":{\"jobId\":\"j2\",\"status\":\"QUEUED\",\"queuedAt\":"
            "1700000100,\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":" BLINK "}}");
        break;
    case GET_GONE:
    case GET_GOOD:
        happen_get(f, event == GET_GOOD);
        break;
    case RETURN_FINAL:
    case RETURN_LATER:
        fake_return(f, event == RETURN_FINAL ? JOBS_STATUS_SUCCEEDED : JOBS_STATUS_IN_PROGRESS);
        break;
    case RETURN_FOREIGN:
        jobs_engine_handler_returned(&f->engine, f->run.run_id + 1, JOBS_STATUS_SUCCEEDED, f->now_ms);
        jobs_engine_cancel_returned(&f->engine, f->run.run_id + 1, f->now_ms);
        break;
    case REPORT_FINAL:
    case REPORT_FINAL_BY_ID:
    case REPORT_PROGRESS:
    case REPORT_FOREIGN:
        happen_report(f, event, state);
        break;
    case CALLBACK_RETURNS:
        fake_return_cancel(f);
        break;
    case DEADLINE:
    case GRACE:
    case DISCONNECT:
    case RECONNECT:
        happen_time(f, event);
        break;
    case RESYNC:
        jobs_engine_resync(&f->engine, f->now_ms);
        break;
    case REFRESH:
        assert_int_equal(fake_refresh(f), state == JOBS_RUNNING ? ERR_OK : ERR_NOT_FOUND);
        break;
    case NOTHING:
        happen_nothing(f);
        break;
    case BOOT:
        fake_boot(f);
        break;
    default:
        happen_update(f, event);
        break;
    }
    fake_check(f);
}

static bool is_handler_out(enum jobs_state state)
{
    return state == JOBS_RUNNING || state == JOBS_REPORTED || state == JOBS_LEAVING_RUNNING ||
           state == JOBS_RETURNING;
}

static void check_state(const struct fake_engine *f, enum jobs_state state)
{
    bool is_out = f->engine.execution.out.run_id != 0;
    struct jobs_run run;

    assert_int_equal(f->engine.execution.state, state);
    assert_int_equal(jobs_engine_is_idle(&f->engine), state == JOBS_IDLE && !is_out);
    assert_int_equal(jobs_engine_keeps_document(&f->engine), is_handler_out(state) || state == JOBS_WAITING);
    assert_false(jobs_engine_waiting(&f->engine, &run)); /* nothing of an earlier boot */
    assert_true(jobs_engine_wake_at_ms(&f->engine) > f->now_ms);
}

static void test_every_state_and_event(void **state)
{
    (void)state;
    for (unsigned from = 0; from < JOBS_STATE_COUNT; from++) {
        for (unsigned event = 0; event < EVENTS; event++) {
            enum jobs_state to = expected[event][from];
            struct fake_engine *f = enter((enum jobs_state)from);
            happen(f, (enum event)event, (enum jobs_state)from);
            if (f->engine.execution.state != (to == SAME ? from : to)) {
                print_message("state %u, event %u\n", from, event);
            }
            check_state(f, to == SAME ? (enum jobs_state)from : to);
            fake_free(f);
        }
    }
}

/* Every pair of events in a row: the second one means after the first what it means in the state that the first has led to. */
static void test_every_pair_of_events(void **state)
{
    (void)state;
    for (unsigned i = 0; i < JOBS_STATE_COUNT * EVENTS * EVENTS; i++) {
        unsigned from = i % JOBS_STATE_COUNT;
        enum event first = (enum event)(i / JOBS_STATE_COUNT % EVENTS);
        enum event second = (enum event)(i / JOBS_STATE_COUNT / EVENTS);
        struct fake_engine *f = enter((enum jobs_state)from);
        happen(f, first, (enum jobs_state)from);
        enum jobs_state between = (enum jobs_state)f->engine.execution.state;
        if (first != BOOT && first != OFFER && second != REFRESH &&
            (second < REPORT_FINAL || second > REPORT_FOREIGN)) {
            f->seen = f->effect_count;
            happen(f, second, between);
            assert_true(f->engine.execution.state == between || expected[second][between] != SAME ||
                        second == DEADLINE || second == GRACE);
            assert_true(jobs_engine_wake_at_ms(&f->engine) > f->now_ms);
        }
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_and_event),
        cmocka_unit_test(test_every_pair_of_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
