/* SPDX-License-Identifier: MIT */
#include "lib_jobs.h"
#include "device/api/api.h"
#include "device/api/json_cause.h"
#include "device/api/line.h"

#include <string.h>

/* What the engine does not know of an action. Entries are never freed: a run may hold one. */
struct handler {
    jobCallBack_t simple;
    jobsStatus_et (*full)(job_st *ps_job, void *pContext);
    jobsStatus_et (*resume)(job_st *ps_job, void *pContext);
    void *context;
    void (*cancel)(uint32_t runId_u32, void *pContext);
    bool is_taken;
};

static struct handler handlers[CONFIG_DEVICE_JOBS_MAX_ACTIONS]; /* the lines' lock guards is_taken */

/* The one copy of a document on this device: the engine writes it where the application reads it. */
static job_st job;

_Static_assert(LENGTH_JOB_ID == DEVICE_JOB_ID_CAP, "two opinions on the length of a job id");
_Static_assert((int)JOB_STATUS_IN_PROGRESS == (int)JOBS_STATUS_IN_PROGRESS &&
                   (int)JOB_STATUS_SUCCESSED == (int)JOBS_STATUS_SUCCEEDED &&
                   (int)JOB_STATUS_FAILED == (int)JOBS_STATUS_FAILED &&
                   (int)JOB_STATUS_REJECTED == (int)JOBS_STATUS_REJECTED,
               "the first four statuses are the engine's");

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
    line_open(who);
    line_add(action->is_member ? "document member " : "action ");
    line_add_name(action->name, DEVICE_ACTION_CAP);
    line_add(" ");
    line_add(what);
    line_log(LOG_LEVEL_ERROR);
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

/* The name is given and the handler, too. */
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

/* The options that only some values fit. */
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

/* Documents with this member and without `action`. */
static bool register_member(const char *who, const jobHandler_st *handler, struct jobs_action *action,
                            const struct handler *functions)
{
    action->name = handler->pDocumentMemberStr;
    action->is_member = true;
    if (register_entry(who, action, functions)) {
        return true;
    }
    if (handler->pActionStr) {
        line_open(who);
        line_add("action ");
        line_add_name(handler->pActionStr, DEVICE_ACTION_CAP);
        line_add(" stays registered, its document member is not");
        line_log(LOG_LEVEL_ERROR);
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
    runtime_restart(0);
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

/* All but the document. */
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
    line_open("job handler");
    line_add("run ");
    line_add_number(run_id);
    line_add(" returned a status that does not exist: taken as FAILED");
    line_log(LOG_LEVEL_ERROR);
    return JOBS_STATUS_FAILED;
}

/* A failure that comes with a cause is reported rather than returned: the return carries no text. What the library has taken is not
 * returned once more. */
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
    json_cause_give_back();
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
    json_cause_begin_run(run->run_id);
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
    if (err) {
        line_open(__func__);
        line_add("run ");
        line_add_number(runId_u32);
        line_add(" ");
        line_add(refresh_text(err));
        line_log(LOG_LEVEL_ERROR);
    }
    return !err;
}

/* ---- reports */

static const char *report_text(enum err err)
{
    switch (err) {
    case ERR_NOT_FOUND:
        return "is not in hand";
    case ERR_BUSY:
        return "has a final status already, or the library is not started or too busy to take it";
    case ERR_STALE:
        return "has ended in the service: its status is not sent";
    case ERR_STORAGE:
        return "cannot be stored: its status is sent from memory, and a power cut now would lose it";
    case ERR_TIMEOUT:
        return "is not stored yet: the storage is slow; it is kept and stored when the storage answers";
    default:
        return "cannot be reported: bad id or status";
    }
}

/* That the service has ended a run is news and nobody's mistake. */
static void log_refused(const char *who, const struct jobs_report *report, enum err err)
{
    line_open(who);
    line_add("job ");
    if (report->job_id) {
        line_add_name(report->job_id, DEVICE_JOB_ID_CAP);
    } else {
        line_add("run ");
        line_add_number(report->run_id);
    }
    line_add(" ");
    line_add(report_text(err));
    line_log(err == ERR_STALE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
}

static void log_bad_pairs(const char *who, size_t count)
{
    line_open(who);
    line_add_number((int64_t)count);
    line_add(" of the details are left out: bad, reserved or repeated key, no value, or no room");
    line_log(LOG_LEVEL_ERROR);
}

static bool send(const char *who, struct jobs_report *report, const struct runtime_pair pairs[], size_t count)
{
    bool is_failure = report->status == JOBS_STATUS_FAILED || report->status == JOBS_STATUS_REJECTED;
    report->message = is_failure ? json_cause_take() : NULL;
    size_t refused = 0;
    enum err err = runtime_report(report, pairs, count, &refused);
    json_cause_give_back();
    if (err == ERR_TIMEOUT && report->status == JOBS_STATUS_IN_PROGRESS) {
        err = ERR_OK; /* it is kept, and nothing of it need be stored */
    }
    if (err) {
        log_refused(who, report, err);
    }
    if (refused > 0) {
        log_bad_pairs(who, refused);
    }
    return !err;
}

/* ACCEPTED is the library's own word for a job that goes on. */
static bool map_status(const char *who, jobsStatus_et from, enum jobs_status *to)
{
    if (from == JOB_STATUS_ACCEPTED) {
        *to = JOBS_STATUS_IN_PROGRESS;
        return true;
    }
    if ((unsigned)from >= JOBS_STATUS_COUNT) {
        line_error(who, "a status that does not exist was given");
        return false;
    }
    *to = (enum jobs_status)from;
    return true;
}

/* false: it cannot be sent, and the log says why. */
static bool begin_report(const char *who, struct jobs_report *report, jobsStatus_et status)
{
    if (!api_is_ready(who) || !map_status(who, status, &report->status)) {
        return false;
    }
    if (report->run_id == 0 && !report->job_id) {
        line_error(who, "no job id was given");
        return false;
    }
    report->progress_percent = -1;
    return true;
}

static bool send_with_details(const char *who, struct jobs_report *report, const jobDetail_st details[],
                              size_t count)
{
    struct runtime_pair pairs[DETAILS_PAIRS_MAX];
    size_t taken = 0;
    size_t left_out = 0;
    for (size_t i = 0; i < count; i++) {
        if (taken == DETAILS_PAIRS_MAX || !details[i].pKeyStr || !details[i].pValueStr) {
            left_out++;
            continue;
        }
        pairs[taken++] = (struct runtime_pair){details[i].pKeyStr, details[i].pValueStr};
    }
    if (left_out > 0) {
        log_bad_pairs(who, left_out);
    }
    return send(who, report, pairs, taken);
}

void JOBS_updateStatus(const char *pJobIdStr, jobsStatus_et status_e)
{
    struct jobs_report report = {.job_id = pJobIdStr};
    if (begin_report(__func__, &report, status_e)) {
        send(__func__, &report, NULL, 0);
    }
}

void JOBS_updateStatusDetails(const char *pJobIdStr, jobsStatus_et status_e, const jobDetail_st details[],
                              uint8_t count_u8)
{
    struct jobs_report report = {.job_id = pJobIdStr};
    if (begin_report(__func__, &report, status_e)) {
        send_with_details(__func__, &report, details, details ? count_u8 : 0);
    }
}

bool JOBS_report(uint32_t runId_u32, jobsStatus_et status_e, const jobDetail_st details[], uint8_t count_u8)
{
    struct jobs_report report = {.run_id = runId_u32};
    if (!begin_report(__func__, &report, status_e)) {
        return false;
    }
    return details ? send_with_details(__func__, &report, details, count_u8)
                   : send(__func__, &report, NULL, 0);
}

void JOBS_updateProgress(const char *pJobIdStr, uint8_t percent_u8)
{
    if (!api_is_ready(__func__)) {
        return;
    }
    struct jobs_report report = {.job_id = pJobIdStr,
                                 .status = JOBS_STATUS_IN_PROGRESS,
                                 .progress_percent = percent_u8 > 100 ? 100 : percent_u8};
    send(__func__, &report, NULL, 0);
}

void JOBS_getCounters(jobsCounters_st *ps_counters)
{
    struct jobs_counters now;
    runtime_get_counters(&now);
    if (!ps_counters) {
        return;
    }
    *ps_counters = (jobsCounters_st){
        .received_u32 = now.received,
        .run_u32 = now.run,
        .succeeded_u32 = now.succeeded,
        .failed_u32 = now.failed,
        .rejected_u32 = now.rejected,
        .canceled_u32 = now.canceled,
        .retriedSends_u32 = now.retried_sends,
        .droppedReports_u32 = now.dropped_reports,
        .journalWrites_u32 = now.journal_writes,
        .journalDamaged_u32 = now.journal_damaged,
    };
}
