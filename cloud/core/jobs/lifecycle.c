/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/lifecycle.h"

#include "cloud/core/jobs/job_events.h"
#include "cloud/core/jobs/jobs.h"

#include <assert.h>

#define MS_PER_MINUTE 60000

/* What the job says about its executions. */
struct job_rules {
    bool is_in_progress;
    int64_t in_progress_timeout_min; /* 0 = none */
    int64_t retries_failed, retries_timed_out, retries_all;
};

static bool read_rules(struct core *core, const char *job_id, struct job_rules *rules)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_RULES, store_text(job_id));
    bool found = store_row(core->store, query) == 1;
    if (found) {
        char status[32];
        store_column_copy(query, 0, status, sizeof status);
        *rules = (struct job_rules){
            .is_in_progress = slice_is(slice_from(status), job_status_text(JOB_IN_PROGRESS)),
            .in_progress_timeout_min = store_column_i64(query, 1),
            .retries_failed = store_column_i64(query, 2),
            .retries_timed_out = store_column_i64(query, 3),
            .retries_all = store_column_i64(query, 4),
        };
    }
    store_done(query);
    return found;
}

void lifecycle_touch(struct core *core, struct execution_record *record)
{
    record->execution.version++;
    record->execution.last_updated_at_ms = core_now_ms(core);
}

bool lifecycle_start(struct core *core, struct execution_record *record)
{
    assert(record->execution.status == EXECUTION_QUEUED);
    struct job_rules rules;
    if (!read_rules(core, record->execution.job_id, &rules)) {
        return false;
    }
    record->execution.status = EXECUTION_IN_PROGRESS;
    record->execution.started_at_ms = core_now_ms(core);
    if (rules.in_progress_timeout_min) {
        record->in_progress_deadline_ms = core_now_ms(core) + rules.in_progress_timeout_min * MS_PER_MINUTE;
    }
    return true;
}

void lifecycle_set_step_timer(struct core *core, struct execution_record *record, int64_t minutes)
{
    record->step_deadline_ms = minutes < 0 ? 0 : core_now_ms(core) + minutes * MS_PER_MINUTE;
}

static bool has_retry_left(const struct job_rules *rules, const struct execution_record *record)
{
    if (!rules->is_in_progress) {
        return false;
    }
    bool has_any = record->failed_retries + record->timed_out_retries < rules->retries_all;
    switch (record->execution.status) {
    case EXECUTION_FAILED:
        return has_any || record->failed_retries < rules->retries_failed;
    case EXECUTION_TIMED_OUT:
        return has_any || record->timed_out_retries < rules->retries_timed_out;
    default:
        return false;
    }
}

static bool insert_retry(struct core *core, struct change *change, const struct execution_record *record)
{
    bool has_failed = record->execution.status == EXECUTION_FAILED;
    struct execution_seed seed = {
        .thing = record->execution.thing_name,
        .job_id = record->execution.job_id,
        .number = record->execution.number + 1,
        .failed_retries = record->failed_retries + (has_failed ? 1 : 0),
        .timed_out_retries = record->timed_out_retries + (has_failed ? 0 : 1),
    };
    return execution_record_insert(core, change, &seed);
}

bool lifecycle_end(struct core *core, struct change *change, struct execution_record *record,
                   enum execution_status status)
{
    struct job_rules rules;
    if (!read_rules(core, record->execution.job_id, &rules)) {
        return false;
    }
    record->execution.status = status;
    if (!execution_record_save_end(core, change, record) || !job_events_tell_end(core, &record->execution)) {
        return false;
    }
    if (has_retry_left(&rules, record)) {
        return insert_retry(core, change, record);
    }
    return lifecycle_complete_job(core, record->execution.job_id);
}

bool lifecycle_complete_job(struct core *core, const char *job_id)
{
    if (!store_run(core->store,
                   STORE_QUERY(core->store, STORE_JOB_COMPLETE, store_text(job_id),
                               store_text(job_status_text(JOB_COMPLETED)),
                               store_text(job_status_text(JOB_IN_PROGRESS)), store_i64(core_now_ms(core))))) {
        return false;
    }
    return store_changes(core->store) == 0 || job_events_tell(core, job_id, JOB_EVENT_COMPLETED);
}
