/* SPDX-License-Identifier: MIT */
#include "cloud/core/events/event_configurations.h"

#include "cloud/core/core_private.h"

static const char *const words[EVENT_KIND_COUNT] = {
    [EVENT_CA_CERTIFICATE] = "CA_CERTIFICATE",
    [EVENT_CERTIFICATE] = "CERTIFICATE",
    [EVENT_JOB] = "JOB",
    [EVENT_JOB_EXECUTION] = "JOB_EXECUTION",
    [EVENT_POLICY] = "POLICY",
    [EVENT_THING] = "THING",
    [EVENT_THING_GROUP] = "THING_GROUP",
    [EVENT_THING_GROUP_HIERARCHY] = "THING_GROUP_HIERARCHY",
    [EVENT_THING_GROUP_MEMBERSHIP] = "THING_GROUP_MEMBERSHIP",
    [EVENT_THING_TYPE] = "THING_TYPE",
    [EVENT_THING_TYPE_ASSOCIATION] = "THING_TYPE_ASSOCIATION",
};

const char *event_kind_text(enum event_kind kind)
{
    return words[kind];
}

bool event_kind_parse(struct slice text, enum event_kind *kind)
{
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        if (slice_is(text, words[i])) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

static bool is_modelled(enum event_kind kind)
{
    return kind == EVENT_JOB || kind == EVENT_JOB_EXECUTION;
}

/* is_enabled, created_at_ms, last_modified_at_ms */
static void read_row(sqlite3_stmt *row, enum event_kind kind, struct event_configurations *out)
{
    int64_t created_at_ms = store_column_i64(row, 1);
    int64_t modified_at_ms = store_column_i64(row, 2);
    out->is_enabled[kind] = store_column_i64(row, 0) != 0;
    if (!out->created_at_ms || created_at_ms < out->created_at_ms) {
        out->created_at_ms = created_at_ms;
    }
    if (modified_at_ms > out->last_modified_at_ms) {
        out->last_modified_at_ms = modified_at_ms;
    }
}

/* false: the database failed. */
static bool read_kind(struct core *core, enum event_kind kind, struct event_configurations *out)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EVENT_CONFIGURATION_GET, store_text(words[kind]));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(query, kind, out);
    }
    store_done(query);
    return got >= 0;
}

enum core_code event_configurations_describe(struct core *core, struct event_configurations *out,
                                             struct core_error *error)
{
    *out = (struct event_configurations){0};
    core_error_clear(error);
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        if (!read_kind(core, (enum event_kind)i, out)) {
            return core_fail_storage(core, error);
        }
    }
    return CORE_OK;
}

static bool save(struct core *core, const struct event_configurations *update)
{
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        if (update->is_given[i] &&
            !store_run(core->store,
                       STORE_QUERY(core->store, STORE_EVENT_CONFIGURATION_PUT, store_text(words[i]),
                                   store_i64(update->is_enabled[i]), store_i64(core_now_ms(core))))) {
            return false;
        }
    }
    return true;
}

enum core_code event_configurations_update(struct core *core, const struct event_configurations *update,
                                           struct core_error *error)
{
    core_error_clear(error);
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        if (update->is_given[i] && update->is_enabled[i] && !is_modelled((enum event_kind)i)) {
            return core_fail(
                error, CORE_INVALID_REQUEST,
                "iot-local has no events of kind %s: JOB and JOB_EXECUTION can be enabled, and presence "
                "is always told",
                words[i]);
        }
    }
    struct core_write write;
    if (core_write_begin(core, &write, error) && !save(core, update)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

int event_configurations_has(struct core *core, enum event_kind kind)
{
    struct event_configurations now = {0};
    return read_kind(core, kind, &now) ? now.is_enabled[kind] : -1;
}
