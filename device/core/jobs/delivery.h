/* SPDX-License-Identifier: MIT */
/* What goes to the service about the execution in hand (its claim, progress, final status, the question whether it is still there),
 * and what the answers make of it. The answer to a claim is judged in reading.c. */
#ifndef DEVICE_CORE_JOBS_DELIVERY_H
#define DEVICE_CORE_JOBS_DELIVERY_H

#include "device/core/jobs/execution.h"

/* When the request is due, or its answer counts as lost. JOBS_NEVER also when there is nothing to send in this state: what is
 * wanted in another state waits. */
uint64_t jobs_delivery_due_at(const struct jobs_execution *x, enum jobs_request_kind kind);

/* Writes and sends DESCRIBE or UPDATE. */
enum jobs_follow jobs_delivery_send(struct jobs_execution *x, enum jobs_request_kind kind);
/* The answer to it has not come. */
enum jobs_follow jobs_delivery_missed(struct jobs_execution *x, enum jobs_request_kind kind);
/* It was put off (RequestThrottled, InternalError): again after a pause, a claim never. */
enum jobs_follow jobs_delivery_put_off(struct jobs_execution *x, enum jobs_request_kind kind);

/* The answer to <jobId>/get. */
enum jobs_follow jobs_delivery_described(struct jobs_execution *x, const struct jobs_answer *answer,
                                         bool is_overtaken, struct slice document);
/* The answer to an update that is no claim. */
enum jobs_follow jobs_delivery_updated(struct jobs_execution *x, const struct jobs_answer *answer);

/* A notification does not name the execution in hand. RUNNING, WAITING, REPORTED, FINAL: the service is asked, and no progress or
 * final status goes out before it has answered. CLAIMING: it is read again before it starts. */
void jobs_delivery_doubt(struct jobs_execution *x);

void jobs_delivery_connected(struct jobs_execution *x);
enum jobs_follow jobs_delivery_disconnected(struct jobs_execution *x);

#endif
