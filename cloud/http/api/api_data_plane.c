/* SPDX-License-Identifier: MIT */
/* iot-jobs-data, the device's Jobs API over HTTP: docs/protocol.md 6. */
#include "cloud/core/jobs/details.h"
#include "cloud/core/jobs/executions.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdlib.h>

#define STEP_TIMEOUT_REMOVE (-1)

struct pending {
    json_t *in_progress, *queued;
};

static void add_pending(void *ctx, const struct execution *execution)
{
    const struct pending *pending = ctx;
    json_t *list = execution->status == EXECUTION_IN_PROGRESS ? pending->in_progress : pending->queued;
    json_array_append_new(list, render_device_summary(execution));
}

void api_get_pending_job_executions(struct call *call)
{
    struct pending pending = {json_array(), json_array()};
    json_t *out = json_object();
    json_object_set_new(out, "inProgressJobs", pending.in_progress);
    json_object_set_new(out, "queuedJobs", pending.queued);
    if (call_ok(call, executions_pending(call->service->core, call->labels[0], add_pending, &pending,
                                         &call->error))) {
        answer_json(&call->answer, out);
    } else {
        json_decref(out);
    }
}

/* {"execution": ...}, or {} when nothing is pending. */
static void answer_execution(struct call *call, struct execution *execution, bool has_one)
{
    json_t *out = json_object();
    if (has_one) {
        json_object_set_new(out, "execution", render_device_execution(call->service->core, execution));
    }
    answer_json(&call->answer, out);
    execution_clear(execution);
}

/* *details: as the core takes it, NULL when not given; held to the stricter rule that HTTP has. The caller frees. */
static bool read_details(struct call *call, char **details)
{
    return call_object_text(call, call->members, "statusDetails", details) &&
           (!*details || call_ok(call, details_check(slice_from(*details), DETAILS_OVER_HTTP, &call->error)));
}

void api_start_next_pending_job_execution(struct call *call)
{
    struct execution execution = {0};
    bool has_one = false;
    int64_t step_timeout_min = 0;
    char *details = NULL;
    if (!call_i64(call, call->members, "stepTimeoutInMinutes", 1, &step_timeout_min, NULL) ||
        !read_details(call, &details)) {
        free(details);
        return;
    }
    if (call_ok(call, executions_start_next(call->service->core, call->labels[0], slice_from(details),
                                            step_timeout_min, &execution, &has_one, &call->error))) {
        answer_execution(call, &execution, has_one);
    }
    free(details);
}

void api_data_describe_job_execution(struct call *call)
{
    struct execution execution = {0};
    bool has_one = false;
    bool with_document = true;
    int64_t number = 0;
    if (!call_query_bool(call, "includeJobDocument", &with_document) ||
        !call_query_i64(call, "executionNumber", 1, &number)) {
        return;
    }
    if (call_ok(call, executions_get(call->service->core, call->labels[0], call->labels[1], number,
                                     with_document, &execution, &has_one, &call->error))) {
        answer_execution(call, &execution, has_one);
    }
}

static bool read_update(struct call *call, struct execution_update *update, bool *with_state, char **details)
{
    const json_t *members = call->members;
    const char *status = NULL;
    if (!call_text(call, members, "status", &status) ||
        !call_i64(call, members, "expectedVersion", 0, &update->expected_version,
                  &update->has_expected_version) ||
        !call_i64(call, members, "executionNumber", 1, &update->number, NULL) ||
        !call_i64(call, members, "stepTimeoutInMinutes", STEP_TIMEOUT_REMOVE, &update->step_timeout_min,
                  &update->has_step_timeout) ||
        !call_bool(call, members, "includeJobDocument", &update->with_document) ||
        !call_bool(call, members, "includeJobExecutionState", with_state) || !read_details(call, details)) {
        return false;
    }
    update->status = slice_from(status);
    update->details = slice_from(*details);
    return true;
}

void api_data_update_job_execution(struct call *call)
{
    struct execution_update update = {.thing = call->labels[0], .job_id = call->labels[1]};
    struct execution execution = {0};
    bool with_state = false;
    char *details = NULL;
    if (!read_update(call, &update, &with_state, &details)) {
        free(details);
        return;
    }
    if (call_ok(call, executions_update(call->service->core, &update, &execution, &call->error))) {
        json_t *out = json_object();
        if (with_state) {
            json_object_set_new(out, "executionState", render_device_state(&execution));
        }
        render_put_text(out, "jobDocument", execution.document);
        answer_json(&call->answer, out);
        execution_clear(&execution);
    }
    free(details);
}
