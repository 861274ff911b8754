/* SPDX-License-Identifier: MIT */
/* A job engine on a table: every seam is scripted, every effect is recorded in order, time moves only when the test
 * says so, and a power cut is fake_boot. Include after cmocka.h.
 *
 * Topics are given by what stands behind "$aws/things/lamp/jobs/". In payloads the client token reads T: the fake checks
 * that it is 16 hex digits and not used a short time before. */
#ifndef TESTS_FAKES_FAKE_ENGINE_IO_H
#define TESTS_FAKES_FAKE_ENGINE_IO_H

#include "device/core/jobs/engine.h"

#define FAKE_THING     "lamp"
#define FAKE_PREFIX    "$aws/things/" FAKE_THING "/jobs/"
#define FAKE_TIME_S    1700000000 /* the service's time in answers */
#define FAKE_QUEUED_S  1699999990
#define FAKE_EFFECTS   4096
#define FAKE_TEXT_CAP  2048
#define FAKE_OFFER_CAP 40000
#define FAKE_HINT_MS   500 /* after a notify, or after the end of a job, a notify-next is waited for so long */

enum fake_kind {
    FAKE_SUBSCRIBE,
    FAKE_PUBLISH,
    FAKE_RECONNECT,
    FAKE_SAVE,
    FAKE_START,
    FAKE_CANCEL,
    FAKE_REFRESHED,
    FAKE_RESTART,
};

struct fake_effect {
    enum fake_kind kind;
    char topic[DEVICE_TOPIC_CAP]; /* PUBLISH, SUBSCRIBE: the tail */
    char text
        [FAKE_TEXT_CAP]; /* PUBLISH: payload; START: job id; REFRESHED: "fresh" or "stale"; RECONNECT, RESTART: why */
    char token[JOBS_TOKEN_CAP]; /* PUBLISH */
    uint32_t run_id;            /* START, CANCEL, REFRESHED */
    void *user;                 /* START, CANCEL */
    bool is_looked_at;          /* out of its turn: skipped later */
};

struct fake_engine {
    struct jobs_engine engine;
    char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    uint64_t now_ms;

    struct fake_effect effects[FAKE_EFFECTS]; /* all since the start of the test */
    size_t effect_count;
    size_t seen; /* effects that the test has looked at */

    char record[JOBS_RECORD_CAP]; /* the flash */
    size_t record_len;
    unsigned saves;
    unsigned failed_saves;
    unsigned fail_save_at; /* this save (1 = the first) fails; UINT_MAX: all of them */
    int fail_publishes;    /* so many publishes fail */
    bool fail_subscribe;
    bool withholds_document; /* an accepted claim is answered without the document */
    char offered
        [FAKE_OFFER_CAP]; /* the last document that the service has sent: an accepted claim is answered with it */
    size_t cut_after;     /* the power goes after so many effects: nothing happens any more; 0: never */

    struct jobs_run run; /* of the last START; job_id points into the engine */
    char run_document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    unsigned starts;        /* of handlers, not of resume handlers */
    uint32_t cancelled_run; /* of the last CANCEL */
    uint64_t random;
    char log[65536];
};

/* A device with empty flash. Freed by fake_free. */
struct fake_engine *fake_new(void);
void fake_free(struct fake_engine *f);

/* Power on: a new engine over what is in the flash, network started. The memory of before is destroyed. */
void fake_boot(struct fake_engine *f);
/* Registers an action with a cancel callback: no timeout, no deadline, one attempt, FAIL. */
void fake_register(struct fake_engine *f, const char *name);
void fake_register_action(struct fake_engine *f, const struct jobs_action *action);

/* Connected, four subscriptions checked, one at a time, and granted. What was published meanwhile is left to the test; and because
 * the notify topics were settled meanwhile, the answer to a $next/get is followed by another one, unless it has a job. */
void fake_connect(struct fake_engine *f);
/* The connection has ended, not by our own doing. */
void fake_disconnect(struct fake_engine *f);
void fake_subscribed(struct fake_engine *f, enum jobs_subscription id, bool is_granted);
/* Both $next/get after a connect are answered: nothing is pending. */
void fake_expect_idle(struct fake_engine *f);
/* new + boot + register "blink" + connect. */
struct fake_engine *fake_ready(void);
/* fake_ready, and job "j1" with {"action":"blink"} offered, claimed, started. */
struct fake_engine *fake_running(void);

/* The next effect (others than saves are never skipped) must be this publish. */
void fake_expect_publish(struct fake_engine *f, const char *tail, const char *payload);
/* As above, any payload; returns it. */
const char *fake_expect_publish_to(struct fake_engine *f, const char *tail);
/* Nothing now, and $next/get after FAKE_HINT_MS: what follows a final status that is settled, and a notify. */
void fake_expect_next_soon(struct fake_engine *f);
/* Nothing now, and this publish after a pause: the claim after one that was put off. */
#define FAKE_CLAIM_PAUSE_MS 4000
void fake_expect_publish_later(struct fake_engine *f, const char *tail);
void fake_expect(struct fake_engine *f, enum fake_kind kind, const char *text);
/* Nothing happened that the test has not looked at. */
void fake_expect_quiet(struct fake_engine *f);

/* Before a final status goes out on a new connection, the engine asks whether the service still has the execution. This
 * expects the question and answers that it has: FAKE_QUEUED_S, number 1, IN_PROGRESS. */
void fake_expect_seen(struct fake_engine *f, const char *job_id);

/* Answers the last request on this topic: `members` follow token and timestamp. "" and "a":1 are both good. A claim that is
 * accepted without a document among them gets the one that was offered last. */
void fake_accept(struct fake_engine *f, const char *tail, const char *members);
void fake_reject(struct fake_engine *f, const char *tail, const char *code, const char *members);
void fake_message(struct fake_engine *f, const char *tail, const char *payload);
/* The members of an answer to a get: an execution with this status and this document (NULL: none). */
const char *fake_execution(const char *job_id, int64_t number, const char *status, const char *document);

/* A document too large for any buffer, or one that came while there was no place. */
void fake_message_oversized(struct fake_engine *f, const char *tail, const char *payload,
                            size_t document_len);

void fake_return(struct fake_engine *f, enum jobs_status status);
/* The cancel callback of the last CANCEL returns. */
void fake_return_cancel(struct fake_engine *f);
enum err fake_refresh(struct fake_engine *f);
/* Each report is answered at once (jobs_engine_answered). */
enum err fake_report(struct fake_engine *f, const char *job_id, enum jobs_status status);
enum err fake_report_run(struct fake_engine *f, uint32_t run_id, enum jobs_status status);
enum err fake_report_whole(struct fake_engine *f, const struct jobs_report *report);

/* Moves time to the next timer, or by `ms` through all timers on the way. Both check that the engine wakes exactly: one
 * millisecond early nothing happens, and afterwards nothing is due. */
void fake_wake(struct fake_engine *f);
void fake_pass(struct fake_engine *f, uint64_t ms);
/* The engine's invariants; asserts. All functions here call it after each call of the engine. */
void fake_check(const struct fake_engine *f);

unsigned fake_count(const struct fake_engine *f, enum fake_kind kind, const char *topic);

#endif
