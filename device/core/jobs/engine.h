/* SPDX-License-Identifier: MIT */
/* The job engine: the life of jobs on a device, as a state machine without I/O. Events come in as calls, each with the
 * monotonic time; effects go out through struct jobs_io. It owns no thread, clock, socket or heap, so a test can hold many of
 * them and cut the power between any two effects.
 *
 * This file composes: it takes the events, owns the timers and hands each to the part that knows. Calls go down only:
 *     engine         events, timers, connection
 *     reading        what is pending: answers and notifications judged
 *     delivery       what goes to the service about the execution in hand
 *     execution      what leads to each step of its life        states    its states, and what each event makes of them
 *     subscriptions  which filters are asked, and which are left out
 *     handlers       who serves a document                      outcome   the forms of a final status
 *     exchange       requests in flight                         wire      texts and structs
 *     context        time, effects, counters, scratch           journal   what outlives a power cut
 *
 * Not thread-safe: one task owns the engine. */
#ifndef DEVICE_CORE_JOBS_ENGINE_H
#define DEVICE_CORE_JOBS_ENGINE_H

#include "device/core/jobs/context.h"
#include "device/core/jobs/exchange.h"
#include "device/core/jobs/execution.h"
#include "device/core/jobs/handlers.h"
#include "device/core/jobs/reading.h"
#include "device/core/jobs/subscriptions.h"

/* The whole state, so that its owner can allocate it; it must not move. Nobody but device/core reads or writes the members.
 * What is used most stands first: small offsets make small code. */
struct jobs_engine {
    bool is_online; /* between connected and disconnected, and the connection is not given up */
    struct jobs_exchange exchange;
    struct jobs_reading reading;
    struct jobs_subscriptions subscriptions;
    struct jobs_execution execution;
    struct jobs_handlers handlers;
    struct jobs_context context;
};

struct jobs_engine_config {
    const char *thing_name; /* NULL: jobs_engine_name_thing gives it. Must live as long as the engine */
    struct jobs_io io;
};

#define JOBS_RECORD_CAP 3072 /* the journal record is never longer */

/* `record` is what was saved last, empty when there is none; its ptr NULL: there were len bytes, which did not fit. A record
 * that cannot be used counts as absent; a log line says why, and journal_damaged counts it. */
void jobs_engine_init(struct jobs_engine *e, const struct jobs_engine_config *config, struct slice record,
                      uint64_t now_ms);

/* ERR_ARG: empty or too long name, max_attempts 0, timeout_min above 10080. ERR_EXISTS: name taken. ERR_FULL:
 * CONFIG_DEVICE_JOBS_MAX_ACTIONS. */
enum err jobs_engine_register(struct jobs_engine *e, const struct jobs_action *action, uint64_t now_ms);

/* The network was started: the registration grace runs from here. */
void jobs_engine_started(struct jobs_engine *e, uint64_t now_ms);

/* Whose jobs they are. While offline, and before the first jobs_engine_connected. The text must live until it is named anew. */
void jobs_engine_name_thing(struct jobs_engine *e, const char *thing_name);

void jobs_engine_connected(struct jobs_engine *e, uint64_t now_ms);
/* is_own_doing: this device has ended the connection. Else a SUBSCRIBE under which it has ended may be what the broker refuses;
 * true: that is so, and the next try to connect, which asks for less, is worth while soon. */
bool jobs_engine_disconnected(struct jobs_engine *e, bool is_own_doing, uint64_t now_ms);
void jobs_engine_subscribed(struct jobs_engine *e, enum jobs_subscription id, bool is_granted,
                            uint64_t now_ms);

/* `payload` is the message without its job document (common/json_cut.h), empty when it did not fit. `document` is that
 * document's JSON text; empty: there is none; ptr NULL: there were len bytes, which did not fit or had no place. While
 * jobs_engine_keeps_document says so afterwards the text must stay as it is, where it is. */
void jobs_engine_message(struct jobs_engine *e, struct slice topic, struct slice payload,
                         struct slice document, uint64_t now_ms);
bool jobs_engine_keeps_document(const struct jobs_engine *e);

/* Messages were dropped somewhere: ask the service again. */
void jobs_engine_resync(struct jobs_engine *e, uint64_t now_ms);

/* A report of the application. When a final status returns ERR_OK it is journaled and cannot be lost any more;
 * ERR_STORAGE: it could not be journaled and is sent from memory. ERR_NOT_FOUND: no such run. ERR_BUSY: the run has a
 * final status already. ERR_STALE: the service has ended the run; a final status ends the application's part of it,
 * IN_PROGRESS says that the application still works, and neither is sent. ERR_ARG: bad status.
 * jobs_engine_answered follows when the caller has this answer: no handler starts before, nor within 20 ms of it after a final
 * status from outside the handler, because the seed's program clears its flag after the call. */
enum err jobs_engine_report(struct jobs_engine *e, const struct jobs_report *report, uint64_t now_ms);
void jobs_engine_answered(struct jobs_engine *e, uint64_t now_ms);

/* The handler, or resume handler, returned. status IN_PROGRESS: somebody reports later. */
void jobs_engine_handler_returned(struct jobs_engine *e, uint32_t run_id, enum jobs_status status,
                                  uint64_t now_ms);
/* The cancel callback returned. */
void jobs_engine_cancel_returned(struct jobs_engine *e, uint32_t run_id, uint64_t now_ms);

/* The handler of this run wants its document anew (links in it have expired). ERR_OK: io.refreshed follows; until then the
 * document of an answer to <jobId>/get may be written where the run's document stands. ERR_NOT_FOUND: this run's handler does
 * not run, or the service has ended the run. ERR_BUSY: asked already. */
enum err jobs_engine_refresh(struct jobs_engine *e, uint32_t run_id, uint64_t now_ms);
/* Nobody waits for it any more: io.refreshed does not follow. */
void jobs_engine_drop_refresh(struct jobs_engine *e, uint64_t now_ms);

/* The run of an earlier boot that waits for a report (WAIT; its resume handler, if it has one, has returned IN_PROGRESS). false: there
 * is none. */
bool jobs_engine_waiting(const struct jobs_engine *e, struct jobs_run *run);

/* Connected, and each filter is asked for and answered, or left out: what others send over the connection does not delay the
 * beginning of jobs, and does not end it under one of their SUBSCRIBEs. */
bool jobs_engine_is_settled(const struct jobs_engine *e);

/* No job in hand, no handler or callback out. */
bool jobs_engine_is_idle(const struct jobs_engine *e);
/* The device may sleep or lose its power, and nothing is lost or late by it: idle, no run or claim of before whose end the service
 * was not asked for, and while online nothing left to ask. */
bool jobs_engine_is_at_rest(const struct jobs_engine *e);

/* Timers. Call when jobs_engine_wake_at_ms has come; calling more often does no harm. */
void jobs_engine_tick(struct jobs_engine *e, uint64_t now_ms);
uint64_t jobs_engine_wake_at_ms(const struct jobs_engine *e); /* UINT64_MAX = nothing to wait for */

const struct jobs_counters *jobs_engine_counters(const struct jobs_engine *e);

/* Asserts what must always hold between two events; for tests. */
void jobs_engine_check(const struct jobs_engine *e);

#endif
