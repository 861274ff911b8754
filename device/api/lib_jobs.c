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

static bool refuse_action(const char *who, const char *action, const char *what)
{
    line_open(who);
    if (action) {
        line_add("action ");
        line_add_name(action, DEVICE_ACTION_CAP);
        line_add(" ");
    }
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

static bool register_handler(const char *who, struct jobs_action *action, const struct handler *functions)
{
    if (!api_is_ready(who)) {
        return false;
    }
    if (!action->name || !action->name[0]) {
        return refuse_action(who, NULL, "no action was given");
    }
    if (strlen(action->name) >= DEVICE_ACTION_CAP) {
        return refuse_action(who, action->name, "is too long (up to 31 characters)");
    }
    if (!functions->simple && !functions->full) {
        return refuse_action(who, action->name, "has no handler");
    }
    struct handler *handler = take_handler();
    if (!handler) {
        return refuse_action(who, action->name, register_text(ERR_FULL));
    }
    *handler = *functions;
    action->user = handler;
    enum err err = run_register(action);
    if (err && err != ERR_TIMEOUT) {
        free_handler(handler); /* after a timeout it may still be registered */
    }
    return err ? refuse_action(who, action->name, register_text(err)) : true;
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
    return register_handler(__func__, &action, &functions);
}

bool JOBS_registerHandler(const jobHandler_st *ps_handler)
{
    static const enum jobs_on_interrupted on_interrupted[] = {
        [JOB_INTERRUPTED_FAIL] = JOBS_INTERRUPTED_FAIL,
        [JOB_INTERRUPTED_RERUN] = JOBS_INTERRUPTED_RERUN,
        [JOB_INTERRUPTED_WAIT] = JOBS_INTERRUPTED_WAIT,
    };
    if (!ps_handler || (unsigned)ps_handler->onInterrupted_e > JOB_INTERRUPTED_WAIT) {
        return refuse_action(__func__, NULL,
                             ps_handler ? "onInterrupted_e is none of its values" : "no handler was given");
    }
    uint32_t deadline_s = ps_handler->deadlineSec_u32;
    struct jobs_action action = {
        .name = ps_handler->pActionStr,
        .timeout_min = ps_handler->timeoutMin_u8,
        .deadline_s = deadline_s > 0 ? deadline_s : default_deadline_s(ps_handler->timeoutMin_u8),
        .max_attempts = ps_handler->maxAttempts_u8 > 0 ? ps_handler->maxAttempts_u8 : 1,
        .on_interrupted = on_interrupted[ps_handler->onInterrupted_e],
    };
    const struct handler functions = {.full = ps_handler->pHandler,
                                      .context = ps_handler->pContext,
                                      .cancel = ps_handler->pCancelHandler,
                                      .is_taken = true};
    return register_handler(__func__, &action, &functions);
}

/* The engine stores the start before this runs, and after the boot takes it as the proof of the restart. */
static jobsStatus_et restart_device(job_st *ps_job)
{
    (void)ps_job;
    run_restart(0);
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
    return register_handler(__func__, &action, &functions);
}

/* ---- running */

static uint32_t clamp_u32(int64_t seconds)
{
    return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static void fill_job(const struct jobs_run *run)
{
    job.queuedAt_u32 = clamp_u32(run->queued_at_s);
    job.currentTimeStamp_u32 = clamp_u32(run->now_s);
    strncpy(job.idStr, run->job_id, sizeof(job.idStr) - 1);
    job.attempt_u8 = run->attempt;
    job.runId_u32 = run->run_id;
    job.executionNumber_s64 = run->execution_number;
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

/* A failure that comes with a cause is reported rather than returned: the return carries no text. */
static enum jobs_status explain(enum jobs_status status, uint32_t run_id)
{
    bool is_failure = status == JOBS_STATUS_FAILED || status == JOBS_STATUS_REJECTED;
    const char *cause = is_failure ? json_cause_take() : NULL;
    if (cause) {
        const struct run_report report = {
            .run_id = run_id, .status = status, .progress_percent = -1, .message = cause};
        status = run_report(&report, NULL) ? status : JOBS_STATUS_IN_PROGRESS;
    }
    json_cause_give_back();
    return status;
}

static enum jobs_status run_handler(const struct jobs_run *run)
{
    const struct handler *handler = run->user;
    fill_job(run);
    json_cause_begin_run(run->run_id);
    jobsStatus_et status = handler->full ? handler->full(&job, handler->context) : handler->simple(&job);
    return explain(status_of_return(status, run->run_id), run->run_id);
}

static void cancel_handler(uint32_t run_id, void *user)
{
    const struct handler *handler = user;
    if (handler && handler->cancel) {
        handler->cancel(run_id, handler->context);
    }
}

void api_jobs_fill(struct run_config *config)
{
    config->document = job.documentStr;
    config->document_cap = sizeof(job.documentStr);
    config->run_handler = run_handler;
    config->cancel_handler = cancel_handler;
}

/* ---- reports */

static const char *report_text(enum err err)
{
    switch (err) {
    case ERR_NOT_FOUND:
        return "is not in hand";
    case ERR_BUSY:
        return "has a final status already, or the library is not started or too busy to take it";
    case ERR_STORAGE:
        return "cannot be stored: its status is sent from memory, and a power cut now would lose it";
    case ERR_TIMEOUT:
        return "is not stored yet: the storage is slow; it is kept and stored when the storage answers";
    default:
        return "cannot be reported: bad id or status";
    }
}

static void log_refused(const char *who, const struct run_report *report, enum err err)
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
    line_log(LOG_LEVEL_ERROR);
}

static void log_bad_pairs(const char *who, size_t count)
{
    line_open(who);
    line_add_number((int64_t)count);
    line_add(" of the details are left out: bad, reserved or repeated key, no value, or no room");
    line_log(LOG_LEVEL_ERROR);
}

static bool send(const char *who, struct run_report *report)
{
    bool is_failure = report->status == JOBS_STATUS_FAILED || report->status == JOBS_STATUS_REJECTED;
    report->message = is_failure ? json_cause_take() : NULL;
    size_t refused = 0;
    enum err err = run_report(report, &refused);
    json_cause_give_back();
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
static bool begin_report(const char *who, struct run_report *report, jobsStatus_et status)
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

static bool send_with_details(const char *who, struct run_report *report, const jobDetail_st details[],
                              size_t count)
{
    struct run_pair pairs[DETAILS_PAIRS_MAX];
    size_t left_out = 0;
    report->has_details = true;
    report->pairs = pairs;
    for (size_t i = 0; i < count; i++) {
        if (report->count == DETAILS_PAIRS_MAX || !details[i].pKeyStr || !details[i].pValueStr) {
            left_out++;
            continue;
        }
        pairs[report->count++] = (struct run_pair){details[i].pKeyStr, details[i].pValueStr};
    }
    if (left_out > 0) {
        log_bad_pairs(who, left_out);
    }
    bool is_sent = send(who, report);
    report->pairs = NULL; /* they end here */
    report->count = 0;
    return is_sent;
}

void JOBS_updateStatus(const char *pJobIdStr, jobsStatus_et status_e)
{
    struct run_report report = {.job_id = pJobIdStr};
    if (begin_report(__func__, &report, status_e)) {
        send(__func__, &report);
    }
}

void JOBS_updateStatusDetails(const char *pJobIdStr, jobsStatus_et status_e, const jobDetail_st details[],
                              uint8_t count_u8)
{
    struct run_report report = {.job_id = pJobIdStr};
    if (begin_report(__func__, &report, status_e)) {
        send_with_details(__func__, &report, details, details ? count_u8 : 0);
    }
}

bool JOBS_report(uint32_t runId_u32, jobsStatus_et status_e, const jobDetail_st details[], uint8_t count_u8)
{
    struct run_report report = {.run_id = runId_u32};
    if (!begin_report(__func__, &report, status_e)) {
        return false;
    }
    return details ? send_with_details(__func__, &report, details, count_u8) : send(__func__, &report);
}

void JOBS_updateProgress(const char *pJobIdStr, uint8_t percent_u8)
{
    if (!api_is_ready(__func__)) {
        return;
    }
    struct run_report report = {.job_id = pJobIdStr,
                                .status = JOBS_STATUS_IN_PROGRESS,
                                .progress_percent = percent_u8 > 100 ? 100 : percent_u8};
    send(__func__, &report);
}

void JOBS_getCounters(jobsCounters_st *ps_counters)
{
    struct jobs_counters now;
    run_get_counters(&now);
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
