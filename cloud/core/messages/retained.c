/* SPDX-License-Identifier: MIT */
#include "cloud/core/messages/retained.h"

#include "cloud/base/memory.h"
#include "cloud/core/core_private.h"

#include <stdlib.h>

void retained_clear(struct retained *retained)
{
    free(retained->topic);
    free(retained->payload);
    *retained = (struct retained){0};
}

/* -1: the database failed; 0: there is none. */
static int64_t newest_unsaved(struct core *core)
{
    sqlite3_stmt *query = store_query(core->store, STORE_RETAINED_NEWEST, NULL, 0);
    int64_t number = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : -1;
    store_done(query);
    return number;
}

/* What is saved needs no number any more: whatever comes later is above all that are unsaved. */
bool retained_put(struct core *core, struct slice topic, int qos, struct slice payload)
{
    int64_t newest = newest_unsaved(core);
    return newest >= 0 &&
           store_run(core->store, STORE_QUERY(core->store, STORE_RETAINED_PUT, store_slice(topic),
                                              store_i64(qos), store_i64(core_now_ms(core)),
                                              store_blob(payload.ptr, payload.len), store_i64(newest + 1)));
}

/* topic, qos, modified_at_ms, payload or its size */
static void read_row(sqlite3_stmt *query, bool has_payload, struct retained *out)
{
    *out = (struct retained){
        .topic = store_column_dup(query, 0),
        .qos = (int)store_column_i64(query, 1),
        .modified_at_ms = store_column_i64(query, 2),
    };
    if (has_payload) {
        const void *bytes = store_column_blob(query, 3, &out->payload_len);
        out->payload = memory_copy(bytes, out->payload_len);
    } else {
        out->payload_len = (size_t)store_column_i64(query, 3);
    }
}

enum core_code retained_get(struct core *core, const char *topic, struct retained *out,
                            struct core_error *error)
{
    *out = (struct retained){0};
    core_error_clear(error);
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_RETAINED_GET, store_text(topic));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(query, true, out);
    }
    store_done(query);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "no message is retained on topic '%s'", topic);
}

enum core_code retained_list(struct core *core, const char *after, int64_t limit, retained_fn fn, void *ctx,
                             char next[CORE_KEY_CAP], struct core_error *error)
{
    int64_t below = 0, last = 0;
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_row_page(after, limit, &below, error)) {
        return error->code;
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_RETAINED_LIST, store_i64(below), store_i64(limit + 1));
    int got;
    while ((got = store_row(core->store, query)) == 1 && limit-- > 0) {
        struct retained retained;
        read_row(query, false, &retained);
        last = store_column_i64(query, 4);
        fn(ctx, &retained);
        retained_clear(&retained);
    }
    store_done(query);
    if (got == 1) {
        core_write_row_key(last, next);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

bool retained_each_unsaved(struct core *core, retained_fn fn, void *ctx)
{
    sqlite3_stmt *query = store_query(core->store, STORE_RETAINED_UNSAVED, NULL, 0);
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        struct retained retained;
        read_row(query, true, &retained);
        fn(ctx, &retained);
        retained_clear(&retained);
    }
    store_done(query);
    return got == 0;
}

int64_t retained_newest_unsaved(struct core *core)
{
    int64_t newest = newest_unsaved(core);
    return newest > 0 ? newest : 0;
}

bool retained_saved_up_to(struct core *core, int64_t number)
{
    if (!core_begin(core)) {
        return false;
    }
    (void)(store_run(core->store, STORE_QUERY(core->store, STORE_RETAINED_FORGET, store_i64(number))) &&
           store_run(core->store, STORE_QUERY(core->store, STORE_RETAINED_SAVED, store_i64(number))));
    bool is_kept = core_commit(core);
    core_publish_outbox(core); /* the batch may have rendered notices */
    return is_kept;
}
