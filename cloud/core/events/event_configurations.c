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

/* kind, is_enabled, created_at_ms, last_modified_at_ms */
static void read_row(sqlite3_stmt *row, struct event_configurations *out)
{
    char word[40];
    enum event_kind kind;
    int64_t created_at_ms = store_column_i64(row, 2);
    int64_t modified_at_ms = store_column_i64(row, 3);
    store_column_copy(row, 0, word, sizeof word);
    if (event_kind_parse(slice_from(word), &kind)) {
        out->is_enabled[kind] = store_column_i64(row, 1) != 0;
    }
    if (!out->created_at_ms || created_at_ms < out->created_at_ms) {
        out->created_at_ms = created_at_ms;
    }
    if (modified_at_ms > out->last_modified_at_ms) {
        out->last_modified_at_ms = modified_at_ms;
    }
}

enum core_code event_configurations_describe(struct core *core, struct event_configurations *out,
                                             struct core_error *error)
{
    *out = (struct event_configurations){0};
    core_error_clear(error);
    sqlite3_stmt *query = store_query(core->store, STORE_EVENT_CONFIGURATIONS, NULL, 0);
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        read_row(query, out);
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
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
    return core_has_row(core, STORE_EVENT_IS_ENABLED, words[kind]);
}
