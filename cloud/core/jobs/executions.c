/* SPDX-License-Identifier: MIT */
/* The device's operations: docs/protocol.md 1.4 to 1.8. */
#include "cloud/core/jobs/executions.h"
#include "cloud/base/text.h"

#include "cloud/core/jobs/details.h"
#include "cloud/core/jobs/executions_private.h"
#include "cloud/core/jobs/lifecycle.h"
#include "cloud/core/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- Shared checks --- */

enum core_code execution_require(struct core *core, const char *thing, const char *job_id, int64_t number,
                                 struct execution_record *record, struct core_error *error)
{
    *record = (struct execution_record){0};
    if (name_check_thing(thing, error) || name_check_job(job_id, error)) {
        return error->code;
    }
    int got = execution_record_find(core, thing, job_id, number, record);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        return CORE_OK;
    }
    if (thing_require(core, thing, error)) {
        return error->code;
    }
    if (number) {
        return core_fail(error, CORE_NOT_FOUND, "job '%s' has no execution number %" PRId64 " on thing '%s'",
                         job_id, number, thing);
    }
    return core_fail(error, CORE_NOT_FOUND, "job '%s' has no execution on thing '%s'", job_id, thing);
}

void execution_fail_with_state(const struct execution_record *record, struct core_error *error)
{
    const struct execution *e = &record->execution;
    error->has_state = true;
    error->status = e->status;
    error->version = e->version;
    error->details = text_copy(e->details);
}

enum core_code execution_require_version(const struct execution_record *record, int64_t expected,
                                         struct core_error *error)
{
    int64_t version = record->execution.version;
    if (version == expected) {
        return CORE_OK;
    }
    core_fail(error, CORE_VERSION_MISMATCH, "Expected version %" PRId64 " but found version %" PRId64,
              expected, version);
    execution_fail_with_state(record, error);
    return error->code;
}

void execution_set_details(struct execution_record *record, char **details)
{
    free(record->execution.details);
    record->execution.details = *details;
    *details = NULL;
}

static enum core_code check_step_timeout(int64_t minutes, bool may_remove, struct core_error *error)
{
    if ((minutes >= 1 && minutes <= STEP_TIMEOUT_MAX_MIN) || (minutes == -1 && may_remove)) {
        return CORE_OK;
    }
    return core_fail(error, CORE_INVALID_REQUEST, "stepTimeoutInMinutes must be 1 to %d%s",
                     STEP_TIMEOUT_MAX_MIN, may_remove ? ", or -1 to remove the timer" : "");
}

static enum core_code add_document(struct core *core, struct execution *execution, struct core_error *error)
{
    execution->document = execution_record_document(core, execution->job_id);
    return execution->document ? CORE_OK : core_fail_storage(core, error);
}

/* Moves the execution out of the record, so that the record can be cleared. */
static void give(struct execution_record *record, struct execution *out)
{
    *out = record->execution;
    record->execution = (struct execution){0};
}

/* --- GetPendingJobExecutions --- */

enum core_code executions_pending(struct core *core, const char *thing, execution_fn fn, void *ctx,
                                  struct core_error *error)
{
    core_error_clear(error);
    if (thing_require(core, thing, error)) {
        return error->code;
    }
    return execution_record_each_pending(core, thing, EXECUTIONS_SHOWN, fn, ctx)
               ? CORE_OK
               : core_fail_storage(core, error);
}

/* --- StartNextPendingJobExecution --- */

/* U8: an execution that is IN_PROGRESS stays as it is, but for the step timer. */
static bool start_next(struct core *core, struct execution_record *record, char **details,
                       int64_t step_timeout_min)
{
    struct change change;
    if (!change_begin(core, record->execution.thing_name, &change)) {
        return false;
    }
    if (record->execution.status == EXECUTION_QUEUED) {
        if (!lifecycle_start(core, record)) {
            return false;
        }
        lifecycle_touch(core, record);
        if (*details) {
            execution_set_details(record, details);
        }
    }
    if (step_timeout_min) {
        lifecycle_set_step_timer(core, record, step_timeout_min);
    }
    return execution_record_save(core, record) && change_finish(core, &change);
}

enum core_code executions_start_next(struct core *core, const char *thing, struct slice details,
                                     int64_t step_timeout_min, struct execution *out, bool *has_one,
                                     struct core_error *error)
{
    char *map = NULL;
    struct execution_record record = {0};
    *out = (struct execution){0};
    *has_one = false;
    core_error_clear(error);
    if ((step_timeout_min && check_step_timeout(step_timeout_min, false, error)) ||
        (details.len && details_read(details, DETAILS_OVER_MQTT, &map, error)) ||
        thing_require(core, thing, error)) {
        goto finish;
    }
    int got = execution_record_first(core, thing, &record);
    if (got < 0) {
        core_fail_storage(core, error);
    }
    if (got < 1 || add_document(core, &record.execution, error)) {
        goto finish;
    }
    if (record.execution.status == EXECUTION_QUEUED || step_timeout_min) {
        struct core_write write;
        if (core_write_begin(core, &write, error) && !start_next(core, &record, &map, step_timeout_min)) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    if (!error->code) {
        give(&record, out);
        *has_one = true;
    }
finish:
    execution_record_clear(&record);
    free(map);
    return error->code;
}

/* --- DescribeJobExecution --- */

static enum core_code find_for_get(struct core *core, const char *thing, const char *job_id, int64_t number,
                                   struct execution_record *record, bool *has_one, struct core_error *error)
{
    *has_one = true;
    if (strcmp(job_id, "$next") != 0) {
        return execution_require(core, thing, job_id, number, record, error);
    }
    if (thing_require(core, thing, error)) {
        return error->code;
    }
    int got = execution_record_first(core, thing, record);
    *has_one = got == 1;
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

enum core_code executions_get(struct core *core, const char *thing, const char *job_id, int64_t number,
                              bool with_document, struct execution *out, bool *has_one,
                              struct core_error *error)
{
    struct execution_record record = {0};
    bool found = false;
    *out = (struct execution){0};
    *has_one = false;
    core_error_clear(error);
    if (find_for_get(core, thing, job_id, number, &record, &found, error) || !found) {
        goto finish;
    }
    if (execution_status_is_terminal(record.execution.status)) {
        core_fail(error, CORE_TERMINAL_STATE, "the execution of job '%s' on thing '%s' is %s", job_id, thing,
                  execution_status_text(record.execution.status));
        goto finish;
    }
    if (with_document && add_document(core, &record.execution, error)) {
        goto finish;
    }
    give(&record, out);
    *has_one = true;
finish:
    execution_record_clear(&record);
    return error->code;
}

/* --- UpdateJobExecution --- */

/* What a device may ask for. QUEUED is a word it knows, but never a reachable status (U12). */
static enum core_code read_wanted_status(struct slice word, enum execution_status *wanted,
                                         struct core_error *error)
{
    if (!word.ptr) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "Value null at 'status' failed to satisfy constraint: Member must not be null");
    }
    bool is_known = execution_status_parse(word, wanted);
    if (!is_known || *wanted == EXECUTION_TIMED_OUT || *wanted == EXECUTION_REMOVED ||
        *wanted == EXECUTION_CANCELED) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "status must be IN_PROGRESS, SUCCEEDED, FAILED or REJECTED, not '%.*s'",
                         (int)(word.len < 40 ? word.len : 40), word.ptr);
    }
    return CORE_OK;
}

static enum core_code check_transition(const struct execution_record *record, enum execution_status wanted,
                                       struct core_error *error)
{
    enum execution_status status = record->execution.status;
    if (!execution_status_is_terminal(status) && wanted != EXECUTION_QUEUED) {
        return CORE_OK;
    }
    core_fail(error, CORE_INVALID_STATE_TRANSITION, "an execution that is %s cannot become %s",
              execution_status_text(status), execution_status_text(wanted));
    execution_fail_with_state(record, error);
    return error->code;
}

static bool progress(struct core *core, const struct execution_update *update,
                     struct execution_record *record)
{
    struct change change;
    if (!change_begin(core, update->thing, &change) ||
        (record->execution.status == EXECUTION_QUEUED && !lifecycle_start(core, record))) {
        return false;
    }
    lifecycle_touch(core, record);
    if (update->has_step_timeout) {
        lifecycle_set_step_timer(core, record, update->step_timeout_min);
    }
    return execution_record_save(core, record) && change_finish(core, &change);
}

static bool end(struct core *core, const struct execution_update *update, struct execution_record *record,
                enum execution_status wanted)
{
    struct change change;
    if (!change_begin(core, update->thing, &change)) {
        return false;
    }
    lifecycle_touch(core, record);
    return lifecycle_end(core, &change, record, wanted) && change_finish(core, &change);
}

static enum core_code apply(struct core *core, const struct execution_update *update,
                            struct execution_record *record, enum execution_status wanted,
                            struct core_error *error)
{
    struct core_write write;
    if (!core_write_begin(core, &write, error)) {
        return error->code;
    }
    bool is_good =
        wanted == EXECUTION_IN_PROGRESS ? progress(core, update, record) : end(core, update, record, wanted);
    if (!is_good) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code executions_update(struct core *core, const struct execution_update *update,
                                 struct execution *out, struct core_error *error)
{
    char *map = NULL;
    struct execution_record record = {0};
    enum execution_status wanted = EXECUTION_QUEUED;
    *out = (struct execution){0};
    core_error_clear(error);
    if (read_wanted_status(update->status, &wanted, error) ||
        (update->has_step_timeout && check_step_timeout(update->step_timeout_min, true, error)) ||
        (update->details.ptr && details_read(update->details, DETAILS_OVER_MQTT, &map, error)) ||
        execution_require(core, update->thing, update->job_id, update->number, &record, error) ||
        (update->has_expected_version &&
         execution_require_version(&record, update->expected_version, error)) ||
        check_transition(&record, wanted, error)) {
        goto finish;
    }
    if (update->details.ptr) {
        execution_set_details(&record, &map);
    }
    if ((update->with_document && add_document(core, &record.execution, error)) ||
        apply(core, update, &record, wanted, error)) {
        goto finish;
    }
    give(&record, out);
finish:
    execution_record_clear(&record);
    free(map);
    return error->code;
}
