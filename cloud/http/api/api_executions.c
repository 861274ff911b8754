/* SPDX-License-Identifier: MIT */
/* Job executions, control plane: docs/protocol.md 5.3. */
#include "cloud/http/operations.h"
#include "cloud/http/render.h"
#include "common/number.h"

#include <stdlib.h>

struct listing {
    json_t *entries;
    const struct core *core;
    bool is_by_job; /* entries name the thing; else the job */
};

static void add_execution(void *ctx, const struct execution *execution)
{
    const struct listing *listing = ctx;
    json_t *entry = json_object();
    if (listing->is_by_job) {
        render_put_thing_arn(entry, listing->core, execution->thing_name);
    } else {
        render_put_text(entry, "jobId", execution->job_id);
    }
    json_object_set_new(entry, "jobExecutionSummary", render_execution_summary(execution));
    json_array_append_new(listing->entries, entry);
}

static void list_executions(struct call *call, bool is_by_job)
{
    struct core *core = call->service->core;
    struct page page;
    char next[CORE_KEY_CAP] = "";
    const char *status = NULL;
    const char *job_id = NULL;
    if (!call_page(call, &page) || !call_query_text(call, "status", &status) ||
        !call_query_text(call, "jobId", &job_id)) {
        return;
    }
    struct listing listing = {.entries = json_array(), .core = core, .is_by_job = is_by_job};
    enum core_code code =
        is_by_job ? executions_list_for_job(core, call->labels[0], status, page.after, page.limit,
                                            add_execution, &listing, next, &call->error)
                  : executions_list_for_thing(core, call->labels[0], job_id, status, page.after, page.limit,
                                              add_execution, &listing, next, &call->error);
    if (!call_ok(call, code)) {
        json_decref(listing.entries);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "executionSummaries", listing.entries);
    call_answer_page(call, out, next);
}

void api_list_job_executions_for_job(struct call *call)
{
    list_executions(call, true);
}

void api_list_job_executions_for_thing(struct call *call)
{
    list_executions(call, false);
}

void api_describe_job_execution(struct call *call)
{
    struct core *core = call->service->core;
    struct execution execution = {0};
    int64_t number = 0;
    if (!call_query_i64(call, "executionNumber", 1, &number) ||
        !call_ok(call, executions_describe(core, call->labels[0], call->labels[1], number, &execution,
                                           &call->error))) {
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "execution", render_execution(core, &execution));
    answer_json(&call->answer, out);
    execution_clear(&execution);
}

void api_cancel_job_execution(struct call *call)
{
    struct execution_cancel cancel = {.thing = call->labels[0], .job_id = call->labels[1]};
    char *details = NULL;
    if (!call_query_bool(call, "force", &cancel.is_forced) ||
        !call_i64(call, call->members, "expectedVersion", 0, &cancel.expected_version,
                  &cancel.has_expected_version) ||
        !call_object_text(call, call->members, "statusDetails", &details)) {
        return;
    }
    cancel.details = slice_from(details);
    if (call_ok(call, executions_cancel(call->service->core, &cancel, &call->error))) {
        answer_json(&call->answer, NULL);
    }
    free(details);
}

void api_delete_job_execution(struct call *call)
{
    bool is_forced = false;
    int64_t number;
    if (!call_query_bool(call, "force", &is_forced)) {
        return;
    }
    if (number_to_i64(slice_from(call->labels[2]), &number) != ERR_OK || number < 1) {
        call_refuse(call, "the execution number '%s' is not a positive integer", call->labels[2]);
        return;
    }
    if (call_ok(call, executions_delete(call->service->core, call->labels[0], call->labels[1], number,
                                        is_forced, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
