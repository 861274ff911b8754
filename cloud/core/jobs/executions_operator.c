/* SPDX-License-Identifier: MIT */
/* The operator's operations on executions: docs/protocol.md 2.7 and 5.3. */
#include "cloud/core/jobs/details.h"
#include "cloud/core/jobs/executions_private.h"
#include "cloud/core/jobs/job_events.h"
#include "cloud/core/jobs/lifecycle.h"
#include "cloud/core/names.h"

#include <stdlib.h>

enum core_code executions_describe(struct core *core, const char *thing, const char *job_id, int64_t number,
                                   struct execution *out, struct core_error *error)
{
    struct execution_record record;
    *out = (struct execution){0};
    core_error_clear(error);
    if (execution_require(core, thing, job_id, number, &record, error)) {
        return error->code;
    }
    *out = record.execution;
    return CORE_OK;
}

/* --- CancelJobExecution --- */

static enum core_code check_cancel(const struct execution_record *record, bool is_forced,
                                   struct core_error *error)
{
    const struct execution *e = &record->execution;
    if (e->status == EXECUTION_QUEUED || (e->status == EXECUTION_IN_PROGRESS && is_forced)) {
        return CORE_OK;
    }
    core_fail(error, CORE_INVALID_STATE_TRANSITION, "the execution of job '%s' on thing '%s' is %s%s",
              e->job_id, e->thing_name, execution_status_text(e->status),
              e->status == EXECUTION_IN_PROGRESS ? ": cancel it with force"
                                                 : " and can no longer be canceled");
    execution_fail_with_state(record, error);
    return error->code;
}

static bool cancel_one(struct core *core, struct execution_record *record, bool is_forced)
{
    struct change change;
    if (!change_begin(core, record->execution.thing_name, &change)) {
        return false;
    }
    record->execution.is_force_canceled = is_forced;
    lifecycle_touch(core, record);
    return lifecycle_end(core, &change, record, EXECUTION_CANCELED) && change_finish(core, &change);
}

enum core_code executions_cancel(struct core *core, const struct execution_cancel *cancel,
                                 struct core_error *error)
{
    char *map = NULL;
    struct execution_record record = {0};
    struct core_write write;
    core_error_clear(error);
    if ((cancel->details.ptr && details_read(cancel->details, DETAILS_OVER_HTTP, &map, error)) ||
        execution_require(core, cancel->thing, cancel->job_id, 0, &record, error) ||
        (cancel->has_expected_version &&
         execution_require_version(&record, cancel->expected_version, error)) ||
        check_cancel(&record, cancel->is_forced, error)) {
        goto finish;
    }
    if (cancel->details.ptr) {
        execution_set_details(&record, &map);
    }
    if (core_write_begin(core, &write, error) && !cancel_one(core, &record, cancel->is_forced)) {
        core_fail_storage(core, error);
    }
    core_write_end(core, &write, error);
finish:
    execution_record_clear(&record);
    free(map);
    return error->code;
}

/* --- DeleteJobExecution --- */

static bool delete_one(struct core *core, const struct execution_record *record)
{
    struct change change;
    return change_begin(core, record->execution.thing_name, &change) &&
           job_events_tell_deleted(core, &record->execution) &&
           execution_record_delete(core, &change, record) &&
           lifecycle_complete_job(core, record->execution.job_id) && change_finish(core, &change);
}

enum core_code executions_delete(struct core *core, const char *thing, const char *job_id, int64_t number,
                                 bool is_forced, struct core_error *error)
{
    struct execution_record record = {0};
    struct core_write write;
    core_error_clear(error);
    if (execution_require(core, thing, job_id, number, &record, error)) {
        goto finish;
    }
    if (record.execution.status == EXECUTION_IN_PROGRESS && !is_forced) {
        core_fail(error, CORE_INVALID_STATE_TRANSITION,
                  "the execution of job '%s' on thing '%s' is IN_PROGRESS: delete it with force", job_id,
                  thing);
        execution_fail_with_state(&record, error);
        goto finish;
    }
    if (core_write_begin(core, &write, error) && !delete_one(core, &record)) {
        core_fail_storage(core, error);
    }
    core_write_end(core, &write, error);
finish:
    execution_record_clear(&record);
    return error->code;
}

/* --- Lists --- */

static enum core_code check_list(const char *after, int64_t limit, const char *status, int64_t *below,
                                 struct core_error *error)
{
    enum execution_status ignored;
    if (core_check_row_page(after, limit, below, error)) {
        return error->code;
    }
    if (status && !execution_status_parse(slice_from(status), &ignored)) {
        return core_fail(error, CORE_INVALID_REQUEST, "'%.40s' is not the status of an execution", status);
    }
    return CORE_OK;
}

/* The query asks for one row more than the page holds: it tells whether there is another page. */
static enum core_code run_list(struct core *core, sqlite3_stmt *query, int64_t limit, execution_fn fn,
                               void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    struct execution_record record = {0};
    int64_t last_id = 0;
    int got;
    while ((got = execution_record_next(core, query, &record)) == 1 && limit-- > 0) {
        fn(ctx, &record.execution);
        last_id = record.id;
        execution_record_clear(&record);
    }
    execution_record_clear(&record);
    store_done(query);
    if (got == 1) {
        core_write_row_key(last_id, next);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

enum core_code executions_list_for_job(struct core *core, const char *job_id, const char *status,
                                       const char *after, int64_t limit, execution_fn fn, void *ctx,
                                       char next[CORE_KEY_CAP], struct core_error *error)
{
    int64_t below;
    next[0] = '\0';
    core_error_clear(error);
    if (check_list(after, limit, status, &below, error) || name_check_job(job_id, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_JOB_STATUS, job_id);
    if (got < 1) {
        return got ? core_fail_storage(core, error)
                   : core_fail(error, CORE_NOT_FOUND, "job '%s' does not exist", job_id);
    }
    return run_list(core,
                    STORE_QUERY(core->store, STORE_EXECUTION_LIST_JOB, store_text(job_id), store_i64(below),
                                store_text(status), store_i64(limit + 1)),
                    limit, fn, ctx, next, error);
}

enum core_code executions_list_for_thing(struct core *core, const char *thing, const char *job_id,
                                         const char *status, const char *after, int64_t limit,
                                         execution_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                         struct core_error *error)
{
    int64_t below;
    next[0] = '\0';
    core_error_clear(error);
    if (check_list(after, limit, status, &below, error) || (job_id && name_check_job(job_id, error)) ||
        thing_require(core, thing, error)) {
        return error->code;
    }
    return run_list(core,
                    STORE_QUERY(core->store, STORE_EXECUTION_LIST_THING, store_text(thing), store_i64(below),
                                store_text(status), store_text(job_id), store_i64(limit + 1)),
                    limit, fn, ctx, next, error);
}
