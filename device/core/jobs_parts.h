/* SPDX-License-Identifier: MIT */
/* How the files of the job engine call each other. jobs_engine.c takes the events and owns the timers; the phases of an
 * execution are in jobs_next.c (learn), jobs_claim.c (start), jobs_run.c (report, cancel, deadline) and jobs_final.c
 * (final status); jobs_request.c sends and times requests for all of them; jobs_registry.c knows the handlers. */
#ifndef DEVICE_CORE_JOBS_PARTS_H
#define DEVICE_CORE_JOBS_PARTS_H

#include "device/core/jobs_engine_state.h"
#include "device/core/jobs_reason.h"
#include "device/core/jobs_wire.h"

#define JOBS_NEVER UINT64_MAX

/* jobs_registry.c */
const struct jobs_action *jobs_registry_find(const struct jobs_engine *e, const char *name);
/* May a handler for it still be registered? Then the execution waits. */
bool jobs_registry_is_open(const struct jobs_engine *e);
uint64_t jobs_registry_due_at(const struct jobs_engine *e);

/* jobs_request.c */
/* Sends it as soon as it may be sent, but not before at_ms; a burst of calls leads to one request. */
void jobs_request_want_at(struct jobs_engine *e, enum jobs_request_kind kind, uint64_t at_ms);
void jobs_request_want(struct jobs_engine *e, enum jobs_request_kind kind); /* from now on */
/* Not wanted any more, and its answer will not be taken. */
void jobs_request_forget(struct jobs_engine *e, enum jobs_request_kind kind);
/* It was refused for now: again after a backoff. */
void jobs_request_retry(struct jobs_engine *e, enum jobs_request_kind kind);
/* It could not be sent, or its answer has not come: again after a backoff. */
void jobs_request_missed(struct jobs_engine *e, enum jobs_request_kind kind);
uint64_t jobs_request_due_at(const struct jobs_engine *e, enum jobs_request_kind kind);
/* Makes a new token for a request that is going to be written. */
const char *jobs_request_token(struct jobs_engine *e, enum jobs_request_kind kind);
/* Publishes what stands in e->scratch.request.payload. */
void jobs_request_send(struct jobs_engine *e, enum jobs_request_kind kind, const char *job_id, size_t len);
/* Writes and publishes an update of `current`; token, names, attempt, details and step timeout are added. */
void jobs_request_send_update(struct jobs_engine *e, enum jobs_update about, struct jobs_wire_update *update);
/* Is this the answer to the request in flight? Then it is in flight no more. */
bool jobs_request_take(struct jobs_engine *e, enum jobs_request_kind kind, const struct jobs_answer *answer);
/* The connection is gone, or new: what was in flight goes out again. */
void jobs_request_restart(struct jobs_engine *e);

/* jobs_next.c */
void jobs_next_send(struct jobs_engine *e);
void jobs_next_answered(struct jobs_engine *e, const struct jobs_answer *answer, struct slice document);
/* Given up, or settled: what comes next? */
void jobs_next_leave(struct jobs_engine *e);
uint64_t jobs_next_idle_due_at(const struct jobs_engine *e);

/* jobs_claim.c */
void jobs_claim_begin(struct jobs_engine *e, uint8_t attempt);
void jobs_claim_send(struct jobs_engine *e);
/* It may have been accepted or not, and by now its job may have been deleted and made again, which an update cannot tell apart: it is not
 * repeated, but the job read again. */
void jobs_claim_missed(struct jobs_engine *e);
void jobs_claim_answered(struct jobs_engine *e, const struct jobs_answer *answer);
/* IN_PROGRESS is accepted: journal, then run. */
void jobs_claim_start(struct jobs_engine *e);

/* jobs_run.c */
/* `current` becomes the started execution of the journal (which is not put yet), with a new run id. */
void jobs_run_enter(struct jobs_engine *e);
/* It was started before this boot, and the application reports. */
void jobs_run_wait(struct jobs_engine *e);
void jobs_run_renew_deadline(struct jobs_engine *e);
uint64_t jobs_run_deadline_due_at(const struct jobs_engine *e);
void jobs_run_deadline(struct jobs_engine *e);
void jobs_run_send_progress(struct jobs_engine *e);
/* Does the service still have the execution in hand? It is asked, and no progress or final status goes out before it has
 * answered. Not in JOBS_CLAIMING. */
void jobs_run_doubt(struct jobs_engine *e);
void jobs_run_send_describe(struct jobs_engine *e);
void jobs_run_progress_answered(struct jobs_engine *e, const struct jobs_answer *answer);
void jobs_run_described(struct jobs_engine *e, const struct jobs_answer *answer);

/* jobs_final.c */
/* The execution in hand gets its final status. message NULL: the one of the reason. Journaled when the execution was
 * started; ERR_STORAGE: that failed, it is sent from memory. */
enum err jobs_final_begin(struct jobs_engine *e, uint8_t status, enum jobs_reason reason,
                          const char *message);
/* It does not run: REJECTED while it is QUEUED, else FAILED. */
void jobs_final_refuse(struct jobs_engine *e, enum jobs_reason reason, const char *message);
void jobs_final_send(struct jobs_engine *e);
void jobs_final_answered(struct jobs_engine *e, const struct jobs_answer *answer);
/* The service has no such execution, or it is terminal with `status`: stop working on it. */
void jobs_final_gone(struct jobs_engine *e, uint8_t status);
/* The journal's record as it is now. */
enum err jobs_final_save(struct jobs_engine *e);

/* jobs_engine.c: one line, "<job id of the execution in hand>: <what><detail>". */
void jobs_engine_log(struct jobs_engine *e, enum jobs_log_level level, const char *what, const char *detail);

#endif
