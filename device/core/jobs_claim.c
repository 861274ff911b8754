/* SPDX-License-Identifier: MIT */
/* The start: IN_PROGRESS accepted by the service, then the journal, then the handler. In this order the handler is
 * started at most once for each attempt that service and journal know of. */
#include "device/core/jobs_parts.h"

void jobs_claim_begin(struct jobs_engine *e, uint8_t attempt)
{
    e->phase = JOBS_CLAIMING;
    e->attempt = attempt;
    e->is_reading_old = false;
    jobs_request_want(e, JOBS_REQUEST_UPDATE);
}

void jobs_claim_send(struct jobs_engine *e)
{
    struct jobs_wire_update update = {
        .status = JOBS_STATUS_IN_PROGRESS,
        .state = "accepted",
        .expected_version = e->version,
    };

    e->claimed = e->current;
    e->claimed_attempt = e->attempt;
    e->is_claim_met = false;
    jobs_request_send_update(e, JOBS_UPDATE_CLAIM, &update);
}

void jobs_claim_missed(struct jobs_engine *e)
{
    jobs_request_forget(e, JOBS_REQUEST_UPDATE);
    e->phase = JOBS_IDLE;
    e->requests[JOBS_REQUEST_NEXT].failures = e->left_times;
    if (e->left_times < UINT8_MAX) {
        e->left_times++;
    }
    jobs_request_retry(e, JOBS_REQUEST_NEXT);
}

/* The service takes a claim for whatever has this name by now. When that may be another one than was read (the claim was put off,
 * or a notification spoke of another one), it is ours all the same, and is read before it runs. */
static void accepted(struct jobs_engine *e)
{
    if (!e->is_reading_old) {
        jobs_claim_start(e);
        return;
    }
    e->is_claim_met = true;
    e->phase = JOBS_IDLE;
    jobs_request_want(e, JOBS_REQUEST_NEXT);
}

void jobs_claim_answered(struct jobs_engine *e, const struct jobs_answer *answer)
{
    if (answer->rejection == NULL) {
        accepted(e);
        return;
    }
    switch (jobs_wire_verdict(answer)) {
    case JOBS_VERDICT_REFUSED:
        if (e->is_reading_old) {
            jobs_next_leave(e); /* it may be the other one that was refused */
        } else {
            jobs_final_refuse(e, JOBS_REASON_CLAIM_REFUSED, NULL);
        }
        break;
    case JOBS_VERDICT_GONE:
        jobs_final_gone(e, answer->status);
        break;
    default:
        jobs_next_leave(e); /* read it again, then decide */
    }
}

static void run_handler(struct jobs_engine *e)
{
    struct jobs_run run = {
        .run_id = e->journal.last_run_id,
        .user = e->action->user,
        .job_id = e->current.job_id,
        .document_len = e->document_len,
        .execution_number = e->current.execution_number,
        .queued_at_s = e->current.queued_at_s,
        .now_s = e->service_time_s,
        .attempt = e->attempt,
    };

    e->is_handler_running = true;
    e->counters.run++;
    jobs_engine_log(e, JOBS_LOG_INFO, "started", "");
    e->config.io.start_handler(e->config.io.ctx, &run);
}

void jobs_claim_start(struct jobs_engine *e)
{
    e->claimed.job_id[0] = '\0';
    e->left_times = 0;
    e->was_queued = false;
    jobs_run_enter(e);
    if (jobs_final_save(e) != ERR_OK) {
        jobs_final_refuse(e, JOBS_REASON_STORAGE, NULL);
        return;
    }
    e->phase = JOBS_RUNNING;
    jobs_run_renew_deadline(e);
    jobs_request_want_at(e, JOBS_REQUEST_UPDATE, e->now_ms + CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS);
    run_handler(e);
}
