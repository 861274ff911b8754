/* SPDX-License-Identifier: MIT */
/* Jobs, control plane: docs/protocol.md 5.3 and 5.4. */
#include "cloud/core/jobs/jobs.h"
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdlib.h>
#include <string.h>

static bool read_targets(struct call *call, const char *targets[JOB_TARGETS_MAX], size_t *count)
{
    const json_t *array = NULL;
    if (!call_array(call, call->members, "targets", &array)) {
        return false;
    }
    *count = json_array_size(array);
    if (*count > JOB_TARGETS_MAX) { /* the core says so */
        return true;
    }
    for (size_t i = 0; i < *count; i++) {
        targets[i] = json_string_value(json_array_get(array, i));
        if (!targets[i]) {
            call_refuse(call, "'targets' must hold strings");
            return false;
        }
    }
    return true;
}

static bool read_timeout(struct call *call, int64_t *minutes)
{
    const json_t *config = NULL;
    return call_object(call, call->members, "timeoutConfig", "inProgressTimeoutInMinutes", &config) &&
           call_i64(call, config, "inProgressTimeoutInMinutes", 1, minutes, NULL);
}

static bool read_retry(struct call *call, const json_t *criterion, struct job_retry *retry)
{
    bool has_number = false;
    if (!call_known_members(call, criterion, "criteriaList", "failureType numberOfRetries") ||
        !call_text(call, criterion, "failureType", &retry->failure_type) ||
        !call_i64(call, criterion, "numberOfRetries", 0, &retry->retries, &has_number)) {
        return false;
    }
    if (!retry->failure_type || !has_number) {
        call_refuse(call, "each entry of 'criteriaList' needs failureType and numberOfRetries");
        return false;
    }
    return true;
}

static bool read_retries(struct call *call, struct job_retry retries[JOB_RETRIES_MAX], size_t *count)
{
    const json_t *config = NULL;
    const json_t *criteria = NULL;
    if (!call_object(call, call->members, "jobExecutionsRetryConfig", "criteriaList", &config) ||
        !call_array(call, config, "criteriaList", &criteria)) {
        return false;
    }
    *count = json_array_size(criteria);
    if (*count > JOB_RETRIES_MAX || (config && *count == 0)) {
        call_refuse(call, "'criteriaList' must hold 1..%d entries", JOB_RETRIES_MAX);
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        if (!read_retry(call, json_array_get(criteria, i), &retries[i])) {
            return false;
        }
    }
    return true;
}

static bool read_presign(struct call *call, struct job_presign *presign)
{
    const json_t *config = NULL;
    return call_object(call, call->members, "presignedUrlConfig", "roleArn expiresInSec", &config) &&
           call_text(call, config, "roleArn", &presign->role_arn) &&
           call_i64(call, config, "expiresInSec", 1, &presign->expires_s, NULL);
}

static bool read_job(struct call *call, struct job_create *create)
{
    const char *document = NULL;
    const json_t *members = call->members;
    if (!call_text(call, members, "document", &document) ||
        !call_text(call, members, "documentSource", &create->document_source) ||
        !call_text(call, members, "description", &create->description) ||
        !call_text(call, members, "targetSelection", &create->target_selection)) {
        return false;
    }
    create->document = slice_from(document);
    return read_timeout(call, &create->in_progress_timeout_min) &&
           read_retries(call, create->retries, &create->retry_count) && read_presign(call, &create->presign);
}

/* The configuration members as they were given: DescribeJob shows them again. NULL: there are none. */
static char *copy_config(const struct call *call)
{
    static const char *const names[] = {"timeoutConfig", "jobExecutionsRetryConfig", "presignedUrlConfig"};
    json_t *config = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *member = json_object_get(call->members, names[i]);
        if (json_is_object(member)) {
            json_object_set(config, names[i], member);
        }
    }
    char *text = json_object_size(config) ? json_dumps(config, JSON_COMPACT) : NULL;
    json_decref(config);
    return text;
}

void api_create_job(struct call *call)
{
    const char *targets[JOB_TARGETS_MAX];
    struct job_create create = {.job_id = call->labels[0], .targets = targets};
    struct tag_list tags;
    struct job job = {0};
    if (!read_targets(call, targets, &create.target_count) || !read_job(call, &create) ||
        !api_read_tags(call, &tags)) {
        return;
    }
    create.tags = &tags;
    char *config = copy_config(call);
    create.config = slice_from(config);
    if (call_ok(call, jobs_create(call->service->core, &create, &job, &call->error))) {
        answer_json(&call->answer, render_job_name(&job));
    }
    job_clear(&job);
    free(config);
}

void api_describe_job(struct call *call)
{
    struct job job = {0};
    if (!call_ok(call, jobs_describe(call->service->core, call->labels[0], &job, &call->error))) {
        return;
    }
    json_t *out = json_object();
    render_put_text(out, "documentSource", job.document_source);
    json_object_set_new(out, "job", render_job(&job));
    answer_json(&call->answer, out);
    job_clear(&job);
}

void api_update_job(struct call *call)
{
    struct job_update update = {.job_id = call->labels[0]};
    if (!call_text(call, call->members, "description", &update.description) ||
        !read_timeout(call, &update.in_progress_timeout_min) ||
        !read_retries(call, update.retries, &update.retry_count) || !read_presign(call, &update.presign)) {
        return;
    }
    if (json_is_object(json_object_get(call->members, "timeoutConfig")) && !update.in_progress_timeout_min) {
        call_refuse(call, "'timeoutConfig' has no inProgressTimeoutInMinutes: a timer cannot be taken away");
        return;
    }
    char *config = copy_config(call);
    update.config = slice_from(config);
    if (call_ok(call, jobs_update(call->service->core, &update, &call->error))) {
        answer_json(&call->answer, NULL);
    }
    free(config);
}

static void add_job(void *ctx, const struct job *job)
{
    json_array_append_new(ctx, render_job_summary(job));
}

void api_list_jobs(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP] = "";
    const char *status = NULL;
    const char *selection = "SNAPSHOT";
    if (!call_page(call, &page) || !call_query_text(call, "status", &status) ||
        !call_query_text(call, "targetSelection", &selection)) {
        return;
    }
    bool wants_none = strcmp(selection, "CONTINUOUS") == 0; /* such jobs cannot be created here */
    if (!wants_none && strcmp(selection, "SNAPSHOT") != 0) {
        call_refuse(call, "'targetSelection' must be SNAPSHOT or CONTINUOUS");
        return;
    }
    json_t *jobs = json_array();
    if (!wants_none && !call_ok(call, jobs_list(call->service->core, status, page.after, page.limit, add_job,
                                                jobs, next, &call->error))) {
        json_decref(jobs);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "jobs", jobs);
    call_answer_page(call, out, next);
}

void api_cancel_job(struct call *call)
{
    struct job_cancel cancel = {.job_id = call->labels[0]};
    struct job job = {0};
    if (!call_query_bool(call, "force", &cancel.is_forced) ||
        !call_text(call, call->members, "reasonCode", &cancel.reason_code) ||
        !call_text(call, call->members, "comment", &cancel.comment)) {
        return;
    }
    if (call_ok(call, jobs_cancel(call->service->core, &cancel, &job, &call->error))) {
        answer_json(&call->answer, render_job_name(&job));
    }
    job_clear(&job);
}

void api_delete_job(struct call *call)
{
    bool is_forced = false;
    if (call_query_bool(call, "force", &is_forced) &&
        call_ok(call, jobs_delete(call->service->core, call->labels[0], is_forced, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_get_job_document(struct call *call)
{
    /* It is about parameters of templates, which are not modelled. A placeholder for a link stands in both forms, as on AWS:
     * links are for devices. */
    bool before_substitution = false;
    char *document = NULL;
    if (!call_query_bool(call, "beforeSubstitution", &before_substitution) ||
        !call_ok(call, jobs_document(call->service->core, call->labels[0], &document, &call->error))) {
        return;
    }
    json_t *out = json_object();
    render_put_text(out, "document", document);
    answer_json(&call->answer, out);
    free(document);
}
