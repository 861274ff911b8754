/* SPDX-License-Identifier: MIT */
/* What is pending: the answers to $next/get, what notify and notify-next say, and the answer to a claim, judged. From here an
 * execution is taken in hand; its life stands in execution.c. */
#ifndef DEVICE_CORE_JOBS_READING_H
#define DEVICE_CORE_JOBS_READING_H

#include "device/core/jobs/delivery.h"
#include "device/core/jobs/handlers.h"
#include "device/core/jobs/subscriptions.h"

struct jobs_reading {
    struct jobs_context *context;
    struct jobs_exchange *exchange;
    struct jobs_execution *execution;
    const struct jobs_handlers *handlers;
    const struct jobs_subscriptions *subscriptions;

    bool is_passed_over; /* an execution is pending whose handler may still be registered */
    bool
        is_asked_idle; /* the $next/get under way was sent with nothing in hand, and asked for the document */
    bool
        is_informed; /* since the boot and the last claim the service has said what is pending, and it was nothing in progress */
    uint8_t overtaken; /* answers in a row that were older than a notification */
    uint8_t
        rounds; /* how often one execution was given up, settled or not claimed, in a row: the pause grows with it */
    uint64_t idle_at_ms; /* the next question without a cause */
    int64_t newest_s;    /* the latest timestamp of the service on this connection */
};

/* Everything that the reader looks at, or acts on. *r is zero before. */
void jobs_reading_init(struct jobs_reading *r, struct jobs_execution *execution,
                       const struct jobs_handlers *handlers, const struct jobs_subscriptions *subscriptions);

void jobs_reading_connected(struct jobs_reading *r);
/* What notifications there will be is known: the service is asked for what was made before they came. */
void jobs_reading_settled(struct jobs_reading *r);

/* A notify (is_next false) or notify-next. */
void jobs_reading_notified(struct jobs_reading *r, bool is_next, struct slice payload, struct slice document);
/* The answer to $next/get. */
void jobs_reading_answered(struct jobs_reading *r, const struct jobs_answer *answer, bool is_overtaken,
                           struct slice document);
/* The answer to a claim. */
enum jobs_follow jobs_reading_claim_answered(struct jobs_reading *r, const struct jobs_answer *answer,
                                             struct slice document);
/* Nothing is in hand any more: what comes next? */
void jobs_reading_follow(struct jobs_reading *r, enum jobs_follow follow);

/* The caller of a report has his answer: what waited for that may go on after a while. */
void jobs_reading_report_answered(struct jobs_reading *r);

/* A handler was registered, or the time for that is over: what was passed over is read again. */
void jobs_reading_look_again(struct jobs_reading *r);
uint64_t jobs_reading_grace_due_at(const struct jobs_reading *r);

void jobs_reading_ask(struct jobs_reading *r); /* sends $next/get */
uint64_t jobs_reading_idle_due_at(const struct jobs_reading *r);

/* No run of before the boot, and no claim, of which the service has not said yet whether it goes on. Nothing is in hand. */
bool jobs_reading_has_no_open_run(const struct jobs_reading *r);
/* Online, nothing is in hand: neither is a question out or wanted, nor is a notification waited for that brings the next job. */
bool jobs_reading_knows_pending(const struct jobs_reading *r);

/* A time that the service has told. */
void jobs_reading_note_time(struct jobs_reading *r, int64_t timestamp_s);

#endif
