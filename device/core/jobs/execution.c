/* SPDX-License-Identifier: MIT */
/* What leads to each step of an execution's table: claims, starts, reports, returns, deadlines, the answers of the service. What is
 * asked about the next execution is decided in reading.c; what goes to the service about this one, in delivery.c. */
#include "device/core/jobs/execution.h"

#include "common/json.h"
#include "common/number.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define AFTER_REPORT_MS                                                                                      \
    20 /* the seed's program clears its flag after it has reported; the next handler sets it */
#define LEAVING_MS (CONFIG_DEVICE_JOBS_LEAVING_MIN * 60000ull)

/* ---- taken in hand */

/* How often the handler may have been started for it. IN_PROGRESS without a word about it counts as once: the journal or
 * the details may be lost, and a start that we do not know of must not become one too many. */
static uint8_t used_attempts(const struct jobs_execution *x, const struct jobs_answer *answer)
{
    uint8_t used = answer->attempt;

    if (used == 0 && answer->status == JOBS_STATUS_IN_PROGRESS) {
        used = 1;
    }
    if (journal_same_execution(&x->journal.started, &answer->execution) && x->journal.attempt > used) {
        used = x->journal.attempt;
    }
    return used;
}

/* The application's pairs that stand in the service, so that our next update does not wipe them out. Ours are reserved keys and
 * stay out. */
static void adopt_details(struct jobs_execution *x, struct slice map)
{
    union jobs_scratch *scratch = &x->context->scratch;
    struct json_member pair;

    details_clear(&x->details);
    for (size_t at = 0; json_next_member(map, &at, &pair);) {
        if (pair.type == JSON_STRING &&
            json_decode(pair.key, scratch->pair.key, sizeof(scratch->pair.key), NULL) == ERR_OK &&
            json_decode(pair.text, scratch->pair.value, sizeof(scratch->pair.value), NULL) == ERR_OK) {
            details_add(&x->details, scratch->pair.key, scratch->pair.value);
        }
    }
}

void jobs_execution_take(struct jobs_execution *x, const struct jobs_answer *answer)
{
    assert(x->state == JOBS_IDLE);
    x->identity = answer->execution;
    x->version = answer->version;
    x->attempt = used_attempts(x, answer);
    x->is_queued = answer->status == JOBS_WIRE_QUEUED;
    x->is_resumed = false;
    x->action = NULL;
    adopt_details(x, answer->details);
}

bool jobs_execution_is_own_claim(const struct jobs_execution *x, const struct jobs_answer *answer)
{
    bool is_named = answer->execution.execution_number == x->claimed.execution_number &&
                    strcmp(answer->execution.job_id, x->claimed.job_id) == 0;
    /* Without a word about the attempt: only this device can have started what it saw QUEUED. */
    bool is_mute = answer->attempt == 0 && x->claimed_attempt == 1 &&
                   journal_same_execution(&answer->execution, &x->claimed);

    return answer->status == JOBS_STATUS_IN_PROGRESS && is_named &&
           (answer->attempt == x->claimed_attempt || is_mute);
}

void jobs_execution_claim(struct jobs_execution *x, uint8_t attempt, uint32_t pause_ms)
{
    x->attempt = attempt;
    x->is_doubted = false;
    jobs_states_step(x, JOBS_EVENT_CLAIM);
    jobs_exchange_want_at(x->exchange, JOBS_REQUEST_UPDATE, x->context->now_ms + pause_ms);
}

void jobs_execution_unclaim(struct jobs_execution *x)
{
    jobs_states_part(x);
    jobs_states_step(x, JOBS_EVENT_UNCLAIM);
}

static void renew_deadline(struct jobs_execution *x)
{
    uint64_t deadline_ms = (uint64_t)x->action->deadline_s * 1000;

    if (deadline_ms == 0 && jobs_states_in(x, JOBS_LEAVING)) {
        deadline_ms = LEAVING_MS;
    }
    if (!x->is_past_deadline) {
        jobs_states_set_deadline(x, deadline_ms > 0 ? x->context->now_ms + deadline_ms : JOBS_NEVER);
    }
}

/* The execution in hand becomes the started one of the journal, which is not put yet, with a new run id. */
static void enter_run(struct jobs_execution *x)
{
    if (++x->journal.last_run_id == 0) {
        x->journal.last_run_id = 1;
    }
    journal_start(&x->journal, &x->identity, x->attempt);
    x->is_past_deadline = false;
    x->is_running_told = false;
    x->has_progress = false;
}

static struct jobs_run run_in_hand(const struct jobs_execution *x)
{
    return (struct jobs_run){
        .run_id = x->journal.last_run_id,
        .user = x->action->user,
        .job_id = x->identity.job_id,
        .document_len = x->document_len,
        .execution_number = x->identity.execution_number,
        .queued_at_s = x->identity.queued_at_s,
        .now_s = x->service_time_s,
        .attempt = x->attempt,
        .is_resumed = x->is_resumed,
    };
}

static void call_handler(struct jobs_execution *x)
{
    struct jobs_context *c = x->context;
    struct jobs_run run = run_in_hand(x);

    jobs_states_step(x, JOBS_EVENT_START);
    renew_deadline(x);
    jobs_exchange_want_at(x->exchange, JOBS_REQUEST_UPDATE,
                          c->now_ms + CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
    jobs_states_say(x, LOG_LEVEL_INFO, x->is_resumed ? "resumed" : "started", "");
    c->io.start_handler(c->io.ctx, &run);
}

void jobs_execution_start(struct jobs_execution *x, uint8_t attempt)
{
    x->attempt = attempt;
    x->claimed.job_id[0] = '\0';
    x->is_queued = false;
    x->is_seen = true;
    enter_run(x);
    if (jobs_states_save(x) != ERR_OK) {
        jobs_execution_refuse(x, JOBS_REASON_STORAGE, NULL);
        return;
    }
    x->context->counters.run++;
    call_handler(x);
}

/* The application resumes it, or reports. It may remember the run's id. */
static void resume_waiting(struct jobs_execution *x)
{
    uint32_t run_id = x->journal.last_run_id;
    uint32_t boot = x->journal.started_boot;
    bool is_known = jobs_states_is_started(x);

    enter_run(x);
    x->is_resumed = true;
    if (is_known) {
        x->journal.last_run_id = run_id;
        x->journal.started_boot = boot;
    }
    if (x->action->has_resume) {
        call_handler(x);
        return;
    }
    jobs_states_step(x, JOBS_EVENT_WAIT);
    renew_deadline(x);
    jobs_states_say(x, LOG_LEVEL_INFO, "waits for its report", "");
}

/* The final status of the execution in hand, journaled when it was started. ERR_STORAGE: that failed, it is sent from memory. */
static enum err conclude(struct jobs_execution *x, enum jobs_event event, uint8_t status,
                         enum jobs_reason reason, const char *message)
{
    x->outcome = jobs_outcome_make(status, reason, message);
    x->form = JOBS_FORM_FULL;
    x->is_unsaved = false;
    jobs_states_step(x, event);
    jobs_states_say(x, LOG_LEVEL_INFO, jobs_wire_status_text(status),
                    jobs_wire_reason_text(x->outcome.reason));
    if (!jobs_states_is_started(x)) {
        return ERR_OK;
    }
    x->journal.has_outcome = true;
    x->is_unsaved = jobs_states_save(x) != ERR_OK;
    return x->is_unsaved ? ERR_STORAGE : ERR_OK;
}

void jobs_execution_refuse(struct jobs_execution *x, enum jobs_reason reason, const char *message)
{
    conclude(x, JOBS_EVENT_OUTCOME, x->is_queued ? JOBS_STATUS_REJECTED : JOBS_STATUS_FAILED, reason,
             message);
}

void jobs_execution_conclude(struct jobs_execution *x, uint8_t status)
{
    conclude(x, JOBS_EVENT_OUTCOME, status, JOBS_REASON_NONE, NULL);
}

/* The restart was the job. It is proved by the journal alone, never by a clock: this execution was started in another boot
 * than this one. The operator sees the number of this one. */
static void resume_restart(struct jobs_execution *x)
{
    char boot[NUMBER_TEXT_CAP];

    if (!jobs_states_is_started(x) || x->journal.started_boot == x->journal.boots) {
        jobs_execution_refuse(x, JOBS_REASON_INTERRUPTED, NULL);
        return;
    }
    number_from_i64(x->journal.boots, boot);
    details_add(&x->details, "boot", boot);
    jobs_execution_conclude(x, JOBS_STATUS_SUCCEEDED);
}

void jobs_execution_resume(struct jobs_execution *x, uint32_t pause_ms)
{
    /* QUEUED with an attempt: nobody runs it, so there is nothing to wait for. */
    bool is_waiting = x->action->on_interrupted == JOBS_INTERRUPTED_WAIT && x->is_queued;

    switch (is_waiting ? JOBS_INTERRUPTED_FAIL : x->action->on_interrupted) {
    case JOBS_INTERRUPTED_WAIT:
        resume_waiting(x);
        break;
    case JOBS_INTERRUPTED_SUCCEED:
        resume_restart(x);
        break;
    case JOBS_INTERRUPTED_RERUN:
        if (x->attempt < x->action->max_attempts) {
            jobs_execution_claim(x, (uint8_t)(x->attempt + 1), pause_ms);
        } else {
            jobs_execution_refuse(x, JOBS_REASON_ATTEMPTS_EXHAUSTED, NULL);
        }
        break;
    default:
        jobs_execution_refuse(x, JOBS_REASON_INTERRUPTED, NULL);
    }
}

/* ---- the application's events */

/* The run in hand; after a boot the one that the journal knows, also before the service was asked. */
static bool names_run(const struct jobs_execution *x, const struct jobs_report *report)
{
    const struct jobs_identity *named = &x->identity;

    if (x->state == JOBS_CLAIMING || (x->state == JOBS_FINAL && !jobs_states_is_started(x))) {
        return false;
    }
    if (x->state == JOBS_IDLE) {
        named = &x->journal.started;
        if (named->job_id[0] == '\0' || report->status == JOBS_STATUS_IN_PROGRESS) {
            return false;
        }
    }
    if (report->run_id != 0) {
        return report->run_id == x->journal.last_run_id;
    }
    return report->job_id != NULL && strcmp(report->job_id, named->job_id) == 0;
}

static void note_progress(struct jobs_execution *x, const struct jobs_report *report)
{
    if (report->progress_percent >= 0) {
        x->has_progress = true;
        x->progress_percent = (uint8_t)report->progress_percent;
    }
    renew_deadline(x);
    jobs_exchange_want_at(x->exchange, JOBS_REQUEST_UPDATE,
                          x->is_running_told ? x->progress_at_ms : x->context->now_ms);
}

static enum jobs_reason reason_of(const struct jobs_execution *x, enum jobs_status status)
{
    if (status == JOBS_STATUS_REJECTED) {
        return JOBS_REASON_REJECTED_BY_HANDLER;
    }
    if (status == JOBS_STATUS_FAILED) {
        return x->is_past_deadline ? JOBS_REASON_DEADLINE : JOBS_REASON_HANDLER_FAILED;
    }
    return JOBS_REASON_NONE;
}

/* A final status from outside the handler. */
static enum err finish(struct jobs_execution *x, const struct jobs_report *report)
{
    if (x->state == JOBS_IDLE) {
        x->is_seen = false; /* what was seen is not it: it was started before this boot */
        x->identity = x->journal.started;
        x->attempt = x->journal.attempt;
        x->action = NULL;
    }
    return conclude(x, JOBS_EVENT_REPORT, (uint8_t)report->status, reason_of(x, report->status),
                    report->message);
}

/* Nothing is sent for a run that the service has ended; but it tells whether the application still works on it. */
static enum err note_leaving(struct jobs_execution *x, const struct jobs_report *report,
                             enum jobs_follow *follow)
{
    if (report->status == JOBS_STATUS_IN_PROGRESS) {
        renew_deadline(x);
    } else {
        jobs_states_say(x, LOG_LEVEL_INFO, "is not reported, the service has ended it:",
                        jobs_wire_status_text((uint8_t)report->status));
        *follow = jobs_states_step(x, JOBS_EVENT_REPORT);
    }
    return ERR_STALE;
}

static enum err take_report(struct jobs_execution *x, const struct jobs_report *report,
                            enum jobs_follow *follow)
{
    bool is_final = report->status != JOBS_STATUS_IN_PROGRESS;

    if (report->status >= JOBS_STATUS_COUNT || report->progress_percent > 100) {
        return ERR_ARG;
    }
    if (!names_run(x, report)) {
        return ERR_NOT_FOUND;
    }
    if (is_final) {
        x->claim_at_ms = JOBS_NEVER; /* until the caller has the answer */
    }
    if (jobs_states_in(x, JOBS_ENDING) || x->state == JOBS_RETURNING) {
        return ERR_BUSY;
    }
    if (jobs_states_in(x, JOBS_LEAVING)) {
        return note_leaving(x, report, follow);
    }
    if (x->state == JOBS_IDLE) {
        details_clear(&x->details); /* they are of what was read last */
    }
    if (report->details != NULL) {
        x->details = *report->details;
    }
    if (is_final) {
        return finish(x, report);
    }
    note_progress(x, report);
    return ERR_OK;
}

static void drop_report(struct jobs_execution *x)
{
    x->context->counters.dropped_reports++;
    jobs_states_say(x, LOG_LEVEL_ERROR, "dropped a report: no such run, or final already", "");
}

enum err jobs_execution_report(struct jobs_execution *x, const struct jobs_report *report,
                               enum jobs_follow *follow)
{
    *follow = JOBS_FOLLOW_NOTHING;
    enum err err = take_report(x, report, follow);
    if (err != ERR_OK && err != ERR_STORAGE && err != ERR_STALE) {
        drop_report(x);
    }
    return err;
}

void jobs_execution_answered(struct jobs_execution *x)
{
    if (x->claim_at_ms == JOBS_NEVER) {
        x->claim_at_ms = x->context->now_ms + AFTER_REPORT_MS;
    }
}

/* What is waited for, and until when. */
static void say_leaving(struct jobs_execution *x)
{
    struct jobs_context *c = x->context;
    uint64_t left_ms = x->deadline_at_ms > c->now_ms ? x->deadline_at_ms - c->now_ms : 0;
    char *line = c->scratch.text;

    line[0] = '\0';
    text_append(line, sizeof(c->scratch.text), "up to ");
    text_append_number(line, sizeof(c->scratch.text), (int64_t)((left_ms + 999) / 1000));
    text_append(line, sizeof(c->scratch.text), " s no job starts before ");
    text_append(line, sizeof(c->scratch.text),
                x->state != JOBS_LEAVING_WAITING ? "its handler returns"
                : x->out.run_id != 0             ? "its callback returns"
                                                 : "its final report");
    jobs_states_say(x, LOG_LEVEL_INFO, line, "");
}

/* A run that the service is done with, and the application is not: it always has a deadline. */
static void leave(struct jobs_execution *x)
{
    if (!jobs_states_in(x, JOBS_LEAVING | JOBS_SET(JOBS_RETURNING))) {
        return;
    }
    if (x->deadline_at_ms == JOBS_NEVER && !x->is_past_deadline) {
        jobs_states_set_deadline(x, x->context->now_ms + LEAVING_MS);
    }
    say_leaving(x);
}

enum jobs_follow jobs_execution_returned(struct jobs_execution *x, uint32_t run_id, enum jobs_status status)
{
    if (!jobs_states_in(x, JOBS_HANDLER_OUT) || run_id != x->journal.last_run_id) {
        return JOBS_FOLLOW_NOTHING;
    }
    bool is_final = status != JOBS_STATUS_IN_PROGRESS;
    bool is_done = is_final || x->is_past_deadline ||
                   jobs_states_in(x, JOBS_SET(JOBS_REPORTED) | JOBS_SET(JOBS_RETURNING));

    if (x->state == JOBS_RUNNING && is_done) {
        uint8_t ends = (uint8_t)(!is_final || status >= JOBS_STATUS_COUNT ? JOBS_STATUS_FAILED : status);
        conclude(x, JOBS_EVENT_RETURN_DONE, ends, reason_of(x, (enum jobs_status)ends), NULL);
        return JOBS_FOLLOW_NOTHING;
    }
    if (x->state == JOBS_RUNNING && !x->is_running_told) {
        jobs_exchange_want(x->exchange, JOBS_REQUEST_UPDATE);
    }
    if (is_final && jobs_states_in(x, JOBS_SET(JOBS_REPORTED) | JOBS_SET(JOBS_RETURNING))) {
        drop_report(x);
    }
    enum jobs_follow follow = jobs_states_step(x, is_done ? JOBS_EVENT_RETURN_DONE : JOBS_EVENT_RETURN_LATER);
    leave(x);
    return follow;
}

enum jobs_follow jobs_execution_called_back(struct jobs_execution *x, uint32_t run_id)
{
    if (run_id == 0 || run_id != x->out.run_id) {
        return JOBS_FOLLOW_NOTHING;
    }
    bool is_free = x->state == JOBS_IDLE && !jobs_execution_is_ready(x);
    bool is_last = x->state == JOBS_LEAVING_WAITING && run_id == x->journal.last_run_id &&
                   (x->is_out_after_return || x->is_past_deadline);

    x->out.run_id = 0;
    x->out_until_ms = JOBS_NEVER;
    if (is_last) {
        x->wanted.run_id = 0;
        return jobs_states_step(x, JOBS_EVENT_DONE);
    }
    jobs_states_tell_wanted(x);
    return is_free ? JOBS_FOLLOW_LEFT : JOBS_FOLLOW_NOTHING;
}

enum err jobs_execution_refresh(struct jobs_execution *x, uint32_t run_id)
{
    if (x->state != JOBS_RUNNING || run_id != x->journal.last_run_id) {
        return ERR_NOT_FOUND;
    }
    if (x->is_refreshing) {
        return ERR_BUSY;
    }
    x->is_refreshing = true;
    jobs_exchange_want(x->exchange, JOBS_REQUEST_DESCRIBE);
    return ERR_OK;
}

void jobs_execution_drop_refresh(struct jobs_execution *x)
{
    x->is_refreshing = false;
}

/* ---- the end of it */

enum jobs_follow jobs_execution_settled(struct jobs_execution *x)
{
    struct jobs_counters *counters = &x->context->counters;
    uint8_t status = jobs_outcome_status(&x->outcome, (enum jobs_form)x->form);
    uint32_t *counts[] = {NULL, &counters->succeeded, &counters->failed, &counters->rejected};

    ++*counts[status];
    x->is_unsaved = false;
    if (jobs_states_is_started(x)) {
        journal_finish(&x->journal, status);
        jobs_states_save(x);
    }
    jobs_states_part(x);
    enum jobs_follow follow = jobs_states_step(x, JOBS_EVENT_SETTLE);
    leave(x);
    return follow;
}

enum jobs_follow jobs_execution_gone(struct jobs_execution *x)
{
    x->context->counters.canceled++;
    x->is_unsaved = false;
    jobs_states_say(x, LOG_LEVEL_INFO, "ended or deleted in the service", "");
    if (jobs_states_is_started(x)) {
        journal_forget_started(&x->journal);
        jobs_states_save(x);
    }
    jobs_states_part(x);
    enum jobs_follow follow = jobs_states_step(x, JOBS_EVENT_GONE);
    leave(x);
    return follow;
}

/* ---- deadlines */

uint64_t jobs_execution_deadline_due_at(const struct jobs_execution *x)
{
    return jobs_states_in(x, JOBS_WATCHED) ? x->deadline_at_ms : JOBS_NEVER;
}

/* No RTOS can end foreign code safely: the device restarts, or waits for it. */
static void give_up(struct jobs_execution *x, enum jobs_on_stuck on_stuck, const char *why)
{
    if (on_stuck == JOBS_STUCK_RESTART) {
        x->context->io.restart(x->context->io.ctx, why);
    } else {
        jobs_context_log(x->context, LOG_LEVEL_ERROR, NULL, "no job starts until it does:", why);
    }
}

static void stuck(struct jobs_execution *x)
{
    bool is_handler = jobs_states_in(x, JOBS_HANDLER_OUT);

    x->is_past_deadline = true;
    jobs_states_set_deadline(x, JOBS_NEVER);
    if (x->state == JOBS_RUNNING) {
        conclude(x, JOBS_EVENT_OUTCOME, JOBS_STATUS_FAILED, JOBS_REASON_DEADLINE,
                 "the handler did not return in time");
    } else if (x->state == JOBS_LEAVING_RUNNING) {
        jobs_states_step(x, JOBS_EVENT_DONE);
    }
    give_up(x, x->action->on_stuck,
            is_handler ? "a job handler never returned" : "a cancel callback never returned");
}

enum jobs_follow jobs_execution_deadline(struct jobs_execution *x)
{
    bool is_callback_out = x->out.run_id == x->journal.last_run_id;

    if (x->state == JOBS_LEAVING_WAITING && !is_callback_out) {
        return jobs_states_step(x, JOBS_EVENT_DONE);
    }
    if (x->is_past_deadline || jobs_states_in(x, JOBS_LEAVING | JOBS_SET(JOBS_RETURNING))) {
        stuck(x);
        return JOBS_FOLLOW_NOTHING;
    }
    x->is_past_deadline = true;
    jobs_states_set_deadline(x, x->context->now_ms + CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS);
    jobs_states_tell(x);
    if (x->state == JOBS_WAITING) {
        conclude(x, JOBS_EVENT_OUTCOME, JOBS_STATUS_FAILED, JOBS_REASON_DEADLINE, NULL);
    }
    return JOBS_FOLLOW_NOTHING;
}

/* The run in hand watches its callback by its own deadline. */
uint64_t jobs_execution_callback_due_at(const struct jobs_execution *x)
{
    bool is_watched = jobs_states_in(x, JOBS_WATCHED) && x->out.run_id == x->journal.last_run_id;
    return x->out.run_id != 0 && !is_watched ? x->out_until_ms : JOBS_NEVER;
}

void jobs_execution_callback_stuck(struct jobs_execution *x)
{
    x->out_until_ms = JOBS_NEVER;
    give_up(x, (enum jobs_on_stuck)x->out.on_stuck, "a cancel callback never returned");
}

/* ---- questions */

bool jobs_execution_is_blocked(const struct jobs_execution *x)
{
    bool is_stuck = x->out.run_id != 0 && x->out_until_ms == JOBS_NEVER;
    return is_stuck || x->wanted.run_id != 0;
}

bool jobs_execution_is_ready(const struct jobs_execution *x)
{
    return x->state == JOBS_IDLE && !jobs_execution_is_blocked(x);
}

bool jobs_execution_keeps_document(const struct jobs_execution *x)
{
    return jobs_states_in(x, JOBS_HANDLER_OUT) || x->state == JOBS_WAITING;
}

bool jobs_execution_waiting(const struct jobs_execution *x, struct jobs_run *run)
{
    if (x->state != JOBS_WAITING || !x->is_resumed) {
        return false;
    }
    *run = run_in_hand(x);
    return true;
}
