/* SPDX-License-Identifier: MIT */
/* While a job runs: reports of the application, its progress, its deadline, and whether the service still has it. */
#include "device/core/jobs_parts.h"

#include <string.h>

void jobs_run_enter(struct jobs_engine *e)
{
    if (++e->journal.last_run_id == 0) {
        e->journal.last_run_id = 1;
    }
    e->journal.started = e->current;
    e->journal.started_boot = e->journal.boots;
    e->journal.attempt = e->attempt;
    e->journal.has_outcome = false;
    e->is_past_deadline = false;
    e->is_running_told = false;
    e->has_progress = false;
}

void jobs_run_wait(struct jobs_engine *e)
{
    uint32_t run_id = e->journal.last_run_id;
    uint32_t boot = e->journal.started_boot;
    bool is_known = journal_same_execution(&e->journal.started, &e->current);

    jobs_run_enter(e);
    if (is_known) {
        e->journal.last_run_id = run_id; /* the application may remember it */
        e->journal.started_boot = boot;
    }
    e->phase = JOBS_WAITING;
    jobs_run_renew_deadline(e);
    jobs_engine_log(e, JOBS_LOG_INFO, "waits for its report", "");
}

void jobs_run_renew_deadline(struct jobs_engine *e)
{
    uint64_t deadline_ms = (uint64_t)e->action->deadline_s * 1000;
    if (!e->is_past_deadline) {
        e->deadline_at_ms = deadline_ms > 0 ? e->now_ms + deadline_ms : JOBS_NEVER;
    }
}

uint64_t jobs_run_deadline_due_at(const struct jobs_engine *e)
{
    return e->is_handler_running || e->phase == JOBS_WAITING ? e->deadline_at_ms : JOBS_NEVER;
}

static void fail_at_deadline(struct jobs_engine *e)
{
    jobs_final_begin(e, JOBS_STATUS_FAILED, JOBS_REASON_DEADLINE,
                     e->is_handler_running ? "the handler did not return in time" : NULL);
}

void jobs_run_deadline(struct jobs_engine *e)
{
    if (!e->is_past_deadline) {
        e->is_past_deadline = true;
        e->deadline_at_ms = e->now_ms + CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS;
        e->config.io.cancel_handler(e->config.io.ctx, e->journal.last_run_id);
        if (!e->is_handler_running) {
            fail_at_deadline(e);
        }
        return;
    }
    e->deadline_at_ms = JOBS_NEVER;
    if (e->phase == JOBS_RUNNING) {
        fail_at_deadline(e);
    }
    e->config.io.restart(e->config.io.ctx, "a job handler never returned");
}

/* A handler's own run: the one in hand, or after a boot the one that the journal knows, before the service is asked. */
static bool names_run(const struct jobs_engine *e, const struct jobs_report *report)
{
    const struct jobs_identity *started = &e->journal.started;

    if (started->job_id[0] == '\0' || e->phase == JOBS_CLAIMING) {
        return false;
    }
    if (e->phase == JOBS_IDLE ? report->status == JOBS_STATUS_IN_PROGRESS
                              : !journal_same_execution(started, &e->current)) {
        return false;
    }
    if (report->run_id != 0) {
        return report->run_id == e->journal.last_run_id;
    }
    return strncmp(report->job_id, started->job_id, sizeof(report->job_id)) == 0;
}

static void note_progress(struct jobs_engine *e, const struct jobs_report *report)
{
    if (report->has_progress) {
        e->has_progress = true;
        e->progress_percent = report->progress_percent;
    }
    jobs_run_renew_deadline(e);
    jobs_request_want_at(e, JOBS_REQUEST_UPDATE, e->is_running_told ? e->progress_at_ms : e->now_ms);
}

/* What the application said last, with the reason that goes with it. */
static enum err finish(struct jobs_engine *e, enum jobs_status status, const char *message)
{
    enum jobs_reason reason = JOBS_REASON_NONE;

    if (status == JOBS_STATUS_REJECTED) {
        reason = JOBS_REASON_REJECTED_BY_HANDLER;
    } else if (status == JOBS_STATUS_FAILED) {
        reason = e->is_past_deadline ? JOBS_REASON_DEADLINE : JOBS_REASON_HANDLER_FAILED;
    }
    return jobs_final_begin(e, (uint8_t)status, reason, message);
}

static enum err take_report(struct jobs_engine *e, const struct jobs_report *report)
{
    if (report->status >= JOBS_STATUS_COUNT || report->progress_percent > 100) {
        return ERR_ARG;
    }
    if (!names_run(e, report)) {
        return ERR_NOT_FOUND;
    }
    if (e->phase == JOBS_FINAL) {
        return ERR_BUSY;
    }

    if (report->has_details) {
        e->details = report->details;
    }
    if (report->status == JOBS_STATUS_IN_PROGRESS) {
        note_progress(e, report);
        return ERR_OK;
    }
    if (e->phase == JOBS_IDLE) {
        e->is_seen = false; /* what was seen is not it: it was started before this boot */
    }
    e->current = e->journal.started;
    e->attempt = e->journal.attempt;
    return finish(e, report->status, report->message);
}

static void drop_report(struct jobs_engine *e)
{
    e->counters.dropped_reports++;
    jobs_engine_log(e, JOBS_LOG_ERROR, "dropped a report: no such run, or final already", "");
}

enum err jobs_engine_report(struct jobs_engine *e, const struct jobs_report *report, uint64_t now_ms)
{
    e->now_ms = now_ms;
    enum err err = take_report(e, report);
    if (err != ERR_OK && err != ERR_STORAGE) {
        drop_report(e);
    }
    jobs_engine_tick(e, now_ms);
    return err;
}

static void end_run(struct jobs_engine *e, enum jobs_status status)
{
    if (status != JOBS_STATUS_IN_PROGRESS) {
        finish(e, status < JOBS_STATUS_COUNT ? status : JOBS_STATUS_FAILED, NULL);
    } else if (e->is_past_deadline) {
        fail_at_deadline(e);
    } else {
        e->phase = JOBS_WAITING;
        if (!e->is_running_told) {
            jobs_request_want(e, JOBS_REQUEST_UPDATE);
        }
    }
}

void jobs_engine_handler_returned(struct jobs_engine *e, uint32_t run_id, enum jobs_status status,
                                  uint64_t now_ms)
{
    e->now_ms = now_ms;
    if (!e->is_handler_running || run_id != e->journal.last_run_id) {
        return;
    }
    e->is_handler_running = false;
    if (e->phase == JOBS_RUNNING) {
        end_run(e, status);
    } else if (status != JOBS_STATUS_IN_PROGRESS) {
        drop_report(e); /* a final status was reported before, or the job was cancelled */
    }
    if (e->phase == JOBS_RETURNING) {
        e->phase = JOBS_IDLE;
    }
    jobs_engine_tick(e, now_ms);
}

void jobs_run_send_progress(struct jobs_engine *e)
{
    struct jobs_wire_update update = {
        .status = JOBS_STATUS_IN_PROGRESS,
        .state = jobs_wire_state_text(JOBS_STATUS_IN_PROGRESS),
        .expected_version = -1,
        .has_progress = e->has_progress,
        .progress_percent = e->progress_percent,
    };

    e->is_running_told = true;
    e->progress_at_ms = e->now_ms + CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS;
    jobs_request_send_update(e, JOBS_UPDATE_PROGRESS, &update);
}

void jobs_run_progress_answered(struct jobs_engine *e, const struct jobs_answer *answer)
{
    if (answer->rejection != NULL && jobs_wire_verdict(answer) == JOBS_VERDICT_GONE) {
        jobs_final_gone(e, answer->status);
    }
}

void jobs_run_doubt(struct jobs_engine *e)
{
    e->is_seen = false;
    jobs_request_want(e, JOBS_REQUEST_DESCRIBE);
}

void jobs_run_send_describe(struct jobs_engine *e)
{
    const char *token = jobs_request_token(e, JOBS_REQUEST_DESCRIBE);
    size_t len = jobs_wire_write_get(e->scratch.request.payload, sizeof(e->scratch.request.payload), token,
                                     e->current.execution_number, false);
    jobs_request_send(e, JOBS_REQUEST_DESCRIBE, e->current.job_id, len);
}

/* Only what is said about this very execution ends it; an answer without one says nothing. A final status that has not
 * been sent on this connection is sent even so: what is answered to it tells whether the service has taken it before. */
void jobs_run_described(struct jobs_engine *e, const struct jobs_answer *answer)
{
    bool is_other = answer->rejection == NULL && answer->has_execution &&
                    !journal_same_execution(&answer->execution, &e->current);
    bool has_ended = answer->rejection != NULL
                         ? jobs_wire_verdict(answer) == JOBS_VERDICT_GONE
                         : answer->has_execution && jobs_wire_is_terminal(answer->status);
    bool is_to_be_sent = e->phase == JOBS_FINAL && !e->is_seen;

    if (is_other || (has_ended && !is_to_be_sent)) {
        jobs_final_gone(e, is_other ? JOBS_WIRE_UNKNOWN : answer->status);
        return;
    }
    e->is_seen = !e->requests[JOBS_REQUEST_DESCRIBE].is_wanted; /* else there is newer doubt */
    if (has_ended) {                                            /* at once: the name may be taken again */
        jobs_request_forget(e, JOBS_REQUEST_UPDATE);
        jobs_request_want(e, JOBS_REQUEST_UPDATE);
    }
}
