/* SPDX-License-Identifier: MIT */
/* lib_jobs.h, the half that the application calls: reports and counters. Registers nothing and runs nothing, that is
 * lib_jobs_handlers.c. */
#include "lib_jobs.h"
#include "device/api/api.h"
#include "device/api/json_cause.h"
#include "device/api/line.h"

#include <string.h>

_Static_assert((int)JOB_STATUS_IN_PROGRESS == (int)JOBS_STATUS_IN_PROGRESS &&
                   (int)JOB_STATUS_SUCCESSED == (int)JOBS_STATUS_SUCCEEDED &&
                   (int)JOB_STATUS_FAILED == (int)JOBS_STATUS_FAILED &&
                   (int)JOB_STATUS_REJECTED == (int)JOBS_STATUS_REJECTED,
               "the first four statuses are the engine's");

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

/* A run that the service has ended is information for the application, and no error. */
static void log_refused(const char *who, const struct jobs_report *report, enum err err)
{
    enum log_level level = err == ERR_STALE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;
    if (report->job_id) {
        line_write(who, level, "job '%.*s' %s", DEVICE_JOB_ID_CAP, report->job_id, report_text(err));
    } else {
        line_write(who, level, "run %lu %s", (unsigned long)report->run_id, report_text(err));
    }
}

static bool is_failure(const struct jobs_report *report)
{
    return report->status == JOBS_STATUS_FAILED || report->status == JOBS_STATUS_REJECTED;
}

static void log_bad_pairs(const char *who, size_t count)
{
    line_write(who, LOG_LEVEL_ERROR, "%zu of the details are left out: %s", count,
               "bad, reserved or repeated key, no value, no room, or a message without FAILED or REJECTED");
}

/* The application's own message counts before what the library knows. */
static bool send(const char *who, struct jobs_report *report, const struct runtime_pair pairs[], size_t count)
{
    const char *cause = is_failure(report) ? json_cause_take() : NULL;
    if (!report->message) {
        report->message = cause;
    }
    size_t refused = 0;
    enum err err = runtime_report(report, pairs, count, &refused);
    if (err == ERR_TIMEOUT && report->status == JOBS_STATUS_IN_PROGRESS) {
        err = ERR_OK; /* it is kept, and nothing of it need be stored */
    }
    bool is_taken = !err || err == ERR_STORAGE || err == ERR_TIMEOUT || err == ERR_STALE;
    json_cause_give_back(is_taken && report->status != JOBS_STATUS_IN_PROGRESS);
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

/* false: the report cannot be sent, and the log says why. */
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

/* `message` is no detail but a part of the report. false: it is left out. */
static bool take_message(struct jobs_report *report, const char *message)
{
    if (!is_failure(report) || report->message || !message[0]) {
        return false;
    }
    report->message = message;
    return true;
}

static bool send_with_details(const char *who, struct jobs_report *report, const jobDetail_st details[],
                              size_t count)
{
    struct runtime_pair pairs[DETAILS_PAIRS_MAX];
    size_t taken = 0;
    size_t left_out = 0;
    for (size_t i = 0; i < count; i++) {
        const jobDetail_st *detail = &details[i];
        bool is_given = detail->pKeyStr && detail->pValueStr;
        if (is_given && strcmp(detail->pKeyStr, "message") == 0) {
            left_out += !take_message(report, detail->pValueStr);
        } else if (is_given && taken < DETAILS_PAIRS_MAX) {
            pairs[taken++] = (struct runtime_pair){detail->pKeyStr, detail->pValueStr};
        } else {
            left_out++;
        }
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
