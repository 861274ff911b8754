/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/execution_record.h"

#include "cloud/core/due.h"
#include "cloud/core/jobs/placeholders.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void execution_record_clear(struct execution_record *record)
{
    execution_clear(&record->execution);
    *record = (struct execution_record){0};
}

/* --- Read --- */

/* In the order of EXECUTION_COLUMNS. */
static bool read_row(sqlite3_stmt *row, struct execution_record *record)
{
    struct execution *e = &record->execution;
    char status[32];
    record->id = store_column_i64(row, 0);
    store_column_copy(row, 1, e->thing_name, sizeof e->thing_name);
    store_column_copy(row, 2, e->job_id, sizeof e->job_id);
    e->number = store_column_i64(row, 3);
    store_column_copy(row, 4, status, sizeof status);
    e->version = store_column_i64(row, 5);
    e->queued_at_ms = store_column_i64(row, 6);
    e->started_at_ms = store_column_i64(row, 7);
    e->last_updated_at_ms = store_column_i64(row, 8);
    record->in_progress_deadline_ms = store_column_i64(row, 9);
    record->step_deadline_ms = store_column_i64(row, 10);
    e->deadline_ms = store_column_i64(row, 11);
    record->due_ms = e->deadline_ms;
    e->is_force_canceled = store_column_i64(row, 12) != 0;
    record->failed_retries = store_column_i64(row, 13);
    record->timed_out_retries = store_column_i64(row, 14);
    e->retry_attempt = (int)(record->failed_retries + record->timed_out_retries);
    e->details = store_column_dup(row, 15);
    return execution_status_parse(slice_from(status), &e->status);
}

int execution_record_next(struct core *core, sqlite3_stmt *query, struct execution_record *record)
{
    *record = (struct execution_record){0};
    int got = store_row(core->store, query);
    if (got == 1 && !read_row(query, record)) {
        execution_record_clear(record);
        got = -1;
    }
    return got;
}

static int read_only_row(struct core *core, sqlite3_stmt *query, struct execution_record *record)
{
    int got = execution_record_next(core, query, record);
    store_done(query);
    return got;
}

int execution_record_find(struct core *core, const char *thing, const char *job_id, int64_t number,
                          struct execution_record *record)
{
    sqlite3_stmt *query =
        number ? STORE_QUERY(core->store, STORE_EXECUTION_GET, store_text(job_id), store_text(thing),
                             store_i64(number))
               : STORE_QUERY(core->store, STORE_EXECUTION_LATEST, store_text(job_id), store_text(thing));
    return read_only_row(core, query, record);
}

int execution_record_first(struct core *core, const char *thing, struct execution_record *record)
{
    return read_only_row(
        core, STORE_QUERY(core->store, STORE_EXECUTION_PENDING, store_text(thing), store_i64(1)), record);
}

int execution_record_by_id(struct core *core, int64_t id, struct execution_record *record)
{
    return read_only_row(core, STORE_QUERY(core->store, STORE_EXECUTION_BY_ID, store_i64(id)), record);
}

bool execution_record_each_pending(struct core *core, const char *thing, int64_t limit, execution_fn fn,
                                   void *ctx)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_EXECUTION_PENDING, store_text(thing), store_i64(limit));
    struct execution_record record;
    int got;
    while ((got = execution_record_next(core, query, &record)) == 1) {
        fn(ctx, &record.execution);
        execution_record_clear(&record);
    }
    store_done(query);
    return got == 0;
}

int execution_record_pending_of_job(struct core *core, const char *job_id, int64_t after,
                                    struct execution_record *record)
{
    return read_only_row(
        core, STORE_QUERY(core->store, STORE_EXECUTION_PENDING_OF_JOB, store_text(job_id), store_i64(after)),
        record);
}

int execution_record_pending_of_thing(struct core *core, const char *thing, int64_t after,
                                      struct execution_record *record)
{
    return read_only_row(
        core, STORE_QUERY(core->store, STORE_EXECUTION_PENDING_OF_THING, store_text(thing), store_i64(after)),
        record);
}

char *execution_record_document(struct core *core, const char *job_id)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_DELIVERY, store_text(job_id));
    bool has_row = store_row(core->store, query) == 1;
    char *document = has_row ? store_column_dup(query, 0) : NULL;
    int64_t expires_s = has_row ? store_column_i64(query, 1) : 0;
    store_done(query);
    return document ? placeholders_fill(core, document, expires_s) : NULL;
}

/* --- Write --- */

bool execution_record_insert(struct core *core, struct change *change, const struct execution_seed *seed)
{
    assert(strcmp(change->thing, seed->thing) == 0);
    change->has_new_list = true;
    return store_run(core->store, STORE_QUERY(core->store, STORE_EXECUTION_INSERT, store_text(seed->job_id),
                                              store_text(seed->thing), store_i64(seed->number),
                                              store_text(execution_status_text(EXECUTION_QUEUED)),
                                              store_i64(core_now_ms(core)), store_i64(seed->failed_retries),
                                              store_i64(seed->timed_out_retries)));
}

/* The earlier of both timers. */
static int64_t deadline_of(const struct execution_record *record)
{
    int64_t a = record->in_progress_deadline_ms;
    int64_t b = record->step_deadline_ms;
    return a && b ? (a < b ? a : b) : a + b;
}

/* The due-queue follows the deadline. */
static bool save_due(struct core *core, struct execution_record *record)
{
    int64_t deadline_ms = record->execution.deadline_ms;
    if (record->due_ms == deadline_ms) {
        return true;
    }
    record->due_ms = deadline_ms;
    return due_set(core, DUE_EXECUTION_TIMEOUT, record->id, deadline_ms);
}

static bool save(struct core *core, struct execution_record *record)
{
    struct execution *e = &record->execution;
    e->deadline_ms = deadline_of(record);
    return store_run(core->store,
                     STORE_QUERY(core->store, STORE_EXECUTION_SAVE, store_i64(record->id),
                                 store_text(execution_status_text(e->status)), store_i64(e->version),
                                 store_time(e->started_at_ms), store_i64(e->last_updated_at_ms),
                                 store_time(record->in_progress_deadline_ms),
                                 store_time(record->step_deadline_ms), store_time(e->deadline_ms),
                                 store_i64(e->is_force_canceled), store_text(e->details))) &&
           save_due(core, record);
}

bool execution_record_save(struct core *core, struct execution_record *record)
{
    assert(!execution_status_is_terminal(record->execution.status));
    return save(core, record);
}

bool execution_record_save_end(struct core *core, struct change *change, struct execution_record *record)
{
    assert(execution_status_is_terminal(record->execution.status));
    assert(strcmp(change->thing, record->execution.thing_name) == 0);
    change->has_new_list = true;
    record->in_progress_deadline_ms = 0;
    record->step_deadline_ms = 0;
    return save(core, record);
}

bool execution_record_delete(struct core *core, struct change *change, const struct execution_record *record)
{
    assert(strcmp(change->thing, record->execution.thing_name) == 0);
    if (!execution_status_is_terminal(record->execution.status)) {
        change->has_new_list = true;
    }
    return (!record->due_ms || due_set(core, DUE_EXECUTION_TIMEOUT, record->id, 0)) &&
           store_run(core->store, STORE_QUERY(core->store, STORE_EXECUTION_DELETE, store_i64(record->id)));
}
