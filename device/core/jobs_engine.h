/* SPDX-License-Identifier: MIT */
/* The job engine: the life of a job on a device, as a state machine without I/O. Events come in as calls, each with the
 * monotonic time; effects go out through struct jobs_engine_io. It owns no thread, clock, socket or heap, so a test can
 * hold many of them and cut the power between any two effects.
 *
 * Not thread-safe: one task owns the engine. Effects are called from within events and must not call back into the
 * engine; none of them may wait for the network. */
#ifndef DEVICE_CORE_JOBS_ENGINE_H
#define DEVICE_CORE_JOBS_ENGINE_H

#include "common/err.h"
#include "common/slice.h"
#include "device/core/config.h"
#include "device/core/details.h"

#include <stdbool.h>
#include <stdint.h>

/* What a device may report. Order and wire texts: status table in jobs_wire.c. */
enum jobs_status {
    JOBS_STATUS_IN_PROGRESS,
    JOBS_STATUS_SUCCEEDED,
    JOBS_STATUS_FAILED,
    JOBS_STATUS_REJECTED,
    JOBS_STATUS_COUNT,
};

/* An execution was started and the power went before its final status. */
enum jobs_on_interrupted {
    JOBS_INTERRUPTED_FAIL,  /* FAILED / INTERRUPTED */
    JOBS_INTERRUPTED_RERUN, /* start again while attempts are left */
    JOBS_INTERRUPTED_WAIT,  /* the application reports after the boot, within its deadline */
    /* The restart was the job: SUCCEEDED when the journal has its start, from an earlier boot; else FAILED / INTERRUPTED.
     * Never started again. */
    JOBS_INTERRUPTED_SUCCEED,
};

struct jobs_action {
    const char *name;     /* 1..31 characters, copied at registration */
    uint16_t timeout_min; /* AWS step timer, sent with each IN_PROGRESS; 0 = none */
    uint32_t deadline_s;  /* local deadline of a run, renewed by each IN_PROGRESS report; 0 = none */
    uint8_t max_attempts; /* starts per execution over all boots, >= 1 */
    enum jobs_on_interrupted on_interrupted;
    void *user; /* handed back in struct jobs_run */
};

/* One run of a handler. Pointers live as long as the run. */
struct jobs_run {
    uint32_t run_id; /* names this run on this device, never 0 */
    void *user;      /* of the action */
    const char *job_id;
    size_t document_len; /* the text stands where the document of its message stood */
    int64_t execution_number;
    int64_t queued_at_s; /* seconds since 1970, from the service */
    int64_t now_s;       /* the service's time of the last answer */
    uint8_t attempt;     /* 1 = first run */
};

/* An application's report. Names the run by run_id; with run_id 0 by job_id, as JOBS_updateStatus does. */
struct jobs_report {
    uint32_t run_id;
    char job_id[DEVICE_JOB_ID_CAP];
    enum jobs_status status;
    bool has_progress;
    uint8_t progress_percent; /* 0..100 */
    const char *message;      /* of a FAILED or REJECTED, for people; NULL: the one of the reason */
    bool has_details;         /* false: the details given before stay */
    struct details details;
};

struct jobs_counters {
    uint32_t received, run, succeeded, failed, rejected, canceled;
    uint32_t retried_sends, dropped_reports, journal_writes, journal_damaged, resyncs;
};

enum jobs_log_level {
    JOBS_LOG_ERROR,
    JOBS_LOG_INFO,
    JOBS_LOG_DEBUG,
};

/* One SUBSCRIBE each; all four must be granted. */
enum jobs_subscription {
    JOBS_SUB_NOTIFY,
    JOBS_SUB_NOTIFY_NEXT,
    JOBS_SUB_GET,    /* jobs/+/get/+ */
    JOBS_SUB_UPDATE, /* jobs/+/update/+ */
    JOBS_SUB_COUNT,
};

/* Effects. `ctx` comes first in each. Pointers are valid during the call only. */
struct jobs_engine_io {
    void *ctx;
    /* Ask for a subscription; the answer comes as jobs_engine_subscribed. An error means the link is down. */
    enum err (*subscribe)(void *ctx, enum jobs_subscription id, const char *filter);
    /* QoS 1. An error means that it was not sent; the engine's own timer tries again. */
    enum err (*publish)(void *ctx, const char *topic, const char *payload, size_t len);
    /* Drop this connection and make a new one (a subscription was refused). */
    void (*reconnect)(void *ctx, const char *why);
    /* Put the journal record: atomic, and durable when it returns ERR_OK. */
    enum err (*save)(void *ctx, const void *record, size_t len);
    void (*start_handler)(void *ctx, const struct jobs_run *run);
    void (*cancel_handler)(void *ctx, uint32_t run_id);
    /* A handler never returned: the device must restart. Called after the journal is written. */
    void (*restart)(void *ctx, const char *why);
    uint32_t (*random)(void *ctx);
    /* Never carries a job document: documents hold presigned links. */
    void (*log)(void *ctx, enum jobs_log_level level, const char *text);
};

struct jobs_engine_config {
    const char *thing_name; /* must live as long as the engine */
    struct jobs_engine_io io;
};

#define JOBS_RECORD_CAP 3072 /* the journal record is never longer */

struct jobs_engine; /* the whole state: see jobs_engine_state.h, which owners include to allocate one */

/* `record` is what was saved last, empty when there is none; its ptr NULL: there were len bytes, which did not fit. A record
 * that cannot be used counts as absent; a log line says why, and journal_damaged counts it. */
void jobs_engine_init(struct jobs_engine *e, const struct jobs_engine_config *config, struct slice record,
                      uint64_t now_ms);

/* ERR_ARG: empty or too long name, max_attempts 0, timeout_min above 10080. ERR_EXISTS: name taken. ERR_FULL:
 * CONFIG_DEVICE_JOBS_MAX_ACTIONS. */
enum err jobs_engine_register(struct jobs_engine *e, const struct jobs_action *action, uint64_t now_ms);

/* The network was started: the registration grace runs from here. */
void jobs_engine_started(struct jobs_engine *e, uint64_t now_ms);

void jobs_engine_connected(struct jobs_engine *e, uint64_t now_ms);
void jobs_engine_disconnected(struct jobs_engine *e, uint64_t now_ms);
void jobs_engine_subscribed(struct jobs_engine *e, enum jobs_subscription id, bool is_granted,
                            uint64_t now_ms);

/* `payload` is the message without its job document (common/json_cut.h), empty when it did not fit. `document` is that
 * document's JSON text; empty: there is none; ptr NULL: there were len bytes, which did not fit. While
 * jobs_engine_keeps_document says so afterwards the text must stay as it is, where it is. */
void jobs_engine_message(struct jobs_engine *e, struct slice topic, struct slice payload,
                         struct slice document, uint64_t now_ms);
bool jobs_engine_keeps_document(const struct jobs_engine *e);

/* Messages were dropped somewhere: ask the service again. */
void jobs_engine_resync(struct jobs_engine *e, uint64_t now_ms);

/* A report of the application. When a final status returns ERR_OK it is journaled and cannot be lost any more;
 * ERR_STORAGE: it could not be journaled and is sent from memory. ERR_NOT_FOUND: no such run. ERR_BUSY: the run has a
 * final status already. ERR_ARG: bad status. */
enum err jobs_engine_report(struct jobs_engine *e, const struct jobs_report *report, uint64_t now_ms);

/* The handler returned. status IN_PROGRESS: somebody reports later. */
void jobs_engine_handler_returned(struct jobs_engine *e, uint32_t run_id, enum jobs_status status,
                                  uint64_t now_ms);

/* Timers. Call when jobs_engine_wake_at_ms has come; calling more often does no harm. */
void jobs_engine_tick(struct jobs_engine *e, uint64_t now_ms);
uint64_t jobs_engine_wake_at_ms(const struct jobs_engine *e); /* UINT64_MAX = nothing to wait for */

const struct jobs_counters *jobs_engine_counters(const struct jobs_engine *e);

#endif
