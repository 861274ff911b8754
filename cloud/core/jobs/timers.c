/* SPDX-License-Identifier: MIT */
/* Time-outs of executions (docs/protocol.md 2.5), and the announcement after a start. Both are batches of their own. */
#include "cloud/core/core_private.h"
#include "cloud/core/jobs/lifecycle.h"
#include "cloud/core/jobs/notices.h"

#include <stdio.h>
#include <string.h>

#define RETRY_AFTER_FAILURE_MS 1000
#define TIMEOUTS_PER_BATCH     100 /* a whole fleet may time out at once; its notifications wait in memory */

int64_t core_next_timer_ms(struct core *core)
{
    sqlite3_stmt *query = store_query(core->store, STORE_EXECUTION_NEXT_DEADLINE, NULL, 0);
    int64_t next = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : 0;
    store_done(query);
    if (!next) {
        return INT64_MAX;
    }
    return next > core->timers_wait_until_ms ? next : core->timers_wait_until_ms;
}

static bool time_out(struct core *core, struct execution_record *record)
{
    struct change change;
    if (!change_begin(core, record->execution.thing_name, &change)) {
        return false;
    }
    lifecycle_touch(core, record);
    return lifecycle_end(core, &change, record, EXECUTION_TIMED_OUT) && change_finish(core, &change);
}

/* 1: one execution timed out; 0: none is due; -1: failed. */
static int time_out_next(struct core *core, int64_t now)
{
    struct execution_record record;
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EXECUTION_DUE, store_i64(now));
    int got = execution_record_next(core, query, &record);
    store_done(query);
    if (got < 1) {
        return got;
    }
    struct core_write write;
    struct core_error error = {.code = CORE_OK};
    if (core_write_begin(core, &write, &error) && !time_out(core, &record)) {
        core_fail_storage(core, &error);
    }
    enum core_code code = core_write_end(core, &write, &error);
    core_error_clear(&error);
    execution_record_clear(&record);
    return code ? -1 : 1;
}

/* 1: there may be more; 0: all done; -1: failed. */
static int run_batch(struct core *core, int64_t now)
{
    int result = -1;
    if (!core_begin(core)) {
        return -1;
    }
    for (int i = 0; i < TIMEOUTS_PER_BATCH; i++) {
        result = time_out_next(core, now);
        if (result < 1) {
            break;
        }
    }
    return core_commit(core) ? result : -1;
}

void core_run_timers(struct core *core)
{
    int64_t now = core_now_ms(core);
    int result;
    do {
        result = run_batch(core, now);
        core_publish_outbox(core);
    } while (result == 1);
    core->timers_wait_until_ms = result < 0 ? now + RETRY_AFTER_FAILURE_MS : 0;
}

/* false: no thing behind *thing, or the database failed. */
static bool next_thing(struct core *core, char thing[CORE_THING_NAME_CAP])
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EXECUTION_NEXT_THING, store_text(thing));
    bool found = store_row(core->store, query) == 1;
    char next[CORE_THING_NAME_CAP] = "";
    if (found) {
        store_column_copy(query, 0, next, sizeof next);
    }
    store_done(query);
    memcpy(thing, next, sizeof next);
    return found;
}

void core_announce_pending(struct core *core)
{
    char thing[CORE_THING_NAME_CAP] = "";
    if (!core_begin(core)) {
        return;
    }
    while (next_thing(core, thing)) {
        notices_announce(core, thing);
        /* Nothing was written: they need not wait for the COMMIT, and the outbox stays small. */
        core->outbox_committed = core->outbox_len;
        core_publish_outbox(core);
    }
    core_commit(core);
}
