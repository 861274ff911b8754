/* SPDX-License-Identifier: MIT */
/* What changes jobs: CreateJob, CancelJob, DeleteJob. */
#include "cloud/core/jobs/jobs.h"

#include "cloud/core/core_private.h"
#include "cloud/core/jobs/job_check.h"
#include "cloud/core/jobs/job_events.h"
#include "cloud/core/jobs/lifecycle.h"
#include "cloud/core/names.h"
#include "cloud/core/objects/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the writes of a call that gives a job. */
static enum core_code end_with_job(struct core *core, const struct core_write *write, struct job *out,
                                   struct core_error *error)
{
    if (core_write_end(core, write, error)) {
        job_clear(out);
    }
    return error->code;
}

/* --- CreateJob --- */

static bool insert_job(struct core *core, const struct job_create *create, const struct job_plan *plan)
{
    int64_t now = core_now_ms(core);
    return store_run(core->store,
                     STORE_QUERY(core->store, STORE_JOB_INSERT, store_text(create->job_id),
                                 store_text(job_status_text(JOB_IN_PROGRESS)), store_i64(now),
                                 store_time(create->in_progress_timeout_min), store_i64(plan->retries.failed),
                                 store_i64(plan->retries.timed_out), store_i64(plan->retries.all),
                                 store_text("SNAPSHOT"), store_slice(plan->config),
                                 store_text(create->description), store_text(create->document_source),
                                 store_slice(plan->document)));
}

static bool insert_target(struct core *core, const char *job_id, size_t position, const char *thing)
{
    return store_run(core->store,
                     STORE_QUERY(core->store, STORE_JOB_TARGET_INSERT, store_text(job_id),
                                 store_i64((int64_t)position), store_text("thing"), store_text(thing)));
}

static bool insert_execution(struct core *core, const char *job_id, const char *thing)
{
    struct change change;
    struct execution_seed seed = {.thing = thing, .job_id = job_id, .number = 1};
    return change_begin(core, thing, &change) && execution_record_insert(core, &change, &seed) &&
           change_finish(core, &change);
}

static bool insert_all(struct core *core, const struct job_create *create, const struct job_plan *plan)
{
    if (!insert_job(core, create, plan) || !tags_store(core, "job", create->job_id, create->tags)) {
        return false;
    }
    for (size_t i = 0; i < plan->thing_count; i++) {
        if (!insert_target(core, create->job_id, i, plan->things[i]) ||
            !insert_execution(core, create->job_id, plan->things[i])) {
            return false;
        }
    }
    return true;
}

enum core_code jobs_create(struct core *core, const struct job_create *create, struct job *out,
                           struct core_error *error)
{
    *out = (struct job){0};
    core_error_clear(error);
    struct job_plan *plan = job_check(core, create, error);
    if (!plan) {
        return error->code;
    }
    struct core_write write;
    if (core_write_begin(core, &write, error) && !insert_all(core, create, plan)) {
        core_fail_storage(core, error);
    }
    if (!error->code) {
        jobs_describe(core, create->job_id, out, error);
    }
    job_plan_free(plan);
    return end_with_job(core, &write, out, error);
}

/* --- CancelJob and DeleteJob --- */

static enum core_code require_status(struct core *core, const char *job_id, enum job_status *status,
                                     struct core_error *error)
{
    if (name_check_job(job_id, error)) {
        return error->code;
    }
    char word[32] = "";
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_STATUS, store_text(job_id));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, 0, word, sizeof word);
    }
    store_done(query);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "job '%s' does not exist", job_id);
    }
    return got < 0 || !job_status_parse(slice_from(word), status) ? core_fail_storage(core, error) : CORE_OK;
}

/* One pending execution. false: the database failed. */
typedef bool (*pending_fn)(struct core *core, struct change *change, struct execution_record *record,
                           bool is_forced);

static bool for_each_pending(struct core *core, const char *job_id, pending_fn fn, bool is_forced)
{
    struct execution_record record;
    int64_t last_id = 0;
    int got;
    while ((got = execution_record_pending_of_job(core, job_id, last_id, &record)) == 1) {
        struct change change;
        last_id = record.id;
        bool is_good = change_begin(core, record.execution.thing_name, &change) &&
                       fn(core, &change, &record, is_forced) && change_finish(core, &change);
        execution_record_clear(&record);
        if (!is_good) {
            return false;
        }
    }
    return got == 0;
}

static bool cancel_pending(struct core *core, struct change *change, struct execution_record *record,
                           bool is_forced)
{
    if (record->execution.status == EXECUTION_IN_PROGRESS && !is_forced) {
        return true; /* the device may still finish it */
    }
    record->execution.is_force_canceled = is_forced;
    lifecycle_touch(core, record);
    return lifecycle_end(core, change, record, EXECUTION_CANCELED);
}

static bool delete_pending(struct core *core, struct change *change, struct execution_record *record,
                           bool is_forced)
{
    (void)is_forced;
    return execution_record_delete(core, change, record);
}

/* The job's own status first: a canceled job creates no retries and does not complete. */
static bool cancel_all(struct core *core, const struct job_cancel *cancel)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_JOB_CANCEL, store_text(cancel->job_id),
                                              store_text(job_status_text(JOB_CANCELED)),
                                              store_i64(cancel->is_forced), store_text(cancel->reason_code),
                                              store_text(cancel->comment), store_i64(core_now_ms(core)))) &&
           job_events_tell(core, cancel->job_id, JOB_EVENT_CANCELLATION_IN_PROGRESS) &&
           for_each_pending(core, cancel->job_id, cancel_pending, cancel->is_forced) &&
           job_events_tell(core, cancel->job_id, JOB_EVENT_CANCELED);
}

enum core_code jobs_cancel(struct core *core, const struct job_cancel *cancel, struct job *out,
                           struct core_error *error)
{
    enum job_status status = JOB_IN_PROGRESS;
    *out = (struct job){0};
    core_error_clear(error);
    if (job_check_reason(cancel->reason_code, error) || job_check_text("comment", cancel->comment, error) ||
        require_status(core, cancel->job_id, &status, error)) {
        return error->code;
    }
    if (status != JOB_IN_PROGRESS && status != JOB_SCHEDULED) {
        return core_fail(error, CORE_INVALID_REQUEST, "job '%s' is %s and can no longer be canceled",
                         cancel->job_id, job_status_text(status));
    }
    struct core_write write;
    if (core_write_begin(core, &write, error) && !cancel_all(core, cancel)) {
        core_fail_storage(core, error);
    }
    if (!error->code) {
        jobs_describe(core, cancel->job_id, out, error);
    }
    return end_with_job(core, &write, out, error);
}

/* The pending ones one by one, because each thing is told; the rest goes with the job. */
static bool delete_all(struct core *core, const char *job_id)
{
    return job_events_tell(core, job_id, JOB_EVENT_DELETION_IN_PROGRESS) &&
           for_each_pending(core, job_id, delete_pending, true) &&
           job_events_tell(core, job_id, JOB_EVENT_DELETED) &&
           store_run(core->store, STORE_QUERY(core->store, STORE_JOB_DELETE, store_text(job_id)));
}

enum core_code jobs_delete(struct core *core, const char *job_id, bool is_forced, struct core_error *error)
{
    enum job_status status = JOB_IN_PROGRESS;
    core_error_clear(error);
    if (require_status(core, job_id, &status, error)) {
        return error->code;
    }
    if (!is_forced && status != JOB_COMPLETED && status != JOB_CANCELED) {
        return core_fail(error, CORE_INVALID_STATE_TRANSITION,
                         "job '%s' is %s: cancel it first, or delete it with force", job_id,
                         job_status_text(status));
    }
    struct core_write write;
    if (core_write_begin(core, &write, error) && !delete_all(core, job_id)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}
