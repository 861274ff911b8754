/* SPDX-License-Identifier: MIT */
/* After a broker has started: who subscribes is sent what was pending at that start. The announcement goes out with the
 * subscription and not before, because a device with a clean session hears nothing before it has subscribed. Sessions that
 * the broker has restored are subscribed already; to them all that is pending is announced once more at the start. */
#include "cloud/core/announce.h"

#include <string.h>

#define EVERY_KIND    (1u << MARK_LIST | 1u << MARK_FIRST)
#define THINGS_A_TIME 32

void core_broker_started(struct core *core)
{
    core_broker_lost(core);
    sqlite3_stmt *query = store_query(core->store, STORE_EXECUTION_NEWEST, NULL, 0);
    int got = store_row(core->store, query); /* when it fails: better too much is announced than nothing */
    core->announced_up_to_id = got == 1 ? store_column_i64(query, 0) : got == 0 ? 0 : INT64_MAX;
    store_done(query);
    store_run(core->store, store_query(core->store, STORE_ANNOUNCED_EMPTY, NULL, 0));
    core->announcements = (struct announcements){0};
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

/* 1: nobody has subscribed to this before, and now it is written down; 0: somebody has; -1: the database failed. */
static int is_first_subscriber(struct core *core, const char *thing, enum mark_kind kind)
{
    sqlite3_stmt *add = STORE_QUERY(core->store, STORE_ANNOUNCED_ADD, store_text(thing), store_i64(kind));
    return store_run(core->store, add) ? store_changes(core->store) > 0 : -1;
}

/* false: the database failed. */
static bool set_marks(struct core *core, const char *thing, unsigned kinds, bool is_for_sessions)
{
    int got = was_pending(core, thing);
    bool is_good = got >= 0;
    for (enum mark_kind kind = MARK_LIST; got == 1 && is_good && kind < MARK_KIND_COUNT; kind++) {
        if (!(kinds & 1u << kind)) {
            continue;
        }
        int is_told = is_for_sessions ? 1 : is_first_subscriber(core, thing, kind);
        is_good = is_told == 1 ? marks_set(core, thing, kind) : is_told == 0;
    }
    return is_good;
}

/* To subscribers once per thing and kind; to restored sessions besides, which takes nothing from the first subscriber.
 * false: the database failed, and nothing of it counts as told. */
static bool announce(struct core *core, const char *thing, unsigned kinds, bool is_for_sessions)
{
    struct core_write write;
    struct core_error error = {.code = CORE_OK};
    if (core_write_begin(core, &write, &error) && !set_marks(core, thing, kinds, is_for_sessions)) {
        core_fail_storage(core, &error);
    }
    bool is_good = core_write_end(core, &write, &error) == CORE_OK;
    core_error_clear(&error);
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

static void announce_to_all(struct announcement *announcement, unsigned kinds)
{
    if (kinds) {
        announcement->kinds |= kinds;
        announcement->after[0] = '\0';
    }
}

void core_sessions_restored(struct core *core)
{
    announce_to_all(&core->announcements.to_sessions, EVERY_KIND);
}

void core_subscription_failed(struct core *core)
{
    announce_to_all(&core->announcements.to_sessions, EVERY_KIND);
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
        announce_to_all(&core->announcements.to_subscriber, EVERY_KIND);
        return;
    }
    struct slice name = slice_cut(&rest, '/');
    if ((!slice_is(kind, "things") && !slice_is(kind, "+")) || !rest.ptr) {
        return;
    }
    if (slice_is(name, "+")) {
        announce_to_all(&core->announcements.to_subscriber, kinds_of(rest));
    } else if (slice_copy(name, thing, sizeof thing) == ERR_OK &&
               !announce(core, thing, kinds_of(rest), false)) {
        core_subscription_failed(core);
    }
}

/* 1: the thing behind `after`; 0: there is none; -1: the database failed. */
static int next_thing(struct core *core, const char *after, char next[CORE_THING_NAME_CAP])
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EXECUTION_NEXT_THING, store_text(after));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, 0, next, CORE_THING_NAME_CAP);
    }
    store_done(query);
    return got;
}

static bool is_under_way(const struct announcement *announcement)
{
    return announcement->kinds != 0;
}

bool announce_is_under_way(const struct core *core)
{
    return is_under_way(&core->announcements.to_sessions) || is_under_way(&core->announcements.to_subscriber);
}

/* What has failed stays the next one. */
int announce_slice(struct core *core)
{
    struct announcements *all = &core->announcements;
    for (int i = 0; i < THINGS_A_TIME && announce_is_under_way(core); i++) {
        bool is_for_sessions = is_under_way(&all->to_sessions);
        struct announcement *announcement = is_for_sessions ? &all->to_sessions : &all->to_subscriber;
        char thing[CORE_THING_NAME_CAP];
        int got = next_thing(core, announcement->after, thing);
        if (got < 0 || (got == 1 && !announce(core, thing, announcement->kinds, is_for_sessions))) {
            return -1;
        }
        if (got == 1) {
            memcpy(announcement->after, thing, sizeof thing);
        } else {
            announcement->kinds = 0;
        }
    }
    return announce_is_under_way(core);
}
