/* SPDX-License-Identifier: MIT */
/* What is pending, and what is done about it: claim, run, resume, refuse, pass over. What happens to an execution afterwards is
 * decided in execution.c. */
#include "device/core/jobs/reading.h"

#include "device/core/link/backoff.h"
#include "device/core/text.h"

#include <string.h>

/* How long after a notify, or after the end of a job, a notify-next is waited for: it brings the document along. */
#define HINT_MS 500

/* So many answers in a row may be older than a notification; the next one is taken as it is. */
#define OVERTAKEN_MAX 3

#define CLAIM_PAUSE_MAX_MS 4000

void jobs_reading_init(struct jobs_reading *r, struct jobs_execution *execution,
                       const struct jobs_handlers *handlers, const struct jobs_subscriptions *subscriptions)
{
    r->context = execution->context;
    r->exchange = execution->exchange;
    r->execution = execution;
    r->handlers = handlers;
    r->subscriptions = subscriptions;
}

/* ---- asking */

static void ask_again(struct jobs_reading *r)
{
    jobs_exchange_overtake(r->exchange, JOBS_REQUEST_NEXT);
}

/* notify-next comes with the same news and with the document. */
static void ask_soon(struct jobs_reading *r)
{
    uint64_t soon_ms = r->context->now_ms + HINT_MS;

    if (!jobs_subscriptions_has(r->subscriptions, JOBS_SUB_NOTIFY_NEXT) ||
        r->exchange->requests[JOBS_REQUEST_NEXT].is_in_flight) {
        ask_again(r);
    } else if (soon_ms < r->idle_at_ms || r->idle_at_ms <= r->context->now_ms) {
        r->idle_at_ms = soon_ms;
    }
}

/* The next question without a cause: with jitter, so that a fleet does not ask at once. */
static void schedule_idle(struct jobs_reading *r)
{
    struct jobs_context *c = r->context;
    uint32_t period_ms = jobs_subscriptions_hears(r->subscriptions) ? CONFIG_DEVICE_JOBS_IDLE_QUERY_MS
                                                                    : CONFIG_DEVICE_JOBS_POLL_MS;

    r->idle_at_ms = c->now_ms + period_ms - period_ms / 8 + c->io.random(c->io.ctx) % (period_ms / 4);
}

void jobs_reading_ask(struct jobs_reading *r)
{
    struct jobs_context *c = r->context;
    bool is_idle = r->execution->state == JOBS_IDLE;
    const char *token = jobs_exchange_token(r->exchange, JOBS_REQUEST_NEXT);
    size_t len = jobs_wire_write_get(c->scratch.request.payload, sizeof(c->scratch.request.payload), token, 0,
                                     is_idle);

    r->is_asked_idle = is_idle;
    schedule_idle(r);
    if (!jobs_exchange_send(r->exchange, JOBS_REQUEST_NEXT, JOBS_WIRE_NEXT, len)) {
        jobs_exchange_retry(r->exchange, JOBS_REQUEST_NEXT);
    }
}

void jobs_reading_settled(struct jobs_reading *r)
{
    schedule_idle(r);
    jobs_exchange_want(r->exchange, JOBS_REQUEST_NEXT);
}

uint64_t jobs_reading_idle_due_at(const struct jobs_reading *r)
{
    const struct jobs_request *next = &r->exchange->requests[JOBS_REQUEST_NEXT];
    bool is_with_service = jobs_states_in(r->execution, JOBS_WITH_SERVICE);
    bool asks = is_with_service || jobs_execution_is_ready(r->execution);

    return asks && !next->is_wanted && !next->is_in_flight ? r->idle_at_ms : JOBS_NEVER;
}

void jobs_reading_follow(struct jobs_reading *r, enum jobs_follow follow)
{
    uint8_t rounds = r->rounds;

    if (follow == JOBS_FOLLOW_NOTHING) {
        return;
    }
    if (rounds < UINT8_MAX) {
        r->rounds++;
    }
    if (follow == JOBS_FOLLOW_OVER && rounds == 0) {
        ask_soon(r);
    } else if (follow == JOBS_FOLLOW_LEFT && rounds == 0) {
        ask_again(r);
    } else { /* it comes back although it was given up or settled. That must not keep the device busy */
        uint8_t failures = follow == JOBS_FOLLOW_UNCLAIMED ? rounds : (uint8_t)(rounds - 1);
        jobs_exchange_pause(r->exchange, JOBS_REQUEST_NEXT, failures);
    }
}

void jobs_reading_look_again(struct jobs_reading *r)
{
    if (r->is_passed_over) {
        r->is_passed_over = false;
        jobs_exchange_want(r->exchange, JOBS_REQUEST_NEXT);
    }
}

uint64_t jobs_reading_grace_due_at(const struct jobs_reading *r)
{
    return r->is_passed_over && r->handlers->count > 0 ? r->handlers->grace_at_ms : JOBS_NEVER;
}

bool jobs_reading_has_no_open_run(const struct jobs_reading *r)
{
    const struct jobs_execution *x = r->execution;

    return r->is_informed || (x->journal.started.job_id[0] == '\0' && x->claimed.job_id[0] == '\0');
}

bool jobs_reading_knows_pending(const struct jobs_reading *r)
{
    bool is_hint_awaited = r->idle_at_ms <= r->context->now_ms + HINT_MS;

    return jobs_exchange_is_quiet(r->exchange) && !is_hint_awaited &&
           jobs_reading_grace_due_at(r) == JOBS_NEVER;
}

void jobs_reading_connected(struct jobs_reading *r)
{
    r->newest_s = 0;
    r->overtaken = 0;
    jobs_exchange_want(r->exchange, JOBS_REQUEST_NEXT);
}

void jobs_reading_note_time(struct jobs_reading *r, int64_t timestamp_s)
{
    if (timestamp_s > r->newest_s) {
        r->newest_s = timestamp_s;
    }
}

/* ---- judging */

/* Into c->line. */
static const char *say_size(struct jobs_context *c, size_t bytes)
{
    c->line[0] = '\0';
    text_append(c->line, sizeof(c->line), jobs_wire_reason_message(JOBS_REASON_DOCUMENT_TOO_LARGE));
    text_append_number(c->line, sizeof(c->line), (int64_t)bytes);
    text_append(c->line, sizeof(c->line), " bytes, limit ");
    text_append_number(c->line, sizeof(c->line), CONFIG_DEVICE_JOBS_DOCUMENT_SIZE - 1);
    return c->line;
}

/* The same. */
static const char *say_name(struct jobs_context *c, enum jobs_reason reason, const char *name)
{
    c->line[0] = '\0';
    text_append(c->line, sizeof(c->line), jobs_wire_reason_message((uint8_t)reason));
    text_append(c->line, sizeof(c->line), name);
    return c->line;
}

/* After a claim that was put off, not only the reading but also the next claim waits: a service that takes one request a second would
 * answer the reading and put off the claim, for ever. */
static uint32_t claim_pause_ms(const struct jobs_reading *r)
{
    const struct jobs_context *c = r->context;

    return r->execution->is_put_off && r->rounds > 0
               ? backoff_ms(CONFIG_DEVICE_JOBS_RETRY_BASE_MS, CLAIM_PAUSE_MAX_MS, r->rounds - 1u,
                            c->io.random(c->io.ctx))
               : 0;
}

/* A handler starts without a new claim: the caller of a report must have his answer for a while. */
static bool is_too_early(struct jobs_reading *r)
{
    if (r->context->now_ms >= r->execution->claim_at_ms) {
        return false;
    }
    jobs_exchange_want_at(r->exchange, JOBS_REQUEST_NEXT, r->execution->claim_at_ms);
    return true;
}

void jobs_reading_report_answered(struct jobs_reading *r)
{
    if (r->exchange->requests[JOBS_REQUEST_NEXT].is_wanted) { /* is_too_early may not have known when */
        jobs_exchange_want_at(r->exchange, JOBS_REQUEST_NEXT, r->execution->claim_at_ms);
    }
}

static void begin(struct jobs_reading *r, const struct jobs_answer *answer)
{
    struct jobs_execution *x = r->execution;
    bool is_own_claim = jobs_execution_is_own_claim(x, answer);

    if (x->attempt > 0 && is_too_early(r)) { /* our own claim has one, too */
        return;
    }
    if (is_own_claim) {
        r->rounds = 0;
        jobs_execution_start(x, x->claimed_attempt);
    } else if (x->attempt > 0) {
        jobs_execution_resume(x, claim_pause_ms(r));
    } else if (x->is_refused && journal_same_execution(&x->claimed, &x->identity)) {
        jobs_execution_refuse(x, JOBS_REASON_CLAIM_REFUSED, NULL);
    } else {
        jobs_execution_claim(x, 1, claim_pause_ms(r));
    }
}

static void judge(struct jobs_reading *r, const struct jobs_answer *answer, struct slice document)
{
    struct jobs_execution *x = r->execution;
    char name[DEVICE_ACTION_CAP];

    r->is_passed_over = r->handlers->count == 0; /* with no handler at all the queue is left alone */
    if (r->is_passed_over) {
        return;
    }
    if (document.ptr == NULL && document.len > 0) {
        jobs_execution_refuse(x, JOBS_REASON_DOCUMENT_TOO_LARGE, say_size(r->context, document.len));
        return;
    }
    x->document_len = document.len;
    enum jobs_reason reason = jobs_handlers_find(r->handlers, document, &x->action, name);
    bool is_open = jobs_handlers_is_open(r->handlers, r->context->now_ms);
    if (x->action != NULL) {
        begin(r, answer);
    } else if (is_open && (reason == JOBS_REASON_NONE || reason == JOBS_REASON_NO_ACTION)) {
        r->is_passed_over = true;
    } else if (reason == JOBS_REASON_NONE) {
        jobs_execution_refuse(x, JOBS_REASON_UNKNOWN_ACTION,
                              say_name(r->context, JOBS_REASON_UNKNOWN_ACTION, name));
    } else {
        jobs_execution_refuse(x, reason, NULL);
    }
}

static void take(struct jobs_reading *r, const struct jobs_answer *answer)
{
    if (!journal_same_execution(&r->execution->identity, &answer->execution)) {
        r->rounds = 0;
        r->context->counters.received++;
    }
    jobs_execution_take(r->execution, answer);
}

static void learn(struct jobs_reading *r, const struct jobs_answer *answer, struct slice document)
{
    struct jobs_execution *x = r->execution;
    const struct journal_finished *finished = journal_find_finished(&x->journal, &answer->execution);

    take(r, answer);
    x->is_seen = true;
    if (finished != NULL) {
        jobs_execution_conclude(x, finished->status);
    } else if (x->is_queued || answer->status == JOBS_STATUS_IN_PROGRESS) {
        judge(r, answer, document);
    } else { /* it ended while the answer was on its way */
        jobs_reading_follow(r, JOBS_FOLLOW_OVER);
    }
    r->is_informed = x->state == JOBS_IDLE && answer->status != JOBS_STATUS_IN_PROGRESS;
    if (x->state != JOBS_IDLE) {
        jobs_exchange_forget(r->exchange, JOBS_REQUEST_NEXT); /* asked again afterwards anyway */
    } else {
        x->is_seen = false;
    }
}

/* Nothing in hand: an answer that is older than a notification is not acted on, and what overtook it has asked again; but there must be
 * an end to that. */
static bool is_to_be_asked_again(struct jobs_reading *r, bool is_overtaken)
{
    bool is_again = !r->is_asked_idle || (is_overtaken && r->overtaken < OVERTAKEN_MAX);

    r->overtaken = is_again ? (uint8_t)(r->overtaken + 1) : 0;
    return is_again;
}

void jobs_reading_answered(struct jobs_reading *r, const struct jobs_answer *answer, bool is_overtaken,
                           struct slice document)
{
    struct jobs_execution *x = r->execution;
    const struct jobs_request *describe = &r->exchange->requests[JOBS_REQUEST_DESCRIBE];

    if (jobs_states_in(x, JOBS_WITH_SERVICE)) {
        if (answer->status == JOBS_WIRE_QUEUED || !journal_same_execution(&answer->execution, &x->identity)) {
            jobs_delivery_doubt(x);
        } else if (!describe->is_wanted && !describe->is_in_flight) {
            x->is_seen = true;
        }
    } else if (!jobs_execution_is_ready(x)) {
        return; /* it was sent in another state, and is asked again when nothing is in hand */
    } else if (is_to_be_asked_again(r, is_overtaken)) {
        return;
    } else if (answer->has_execution) {
        learn(r, answer, document);
    } else {
        r->is_passed_over = false;
        r->is_informed = true;
    }
}

/* ---- the fast way: notify-next brings the document along */

static bool is_claimable(const struct jobs_reading *r, const struct jobs_answer *news, struct slice document,
                         const struct jobs_action **action)
{
    const struct jobs_execution *x = r->execution;
    char name[DEVICE_ACTION_CAP];

    bool is_quiet = jobs_execution_is_ready(x) && jobs_exchange_is_quiet(r->exchange);
    bool is_new = news->has_execution && news->status == JOBS_WIRE_QUEUED && news->attempt == 0 &&
                  news->timestamp_s >= r->newest_s;
    bool is_unknown = journal_find_finished(&x->journal, &news->execution) == NULL &&
                      !journal_same_execution(&x->journal.started, &news->execution) &&
                      !journal_same_execution(&x->claimed, &news->execution);

    return is_quiet && is_new && is_unknown && document.ptr != NULL &&
           jobs_handlers_find(r->handlers, document, action, name) == JOBS_REASON_NONE && *action != NULL;
}

/* From notify-next follows a claim or a question, and nothing else. */
static void notified_idle(struct jobs_reading *r, bool is_next, const struct jobs_answer *news,
                          struct slice document)
{
    const struct jobs_action *action = NULL;

    if (!is_next) {
        ask_soon(r);
    } else if (is_claimable(r, news, document, &action)) {
        take(r, news);
        r->execution->action = action;
        jobs_execution_claim(r->execution, 1, 0);
        r->is_informed = false;
        schedule_idle(r);
    } else {
        ask_again(r);
    }
}

/* The service speaks of others than the execution in hand. A claim that has not gone out yet need not go out. */
static void doubt(struct jobs_reading *r)
{
    struct jobs_execution *x = r->execution;

    if (x->state == JOBS_CLAIMING && !r->exchange->requests[JOBS_REQUEST_UPDATE].is_in_flight) {
        jobs_execution_unclaim(x);
        ask_again(r);
    } else {
        jobs_delivery_doubt(x);
    }
}

void jobs_reading_notified(struct jobs_reading *r, bool is_next, struct slice payload, struct slice document)
{
    struct jobs_execution *x = r->execution;
    struct jobs_answer news;

    jobs_wire_read_answer(payload, &news); /* what cannot be read is empty, and a hint all the same */
    if (x->state == JOBS_IDLE) {
        notified_idle(r, is_next, &news, document);
    } else if (!jobs_wire_notice_has(payload, &x->identity)) {
        doubt(r);
    }
    jobs_reading_note_time(r, news.timestamp_s);
}

/* ---- the answer to a claim */

static bool has_placeholder(struct slice document)
{
    static const char mark[] = "${aws:";
    size_t len = sizeof(mark) - 1;

    for (size_t i = 0; i + len <= document.len; i++) {
        if (memcmp(document.ptr + i, mark, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The answer carries the document of the execution that was claimed. It must be there, for the same handler, and complete. */
static bool is_as_claimed(const struct jobs_reading *r, struct slice document)
{
    const struct jobs_action *action = NULL;
    char name[DEVICE_ACTION_CAP];

    return document.ptr != NULL && !has_placeholder(document) &&
           jobs_handlers_find(r->handlers, document, &action, name) == JOBS_REASON_NONE &&
           action == r->execution->action;
}

static enum jobs_follow accepted(struct jobs_reading *r, struct slice document)
{
    struct jobs_execution *x = r->execution;

    if (x->is_doubted || jobs_execution_is_blocked(x) || !is_as_claimed(r, document)) {
        jobs_execution_unclaim(x);
        return JOBS_FOLLOW_LEFT; /* it is ours, and shows as our claim when it is read */
    }
    r->rounds = 0;
    x->document_len = document.len;
    jobs_execution_start(x, x->attempt);
    return JOBS_FOLLOW_NOTHING;
}

/* What is not accepted is never claimed again without a new reading: by now its job may have been deleted and made again, which an
 * update cannot tell apart. */
enum jobs_follow jobs_reading_claim_answered(struct jobs_reading *r, const struct jobs_answer *answer,
                                             struct slice document)
{
    struct jobs_execution *x = r->execution;

    if (answer->rejection == NULL) {
        return accepted(r, document);
    }
    x->is_refused = !x->is_doubted && jobs_wire_verdict(answer) == JOBS_VERDICT_REFUSED;
    jobs_execution_unclaim(x);
    return JOBS_FOLLOW_UNCLAIMED;
}
