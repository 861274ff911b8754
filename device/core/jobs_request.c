/* SPDX-License-Identifier: MIT */
#include "device/core/jobs_parts.h"

#include "common/json.h"
#include "device/core/backoff.h"

#include <assert.h>

void jobs_request_want_at(struct jobs_engine *e, enum jobs_request_kind kind, uint64_t at_ms)
{
    struct jobs_request *r = &e->requests[kind];

    if (r->is_in_flight) {
        r->again_ms = at_ms < r->again_ms ? at_ms : r->again_ms;
        return;
    }
    /* What failed keeps its backoff: a notification is no reason to ask a throttling service at once. */
    if (!r->is_wanted || (at_ms < r->at_ms && r->failures == 0)) {
        r->at_ms = at_ms;
    }
    r->is_wanted = true;
}

void jobs_request_want(struct jobs_engine *e, enum jobs_request_kind kind)
{
    jobs_request_want_at(e, kind, e->now_ms);
}

void jobs_request_forget(struct jobs_engine *e, enum jobs_request_kind kind)
{
    struct jobs_request *r = &e->requests[kind];

    r->is_wanted = false;
    r->is_in_flight = false;
    r->again_ms = JOBS_NEVER;
    r->failures = 0;
}

void jobs_request_retry(struct jobs_engine *e, enum jobs_request_kind kind)
{
    struct jobs_request *r = &e->requests[kind];

    r->is_in_flight = false;
    r->again_ms = JOBS_NEVER;
    r->is_wanted = true;
    r->at_ms = e->now_ms + backoff_ms(CONFIG_DEVICE_JOBS_RETRY_BASE_MS, CONFIG_DEVICE_JOBS_RETRY_CAP_MS,
                                      r->failures, e->config.io.random(e->config.io.ctx));
    if (r->failures < UINT8_MAX) {
        r->failures++;
    }
}

void jobs_request_missed(struct jobs_engine *e, enum jobs_request_kind kind)
{
    if (e->phase == JOBS_CLAIMING && kind == JOBS_REQUEST_UPDATE) {
        jobs_claim_missed(e);
    } else {
        jobs_request_retry(e, kind);
    }
}

/* In this phase, would there be something to send? A request that is wanted in another phase waits. */
static bool is_allowed(const struct jobs_engine *e, enum jobs_request_kind kind)
{
    bool is_running = e->phase == JOBS_RUNNING || e->phase == JOBS_WAITING;
    bool is_updating = e->requests[JOBS_REQUEST_UPDATE].is_in_flight; /* its answer tells more */

    switch (kind) {
    case JOBS_REQUEST_NEXT:
        return is_running || e->phase == JOBS_IDLE;
    case JOBS_REQUEST_DESCRIBE:
        return is_running || (e->phase == JOBS_FINAL && (e->is_refused || (!e->is_seen && !is_updating)));
    default:
        /* An update names job id and number only. Both may have become those of a new execution. */
        return e->phase == JOBS_CLAIMING || (e->is_seen && (is_running || e->phase == JOBS_FINAL));
    }
}

uint64_t jobs_request_due_at(const struct jobs_engine *e, enum jobs_request_kind kind)
{
    const struct jobs_request *r = &e->requests[kind];
    bool is_due = r->is_in_flight || (r->is_wanted && is_allowed(e, kind));
    return e->connection == JOBS_READY && is_due ? r->at_ms : JOBS_NEVER;
}

const char *jobs_request_token(struct jobs_engine *e, enum jobs_request_kind kind)
{
    char *token = e->requests[kind].token;
    uint32_t bits = 0;

    for (size_t i = 0; i < JOBS_TOKEN_CAP - 1; i++, bits >>= 4) {
        if (i % 8 == 0) {
            bits = e->config.io.random(e->config.io.ctx);
        }
        token[i] = "0123456789abcdef"[bits & 15];
    }
    token[JOBS_TOKEN_CAP - 1] = '\0';
    return token;
}

void jobs_request_send(struct jobs_engine *e, enum jobs_request_kind kind, const char *job_id, size_t len)
{
    struct jobs_request *r = &e->requests[kind];

    if (r->failures > 0) {
        e->counters.retried_sends++;
    }
    jobs_wire_make_topic(e->scratch.request.topic, e->config.thing_name, job_id,
                         kind == JOBS_REQUEST_UPDATE ? "update" : "get");
    if (e->config.io.publish(e->config.io.ctx, e->scratch.request.topic, e->scratch.request.payload, len) !=
        ERR_OK) {
        jobs_request_missed(e, kind);
        return;
    }
    r->is_wanted = false;
    r->is_in_flight = true;
    r->again_ms = JOBS_NEVER;
    r->at_ms = e->now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS;
}

void jobs_request_send_update(struct jobs_engine *e, enum jobs_update about, struct jobs_wire_update *update)
{
    e->update = (uint8_t)about;
    update->token = jobs_request_token(e, JOBS_REQUEST_UPDATE);
    update->execution_number = e->current.execution_number;
    update->attempt = e->attempt;
    update->details = &e->details;
    if (update->status == JOBS_STATUS_IN_PROGRESS) {
        update->step_timeout_min = e->action->timeout_min;
    }
    size_t len =
        jobs_wire_write_update(e->scratch.request.payload, sizeof(e->scratch.request.payload), update);
    assert(len > 0);
    jobs_request_send(e, JOBS_REQUEST_UPDATE, e->current.job_id, len);
}

bool jobs_request_take(struct jobs_engine *e, enum jobs_request_kind kind, const struct jobs_answer *answer)
{
    struct jobs_request *r = &e->requests[kind];

    if (!r->is_in_flight || !json_string_is(answer->token, r->token)) {
        return false;
    }
    r->is_in_flight = false;
    r->is_wanted = r->again_ms != JOBS_NEVER;
    r->at_ms = r->again_ms;
    r->again_ms = JOBS_NEVER;
    return true;
}

void jobs_request_restart(struct jobs_engine *e)
{
    for (size_t i = 0; i < JOBS_REQUEST_COUNT; i++) {
        struct jobs_request *r = &e->requests[i];
        if (r->is_in_flight || r->failures > 0) {
            r->at_ms = e->now_ms;
        }
        r->is_wanted = r->is_wanted || r->is_in_flight;
        r->is_in_flight = false;
        r->again_ms = JOBS_NEVER;
        r->failures = 0;
    }
}
