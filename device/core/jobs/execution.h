/* SPDX-License-Identifier: MIT */
/* The life of one execution on this device: claimed, started, reported, cancelled, its final status delivered, and the run left
 * only when the application is done with it. Its states: states.h. Which execution is taken in hand is decided in reading.c. */
#ifndef DEVICE_CORE_JOBS_EXECUTION_H
#define DEVICE_CORE_JOBS_EXECUTION_H

#include "device/core/jobs/states.h"
#include "device/core/jobs/wire.h"

/* ---- for reading.c: what is taken in hand. All in IDLE; jobs_execution_start also in CLAIMING */

/* This is what the service has to do. */
void jobs_execution_take(struct jobs_execution *x, const struct jobs_answer *answer);
/* Is this IN_PROGRESS our claim, whose answer was lost, or whose answer left a doubt? */
bool jobs_execution_is_own_claim(const struct jobs_execution *x, const struct jobs_answer *answer);
/* Not before pause_ms have passed. */
void jobs_execution_claim(struct jobs_execution *x, uint8_t attempt, uint32_t pause_ms);
/* IN_PROGRESS stands in the service: journal, then run. */
void jobs_execution_start(struct jobs_execution *x, uint8_t attempt);
/* It was started before this boot. */
void jobs_execution_resume(struct jobs_execution *x,
                           uint32_t pause_ms); /* the pause before a claim, if one follows */
/* It does not run: REJECTED while it is QUEUED, else FAILED. message NULL: the one of the reason. */
void jobs_execution_refuse(struct jobs_execution *x, enum jobs_reason reason, const char *message);
/* Its final status is known from the journal. */
void jobs_execution_conclude(struct jobs_execution *x, uint8_t status);
/* CLAIMING: the claim was not accepted, or for something else than was read. */
void jobs_execution_unclaim(struct jobs_execution *x);

/* ---- events: what the application does, how it ends, and time */

enum err jobs_execution_report(struct jobs_execution *x, const struct jobs_report *report,
                               enum jobs_follow *follow);
void jobs_execution_answered(struct jobs_execution *x); /* the caller has the answer to its report */
enum jobs_follow jobs_execution_returned(struct jobs_execution *x, uint32_t run_id, enum jobs_status status);
enum jobs_follow jobs_execution_called_back(struct jobs_execution *x, uint32_t run_id);
enum err jobs_execution_refresh(struct jobs_execution *x, uint32_t run_id);
void jobs_execution_drop_refresh(struct jobs_execution *x);

/* The service has its final status. */
enum jobs_follow jobs_execution_settled(struct jobs_execution *x);
/* The service has ended or deleted it. RUNNING, WAITING, REPORTED, FINAL. */
enum jobs_follow jobs_execution_gone(struct jobs_execution *x);

uint64_t jobs_execution_deadline_due_at(const struct jobs_execution *x);
enum jobs_follow jobs_execution_deadline(struct jobs_execution *x);
uint64_t jobs_execution_callback_due_at(const struct jobs_execution *x);
void jobs_execution_callback_stuck(struct jobs_execution *x);

/* ---- questions */

/* A callback of a run that is over is stuck or waits for its turn: no handler starts. */
bool jobs_execution_is_blocked(const struct jobs_execution *x);
bool jobs_execution_is_ready(const struct jobs_execution *x); /* IDLE, and not blocked */
bool jobs_execution_keeps_document(const struct jobs_execution *x);
bool jobs_execution_waiting(const struct jobs_execution *x, struct jobs_run *run);

#endif
