/* SPDX-License-Identifier: MIT */
/* The words of the AWS IoT Jobs protocol over MQTT, and nothing else: topics built and taken apart, requests written,
 * answers read. Source: AWS IoT Developer Guide, "Jobs device MQTT API". */
#ifndef DEVICE_CORE_JOBS_WIRE_H
#define DEVICE_CORE_JOBS_WIRE_H

#include "common/slice.h"
#include "device/core/jobs/jobs.h"
#include "device/core/jobs/journal.h"

/* Statuses of an execution: the four of enum jobs_status, and those that only the service sets. */
enum jobs_wire_status {
    JOBS_WIRE_QUEUED = JOBS_STATUS_COUNT,
    JOBS_WIRE_TIMED_OUT,
    JOBS_WIRE_REMOVED,
    JOBS_WIRE_CANCELED,
    JOBS_WIRE_UNKNOWN, /* absent, or a word that we do not know */
};

/* Nothing can change this execution any more. */
bool jobs_wire_is_terminal(uint8_t status);

/* "SUCCEEDED"; and the word for statusDetails.state, "succeeded". The second for enum jobs_status only. */
const char *jobs_wire_status_text(uint8_t status);
const char *jobs_wire_state_text(uint8_t status);

/* "UNKNOWN_ACTION", and its message for people. Empty for JOBS_REASON_NONE. */
const char *jobs_wire_reason_text(uint8_t reason);
const char *jobs_wire_reason_message(uint8_t reason);

/* What to do about a rejected request. */
enum jobs_verdict {
    JOBS_VERDICT_RETRY,   /* the same again, later */
    JOBS_VERDICT_REREAD,  /* our knowledge is old: read, then decide */
    JOBS_VERDICT_GONE,    /* the execution is terminal or does not exist: stop working on it */
    JOBS_VERDICT_REFUSED, /* the same request will never be taken */
};

struct jobs_rejection {
    const char *code;
    const char *meaning;
    enum jobs_verdict verdict;
};

/* By the code of a rejected answer; an unknown code counts as refused. Never NULL. */
const struct jobs_rejection *jobs_wire_rejection(struct slice code);

#define JOBS_WIRE_NEXT "$next" /* in place of a job id, in get only */

enum jobs_topic_kind {
    JOBS_TOPIC_OTHER,
    JOBS_TOPIC_NOTIFY,
    JOBS_TOPIC_NOTIFY_NEXT,
    JOBS_TOPIC_GET,
    JOBS_TOPIC_UPDATE,
};

struct jobs_topic {
    enum jobs_topic_kind kind;
    bool is_accepted;    /* GET, UPDATE: else rejected */
    struct slice job_id; /* GET, UPDATE */
};

struct jobs_topic jobs_wire_parse_topic(const char *thing_name, struct slice topic);

/* $aws/things/<thing>/jobs/<tail>; $aws/things/<thing>/jobs/<job_id>/<tail> when there is a job id. */
void jobs_wire_make_topic(char out[DEVICE_TOPIC_CAP], const char *thing_name, const char *job_id,
                          const char *tail);

/* The tail of a subscription's filter. */
const char *jobs_wire_filter(enum jobs_subscription id);

/* An answer to get or update, or a notify-next. Slices point into the payload. */
struct jobs_answer {
    struct slice token; /* escaped text; empty: none */
    int64_t timestamp_s;
    const struct jobs_rejection *rejection; /* of `code`; NULL when there is none */
    struct slice message;                   /* escaped text for people */
    bool has_execution;
    struct jobs_identity execution;
    int64_t version;
    uint8_t status;       /* of the execution, or of executionState in a rejected update */
    uint8_t attempt;      /* statusDetails.attempt of the same; 0: not there */
    struct slice details; /* statusDetails of the execution: JSON text of an object; empty: none */
};

/* Of a rejected answer: a terminal executionState says more than the code. */
enum jobs_verdict jobs_wire_verdict(const struct jobs_answer *answer);

/* ERR_CORRUPT: an execution without what every execution has; else the errors of json_read. */
enum err jobs_wire_read_answer(struct slice payload, struct jobs_answer *answer);

/* Does a notification (notify or notify-next) name this execution, with id, number and queuedAt? */
bool jobs_wire_notice_has(struct slice payload, const struct jobs_identity *execution);

/* Both return the length, 0 when the payload does not fit. execution_number 0: the latest, or with $next the next. */
size_t jobs_wire_write_get(char *out, size_t cap, const char *token, int64_t execution_number,
                           bool with_document);

struct jobs_wire_update {
    const char *token;
    int64_t execution_number;
    int64_t expected_version;  /* below 0: none */
    uint16_t step_timeout_min; /* 0: none */
    bool with_document;        /* the answer is to carry the job document */
    uint8_t status;            /* enum jobs_status */
    const char *state;         /* NULL: no statusDetails at all, and the rest below is not read */
    uint8_t attempt;
    bool has_progress;
    uint8_t progress_percent;
    const struct jobs_outcome *outcome; /* reason and message; NULL: none */
    const struct details *details;
};

size_t jobs_wire_write_update(char *out, size_t cap, const struct jobs_wire_update *update);

#endif
