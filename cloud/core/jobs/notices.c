/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/notices.h"

#include "cloud/core/jobs/execution_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_to_outbox(struct core *core, const char *thing, const char *kind, char *payload,
                          struct json_writer *w)
{
    size_t len = 0;
    char topic[CORE_THING_NAME_CAP + 40];
    snprintf(topic, sizeof topic, "$aws/things/%s/jobs/%s", thing, kind);
    char *topic_copy = strdup(topic);
    if (!topic_copy || json_write_finish(w, &len)) {
        free(topic_copy);
        free(payload);
        return false;
    }
    return core_outbox_add(core, topic_copy, payload, len);
}

static void begin_payload(struct core *core, struct json_writer *w, char *payload, size_t cap)
{
    json_write_begin(w, payload, cap);
    json_write_object(w);
    json_write_key(w, "timestamp");
    json_write_i64(w, core_now_ms(core) / 1000);
}

/* The lists of notify: a member per status that occurs; the entries come sorted by status. */
struct list_writer {
    struct json_writer *w;
    bool is_open;
    enum execution_status status;
};

static void write_entry(void *ctx, const struct execution *execution)
{
    struct list_writer *list = ctx;
    if (list->is_open && list->status != execution->status) {
        json_write_array_end(list->w);
        list->is_open = false;
    }
    if (!list->is_open) {
        json_write_key(list->w, execution_status_text(execution->status));
        json_write_array(list->w);
        list->is_open = true;
        list->status = execution->status;
    }
    execution_json_write_summary(list->w, execution);
}

static bool add_notify(struct core *core, const char *thing)
{
    size_t cap = 128 + EXECUTIONS_SHOWN * EXECUTION_JSON_SUMMARY_CAP;
    char *payload = malloc(cap);
    if (!payload) {
        return false;
    }
    struct json_writer w;
    begin_payload(core, &w, payload, cap);
    json_write_key(&w, "jobs");
    json_write_object(&w);
    struct list_writer list = {.w = &w};
    struct core_error error = {.code = CORE_OK};
    enum core_code code = executions_pending(core, thing, write_entry, &list, &error);
    core_error_clear(&error);
    if (code) {
        free(payload);
        return false;
    }
    if (list.is_open) {
        json_write_array_end(&w);
    }
    json_write_object_end(&w);
    json_write_object_end(&w);
    return add_to_outbox(core, thing, "notify", payload, &w);
}

/* first: NULL when nothing is pending. Takes the document into the record. */
static bool add_notify_next(struct core *core, const char *thing, struct execution *first)
{
    size_t cap = 128;
    if (first) {
        first->document = execution_record_document(core, first->job_id);
        if (!first->document) {
            return false;
        }
        cap += execution_json_cap(first);
    }
    char *payload = malloc(cap);
    if (!payload) {
        return false;
    }
    struct json_writer w;
    begin_payload(core, &w, payload, cap);
    if (first) {
        json_write_key(&w, "execution");
        execution_json_write(&w, core, first);
    }
    json_write_object_end(&w);
    return add_to_outbox(core, thing, "notify-next", payload, &w);
}

bool change_begin(struct core *core, const char *thing, struct change *change)
{
    *change = (struct change){0};
    snprintf(change->thing, sizeof change->thing, "%s", thing);
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EXECUTION_FIRST_ID, store_text(thing));
    int got = store_row(core->store, query);
    if (got == 1) {
        change->first_before = store_column_i64(query, 0);
    }
    store_done(query);
    return got >= 0;
}

bool change_finish(struct core *core, const struct change *change)
{
    struct execution_record first;
    int got = execution_record_first(core, change->thing, &first);
    bool is_good = got >= 0;
    if (is_good && change->has_new_list) {
        is_good = add_notify(core, change->thing);
    }
    if (is_good && first.id != change->first_before) {
        is_good = add_notify_next(core, change->thing, got ? &first.execution : NULL);
    }
    execution_record_clear(&first);
    return is_good;
}

bool notices_announce(struct core *core, const char *thing)
{
    struct change change = {.first_before = -1 /* no execution has this id */, .has_new_list = true};
    snprintf(change.thing, sizeof change.thing, "%s", thing);
    return change_finish(core, &change);
}
