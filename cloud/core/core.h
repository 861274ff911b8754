/* SPDX-License-Identifier: MIT */
/* The domain of iot-local: things, certificates, policies, jobs and their executions, over the store (SQLite). No
 * socket, MQTT or HTTP here; time comes from a function, so that tests own the clock. Single-threaded.
 *
 * Every call happens inside a batch:
 *     core_begin .. any number of calls .. core_commit .. send the answers .. core_publish_outbox
 * A call that fails leaves no trace (it has its own savepoint). Answers are sent after core_commit only: what was
 * acknowledged is on disk. Notifications that the calls caused are held back until core_publish_outbox, because a
 * device sees its accepted answer first, then notify, then notify-next (docs/protocol.md 1.10). */
#ifndef CLOUD_CORE_CORE_H
#define CLOUD_CORE_CORE_H

#include "common/err.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_THING_NAME_CAP     129 /* 1..128 [a-zA-Z0-9:_-] */
#define CORE_JOB_ID_CAP         65  /* 1..64 [a-zA-Z0-9_-] */
#define CORE_POLICY_NAME_CAP    129 /* 1..128 [\w+=,.@-] */
#define CORE_CERTIFICATE_ID_CAP 65  /* 64 hex digits: SHA-256 of the DER certificate */
#define CORE_ARN_CAP            2049
#define CORE_DOCUMENT_MAX       32768

/* Lists come in pages of at most `limit` entries, 1..250. `after`: the key that the page before has given; NULL or "": from
 * the start. `next` becomes the key of the page's last entry; "": the list ends with this page. The key holds its place: what
 * is created or deleted between two pages makes no other entry appear twice or not at all. */
#define CORE_KEY_CAP 129

/* The errors of the domain. The MQTT and the HTTP edge each have one table from these to their wire names. */
enum core_code {
    CORE_OK = 0,
    CORE_INVALID_REQUEST,
    CORE_NOT_FOUND,
    CORE_ALREADY_EXISTS,
    CORE_INVALID_STATE_TRANSITION,
    CORE_VERSION_MISMATCH,
    CORE_TERMINAL_STATE,
    CORE_LIMIT_EXCEEDED,
    CORE_CONFLICT,
    CORE_DELETE_CONFLICT,
    CORE_CERTIFICATE_STATE,
    CORE_CERTIFICATE_INVALID,
    CORE_MALFORMED_POLICY,
    CORE_THROTTLED,
    CORE_INTERNAL,
};

/* docs/protocol.md 2.2; stored and sent as these words. */
enum execution_status {
    EXECUTION_QUEUED,
    EXECUTION_IN_PROGRESS,
    EXECUTION_SUCCEEDED,
    EXECUTION_FAILED,
    EXECUTION_TIMED_OUT,
    EXECUTION_REJECTED,
    EXECUTION_REMOVED,
    EXECUTION_CANCELED,
    EXECUTION_STATUS_COUNT,
};

struct core_error {
    enum core_code code;
    char message[320];  /* for people; names the thing and the way out; printable ASCII */
    char resource[256]; /* ALREADY_EXISTS: the ARN, else empty */
    /* INVALID_STATE_TRANSITION and VERSION_MISMATCH of an execution: its state */
    bool has_state;
    enum execution_status status;
    int64_t version;
    char *details; /* JSON object or NULL; core_error_clear frees it */
};

/* Frees what the error holds and makes it CORE_OK. Zero-initialised errors are fine. */
void core_error_clear(struct core_error *error);

/* Sets the error and returns its code; also for edges that find a fault themselves. Everything that is not printable
 * ASCII becomes '?', because the text may quote what a stranger has sent. */
enum core_code core_fail(struct core_error *error, enum core_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct core;

struct core_config {
    const char *database; /* file path, or ":memory:" */
    const char *
        objects_dir; /* folder of objects' bodies, made when it is not there; NULL: no object can be stored */
    const char *region;           /* NULL: "us-east-1" */
    const char *account;          /* NULL: "123456789012" */
    int64_t (*now_ms)(void *ctx); /* wall clock, milliseconds since 1970 */
    unsigned requests_per_s;      /* of all devices together; 0 = no limit */
    /* A notification that must go out (QoS 1, not retained). Called by core_publish_outbox only. May be NULL. */
    void (*publish)(void *ctx, const char *topic, const char *payload, size_t len);
    void *ctx;
};

/* Opens or creates the database and brings its schema up to date. On failure returns NULL and one line in `why`. */
struct core *core_open(const struct core_config *config, char *why, size_t why_cap);
void core_close(struct core *core);

const char *core_region(const struct core *core);
const char *core_account(const struct core *core);
const char *core_objects_dir(const struct core *core); /* NULL: none; lives as long as the core */
int64_t core_now_ms(const struct core *core);          /* the clock of the configuration */

/* false: the database refused (core_storage_error says why); answer like a failed COMMIT. Inside a batch it does nothing
 * and returns true. */
/* May a device's request be served now? CORE_THROTTLED: too many came (requests_per_s). Outside of batches as well. */
enum core_code core_admit(struct core *core, struct core_error *error);

bool core_begin(struct core *core);
/* false: the COMMIT failed, nothing of this batch happened and its notifications are dropped; answer every request of
 * it with InternalError / InternalFailureException. Without core_begin it does nothing and returns true. */
bool core_commit(struct core *core);
/* Publishes the notifications of committed batches, in order. Call it after the answers of the batch were sent. */
void core_publish_outbox(struct core *core);

/* The last failure of the database, one line for the log; "" = none so far. */
const char *core_storage_error(const struct core *core);

/* Timers (time-outs of executions). core_next_timer_ms: wall time of the next one, INT64_MAX = none.
 * core_run_timers does all that are due; a batch of its own, which it publishes, too. */
int64_t core_next_timer_ms(struct core *core);
void core_run_timers(struct core *core);

/* After a start: notify and notify-next for every thing that has pending executions. A batch of its own, which it
 * publishes, too. */
void core_announce_pending(struct core *core);

const char *execution_status_text(enum execution_status status);
/* false: unknown word. */
bool execution_status_parse(struct slice text, enum execution_status *status);
bool execution_status_is_terminal(enum execution_status status);

#endif
