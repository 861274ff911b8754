/* SPDX-License-Identifier: MIT */
/* When a request goes out, when its answer counts as lost, and how long to wait before the next try. */
#include "device/core/jobs/exchange.h"

#include "common/json.h"
#include "device/core/jobs/wire.h"
#include "device/core/link/backoff.h"

#include <assert.h>
#include <string.h>

void jobs_exchange_init(struct jobs_exchange *x, struct jobs_context *context)
{
    memset(x, 0, sizeof(*x));
    x->context = context;
    for (size_t i = 0; i < JOBS_REQUEST_COUNT; i++) {
        x->requests[i].again_ms = JOBS_NEVER;
    }
}

void jobs_exchange_want_at(struct jobs_exchange *x, enum jobs_request_kind kind, uint64_t at_ms)
{
    struct jobs_request *r = &x->requests[kind];

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

void jobs_exchange_want(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    jobs_exchange_want_at(x, kind, x->context->now_ms);
}

void jobs_exchange_overtake(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    jobs_exchange_want(x, kind);
    x->requests[kind].is_overtaken = x->requests[kind].is_in_flight;
}

/* Not in flight any more, for whatever reason. */
static void land(struct jobs_request *r)
{
    r->is_in_flight = false;
    r->is_overtaken = false;
    r->again_ms = JOBS_NEVER;
}

void jobs_exchange_forget(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    struct jobs_request *r = &x->requests[kind];

    land(r);
    r->is_wanted = false;
    r->failures = 0;
}

void jobs_exchange_retry(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    struct jobs_request *r = &x->requests[kind];

    land(r);
    r->is_wanted = true;
    r->at_ms =
        x->context->now_ms + backoff_ms(CONFIG_DEVICE_JOBS_RETRY_BASE_MS, CONFIG_DEVICE_JOBS_RETRY_CAP_MS,
                                        r->failures, x->context->io.random(x->context->io.ctx));
    if (r->failures < UINT8_MAX) {
        r->failures++;
    }
}

void jobs_exchange_pause(struct jobs_exchange *x, enum jobs_request_kind kind, uint8_t failures)
{
    x->requests[kind].failures = failures;
    jobs_exchange_retry(x, kind);
}

static void count_unanswered(struct jobs_exchange *x)
{
    if (x->unanswered < JOBS_UNANSWERED_MAX) {
        x->unanswered++;
    }
}

void jobs_exchange_miss(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    assert(x->requests[kind].is_in_flight);
    count_unanswered(x);
    jobs_exchange_retry(x, kind);
}

uint64_t jobs_exchange_due_at(const struct jobs_exchange *x, enum jobs_request_kind kind)
{
    const struct jobs_request *r = &x->requests[kind];
    return r->is_in_flight || r->is_wanted ? r->at_ms : JOBS_NEVER;
}

bool jobs_exchange_is_asking(const struct jobs_exchange *x)
{
    return x->requests[JOBS_REQUEST_NEXT].is_in_flight || x->requests[JOBS_REQUEST_DESCRIBE].is_in_flight ||
           x->requests[JOBS_REQUEST_UPDATE].is_in_flight;
}

bool jobs_exchange_is_quiet(const struct jobs_exchange *x)
{
    return !jobs_exchange_is_asking(x) && !x->requests[JOBS_REQUEST_NEXT].is_wanted &&
           !x->requests[JOBS_REQUEST_DESCRIBE].is_wanted && !x->requests[JOBS_REQUEST_UPDATE].is_wanted;
}

const char *jobs_exchange_token(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    char *token = x->requests[kind].token;
    uint32_t bits = 0;

    for (size_t i = 0; i < JOBS_TOKEN_CAP - 1; i++, bits >>= 4) {
        if (i % 8 == 0) {
            bits = x->context->io.random(x->context->io.ctx);
        }
        token[i] = "0123456789abcdef"[bits & 15];
    }
    token[JOBS_TOKEN_CAP - 1] = '\0';
    return token;
}

bool jobs_exchange_send(struct jobs_exchange *x, enum jobs_request_kind kind, const char *job_id, size_t len)
{
    struct jobs_context *c = x->context;
    struct jobs_request *r = &x->requests[kind];
    char *topic = c->scratch.request.topic;

    assert(!r->is_in_flight && len > 0);
    c->counters.retried_sends += r->failures > 0;
    r->is_wanted = false;
    jobs_wire_make_topic(topic, c->thing_name, job_id, kind == JOBS_REQUEST_UPDATE ? "update" : "get");
    if (c->io.publish(c->io.ctx, topic, c->scratch.request.payload, len) != ERR_OK) {
        return false;
    }
    r->is_in_flight = true;
    r->at_ms = c->now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS;
    return true;
}

enum jobs_taken jobs_exchange_take(struct jobs_exchange *x, enum jobs_request_kind kind, struct slice token)
{
    struct jobs_request *r = &x->requests[kind];

    if (!r->is_in_flight || !json_string_is(token, r->token)) {
        return JOBS_TAKEN_NOT;
    }
    enum jobs_taken taken = r->is_overtaken ? JOBS_TAKEN_OVERTAKEN : JOBS_TAKEN_GOOD;
    r->is_wanted = r->again_ms != JOBS_NEVER;
    r->at_ms = r->again_ms;
    land(r);
    return taken;
}

void jobs_exchange_heard(struct jobs_exchange *x)
{
    x->unanswered = 0;
}

void jobs_exchange_restart(struct jobs_exchange *x, bool are_lost)
{
    for (size_t i = 0; i < JOBS_REQUEST_COUNT; i++) {
        struct jobs_request *r = &x->requests[i];
        if (r->is_in_flight || r->failures > 0) {
            r->at_ms = x->context->now_ms;
        }
        if (r->is_in_flight && are_lost) {
            count_unanswered(x);
        }
        r->is_wanted = r->is_wanted || r->is_in_flight;
        r->failures = 0;
        land(r);
    }
}

void jobs_exchange_check(const struct jobs_exchange *x)
{
    assert(x->unanswered <= JOBS_UNANSWERED_MAX);
    for (size_t i = 0; i < JOBS_REQUEST_COUNT; i++) {
        const struct jobs_request *r = &x->requests[i];
        assert(!(r->is_wanted && r->is_in_flight));
        assert(r->is_in_flight || (!r->is_overtaken && r->again_ms == JOBS_NEVER));
        (void)r;
    }
    (void)x;
}
