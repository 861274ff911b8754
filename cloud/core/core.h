/* SPDX-License-Identifier: MIT */
/* The domain of iot-local: things, certificates, policies, jobs and their executions, over the store (SQLite). No
 * socket, MQTT or HTTP here; time comes from the caller's clock. Single-threaded.
 *
 * Every call happens inside a batch (turn.h makes batches of the requests that come in):
 *     core_begin .. a call, core_collect .. a call, core_collect .. core_commit .. send the answers .. core_publish_outbox
 * A call that fails leaves no trace (it has its own savepoint). Answers are sent after core_commit only: what was
 * acknowledged is on disk. Notices that the calls caused are held back until core_publish_outbox, because a device sees
 * its accepted answer first, then notify, then notify-next (docs/protocol.md 1.10). */
#ifndef CLOUD_CORE_CORE_H
#define CLOUD_CORE_CORE_H

#include "cloud/base/clock.h"
#include "common/err.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_THING_NAME_CAP      129 /* 1..128 [a-zA-Z0-9:_-] */
#define CORE_JOB_ID_CAP          65  /* 1..64 [a-zA-Z0-9_-] */
#define CORE_POLICY_NAME_CAP     129 /* 1..128 [\w+=,.@-] */
#define CORE_CERTIFICATE_ID_CAP  65  /* 64 hex digits: SHA-256 of the DER certificate */
#define CORE_ARN_CAP             2049
#define CORE_MESSAGE_CAP         2048 /* of an error; a documentSource of 1350 characters is repeated whole */
#define CORE_ATTRIBUTE_NAME_MAX  128
#define CORE_ATTRIBUTE_VALUE_MAX 800
#define CORE_DOCUMENT_MAX        32768

/* Lists come in pages of at most `limit` entries, 1..250. `after`: the key that the page before has given; NULL or "": from
 * the start. `next` becomes the key of the page's last entry; "": the list ends with this page. The key holds its place: what
 * is created or deleted between two pages makes no other entry appear twice or not at all. */
#define CORE_KEY_CAP 129

/* What such a page is asked for with, where the order can be chosen. */
struct core_page {
    const char *after;
    int64_t limit;
    bool is_ascending;
};

/* The errors of the domain; error_name.h says what each is called on the wire. */
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
    CORE_REGISTRATION_CODE,
    CORE_MALFORMED_POLICY,
    CORE_OWNERSHIP_TOKEN, /* of a certificate: not good */
    CORE_ACCESS_DENIED,   /* the hook of a provisioning template has refused */
    CORE_THROTTLED,
    CORE_INTERNAL,
    CORE_CODE_COUNT,
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
    char message[CORE_MESSAGE_CAP]; /* for people; names the thing and the way out; printable UTF-8 */
    char resource[256];             /* ALREADY_EXISTS: the ARN, else empty */
    /* INVALID_STATE_TRANSITION and VERSION_MISMATCH of an execution: its state */
    bool has_state;
    enum execution_status status;
    int64_t version;
    char *details; /* JSON object or NULL; core_error_clear frees it */
};

/* Frees what the error holds and makes it CORE_OK. Zero-initialised errors are fine. */
void core_error_clear(struct core_error *error);

/* Sets the error and returns its code; also for edges that find a fault themselves. The text may quote what a stranger
 * has sent: its names stay as they are, but what is no UTF-8 or could steer a terminal becomes '?' (utf8_clean). */
enum core_code core_fail(struct core_error *error, enum core_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct core;

struct core_config {
    const char *database; /* file path, or ":memory:" */
    const char
        *objects_dir;    /* of objects' bodies; made when it is not there; NULL: no object can be stored */
    const char *region;  /* NULL: "us-east-1" */
    const char *account; /* NULL: "123456789012" */
    const struct clock *clock; /* lives as long as the core */
    unsigned requests_per_s;   /* of all devices together; 0 = no limit */

    /* The way to the broker. A notice must go out with QoS 1, not retained; core_delivered(notice) tells that the broker
     * has taken it, or core_broker_lost that nobody will. Called by core_publish_outbox only. May be NULL. */
    void (*publish)(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice);
    /* How many notices may be published now? NULL: any number. */
    size_t (*room)(void *ctx);
    /* The same for events, which go out when no notice waits: QoS 1, not retained, and core_event_delivered in the order of
     * publishing. NULL: they stay in the database. */
    void (*publish_event)(void *ctx, const char *topic, struct slice payload, int64_t event);
    size_t (*event_room)(void *ctx);
    /* A link by which a device reads an object during the next expires_s seconds, malloc'd: ASCII without quotes and
     * backslashes, so that it can stand in a JSON string. NULL: there are no links, and a document with a placeholder for one
     * is refused. */
    char *(*sign_link)(void *ctx, const char *bucket, const char *key, int64_t expires_s);
    void *ctx;
};

/* Opens or creates the database and brings its schema up to date. On failure returns NULL and one line in `why`. */
struct core *core_open(const struct core_config *config, char *why, size_t why_cap);
/* The same database beside an open core, for another thread that only reads (core_begin_read): it changes nothing, has no
 * folder swept and no notices, and sees what the other core has committed. */
struct core *core_open_reader(const struct core_config *config, char *why, size_t why_cap);
void core_close(struct core *core);

const char *core_region(const struct core *core);
const char *core_account(const struct core *core);
const char *core_objects_dir(const struct core *core); /* NULL: none; lives as long as the core */
int64_t core_now_ms(const struct core *core);          /* the clock of the configuration */

/* May a device's request be served now? CORE_THROTTLED: too many came (requests_per_s). Outside of batches as well. */
enum core_code core_admit(struct core *core, struct core_error *error);

/* --- Batches (batch.c) --- */

/* Begins a batch that may write. false: the database refused (core_storage_error says why); answer as after a failed
 * COMMIT, or try again soon when core_is_busy. Inside a batch it does nothing and returns true. */
bool core_begin(struct core *core);
/* Begins one that only reads: it needs no lock, so nobody can make it wait. */
bool core_begin_read(struct core *core);
/* Did the last core_begin fail because somebody else is writing to the database? */
bool core_is_busy(const struct core *core);

/* Between two calls of a batch: renders the notices that the last one caused, as far as there is room, so that each change
 * is told by itself. core_commit does it, too. */
void core_collect(struct core *core);

/* false: the COMMIT failed, nothing of this batch happened and its notices are dropped; answer every request of it with
 * InternalError / InternalFailureException. Without core_begin it does nothing and returns true. */
bool core_commit(struct core *core);
/* Publishes the notices of committed batches, in order. Call it after the answers of the batch were sent. */
void core_publish_outbox(struct core *core);

/* The last failure of the database, one line for the log; "" = none so far. */
const char *core_storage_error(const struct core *core);

/* --- Events for operators (events/event_outbox.c) --- */

/* The broker has taken this event, and all before it. */
void core_event_delivered(struct core *core, int64_t event);
/* Do events wait that have room now? Not while a notice waits, with or without room. */
bool core_has_events(const struct core *core);
/* Publishes them, outside of batches. */
void core_publish_events(struct core *core);
/* How many were dropped since the last call, because the broker took none for too long? */
int64_t core_events_left_out(struct core *core);

/* --- The way of the notices (batch.c) --- */

void core_delivered(struct core *core, int64_t notice);
/* The connection to the broker has ended: what the broker has not taken is published again when there is room. */
void core_broker_lost(struct core *core);
/* A broker process has started, and no device is connected to it yet. Of each thing that has pending executions now, the
 * first subscriber to notify or notify-next is sent that notice, because nothing was told while the broker was down. */
void core_broker_started(struct core *core);
/* To be called after core_broker_started when the broker may have brought sessions from its disk: their devices do not
 * subscribe again, and may lack what the broker had not saved when it ended. What is pending is sent to whoever hears it. */
void core_sessions_restored(struct core *core);
/* Somebody has subscribed to this filter. Inside a batch that writes. */
void core_subscribed(struct core *core, struct slice filter);
/* It could not be written down (the batch was not kept), but the device has subscribed: as for sessions that came from disk. */
void core_subscription_failed(struct core *core);
/* Do notices wait that have room now? Then any batch renders them. */
bool core_has_news(const struct core *core);

/* --- What is due (due_run.c): time-outs of executions, the end of tokens and claims, the marks of delivered notices, announcements --- */

/* Wall time of the next one, INT64_MAX = none. */
int64_t core_next_due_ms(struct core *core);
/* Does a bounded slice of what is due, in a batch of its own, which it publishes, too. true: more is due now. */
bool core_run_due(struct core *core);

const char *execution_status_text(enum execution_status status);
/* false: unknown word. */
bool execution_status_parse(struct slice text, enum execution_status *status);
bool execution_status_is_terminal(enum execution_status status);

#endif
