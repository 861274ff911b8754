/* SPDX-License-Identifier: MIT */
/* After a broker has started: who subscribes is sent what was pending at that start. The announcement goes out with the
 * subscription and not before, because a device with a clean session hears nothing before it has subscribed. */
#include "cloud/core/announce.h"

#include <string.h>

#define EVERY_KIND    (1u << MARK_LIST | 1u << MARK_FIRST)
#define THINGS_A_TIME 32

void core_broker_started(struct core *core)
{
    core_broker_lost(core);
    sqlite3_stmt *query = store_query(core->store, STORE_EXECUTION_NEWEST, NULL, 0);
    core->announced_up_to_id = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : 0;
    store_done(query);
    store_run(core->store, store_query(core->store, STORE_ANNOUNCED_EMPTY, NULL, 0));
    core->announcement.kinds = 0;
}

/* 1: one execution at least was pending when the broker started, and still is; 0: none; -1: the database failed. */
static int was_pending(struct core *core, const char *thing)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EXECUTION_PENDING_UP_TO, store_text(thing),
                                      store_i64(core->announced_up_to_id));
    int got = store_row(core->store, query);
    store_done(query);
    return got;
}

/* Once per thing and kind. false: the database failed. */
static bool announce(struct core *core, const char *thing, unsigned kinds)
{
    int got = was_pending(core, thing);
    bool is_good = got >= 0;
    for (enum mark_kind kind = MARK_LIST; got == 1 && is_good && kind < MARK_KIND_COUNT; kind++) {
        if (!(kinds & 1u << kind)) {
            continue;
        }
        is_good = store_run(
            core->store, STORE_QUERY(core->store, STORE_ANNOUNCED_ADD, store_text(thing), store_i64(kind)));
        if (is_good && store_changes(core->store) > 0) {
            is_good = marks_set(core, thing, kind);
        }
    }
    return is_good;
}

/* The kinds that the levels behind "$aws/things/THING" ask for. */
static unsigned kinds_of(struct slice rest)
{
    struct slice service = slice_cut(&rest, '/');
    if (slice_is(service, "#")) {
        return EVERY_KIND;
    }
    bool is_jobs = slice_is(service, "jobs") || slice_is(service, "+");
    if (!is_jobs) {
        return 0;
    }
    if (slice_is(rest, "#") || slice_is(rest, "+")) {
        return EVERY_KIND;
    }
    return slice_is(rest, "notify") ? 1u << MARK_LIST : slice_is(rest, "notify-next") ? 1u << MARK_FIRST : 0;
}

static void announce_to_all(struct core *core, unsigned kinds)
{
    if (kinds) {
        core->announcement.kinds |= kinds;
        core->announcement.after[0] = '\0';
    }
}

void core_subscribed(struct core *core, struct slice filter)
{
    struct slice rest = filter;
    char thing[CORE_THING_NAME_CAP];
    if (!slice_is(slice_cut(&rest, '/'), "$aws") || !rest.ptr) {
        return;
    }
    struct slice kind = slice_cut(&rest, '/');
    if (slice_is(kind, "#") || (slice_is(kind, "things") && slice_is(rest, "#"))) {
        announce_to_all(core, EVERY_KIND);
        return;
    }
    struct slice name = slice_cut(&rest, '/');
    if ((!slice_is(kind, "things") && !slice_is(kind, "+")) || !rest.ptr) {
        return;
    }
    if (slice_is(name, "+")) {
        announce_to_all(core, kinds_of(rest));
    } else if (slice_copy(name, thing, sizeof thing) == ERR_OK) {
        announce(core, thing, kinds_of(rest));
    }
}

/* false: no thing behind the one that was announced last. */
static bool next_thing(struct core *core)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_EXECUTION_NEXT_THING, store_text(core->announcement.after));
    char next[CORE_THING_NAME_CAP] = "";
    bool found = store_row(core->store, query) == 1;
    if (found) {
        store_column_copy(query, 0, next, sizeof next);
    }
    store_done(query);
    memcpy(core->announcement.after, next, sizeof next);
    return found;
}

bool announce_slice(struct core *core)
{
    for (int i = 0; i < THINGS_A_TIME; i++) {
        if (!next_thing(core)) {
            core->announcement.kinds = 0;
            return false;
        }
        if (!announce(core, core->announcement.after, core->announcement.kinds)) {
            return false;
        }
    }
    return true;
}
