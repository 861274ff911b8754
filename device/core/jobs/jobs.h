/* SPDX-License-Identifier: MIT */
/* The words in which API, runtime and engine speak about jobs. Types only: nothing in this file does anything. */
#ifndef DEVICE_CORE_JOBS_JOBS_H
#define DEVICE_CORE_JOBS_JOBS_H

#include "common/err.h"
#include "common/log_level.h"
#include "device/core/config.h"
#include "device/core/details.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOBS_NEVER UINT64_MAX

/* What a device may report. Order and wire texts: status table in wire.c. */
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
    JOBS_INTERRUPTED_WAIT,  /* the application resumes it or reports after the boot, within its deadline */
    /* The restart was the job: SUCCEEDED when the journal has its start, from an earlier boot; else FAILED / INTERRUPTED.
     * Never started again. */
    JOBS_INTERRUPTED_SUCCEED,
};

/* A handler or a cancel callback has not returned although the run's deadline has passed. */
enum jobs_on_stuck {
    JOBS_STUCK_RESTART, /* the device restarts: no RTOS can end foreign code safely */
    JOBS_STUCK_LEAVE,   /* it is left alone, and no job starts before it has returned */
};

struct jobs_action {
    const char *name;     /* 1..31 characters, copied at registration */
    void *user;           /* handed back in struct jobs_run and to the cancel callback */
    uint32_t deadline_s;  /* local deadline of a run, renewed by each IN_PROGRESS report; 0 = none */
    uint16_t timeout_min; /* AWS step timer, sent with each IN_PROGRESS; 0 = none */
    uint8_t max_attempts; /* starts per execution over all boots, >= 1 */
    bool is_member; /* `name` is not an action: documents without `action` that have this member are served */
    bool has_cancel; /* there is a cancel callback */
    bool has_resume; /* with WAIT: there is a resume handler */
    enum jobs_on_interrupted on_interrupted : 8;
    enum jobs_on_stuck on_stuck : 8;
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
    bool is_resumed;     /* the run of an earlier boot goes on: the resume handler is meant. No start (G1). */
};

/* An application's report. Names the run by run_id; with run_id 0 by job_id, as JOBS_updateStatus does. */
struct jobs_report {
    uint32_t run_id;
    const char *job_id; /* NULL with a run_id */
    enum jobs_status status;
    int progress_percent;          /* 0..100; -1: nothing is said about it */
    const char *message;           /* of a FAILED or REJECTED, for people; NULL: the one of the reason */
    const struct details *details; /* NULL: the details given before stay */
};

struct jobs_counters {
    uint32_t received, run, succeeded, failed, rejected, canceled;
    uint32_t retried_sends, dropped_reports, journal_writes, journal_damaged, resyncs;
};

/* What may be subscribed to, in the order in which it is asked. All four are hints: answers reach the connection that asked
 * without a subscription (AWS IoT Developer Guide, "Jobs device MQTT API"), and the service is polled anyway. */
enum jobs_subscription {
    JOBS_SUB_NOTIFY_NEXT,
    JOBS_SUB_NOTIFY,
    JOBS_SUB_GET,    /* jobs/+/get/+ */
    JOBS_SUB_UPDATE, /* jobs/+/update/+ */
    JOBS_SUB_COUNT,
};

/* Effects of the engine. `ctx` comes first in each. Pointers are valid during the call only. None may wait for the network, none
 * may call back into the engine. */
struct jobs_io {
    void *ctx;
    /* Ask for a subscription; the answer comes as jobs_engine_subscribed. An error means that it was not sent. */
    enum err (*subscribe)(void *ctx, enum jobs_subscription id, const char *filter);
    /* QoS 1. An error means that it was not sent; the engine's own timer tries again. */
    enum err (*publish)(void *ctx, const char *topic, const char *payload, size_t len);
    /* Drop this connection and make a new one: no answers come over it. */
    void (*reconnect)(void *ctx, const char *why);
    /* Put the journal record: atomic, and durable when it returns ERR_OK. */
    enum err (*save)(void *ctx, const void *record, size_t len);
    /* Run the handler, or with run->is_resumed the resume handler; its return comes as jobs_engine_handler_returned. */
    void (*start_handler)(void *ctx, const struct jobs_run *run);
    /* Run the cancel callback of this run. Its return comes as jobs_engine_cancel_returned; until then there is no second
     * call. `user` is the action's. */
    void (*cancel_handler)(void *ctx, uint32_t run_id, void *user);
    /* jobs_engine_refresh has its end: the document of the run stands in its place anew, or could not be had. */
    void (*refreshed)(void *ctx, uint32_t run_id, bool is_fresh);
    /* A handler or callback never returned: the device must restart. Called after the journal is written. */
    void (*restart)(void *ctx, const char *why);
    uint32_t (*random)(void *ctx);
    /* Never carries a job document: documents hold presigned links. */
    void (*log)(void *ctx, enum log_level level, const char *text);
};

#endif
