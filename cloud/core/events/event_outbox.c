/* SPDX-License-Identifier: MIT */
#include "cloud/core/events/event_outbox.h"

#include <stdlib.h>

#define CLEAR_AFTER_MS   1000 /* so long for somebody else's COMMIT */
#define AFTER_FAILURE_MS 1000 /* a database that refuses is not asked in a loop */

bool event_outbox_open(struct core *core)
{
    sqlite3_stmt *query = store_query(core->store, STORE_EVENT_NEWEST, NULL, 0);
    int got = store_row(core->store, query);
    if (got == 1) {
        core->events.newest = store_column_i64(query, 0);
    }
    store_done(query);
    return got == 1;
}

static bool forget_up_to(struct core *core, int64_t seq)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_EVENT_FORGET, store_i64(seq)));
}

/* A number that was given is never given again, also when its batch is not kept: what has been shown is told by numbers. */
bool event_outbox_add(struct core *core, const char *topic, const char *payload)
{
    int64_t seq = ++core->events.newest;
    if (!store_run(core->store, STORE_QUERY(core->store, STORE_EVENT_PUT, store_i64(seq), store_text(topic),
                                            store_text(payload))) ||
        !forget_up_to(core, seq - EVENT_OUTBOX_MAX)) {
        return false;
    }
    core->events.left_out += store_changes(core->store);
    return true;
}

void event_outbox_clear(struct core *core)
{
    if (core->events.taken > core->events.forgotten) {
        core->events.clearing = core->events.taken;
        forget_up_to(core, core->events.clearing);
    }
}

void event_outbox_committed(struct core *core, bool is_kept)
{
    if (is_kept && core->events.clearing) {
        core->events.forgotten = core->events.clearing;
    }
    core->events.clearing = 0;
}

void event_outbox_broker_lost(struct core *core)
{
    core->events.shown = core->events.taken;
}

int64_t event_outbox_due_ms(const struct core *core)
{
    return core->events.taken > core->events.forgotten ? core->events.taken_since_ms + CLEAR_AFTER_MS
                                                       : INT64_MAX;
}

bool core_has_events(const struct core *core)
{
    return core->publish_event && core->shown_mark == core->newest_mark &&
           core->events.shown < core->events.newest && core_now_ms(core) >= core->events.not_before_ms &&
           (!core->event_room || core->event_room(core->ctx) > 0);
}

/* 1: one went out; 0: there is none; -1: the database failed. */
static int publish_next(struct core *core)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EVENT_NEXT, store_i64(core->events.shown));
    int got = store_row(core->store, query);
    char *topic = NULL, *payload = NULL;
    if (got == 1) {
        core->events.shown = store_column_i64(query, 0);
        topic = store_column_dup(query, 1);
        payload = store_column_dup(query, 2);
    }
    store_done(query);
    if (got == 1) {
        core->publish_event(core->ctx, topic, slice_from(payload), core->events.shown);
    }
    free(topic);
    free(payload);
    return got;
}

void core_publish_events(struct core *core)
{
    int got = 1;
    while (got == 1 && !core->has_batch && core_has_events(core)) {
        got = publish_next(core);
    }
    if (got == 0) { /* the newer ones have been undone */
        core->events.shown = core->events.newest;
    } else if (got < 0) {
        core->events.not_before_ms = core_now_ms(core) + AFTER_FAILURE_MS;
    }
}

void core_event_delivered(struct core *core, int64_t event)
{
    if (core->events.taken <= core->events.forgotten) {
        core->events.taken_since_ms = core_now_ms(core);
    }
    if (event > core->events.taken) {
        core->events.taken = event;
    }
}

int64_t core_events_left_out(struct core *core)
{
    int64_t left_out = core->events.left_out;
    core->events.left_out = 0;
    return left_out;
}
