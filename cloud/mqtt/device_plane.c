/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/device_plane.h"
#include "cloud/base/memory.h"

#include "cloud/core/jobs/execution_json.h"
#include "cloud/core/jobs/executions.h"
#include "cloud/mqtt/device_answer.h"
#include "cloud/mqtt/device_request.h"

#include <stdlib.h>
#include <string.h>

/* One request on its way through an operation. */
struct call {
    struct core *core;
    char thing[DEVICE_TOPIC_MAX + 1]; /* as in the topic; the domain checks it */
    char job_id[DEVICE_TOPIC_MAX + 1];
    struct device_request request;
    char *members; /* of the accepted answer, JSON without braces; NULL: none */
};

static bool fail(struct call *call, const char *what)
{
    core_fail(&call->request.error, CORE_INTERNAL, "%s", what);
    return false;
}

static bool keep_members(struct call *call, struct json_writer *w, char *text)
{
    if (json_write_finish(w, NULL)) {
        free(text);
        return fail(call, "the answer is too long");
    }
    call->members = text;
    return true;
}

/* "execution":{...} */
static bool write_execution(struct call *call, const struct execution *execution)
{
    size_t cap = execution_json_cap(execution) + 64;
    char *text = memory_resize(NULL, cap);
    struct json_writer w;
    json_write_begin(&w, text, cap);
    json_write_key(&w, "execution");
    execution_json_write(&w, call->core, execution);
    return keep_members(call, &w, text);
}

/* --- GetPendingJobExecutions --- */

struct list_writer {
    struct json_writer w;
    bool has_queued; /* the second list is open */
};

static void open_queued(struct list_writer *list)
{
    if (!list->has_queued) {
        json_write_array_end(&list->w);
        json_write_key(&list->w, "queuedJobs");
        json_write_array(&list->w);
        list->has_queued = true;
    }
}

static void write_entry(void *ctx, const struct execution *execution)
{
    struct list_writer *list = ctx;
    if (execution->status == EXECUTION_QUEUED) {
        open_queued(list);
    }
    execution_json_write_summary(&list->w, execution);
}

static bool get_pending(struct call *call)
{
    struct json_field fields[] = {{.key = "clientToken", .parent = JSON_TOP}};
    if (!device_request_read(&call->request, fields, 1)) {
        return false;
    }
    size_t cap = 64 + EXECUTIONS_SHOWN * EXECUTION_JSON_SUMMARY_CAP;
    char *text = memory_resize(NULL, cap);
    struct list_writer list = {.has_queued = false};
    json_write_begin(&list.w, text, cap);
    json_write_key(&list.w, "inProgressJobs");
    json_write_array(&list.w);
    if (executions_pending(call->core, call->thing, write_entry, &list, &call->request.error)) {
        free(text);
        return false;
    }
    open_queued(&list);
    json_write_array_end(&list.w);
    return keep_members(call, &list.w, text);
}

/* --- StartNextPendingJobExecution --- */

static bool start_next(struct call *call)
{
    enum { TOKEN, DETAILS, STEP_TIMEOUT, COUNT };
    struct json_field fields[COUNT] = {
        [TOKEN] = {.key = "clientToken", .parent = JSON_TOP},
        [DETAILS] = {.key = "statusDetails", .parent = JSON_TOP},
        [STEP_TIMEOUT] = {.key = "stepTimeoutInMinutes", .parent = JSON_TOP},
    };
    struct slice details = SLICE_EMPTY;
    int64_t step_timeout_min = 0;
    bool has_step_timeout = false;
    struct device_request *request = &call->request;
    if (!device_request_read(request, fields, COUNT) ||
        !device_request_object(request, &fields[DETAILS], &details) ||
        !device_request_integer(request, &fields[STEP_TIMEOUT], &has_step_timeout, &step_timeout_min)) {
        return false;
    }
    if (has_step_timeout && !step_timeout_min) {
        step_timeout_min = -1; /* 0 would mean "not given"; -1 is refused with the right words */
    }
    struct execution execution;
    bool has_one = false;
    if (executions_start_next(call->core, call->thing, details, step_timeout_min, &execution, &has_one,
                              &request->error)) {
        return false;
    }
    bool is_good = !has_one || write_execution(call, &execution);
    execution_clear(&execution);
    return is_good;
}

/* --- DescribeJobExecution --- */

static bool read_number(struct call *call, const struct json_field *field, int64_t *number)
{
    bool has = false;
    if (!device_request_integer(&call->request, field, &has, number)) {
        return false;
    }
    if (has && *number < 1) { /* 0 would mean "the latest" */
        core_fail(&call->request.error, CORE_INVALID_REQUEST, "executionNumber must be at least 1");
        return false;
    }
    return true;
}

static bool describe(struct call *call)
{
    enum { TOKEN, NUMBER, WITH_DOCUMENT, COUNT };
    struct json_field fields[COUNT] = {
        [TOKEN] = {.key = "clientToken", .parent = JSON_TOP},
        [NUMBER] = {.key = "executionNumber", .parent = JSON_TOP},
        [WITH_DOCUMENT] = {.key = "includeJobDocument", .parent = JSON_TOP},
    };
    int64_t number = 0;
    bool with_document = true;
    if (!device_request_read(&call->request, fields, COUNT) || !read_number(call, &fields[NUMBER], &number) ||
        !device_request_bool(&call->request, &fields[WITH_DOCUMENT], &with_document)) {
        return false;
    }
    struct execution execution;
    bool has_one = false;
    if (executions_get(call->core, call->thing, call->job_id, number, with_document, &execution, &has_one,
                       &call->request.error)) {
        return false;
    }
    bool is_good = !has_one || write_execution(call, &execution);
    execution_clear(&execution);
    return is_good;
}

/* --- UpdateJobExecution --- */

static bool write_update(struct call *call, const struct execution *execution, bool with_state)
{
    if (!with_state && !execution->document) {
        return true;
    }
    size_t cap = execution_json_cap(execution) + 64;
    char *text = memory_resize(NULL, cap);
    struct json_writer w;
    json_write_begin(&w, text, cap);
    if (with_state) {
        json_write_key(&w, "executionState");
        execution_json_write_state(&w, execution->status, execution->details, execution->version);
    }
    if (execution->document) {
        json_write_key(&w, "jobDocument");
        json_write_raw(&w, slice_from(execution->document));
    }
    return keep_members(call, &w, text);
}

/* `word` keeps the decoded status. */
static bool read_status(struct call *call, const struct json_field *field, char word[64],
                        struct slice *status)
{
    if (field->type == JSON_ABSENT || field->type == JSON_NULL) {
        *status = SLICE_EMPTY; /* the domain says what AWS says about that */
        return true;
    }
    if (field->type != JSON_STRING || json_decode(field->text, word, 64, NULL)) {
        core_fail(&call->request.error, CORE_INVALID_REQUEST,
                  "status must be IN_PROGRESS, SUCCEEDED, FAILED or REJECTED");
        return false;
    }
    *status = slice_from(word);
    return true;
}

enum update_field {
    UPDATE_TOKEN,
    UPDATE_STATUS,
    UPDATE_DETAILS,
    UPDATE_EXPECTED_VERSION,
    UPDATE_NUMBER,
    UPDATE_WITH_STATE,
    UPDATE_WITH_DOCUMENT,
    UPDATE_STEP_TIMEOUT,
    UPDATE_FIELD_COUNT,
};

static bool read_update(struct call *call, struct json_field fields[], struct execution_update *update,
                        char word[64], bool *with_state)
{
    struct device_request *request = &call->request;
    return device_request_read(request, fields, UPDATE_FIELD_COUNT) &&
           read_status(call, &fields[UPDATE_STATUS], word, &update->status) &&
           device_request_object(request, &fields[UPDATE_DETAILS], &update->details) &&
           device_request_integer(request, &fields[UPDATE_EXPECTED_VERSION], &update->has_expected_version,
                                  &update->expected_version) &&
           read_number(call, &fields[UPDATE_NUMBER], &update->number) &&
           device_request_bool(request, &fields[UPDATE_WITH_STATE], with_state) &&
           device_request_bool(request, &fields[UPDATE_WITH_DOCUMENT], &update->with_document) &&
           device_request_integer(request, &fields[UPDATE_STEP_TIMEOUT], &update->has_step_timeout,
                                  &update->step_timeout_min);
}

static bool update(struct call *call)
{
    struct json_field fields[UPDATE_FIELD_COUNT] = {
        [UPDATE_TOKEN] = {.key = "clientToken", .parent = JSON_TOP},
        [UPDATE_STATUS] = {.key = "status", .parent = JSON_TOP},
        [UPDATE_DETAILS] = {.key = "statusDetails", .parent = JSON_TOP},
        [UPDATE_EXPECTED_VERSION] = {.key = "expectedVersion", .parent = JSON_TOP},
        [UPDATE_NUMBER] = {.key = "executionNumber", .parent = JSON_TOP},
        [UPDATE_WITH_STATE] = {.key = "includeJobExecutionState", .parent = JSON_TOP},
        [UPDATE_WITH_DOCUMENT] = {.key = "includeJobDocument", .parent = JSON_TOP},
        [UPDATE_STEP_TIMEOUT] = {.key = "stepTimeoutInMinutes", .parent = JSON_TOP},
    };
    struct execution_update wanted = {.thing = call->thing, .job_id = call->job_id};
    char word[64];
    bool with_state = false;
    struct execution execution;
    if (!read_update(call, fields, &wanted, word, &with_state)) {
        return false;
    }
    if (strcmp(call->job_id, "$next") == 0) { /* U1 */
        core_fail(&call->request.error, CORE_INVALID_REQUEST, "$next can be got, not updated: name the job");
        return false;
    }
    if (executions_update(call->core, &wanted, &execution, &call->request.error)) {
        return false;
    }
    bool is_good = write_update(call, &execution, with_state);
    execution_clear(&execution);
    return is_good;
}

/* --- Dispatch --- */

static bool run(struct call *call, enum device_operation operation)
{
    if (core_admit(call->core, &call->request.error)) {
        device_request_read_token(&call->request);
        return false;
    }
    switch (operation) {
    case DEVICE_GET_PENDING:
        return get_pending(call);
    case DEVICE_START_NEXT:
        return start_next(call);
    case DEVICE_DESCRIBE:
        return describe(call);
    case DEVICE_UPDATE:
        return update(call);
    case DEVICE_UNKNOWN:
        break;
    }
    device_request_read_token(&call->request);
    core_fail(&call->request.error, CORE_INVALID_REQUEST, "no operation of AWS IoT Jobs has this topic");
    return false;
}

static const char *wire_code(const struct call *call, enum device_operation operation)
{
    if (operation == DEVICE_UNKNOWN && call->request.error.code != CORE_THROTTLED) {
        return "InvalidTopic";
    }
    return call->request.is_bad_json ? "InvalidJson" : device_answer_code(call->request.error.code);
}

void device_plane_handle(struct core *core, struct slice topic, struct slice payload,
                         struct device_answer *answer)
{
    struct device_topic target;
    *answer = (struct device_answer){0};
    if (!device_topic_read(topic, &target)) {
        return;
    }
    struct call call = {.core = core, .request = {.payload = payload}};
    bool is_good = !slice_copy(target.thing, call.thing, sizeof call.thing) &&
                   !slice_copy(target.job, call.job_id, sizeof call.job_id) && run(&call, target.operation);
    int64_t now_s = core_now_ms(core) / 1000;
    if (is_good) {
        device_answer_accept(answer, topic, now_s, call.request.token, call.members);
    } else {
        device_answer_reject(answer, topic, now_s, call.request.token, wire_code(&call, target.operation),
                             &call.request.error);
    }
    free(call.members);
    core_error_clear(&call.request.error);
}

void device_plane_internal_error(struct core *core, struct slice topic, struct slice payload,
                                 struct device_answer *answer)
{
    struct device_topic target;
    *answer = (struct device_answer){0};
    if (!device_topic_read(topic, &target)) {
        return;
    }
    struct device_request request = {.payload = payload};
    device_request_read_token(&request);
    core_fail(&request.error, CORE_INTERNAL, "the service could not store this request; try again");
    device_answer_reject(answer, topic, core_now_ms(core) / 1000, request.token,
                         device_answer_code(CORE_INTERNAL), &request.error);
    core_error_clear(&request.error);
}

bool device_plane_is_request(struct slice topic)
{
    struct device_topic target;
    return device_topic_read(topic, &target) && !target.is_of_service;
}

bool device_plane_writes(struct slice topic)
{
    struct device_topic target;
    return device_topic_read(topic, &target) &&
           (target.operation == DEVICE_START_NEXT || target.operation == DEVICE_UPDATE);
}
