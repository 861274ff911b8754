/* SPDX-License-Identifier: MIT */
/* The final status: into the journal, then to the service until it is settled there. */
#include "device/core/jobs_parts.h"

#include "device/core/text.h"

enum err jobs_final_save(struct jobs_engine *e)
{
    size_t len = journal_encode(&e->journal, &e->outcome, &e->details, e->scratch.record);

    e->counters.journal_writes++;
    if (e->config.io.save(e->config.io.ctx, e->scratch.record, len) == ERR_OK) {
        return ERR_OK;
    }
    jobs_engine_log(e, JOBS_LOG_ERROR, "the journal cannot be stored", "");
    return ERR_STORAGE;
}

static bool is_started(const struct jobs_engine *e)
{
    return journal_same_execution(&e->journal.started, &e->current);
}

enum err jobs_final_begin(struct jobs_engine *e, uint8_t status, enum jobs_reason reason, const char *message)
{
    e->phase = JOBS_FINAL;
    e->outcome = (struct jobs_outcome){.status = status, .reason = (uint8_t)reason};
    text_append(e->outcome.message, sizeof(e->outcome.message),
                message != NULL && message[0] != '\0' ? message
                                                      : jobs_wire_reason_message(e->outcome.reason));
    e->is_refused = false;
    e->is_bare = false;
    e->is_rejected_as_failed = false;
    e->is_unsaved = false;
    e->is_next_usable = false; /* the question under way was asked before this */
    jobs_engine_log(e, JOBS_LOG_INFO, jobs_wire_status_text(status),
                    jobs_wire_reason_text(e->outcome.reason));
    if (!e->requests[JOBS_REQUEST_UPDATE].is_in_flight) {
        jobs_request_forget(e, JOBS_REQUEST_UPDATE); /* progress that nobody needs any more */
    }
    if (!e->is_seen) {
        jobs_run_doubt(e);
    }
    jobs_request_want(e, JOBS_REQUEST_UPDATE);
    if (!is_started(e)) {
        return ERR_OK;
    }
    e->journal.has_outcome = true;
    e->is_unsaved = jobs_final_save(e) != ERR_OK;
    return e->is_unsaved ? ERR_STORAGE : ERR_OK;
}

void jobs_final_refuse(struct jobs_engine *e, enum jobs_reason reason, const char *message)
{
    jobs_final_begin(e, e->was_queued ? JOBS_STATUS_REJECTED : JOBS_STATUS_FAILED, reason, message);
}

static uint8_t sent_status(const struct jobs_engine *e)
{
    return e->is_rejected_as_failed ? JOBS_STATUS_FAILED : e->outcome.status;
}

void jobs_final_send(struct jobs_engine *e)
{
    uint8_t status = sent_status(e);
    struct jobs_wire_update update = {
        .status = status,
        .state = e->is_bare ? NULL : jobs_wire_state_text(status),
        .expected_version = -1,
        .outcome = &e->outcome,
    };

    if (e->is_unsaved) {
        e->is_unsaved = jobs_final_save(e) != ERR_OK;
    }
    jobs_request_send_update(e, JOBS_UPDATE_FINAL, &update);
}

static void settle(struct jobs_engine *e)
{
    uint8_t status = sent_status(e);
    uint32_t *counts[] = {NULL, &e->counters.succeeded, &e->counters.failed, &e->counters.rejected};

    ++*counts[status];
    if (is_started(e)) {
        journal_finish(&e->journal, status);
        jobs_final_save(e);
    }
    jobs_next_leave(e);
}

void jobs_final_gone(struct jobs_engine *e, uint8_t status)
{
    if (e->phase == JOBS_FINAL && status == sent_status(e)) {
        settle(e); /* it took our status; the answer was lost */
        return;
    }
    e->counters.canceled++;
    jobs_engine_log(e, JOBS_LOG_INFO, "ended or deleted in the service", "");
    if (e->phase == JOBS_RUNNING || e->phase == JOBS_WAITING) {
        e->config.io.cancel_handler(e->config.io.ctx, e->journal.last_run_id);
    }
    if (is_started(e)) {
        journal_forget_started(&e->journal);
        jobs_final_save(e);
    }
    jobs_next_leave(e);
}

/* The next form in which the service may take the status: without details, then REJECTED as FAILED. A status that it
 * does not reach from IN_PROGRESS is not helped by leaving out details. In the end it is kept and tried hourly. */
static void step_down(struct jobs_engine *e, const struct jobs_answer *answer)
{
    bool is_rejected = e->outcome.status == JOBS_STATUS_REJECTED && !e->is_rejected_as_failed;
    uint64_t at_ms = e->now_ms;

    if (is_rejected && (e->is_bare || answer->status == JOBS_STATUS_IN_PROGRESS)) {
        e->is_rejected_as_failed = true;
        if (e->is_bare) {
            details_clear(&e->details);
        }
        e->is_bare = false;
    } else if (!e->is_bare && !e->is_rejected_as_failed) {
        e->is_bare = true;
    } else {
        e->is_refused = true;
        at_ms += CONFIG_DEVICE_JOBS_REFUSED_RETRY_MS;
        jobs_engine_log(e, JOBS_LOG_ERROR, "the service refuses the final status, next try in an hour", "");
        jobs_request_want(e, JOBS_REQUEST_DESCRIBE); /* it may have ended there */
    }
    jobs_request_want_at(e, JOBS_REQUEST_UPDATE, at_ms);
}

void jobs_final_answered(struct jobs_engine *e, const struct jobs_answer *answer)
{
    if (answer->rejection == NULL) {
        settle(e);
        return;
    }
    switch (jobs_wire_verdict(answer)) {
    case JOBS_VERDICT_GONE:
        jobs_final_gone(e, answer->status);
        break;
    case JOBS_VERDICT_REFUSED:
        step_down(e, answer);
        break;
    default:
        jobs_request_retry(e, JOBS_REQUEST_UPDATE);
    }
}
