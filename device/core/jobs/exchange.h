/* SPDX-License-Identifier: MIT */
/* Requests to the service and their answers: one of each kind at a time, each with a random clientToken and a timer. Knows topics
 * and time, and nothing of jobs: what a request says and what its answer means is for the callers. */
#ifndef DEVICE_CORE_JOBS_EXCHANGE_H
#define DEVICE_CORE_JOBS_EXCHANGE_H

#include "device/core/jobs/context.h"

enum jobs_request_kind {
    JOBS_REQUEST_NEXT,     /* $next/get */
    JOBS_REQUEST_DESCRIBE, /* <jobId>/get */
    JOBS_REQUEST_UPDATE,   /* <jobId>/update */
    JOBS_REQUEST_COUNT,
};

#define JOBS_TOKEN_CAP 17 /* 16 hex digits and NUL */

struct jobs_request {
    uint64_t at_ms;    /* in flight: when the answer counts as lost; wanted: when to send */
    uint64_t again_ms; /* in flight, and wanted once more from then on; else JOBS_NEVER */
    bool is_wanted;    /* to be sent; never together with is_in_flight */
    bool is_in_flight;
    bool is_overtaken; /* in flight, and something newer than its answer has come already */
    uint8_t failures;  /* in a row: the exponent of the backoff */
    char token[JOBS_TOKEN_CAP];
};

struct jobs_exchange {
    struct jobs_context *context;
    uint8_t unanswered; /* requests in a row without an answer, over all kinds and connections */
    struct jobs_request requests[JOBS_REQUEST_COUNT];
};

/* So many requests in a row without an answer say that no answers come over this connection. */
#define JOBS_UNANSWERED_MAX 3

void jobs_exchange_init(struct jobs_exchange *x, struct jobs_context *context);

/* Sends it as soon as it may be sent, but not before at_ms; a burst of calls leads to one request. In flight: once more, when
 * its answer has come. */
void jobs_exchange_want_at(struct jobs_exchange *x, enum jobs_request_kind kind, uint64_t at_ms);
void jobs_exchange_want(struct jobs_exchange *x, enum jobs_request_kind kind); /* from now on */
/* The same, and an answer that is on its way is older than what is known. */
void jobs_exchange_overtake(struct jobs_exchange *x, enum jobs_request_kind kind);
/* Not wanted any more, and its answer will not be taken. */
void jobs_exchange_forget(struct jobs_exchange *x, enum jobs_request_kind kind);
/* Wanted again after a backoff, which grows with each call until the answer to such a request is good. */
void jobs_exchange_retry(struct jobs_exchange *x, enum jobs_request_kind kind);
/* The same with a backoff that stands for so many failures. */
void jobs_exchange_pause(struct jobs_exchange *x, enum jobs_request_kind kind, uint8_t failures);
/* Its answer has not come. */
void jobs_exchange_miss(struct jobs_exchange *x, enum jobs_request_kind kind);

/* When the answer counts as lost, or when it wants to be sent; JOBS_NEVER: neither. */
uint64_t jobs_exchange_due_at(const struct jobs_exchange *x, enum jobs_request_kind kind);
bool jobs_exchange_is_asking(const struct jobs_exchange *x); /* something is in flight */
bool jobs_exchange_is_quiet(const struct jobs_exchange *x);  /* nothing wanted, nothing in flight */

/* Makes a new token for a request that is going to be written. */
const char *jobs_exchange_token(struct jobs_exchange *x, enum jobs_request_kind kind);
/* Publishes what stands in context->scratch.request.payload. false: it was not sent, and is not wanted any more. */
bool jobs_exchange_send(struct jobs_exchange *x, enum jobs_request_kind kind, const char *job_id, size_t len);

enum jobs_taken {
    JOBS_TAKEN_NOT,       /* not the answer to what is in flight */
    JOBS_TAKEN_OVERTAKEN, /* it is, and it is older than what is known */
    JOBS_TAKEN_GOOD,
};
/* `token` as it stands in an answer. A taken request is in flight no more; what was wanted once more is wanted. */
enum jobs_taken jobs_exchange_take(struct jobs_exchange *x, enum jobs_request_kind kind, struct slice token);
/* An answer of whatever kind has come over this connection. */
void jobs_exchange_heard(struct jobs_exchange *x);

/* The connection is gone, or new: what was in flight is wanted, and what has failed need not wait. are_lost: what was in flight counts
 * as not answered. */
void jobs_exchange_restart(struct jobs_exchange *x, bool are_lost);

void jobs_exchange_check(const struct jobs_exchange *x);

#endif
