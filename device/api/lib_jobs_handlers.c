/* SPDX-License-Identifier: MIT */
/* lib_jobs.h, the half that the library calls: registers the application's handlers and runs them, with the document in the one place
 * where the engine writes it. What they report goes through lib_jobs.c. */
#include "device/api/api.h"
#include "device/api/json_cause.h"
#include "device/api/line.h"
#include "lib_jobs.h"

#include <string.h>

/* What the engine does not know of an action: the functions of the application. An entry stays after its registration, because a run points
 * to it. */
struct handler {
    jobCallBack_t simple;
    jobsStatus_et (*full)(job_st *ps_job, void *pContext);
    jobsStatus_et (*resume)(job_st *ps_job, void *pContext);
    void *context;
    void (*cancel)(uint32_t runId_u32, void *pContext);
    bool is_taken;
};

static struct handler handlers[CONFIG_DEVICE_JOBS_MAX_ACTIONS]; /* the lines' lock guards is_taken */

/* The only copy of a document on this device: the runtime writes it here, and the handler reads it here. */
static job_st job;

_Static_assert(LENGTH_JOB_ID == DEVICE_JOB_ID_CAP, "two opinions on the length of a job id");
/* ---- registration */

static struct handler *take_handler(void)
{
    struct handler *found = NULL;
    line_lock();
    for (size_t i = 0; i < CONFIG_DEVICE_JOBS_MAX_ACTIONS && !found; i++) {
        if (!handlers[i].is_taken) {
            found = &handlers[i];
            found->is_taken = true;
        }
    }
    line_unlock();
    return found;
}

static void free_handler(struct handler *handler)
{
    line_lock();
    handler->is_taken = false;
    line_unlock();
}

static bool refuse(const char *who, const char *what)
{
    line_error(who, what);
    return false;
}

static bool refuse_action(const char *who, const struct jobs_action *action, const char *what)
{
    line_write(who, LOG_LEVEL_ERROR, "%s '%.*s' %s", action->is_member ? "document member" : "action",
               DEVICE_ACTION_CAP, action->name, what);
    return false;
}

static const char *register_text(enum err err)
{
    switch (err) {
    case ERR_EXISTS:
        return "has a handler already";
    case ERR_FULL:
        return "does not fit: the table of actions is full (CONFIG_DEVICE_JOBS_MAX_ACTIONS)";
    case ERR_TIMEOUT:
        return "was not confirmed in time: the library is busy with its storage";
    default:
        return "cannot be registered";
    }
}

/* Whether the caller has given a name and a handler that can be registered. */
static bool check_action(const char *who, const struct jobs_action *action, const struct handler *functions)
{
    if (!api_is_ready(who)) {
        return false;
    }
    if (!action->name || !action->name[0]) {
        return refuse(who, action->is_member ? "the document member has no name" : "no action was given");
    }
    if (strlen(action->name) >= DEVICE_ACTION_CAP) {
        return refuse_action(who, action, "is too long (up to 31 characters)");
    }
    return functions->simple || functions->full ? true : refuse_action(who, action, "has no handler");
}

/* One entry of the engine's table. */
static bool register_entry(const char *who, struct jobs_action *action, const struct handler *functions)
{
    if (!check_action(who, action, functions)) {
        return false;
    }
    struct handler *handler = take_handler();
    if (!handler) {
        return refuse_action(who, action, register_text(ERR_FULL));
    }
    *handler = *functions;
    action->user = handler;
    action->has_cancel = functions->cancel != NULL;
    action->has_resume = functions->resume != NULL;
    enum err err = runtime_register(action);
    if (err && err != ERR_TIMEOUT) {
        free_handler(handler); /* after a timeout it may still be registered */
    }
    return err ? refuse_action(who, action, register_text(err)) : true;
}

static uint32_t default_deadline_s(uint8_t timeout_min)
{
    return 60u * (timeout_min > 0 ? timeout_min : CONFIG_DEVICE_JOBS_DEFAULT_DEADLINE_MIN);
}

bool JOBS_register(const char *pJobActionStr, uint8_t timeoutMin_u8, jobCallBack_t callbackHandler)
{
    struct jobs_action action = {
        .name = pJobActionStr,
        .timeout_min = timeoutMin_u8,
        .deadline_s = default_deadline_s(timeoutMin_u8),
        .max_attempts = 1,
        .on_interrupted = JOBS_INTERRUPTED_FAIL,
    };
    const struct handler functions = {.simple = callbackHandler, .is_taken = true};
    return register_entry(__func__, &action, &functions);
}

/* Refuses options that have none of their values. */
static bool check_options(const char *who, const jobHandler_st *handler)
{
    if (!handler) {
        return refuse(who, "no handler was given");
    }
    if ((unsigned)handler->onInterrupted_e > JOB_INTERRUPTED_WAIT) {
        return refuse(who, "onInterrupted_e is none of its values");
    }
    if ((unsigned)handler->onStuck_e > JOB_STUCK_LEAVE) {
        return refuse(who, "onStuck_e is none of its values");
    }
    if (handler->pResumeHandler && handler->onInterrupted_e != JOB_INTERRUPTED_WAIT) {
        return refuse(who, "pResumeHandler would never run: it needs onInterrupted_e JOB_INTERRUPTED_WAIT");
    }
    return true;
}

static struct jobs_action action_of(const jobHandler_st *handler)
{
    static const enum jobs_on_interrupted on_interrupted[] = {
        [JOB_INTERRUPTED_FAIL] = JOBS_INTERRUPTED_FAIL,
        [JOB_INTERRUPTED_RERUN] = JOBS_INTERRUPTED_RERUN,
        [JOB_INTERRUPTED_WAIT] = JOBS_INTERRUPTED_WAIT,
    };
    uint32_t deadline_s = handler->deadlineSec_u32;
    return (struct jobs_action){
        .name = handler->pActionStr,
        .timeout_min = handler->timeoutMin_u8,
        .deadline_s = deadline_s > 0 ? deadline_s : default_deadline_s(handler->timeoutMin_u8),
        .max_attempts = handler->maxAttempts_u8 > 0 ? handler->maxAttempts_u8 : 1,
        .on_interrupted = on_interrupted[handler->onInterrupted_e],
        .on_stuck = handler->onStuck_e == JOB_STUCK_LEAVE ? JOBS_STUCK_LEAVE : JOBS_STUCK_RESTART,
    };
}

/* Registers the handler for documents that have this member and no `action`. */
static bool register_member(const char *who, const jobHandler_st *handler, struct jobs_action *action,
                            const struct handler *functions)
{
    action->name = handler->pDocumentMemberStr;
    action->is_member = true;
    if (register_entry(who, action, functions)) {
        return true;
    }
    if (handler->pActionStr) {
        line_write(who, LOG_LEVEL_ERROR, "action '%.*s' stays registered, its document member is not",
                   DEVICE_ACTION_CAP, handler->pActionStr);
    }
    return false;
}

bool JOBS_registerHandler(const jobHandler_st *ps_handler)
{
    if (!check_options(__func__, ps_handler)) {
        return false;
    }
    const struct handler functions = {.full = ps_handler->pHandler,
                                      .resume = ps_handler->pResumeHandler,
                                      .context = ps_handler->pContext,
                                      .cancel = ps_handler->pCancelHandler,
                                      .is_taken = true};
    struct jobs_action action = action_of(ps_handler);
    bool has_member = ps_handler->pDocumentMemberStr != NULL;
    if ((ps_handler->pActionStr || !has_member) && !register_entry(__func__, &action, &functions)) {
        return false;
    }
    return !has_member || register_member(__func__, ps_handler, &action, &functions);
}

/* The engine stores the start before this runs, and after the boot takes it as the proof of the restart. */
static jobsStatus_et restart_device(job_st *ps_job)
{
    (void)ps_job;
    SYSTEM_restart(0);
    return JOB_STATUS_IN_PROGRESS;
}

bool JOBS_registerRestart(const char *pJobActionStr)
{
    struct jobs_action action = {
        .name = pJobActionStr ? pJobActionStr : "restart",
        .deadline_s = default_deadline_s(0),
        .max_attempts = 1,
        .on_interrupted = JOBS_INTERRUPTED_SUCCEED,
    };
    const struct handler functions = {.simple = restart_device, .is_taken = true};
    return register_entry(__func__, &action, &functions);
}

/* ---- running */

static uint32_t clamp_u32(int64_t seconds)
{
    return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

/* Fills everything but the document. */
static void fill_job(job_st *filled, const struct jobs_run *run)
{
    filled->queuedAt_u32 = clamp_u32(run->queued_at_s);
    filled->currentTimeStamp_u32 = clamp_u32(run->now_s);
    if (filled->idStr != run->job_id) {
        strcpy(filled->idStr, run->job_id);
    }
    filled->attempt_u8 = run->attempt;
    filled->runId_u32 = run->run_id;
    filled->executionNumber_s64 = run->execution_number;
}

static enum jobs_status status_of_return(jobsStatus_et status, uint32_t run_id)
{
    if ((unsigned)status < JOBS_STATUS_COUNT) {
        return (enum jobs_status)status;
    }
    if (status == JOB_STATUS_ACCEPTED) {
        return JOBS_STATUS_IN_PROGRESS;
    }
    line_write("job handler", LOG_LEVEL_ERROR,
               "run %lu returned a status that does not exist: taken as FAILED", (unsigned long)run_id);
    return JOBS_STATUS_FAILED;
}

/* The engine takes a returned status without a text. So a failure with a cause is reported in the handler's name, and when the engine has
 * taken the report, the return means that the run goes on. */
static enum jobs_status explain(enum jobs_status status, uint32_t run_id)
{
    bool is_failure = status == JOBS_STATUS_FAILED || status == JOBS_STATUS_REJECTED;
    const char *cause = is_failure ? json_cause_take() : NULL;
    if (cause) {
        const struct jobs_report report = {
            .run_id = run_id, .status = status, .progress_percent = -1, .message = cause};
        enum err err = runtime_report(&report, NULL, 0, NULL);
        bool is_taken = !err || err == ERR_STORAGE || err == ERR_TIMEOUT || err == ERR_STALE;
        status = is_taken ? JOBS_STATUS_IN_PROGRESS : status;
    }
    json_cause_give_back(true);
    return status;
}

static jobsStatus_et call_handler(const struct handler *handler, bool is_resumed)
{
    if (is_resumed) {
        return handler->resume(&job, handler->context);
    }
    return handler->full ? handler->full(&job, handler->context) : handler->simple(&job);
}

static enum jobs_status run_handler(const struct jobs_run *run)
{
    fill_job(&job, run);
    json_cause_begin(run->run_id, job.documentStr);
    jobsStatus_et status = call_handler(run->user, run->is_resumed);
    return explain(status_of_return(status, run->run_id), run->run_id);
}

static void cancel_handler(uint32_t run_id, void *user)
{
    const struct handler *handler = user; /* has_cancel: only those with a callback are called */
    handler->cancel(run_id, handler->context);
}

void api_jobs_fill(struct runtime_config *config)
{
    config->document = job.documentStr;
    config->document_cap = sizeof(job.documentStr);
    config->run_handler = run_handler;
    config->cancel_handler = cancel_handler;
}

bool JOBS_getWaiting(job_st *ps_job)
{
    struct jobs_run run;
    if (!api_is_ready(__func__)) {
        return false;
    }
    if (!ps_job) {
        return refuse(__func__, "no place for the job was given");
    }
    if (!runtime_get_waiting(&run, ps_job->idStr, ps_job->documentStr, sizeof(ps_job->documentStr))) {
        return false;
    }
    fill_job(ps_job, &run);
    json_cause_begin(run.run_id, ps_job->documentStr);
    return true;
}

static const char *refresh_text(enum err err)
{
    switch (err) {
    case ERR_NOT_FOUND:
        return "does not run, has ended in the service, or its document does not fit any more";
    case ERR_TIMEOUT:
        return "got no answer from the service";
    default:
        return "cannot be asked for now: another call waits, or the library does not run";
    }
}

bool JOBS_refreshDocument(uint32_t runId_u32)
{
    if (!api_is_ready(__func__)) {
        return false;
    }
    enum err err = runtime_refresh_document(runId_u32);
    if (!err) {
        json_cause_begin(runId_u32, job.documentStr);
    } else {
        line_write(__func__, LOG_LEVEL_ERROR, "run %lu %s", (unsigned long)runId_u32, refresh_text(err));
    }
    return !err;
}
