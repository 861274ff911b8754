/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/job_check.h"
#include "cloud/base/memory.h"

#include "cloud/base/utf8.h"
#include "cloud/core/core_private.h"
#include "cloud/core/jobs/placeholders.h"
#include "cloud/core/names.h"
#include "common/json.h"
#include "common/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum core_code job_check_text(const char *what, const char *text, struct core_error *error)
{
    if (text && (!*text || !name_is_free_text(slice_from(text), JOB_TEXT_MAX))) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "%s has 1 to %d characters, none of them a control or format character", what,
                         JOB_TEXT_MAX);
    }
    return CORE_OK;
}

enum core_code job_check_reason(const char *reason_code, struct core_error *error)
{
    if (reason_code && !name_is_reason(slice_from(reason_code))) {
        return core_fail(error, CORE_INVALID_REQUEST, "reasonCode has 1 to 128 characters of [A-Z0-9_]");
    }
    return CORE_OK;
}

enum core_code job_check_presign(const struct job_presign *presign, struct core_error *error)
{
    const char *role = presign->role_arn;
    if (role && (strlen(role) < JOB_ROLE_MIN || !name_is_free_text(slice_from(role), JOB_ROLE_MAX))) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "presignedUrlConfig: roleArn has %d to %d characters, like "
                         "arn:aws:iam::123456789012:role/NAME",
                         JOB_ROLE_MIN, JOB_ROLE_MAX);
    }
    int64_t expires_s = presign->expires_s;
    if (expires_s && (expires_s < PLACEHOLDERS_EXPIRE_MIN_S || expires_s > PLACEHOLDERS_EXPIRE_MAX_S)) {
        return core_fail(error, CORE_INVALID_REQUEST, "presignedUrlConfig: expiresInSec must be %d to %d",
                         PLACEHOLDERS_EXPIRE_MIN_S, PLACEHOLDERS_EXPIRE_MAX_S);
    }
    return CORE_OK;
}

/* --- Time-outs and retries --- */

enum core_code job_check_timeout(int64_t minutes, struct core_error *error)
{
    if (minutes < 0 || minutes > JOB_IN_PROGRESS_MAX_MIN) {
        return core_fail(error, CORE_INVALID_REQUEST, "inProgressTimeoutInMinutes must be 1 to %d",
                         JOB_IN_PROGRESS_MAX_MIN);
    }
    return CORE_OK;
}

static bool add_retry(struct job_retry_counts *counts, const struct job_retry *retry)
{
    static const char *const types[] = {"FAILED", "TIMED_OUT", "ALL"};
    int64_t *places[] = {&counts->failed, &counts->timed_out, &counts->all};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(retry->failure_type, types[i]) == 0) {
            *places[i] = retry->retries;
            return true;
        }
    }
    return false;
}

/* ALL beside another type could mean two things, so it is refused rather than guessed. */
static bool is_ambiguous(const struct job_retry retries[], size_t count)
{
    if (count < 2) {
        return false;
    }
    const char *a = retries[0].failure_type;
    const char *b = retries[1].failure_type;
    return strcmp(a, b) == 0 || strcmp(a, "ALL") == 0 || strcmp(b, "ALL") == 0;
}

enum core_code job_check_retries(const struct job_retry retries[], size_t count, bool has_timeout,
                                 struct job_retry_counts *counts, struct core_error *error)
{
    int64_t total = 0;
    *counts = (struct job_retry_counts){0};
    if (count > JOB_RETRIES_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "jobExecutionsRetryConfig: criteriaList has 1 to %d entries", JOB_RETRIES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const struct job_retry *retry = &retries[i];
        if (retry->retries < 0 || retry->retries > JOB_RETRIES_TOTAL_MAX) {
            return core_fail(error, CORE_INVALID_REQUEST, "numberOfRetries must be 0 to %d",
                             JOB_RETRIES_TOTAL_MAX);
        }
        if (!add_retry(counts, retry)) {
            return core_fail(error, CORE_INVALID_REQUEST,
                             "jobExecutionsRetryConfig: failureType is FAILED, TIMED_OUT or ALL, not '%.*s'",
                             utf8_fit(retry->failure_type, NAME_SHOWN), retry->failure_type);
        }
        total += retry->retries;
    }
    if (total > JOB_RETRIES_TOTAL_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "jobExecutionsRetryConfig: at most %d retries in all",
                         JOB_RETRIES_TOTAL_MAX);
    }
    if (counts->timed_out > 0 && !has_timeout) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "jobExecutionsRetryConfig: retries after TIMED_OUT need a timeoutConfig");
    }
    if (is_ambiguous(retries, count)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "jobExecutionsRetryConfig: give each failureType once, and ALL alone");
    }
    return CORE_OK;
}

static void write_retries(struct json_writer *w, const struct job_create *create)
{
    json_write_key(w, "jobExecutionsRetryConfig");
    json_write_object(w);
    json_write_key(w, "criteriaList");
    json_write_array(w);
    for (size_t i = 0; i < create->retry_count; i++) {
        json_write_object(w);
        json_write_key(w, "failureType");
        json_write_string(w, create->retries[i].failure_type);
        json_write_key(w, "numberOfRetries");
        json_write_i64(w, create->retries[i].retries);
        json_write_object_end(w);
    }
    json_write_array_end(w);
    json_write_object_end(w);
}

static enum core_code write_config(const struct job_create *create, struct job_plan *plan,
                                   struct core_error *error)
{
    struct json_writer w;
    if (create->config.len) {
        plan->config = create->config;
        return CORE_OK;
    }
    json_write_begin(&w, plan->config_text, sizeof plan->config_text);
    json_write_object(&w);
    if (create->in_progress_timeout_min) {
        json_write_key(&w, "timeoutConfig");
        json_write_object(&w);
        json_write_key(&w, "inProgressTimeoutInMinutes");
        json_write_i64(&w, create->in_progress_timeout_min);
        json_write_object_end(&w);
    }
    if (create->retry_count) {
        write_retries(&w, create);
    }
    json_write_object_end(&w);
    if (json_write_finish(&w, &plan->config.len)) {
        return core_fail(error, CORE_INTERNAL, "the configuration of the job is too long");
    }
    plan->config.ptr = plan->config_text;
    return CORE_OK;
}

/* --- Targets --- */

static enum core_code read_target(const struct core *core, const char *arn, char name[CORE_THING_NAME_CAP],
                                  struct core_error *error)
{
    struct slice text;
    if (arn_read(core, arn, "thinggroup", &text)) {
        return core_fail(
            error, CORE_INVALID_REQUEST,
            "target '%.*s': thing groups are not available in iot-local; name the things one by one",
            utf8_fit(arn, NAME_SHOWN), arn);
    }
    if (!arn_read(core, arn, "thing", &text) || !name_is_thing(text) ||
        slice_copy(text, name, CORE_THING_NAME_CAP)) {
        char form[256];
        arn_write(core, "thing", "NAME", form, sizeof form);
        return core_fail(error, CORE_INVALID_REQUEST,
                         "target '%.*s' is not the ARN of a thing here; it looks like %s",
                         utf8_fit(arn, NAME_SHOWN), arn, form);
    }
    return CORE_OK;
}

static bool has_thing(const struct job_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->thing_count; i++) {
        if (strcmp(plan->things[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum core_code read_targets(const struct core *core, const struct job_create *create,
                                   struct job_plan *plan, struct core_error *error)
{
    if (create->target_count < 1 || create->target_count > JOB_TARGETS_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "a job has 1 to %d targets", JOB_TARGETS_MAX);
    }
    for (size_t i = 0; i < create->target_count; i++) {
        char *name = plan->things[plan->thing_count];
        if (read_target(core, create->targets[i], name, error)) {
            return error->code;
        }
        if (!has_thing(plan, name)) {
            plan->thing_count++;
        }
    }
    return CORE_OK;
}

static enum core_code find_targets(struct core *core, const struct job_plan *plan, struct core_error *error)
{
    for (size_t i = 0; i < plan->thing_count; i++) {
        int got = core_has_row(core, STORE_THING_EXISTS, plan->things[i]);
        if (got < 0) {
            return core_fail_storage(core, error);
        }
        if (!got) {
            return core_fail(error, CORE_NOT_FOUND, "target thing '%s' does not exist; create it first",
                             plan->things[i]);
        }
    }
    return CORE_OK;
}

/* --- Document --- */

static enum core_code check_document(const struct core *core, const struct job_create *create,
                                     struct slice document, struct core_error *error)
{
    size_t at = 0;
    if (document.len > CORE_DOCUMENT_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "the job document has %zu bytes; at most %d are allowed", document.len,
                         CORE_DOCUMENT_MAX);
    }
    enum err err = json_read(document, NULL, 0, &at);
    if (err) {
        return core_fail(error, CORE_INVALID_REQUEST, "the job document is not usable at byte %zu: %s", at,
                         err_text(err));
    }
    return placeholders_check(core, document, create->presign.role_arn != NULL, error);
}

/* The object is read once, now: later changes of it do not reach devices. */
static enum core_code read_source(struct core *core, const char *link, struct job_plan *plan,
                                  struct core_error *error)
{
    if (objects_resolve(core, link, &plan->object, error)) {
        return error->code;
    }
    plan->document = (struct slice){.ptr = (const char *)plan->object.body, .len = plan->object.size};
    return CORE_OK;
}

static enum core_code read_document(struct core *core, const struct job_create *create, struct job_plan *plan,
                                    struct core_error *error)
{
    if (create->document_source && read_source(core, create->document_source, plan, error)) {
        return error->code;
    }
    if (!create->document_source) {
        plan->document = create->document;
    }
    return check_document(core, create, plan->document, error);
}

/* --- All of it --- */

static enum core_code check_members(const struct job_create *create, struct core_error *error)
{
    if (name_check_job(create->job_id, error) || job_check_text("description", create->description, error)) {
        return error->code;
    }
    const char *selection = create->target_selection;
    if (selection && strcmp(selection, "CONTINUOUS") == 0) {
        return core_fail(
            error, CORE_INVALID_REQUEST,
            "targetSelection CONTINUOUS is not available in iot-local (it follows thing groups); "
            "use SNAPSHOT");
    }
    if (selection && strcmp(selection, "SNAPSHOT") != 0) {
        return core_fail(error, CORE_INVALID_REQUEST, "targetSelection is SNAPSHOT, not '%.*s'",
                         utf8_fit(selection, NAME_SHOWN), selection);
    }
    if (job_check_timeout(create->in_progress_timeout_min, error) ||
        job_check_presign(&create->presign, error)) {
        return error->code;
    }
    if (!create->document.ptr == !create->document_source) {
        return core_fail(error, CORE_INVALID_REQUEST, "give either document or documentSource");
    }
    if (create->document_source &&
        (strlen(create->document_source) < 1 || strlen(create->document_source) > JOB_DOCUMENT_SOURCE_MAX)) {
        return core_fail(error, CORE_INVALID_REQUEST, "documentSource has 1 to %d characters",
                         JOB_DOCUMENT_SOURCE_MAX);
    }
    return CORE_OK;
}

static enum core_code check_is_new(struct core *core, const char *job_id, struct core_error *error)
{
    int got = core_has_row(core, STORE_JOB_STATUS, job_id);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        core_fail(error, CORE_ALREADY_EXISTS, "job '%s' exists already", job_id);
        arn_write(core, "job", job_id, error->resource, sizeof error->resource);
    }
    return error->code;
}

struct job_plan *job_check(struct core *core, const struct job_create *create, struct core_error *error)
{
    struct job_plan *plan = memory_zeroed(sizeof *plan);
    if (check_members(create, error) || tags_check(create->tags, error) ||
        job_check_retries(create->retries, create->retry_count, create->in_progress_timeout_min > 0,
                          &plan->retries, error) ||
        read_targets(core, create, plan, error) || check_is_new(core, create->job_id, error) ||
        find_targets(core, plan, error) || read_document(core, create, plan, error) ||
        write_config(create, plan, error)) {
        job_plan_free(plan);
        return NULL;
    }
    return plan;
}

void job_plan_free(struct job_plan *plan)
{
    if (!plan) {
        return;
    }
    object_clear(&plan->object);
    free(plan);
}
