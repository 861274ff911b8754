/* SPDX-License-Identifier: MIT */
#include "cloud/http/render.h"

#include "cloud/core/names.h"
#include "cloud/http/answer.h"
#include "common/number.h"

#define RENDER_ARN_CAP 256

json_t *render_date(int64_t ms)
{
    return json_real((double)ms / 1000.0);
}

void render_put_text(json_t *object, const char *name, const char *text)
{
    if (text) {
        json_object_set_new(object, name, answer_text(text));
    }
}

void render_put_validity(json_t *object, int64_t not_before_s, int64_t not_after_s)
{
    json_t *validity = json_object();
    json_object_set_new(validity, "notBefore", render_date(not_before_s * 1000));
    json_object_set_new(validity, "notAfter", render_date(not_after_s * 1000));
    json_object_set_new(object, "validity", validity);
}

json_t *render_parse(const char *json, json_t *otherwise)
{
    json_t *value = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    if (!value) {
        return otherwise;
    }
    json_decref(otherwise);
    return value;
}

static void put_date(json_t *object, const char *name, int64_t ms)
{
    if (ms != 0) {
        json_object_set_new(object, name, render_date(ms));
    }
}

static json_t *process_details(const struct job *job)
{
    static const char *const names[EXECUTION_STATUS_COUNT] = {
        [EXECUTION_QUEUED] = "numberOfQueuedThings",
        [EXECUTION_IN_PROGRESS] = "numberOfInProgressThings",
        [EXECUTION_SUCCEEDED] = "numberOfSucceededThings",
        [EXECUTION_FAILED] = "numberOfFailedThings",
        [EXECUTION_TIMED_OUT] = "numberOfTimedOutThings",
        [EXECUTION_REJECTED] = "numberOfRejectedThings",
        [EXECUTION_REMOVED] = "numberOfRemovedThings",
        [EXECUTION_CANCELED] = "numberOfCanceledThings",
    };
    json_t *details = json_object();
    for (int status = 0; status < EXECUTION_STATUS_COUNT; status++) {
        json_object_set_new(details, names[status], json_integer(job->counts[status]));
    }
    return details;
}

json_t *render_job_summary(const struct job *job)
{
    json_t *out = json_object();
    render_put_text(out, "jobArn", job->arn);
    render_put_text(out, "jobId", job->job_id);
    render_put_text(out, "targetSelection", job->target_selection);
    render_put_text(out, "status", job_status_text(job->status));
    put_date(out, "createdAt", job->created_at_ms);
    put_date(out, "lastUpdatedAt", job->last_updated_at_ms);
    put_date(out, "completedAt", job->completed_at_ms);
    json_object_set_new(out, "isConcurrent", json_false());
    return out;
}

json_t *render_job(const struct job *job)
{
    json_t *out = render_job_summary(job);
    if (job->is_force_canceled) {
        json_object_set_new(out, "forceCanceled", json_true());
    }
    render_put_text(out, "reasonCode", job->reason_code);
    render_put_text(out, "comment", job->comment);
    render_put_text(out, "description", job->description);
    json_object_set_new(out, "targets", render_parse(job->targets, json_array()));
    json_object_set_new(out, "presignedUrlConfig", json_object());
    json_object_set_new(out, "jobProcessDetails", process_details(job));
    json_t *config = render_parse(job->config, json_object());
    json_object_update(out, config);
    json_decref(config);
    return out;
}

json_t *render_job_name(const struct job *job)
{
    json_t *out = json_object();
    render_put_text(out, "jobArn", job->arn);
    render_put_text(out, "jobId", job->job_id);
    render_put_text(out, "description", job->description);
    return out;
}

void render_put_thing_arn(json_t *object, const struct core *core, const char *thing)
{
    char arn[RENDER_ARN_CAP];
    arn_write(core, "thing", thing, arn, sizeof arn);
    render_put_text(object, "thingArn", arn);
}

static void put_seconds_left(json_t *out, const struct core *core, const struct execution *execution)
{
    int64_t left_s = execution_seconds_left(core, execution);
    if (left_s >= 0) {
        json_object_set_new(out, "approximateSecondsBeforeTimedOut", json_integer(left_s));
    }
}

json_t *render_execution(const struct core *core, const struct execution *execution)
{
    json_t *out = json_object();
    json_t *details = json_object();
    if (execution->details) {
        json_object_set_new(details, "detailsMap", render_parse(execution->details, json_object()));
    }
    render_put_text(out, "jobId", execution->job_id);
    render_put_text(out, "status", execution_status_text(execution->status));
    json_object_set_new(out, "forceCanceled", json_boolean(execution->is_force_canceled));
    json_object_set_new(out, "statusDetails", details);
    render_put_thing_arn(out, core, execution->thing_name);
    put_date(out, "queuedAt", execution->queued_at_ms);
    put_date(out, "startedAt", execution->started_at_ms);
    put_date(out, "lastUpdatedAt", execution->last_updated_at_ms);
    json_object_set_new(out, "executionNumber", json_integer(execution->number));
    json_object_set_new(out, "versionNumber", json_integer(execution->version));
    put_seconds_left(out, core, execution);
    return out;
}

json_t *render_execution_summary(const struct execution *execution)
{
    json_t *out = json_object();
    render_put_text(out, "status", execution_status_text(execution->status));
    put_date(out, "queuedAt", execution->queued_at_ms);
    put_date(out, "startedAt", execution->started_at_ms);
    put_date(out, "lastUpdatedAt", execution->last_updated_at_ms);
    json_object_set_new(out, "executionNumber", json_integer(execution->number));
    json_object_set_new(out, "retryAttempt", json_integer(execution->retry_attempt));
    return out;
}

static void put_seconds(json_t *object, const char *name, int64_t ms)
{
    if (ms != 0) {
        json_object_set_new(object, name, json_integer(ms / 1000));
    }
}

json_t *render_device_summary(const struct execution *execution)
{
    json_t *out = json_object();
    render_put_text(out, "jobId", execution->job_id);
    put_seconds(out, "queuedAt", execution->queued_at_ms);
    put_seconds(out, "startedAt", execution->started_at_ms);
    put_seconds(out, "lastUpdatedAt", execution->last_updated_at_ms);
    json_object_set_new(out, "versionNumber", json_integer(execution->version));
    json_object_set_new(out, "executionNumber", json_integer(execution->number));
    return out;
}

json_t *render_device_state(const struct execution *execution)
{
    json_t *out = json_object();
    render_put_text(out, "status", execution_status_text(execution->status));
    json_object_set_new(out, "versionNumber", json_integer(execution->version));
    if (execution->details) {
        json_object_set_new(out, "statusDetails", render_parse(execution->details, json_object()));
    }
    return out;
}

json_t *render_device_execution(const struct core *core, const struct execution *execution)
{
    json_t *out = render_device_summary(execution);
    json_t *state = render_device_state(execution);
    json_object_update(out, state);
    json_decref(state);
    render_put_text(out, "thingName", execution->thing_name);
    render_put_text(out, "jobDocument", execution->document);
    put_seconds_left(out, core, execution);
    return out;
}

/* --- Policies --- */

json_t *render_policy_name(const struct policy *policy)
{
    json_t *out = json_object();
    render_put_text(out, "policyName", policy->name);
    render_put_text(out, "policyArn", policy->arn);
    return out;
}

void render_add_policy(void *items, const struct policy *policy)
{
    json_array_append_new(items, render_policy_name(policy));
}

void render_put_version(json_t *object, const char *name, int64_t number)
{
    char text[NUMBER_TEXT_CAP];
    number_from_i64(number, text);
    render_put_text(object, name, text);
}
