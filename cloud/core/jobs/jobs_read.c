/* SPDX-License-Identifier: MIT */
/* What reads jobs: DescribeJob, GetJobDocument, ListJobs. */
#include "cloud/core/core_private.h"
#include "cloud/core/jobs/jobs.h"
#include "cloud/core/names.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void job_clear(struct job *job)
{
    free(job->description);
    free(job->comment);
    free(job->reason_code);
    free(job->document_source);
    free(job->targets);
    free(job->config);
    *job = (struct job){0};
}

/* In the order of JOB_COLUMNS. The caller clears the job, also after false. */
static bool read_row(const struct core *core, sqlite3_stmt *row, struct job *job)
{
    char status[32];
    *job = (struct job){0};
    store_column_copy(row, 0, job->job_id, sizeof job->job_id);
    arn_write(core, "job", job->job_id, job->arn, sizeof job->arn);
    store_column_copy(row, 1, status, sizeof status);
    job->is_force_canceled = store_column_i64(row, 2) != 0;
    job->created_at_ms = store_column_i64(row, 3);
    job->last_updated_at_ms = store_column_i64(row, 4);
    job->completed_at_ms = store_column_i64(row, 5);
    job->in_progress_timeout_min = store_column_i64(row, 6);
    job->description = store_column_dup(row, 7);
    job->comment = store_column_dup(row, 8);
    job->reason_code = store_column_dup(row, 9);
    job->document_source = store_column_dup(row, 10);
    store_column_copy(row, 11, job->target_selection, sizeof job->target_selection);
    job->config = store_column_dup(row, 12);
    job->id = store_column_i64(row, 13);
    return job_status_parse(slice_from(status), &job->status);
}

static enum core_code not_found(const char *job_id, struct core_error *error)
{
    return core_fail(error, CORE_NOT_FOUND, "job '%s' does not exist", job_id);
}

static bool read_counts(struct core *core, struct job *job)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_COUNTS, store_text(job->job_id));
    char word[32];
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        enum execution_status status;
        store_column_copy(query, 0, word, sizeof word);
        if (execution_status_parse(slice_from(word), &status)) {
            job->counts[status] = store_column_i64(query, 1);
        }
    }
    store_done(query);
    return got == 0;
}

static bool read_targets(struct core *core, struct job *job)
{
    json_t *arns = json_array();
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_TARGETS, store_text(job->job_id));
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        char kind[16], name[CORE_THING_NAME_CAP], arn[256];
        store_column_copy(query, 0, kind, sizeof kind);
        store_column_copy(query, 1, name, sizeof name);
        arn_write(core, kind, name, arn, sizeof arn);
        json_array_append_new(arns, json_string(arn));
    }
    store_done(query);
    job->targets = json_dumps(arns, JSON_COMPACT);
    json_decref(arns);
    return got == 0 && job->targets;
}

enum core_code jobs_describe(struct core *core, const char *job_id, struct job *out, struct core_error *error)
{
    *out = (struct job){0};
    core_error_clear(error);
    if (name_check_job(job_id, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_GET, store_text(job_id));
    int got = store_row(core->store, query);
    bool is_good = got >= 0 && (!got || read_row(core, query, out));
    store_done(query);
    if (!got) {
        return not_found(job_id, error);
    }
    if (!is_good || !read_counts(core, out) || !read_targets(core, out)) {
        job_clear(out);
        return core_fail_storage(core, error);
    }
    return CORE_OK;
}

enum core_code jobs_document(struct core *core, const char *job_id, char **document, struct core_error *error)
{
    *document = NULL;
    core_error_clear(error);
    if (name_check_job(job_id, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_JOB_DOCUMENT, store_text(job_id));
    int got = store_row(core->store, query);
    if (got == 1) {
        *document = store_column_dup(query, 0);
    }
    store_done(query);
    if (!got) {
        return not_found(job_id, error);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

enum core_code jobs_list(struct core *core, const char *status, const char *after, int64_t limit, job_fn fn,
                         void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    enum job_status ignored;
    int64_t below, last_id = 0;
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_row_page(after, limit, &below, error)) {
        return error->code;
    }
    if (status && !job_status_parse(slice_from(status), &ignored)) {
        return core_fail(error, CORE_INVALID_REQUEST, "'%.40s' is not the status of a job", status);
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_JOB_LIST, store_i64(below), store_text(status), store_i64(limit + 1));
    int got;
    while ((got = store_row(core->store, query)) == 1 && limit-- > 0) {
        struct job job;
        if (!read_row(core, query, &job)) {
            job_clear(&job);
            got = -1;
            break;
        }
        fn(ctx, &job);
        last_id = job.id;
        job_clear(&job);
    }
    store_done(query);
    if (got == 1) {
        core_write_row_key(last_id, next);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
