/* SPDX-License-Identifier: MIT */
/* UpdateJob: docs/protocol.md 5.3. What AWS lets nobody change once a device may have acted by it is refused. */
#include "cloud/core/core_private.h"
#include "cloud/core/jobs/job_check.h"

#include <jansson.h>
#include <stdlib.h>

static enum core_code check_is_open(const struct job *job, struct core_error *error)
{
    return job->status == JOB_IN_PROGRESS || job->status == JOB_SCHEDULED
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST, "job '%s' is %s and can no longer be changed",
                           job->job_id, job_status_text(job->status));
}

static enum core_code check_not_started(struct core *core, const char *job_id, struct core_error *error)
{
    int got = core_has_row(core, STORE_JOB_HAS_STARTED, job_id);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? core_fail(error, CORE_INVALID_REQUEST,
                           "timeoutConfig of job '%s' can no longer be changed: an execution has started",
                           job_id)
               : CORE_OK;
}

static enum core_code check_no_retries(const struct job_update *update, struct core_error *error)
{
    struct job_retry_counts counts;
    if (job_check_retries(update->retries, update->retry_count, true, &counts, error)) {
        return error->code;
    }
    return counts.failed || counts.timed_out || counts.all
               ? core_fail(error, CORE_INVALID_REQUEST,
                           "numberOfRetries of a job that exists can only become 0")
               : CORE_OK;
}

/* The stored configuration with the given members in place of its own. The caller frees. */
static char *merge_config(const char *stored, struct slice given)
{
    json_t *config = json_loads(stored, 0, NULL);
    json_t *changes = given.len ? json_loadb(given.ptr, given.len, 0, NULL) : NULL;
    json_object_update(config, changes);
    char *text = json_dumps(config, JSON_COMPACT);
    json_decref(changes);
    json_decref(config);
    return text;
}

/* The configuration as text, and the numbers that are taken from it. */
static bool save(struct core *core, const struct job_update *update, const struct job *job)
{
    char *config = merge_config(job->config, update->config);
    bool is_good =
        config &&
        store_run(core->store,
                  STORE_QUERY(core->store, STORE_JOB_UPDATE, store_text(update->job_id),
                              store_text(update->description ? update->description : job->description),
                              store_text(config), store_i64(core_now_ms(core)),
                              store_time(update->in_progress_timeout_min),
                              store_i64(update->retry_count > 0)));
    free(config);
    return is_good;
}

enum core_code jobs_update(struct core *core, const struct job_update *update, struct core_error *error)
{
    struct job job;
    struct core_write write;
    if (jobs_describe(core, update->job_id, &job, error) || check_is_open(&job, error) ||
        job_check_text("description", update->description, error) ||
        job_check_timeout(update->in_progress_timeout_min, error) || check_no_retries(update, error) ||
        job_check_presign(&update->presign, error) ||
        (update->in_progress_timeout_min && check_not_started(core, update->job_id, error))) {
        goto finish;
    }
    if (core_write_begin(core, &write, error) && !save(core, update, &job)) {
        core_fail_storage(core, error);
    }
    core_write_end(core, &write, error);
finish:
    job_clear(&job);
    return error->code;
}
