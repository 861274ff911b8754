/* SPDX-License-Identifier: MIT */
/* The whole state of a job engine, so that its owner can allocate it. Nobody but device/core reads or writes the members. */
#ifndef DEVICE_CORE_JOBS_ENGINE_STATE_H
#define DEVICE_CORE_JOBS_ENGINE_STATE_H

#include "device/core/jobs_engine.h"
#include "device/core/journal.h"

_Static_assert(JOURNAL_RECORD_MAX <= JOBS_RECORD_CAP,
               "CONFIG_DEVICE_JOBS_DETAILS_SIZE is too large for the journal");

_Static_assert(DEVICE_MESSAGE_CAP >= CONFIG_DEVICE_JOBS_DETAILS_SIZE + DEVICE_MESSAGE_ENVELOPE,
               "an execution without its document must fit: CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD is too small "
               "for the details");

/* What is known of the connection. Requests go out in READY only. */
enum jobs_connection {
    JOBS_OFFLINE,
    JOBS_SUBSCRIBING,
    JOBS_READY,
};

/* The life of the execution in hand, `current`. */
enum jobs_phase {
    JOBS_IDLE,     /* none */
    JOBS_CLAIMING, /* its document is read; IN_PROGRESS is on its way. What is not accepted is read again. */
    JOBS_RUNNING,  /* the handler was started and has not returned */
    JOBS_WAITING, /* the handler has returned IN_PROGRESS (or ran before this boot): somebody reports later */
    JOBS_FINAL,   /* its final status is known and not settled; the handler may still run */
    JOBS_RETURNING, /* settled, but the handler has not returned */
};

/* At most one of each is under way. */
enum jobs_request_kind {
    JOBS_REQUEST_NEXT,     /* $next/get */
    JOBS_REQUEST_DESCRIBE, /* <jobId>/get */
    JOBS_REQUEST_UPDATE,   /* <jobId>/update */
    JOBS_REQUEST_COUNT,
};

/* What the update under way is about. */
enum jobs_update {
    JOBS_UPDATE_CLAIM,
    JOBS_UPDATE_PROGRESS,
    JOBS_UPDATE_FINAL,
};

#define JOBS_TOKEN_CAP 17 /* 16 hex digits and NUL */

struct jobs_request {
    uint64_t at_ms;    /* in flight: when the answer counts as lost; wanted: when to send */
    uint64_t again_ms; /* wanted once more while in flight: from when on; UINT64_MAX: not wanted */
    bool is_wanted;
    bool is_in_flight;
    uint8_t failures; /* in a row: the exponent of the backoff */
    char token[JOBS_TOKEN_CAP];
};

struct jobs_registered {
    struct jobs_action action;
    char name[DEVICE_ACTION_CAP];
};

#define JOBS_PAYLOAD_CAP (CONFIG_DEVICE_JOBS_DETAILS_SIZE + 320)

/* What is being made, one of them at a time. */
union jobs_scratch {
    struct {
        char topic[DEVICE_TOPIC_CAP];
        char payload[JOBS_PAYLOAD_CAP];
    } request;
    char record[JOURNAL_RECORD_MAX];
    struct {
        char key[129]; /* AWS IoT: 1..128 characters, and NUL */
        char value[DETAILS_TEXT_CAP];
    } pair; /* of somebody's statusDetails */
    char text[512];
};

/* What is used most stands first: small offsets make small code. */
struct jobs_engine {
    uint64_t now_ms; /* of the event that is being handled */

    uint8_t phase;      /* enum jobs_phase */
    uint8_t connection; /* enum jobs_connection */
    uint8_t granted;    /* one bit per enum jobs_subscription */
    uint8_t update;     /* enum jobs_update: what the update in flight is about */

    uint8_t action_count;
    bool is_passed_over; /* an execution is pending whose action may still be registered */
    bool is_next_usable; /* the answer to the $next/get in flight may start a job */

    uint8_t attempt;         /* of current */
    bool was_queued;         /* current, when it was learned: else IN_PROGRESS */
    uint8_t claimed_attempt; /* of claimed */
    bool is_reading_old;     /* by now there may be another one of current's name, and its claim meets that */
    bool is_claim_met;       /* the claim was accepted, for claimed or for another one of its name */
    uint8_t left_times;      /* how often current was given up or settled, in a row */

    bool is_handler_running;
    bool is_past_deadline; /* the handler was told to end */
    bool is_running_told;  /* an update with the state "running" was sent */
    bool has_progress;
    uint8_t progress_percent;

    bool is_seen;    /* the service was asked for the execution in hand, and nothing speaks against it */
    bool is_unsaved; /* the outcome belongs into the journal, and could not be put there */
    bool is_refused; /* the service has refused every form of it */
    bool is_bare;    /* send its status without details */
    bool is_rejected_as_failed; /* the service does not take REJECTED: FAILED instead */

    const struct jobs_action *action; /* of current; NULL when it is not known */
    int64_t version;                  /* of current */
    size_t document_len;
    int64_t service_time_s; /* of the last answer */

    uint64_t grace_at_ms; /* from here on an unknown action is refused; UINT64_MAX: not started */
    uint64_t subscribe_until_ms;
    uint64_t idle_at_ms;     /* the next question without a cause */
    uint64_t deadline_at_ms; /* UINT64_MAX: none */
    uint64_t progress_at_ms; /* no update about progress before */
    struct jobs_request requests[JOBS_REQUEST_COUNT];

    struct jobs_engine_config config;
    struct jobs_counters counters;
    struct jobs_identity current; /* the execution in hand; in JOBS_IDLE: the last one */
    struct jobs_identity claimed; /* this boot has sent a claim for it and has not started it */
    struct journal journal;
    struct jobs_outcome outcome; /* of current, in JOBS_FINAL */
    struct details details;      /* the application's, of current */
    struct jobs_registered actions[CONFIG_DEVICE_JOBS_MAX_ACTIONS];

    char line[JOURNAL_MESSAGE_CAP]; /* the log line or message that is being made */
    union jobs_scratch scratch;
};

#endif
