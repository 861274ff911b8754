/* SPDX-License-Identifier: MIT */
/* Events come in here, timers are looked at here. What an event means is decided in the parts: engine.h names them. */
#include "device/core/jobs/engine.h"

#include "common/json.h"

#include <assert.h>
#include <string.h>

void jobs_engine_init(struct jobs_engine *e, const struct jobs_engine_config *config, struct slice record,
                      uint64_t now_ms)
{
    memset(e, 0, sizeof(*e));
    e->context.now_ms = now_ms;
    e->context.thing_name = config->thing_name;
    e->context.io = config->io;
    jobs_exchange_init(&e->exchange, &e->context);
    jobs_handlers_init(&e->handlers);
    jobs_subscriptions_init(&e->subscriptions, &e->context);
    jobs_states_init(&e->execution, &e->context, &e->exchange, record);
    jobs_reading_init(&e->reading, &e->execution, &e->handlers, &e->subscriptions);
}

static void follow(struct jobs_engine *e, enum jobs_follow what)
{
    jobs_reading_follow(&e->reading, what);
}

/* ---- the application */

enum err jobs_engine_register(struct jobs_engine *e, const struct jobs_action *action, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    enum err err = jobs_handlers_add(&e->handlers, action);
    if (err == ERR_OK) {
        jobs_reading_look_again(&e->reading);
    }
    jobs_engine_tick(e, now_ms);
    return err;
}

enum err jobs_engine_report(struct jobs_engine *e, const struct jobs_report *report, uint64_t now_ms)
{
    enum jobs_follow what;

    e->context.now_ms = now_ms;
    enum err err = jobs_execution_report(&e->execution, report, &what);
    follow(e, what);
    jobs_engine_tick(e, now_ms);
    return err;
}

void jobs_engine_answered(struct jobs_engine *e, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    jobs_execution_answered(&e->execution);
    jobs_reading_report_answered(&e->reading);
}

void jobs_engine_handler_returned(struct jobs_engine *e, uint32_t run_id, enum jobs_status status,
                                  uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    follow(e, jobs_execution_returned(&e->execution, run_id, status));
    jobs_engine_tick(e, now_ms);
}

void jobs_engine_cancel_returned(struct jobs_engine *e, uint32_t run_id, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    follow(e, jobs_execution_called_back(&e->execution, run_id));
    jobs_engine_tick(e, now_ms);
}

enum err jobs_engine_refresh(struct jobs_engine *e, uint32_t run_id, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    enum err err = jobs_execution_refresh(&e->execution, run_id);
    jobs_engine_tick(e, now_ms);
    return err;
}

void jobs_engine_drop_refresh(struct jobs_engine *e, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    jobs_execution_drop_refresh(&e->execution);
}

bool jobs_engine_waiting(const struct jobs_engine *e, struct jobs_run *run)
{
    return jobs_execution_waiting(&e->execution, run);
}

bool jobs_engine_is_idle(const struct jobs_engine *e)
{
    return e->execution.state == JOBS_IDLE && e->execution.out.run_id == 0;
}

bool jobs_engine_is_settled(const struct jobs_engine *e)
{
    return e->is_online && jobs_subscriptions_are_settled(&e->subscriptions);
}

bool jobs_engine_is_at_rest(const struct jobs_engine *e)
{
    return jobs_engine_is_idle(e) && jobs_reading_has_no_open_run(&e->reading) &&
           (!e->is_online || jobs_reading_knows_pending(&e->reading));
}

bool jobs_engine_keeps_document(const struct jobs_engine *e)
{
    return jobs_execution_keeps_document(&e->execution);
}

const struct jobs_counters *jobs_engine_counters(const struct jobs_engine *e)
{
    return &e->context.counters;
}

/* ---- the connection */

void jobs_engine_started(struct jobs_engine *e, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    if (e->handlers.grace_at_ms == JOBS_NEVER) {
        e->handlers.grace_at_ms = now_ms + CONFIG_DEVICE_JOBS_GRACE_MS;
    }
}

static void note_settled(struct jobs_engine *e, bool is_settled)
{
    if (!is_settled) {
        return;
    }
    jobs_reading_settled(&e->reading);
    if (!jobs_subscriptions_hears(&e->subscriptions)) {
        jobs_context_log(&e->context, LOG_LEVEL_ERROR, NULL,
                         "no notifications come: the service is asked for jobs again and again "
                         "(CONFIG_DEVICE_JOBS_POLL_MS)",
                         "");
    }
}

static bool leave_connection(struct jobs_engine *e, bool is_own_doing)
{
    e->is_online = false;
    bool is_explained = jobs_subscriptions_end(&e->subscriptions, is_own_doing);
    jobs_exchange_restart(&e->exchange, !is_explained && !is_own_doing);
    follow(e, jobs_delivery_disconnected(&e->execution));
    jobs_exchange_restart(&e->exchange, false); /* no pause outlives a connection: the link has its own */
    return is_explained;
}

/* No answers come over this connection, or over those before it. */
static void check_answers(struct jobs_engine *e)
{
    static const char why[] =
        "three requests in a row without an answer: does the policy allow iot:Publish and "
        "iot:Receive on jobs/*?";

    if (e->exchange.unanswered < JOBS_UNANSWERED_MAX) {
        return;
    }
    jobs_exchange_heard(&e->exchange);
    jobs_context_log(&e->context, LOG_LEVEL_ERROR, NULL, why, "");
    if (e->is_online) {
        leave_connection(e, true);
        e->context.io.reconnect(e->context.io.ctx, why);
    }
}

void jobs_engine_name_thing(struct jobs_engine *e, const char *thing_name)
{
    assert(!e->is_online);
    e->context.thing_name = thing_name;
}

void jobs_engine_connected(struct jobs_engine *e, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    leave_connection(e, true);
    e->is_online = true;
    jobs_subscriptions_begin(&e->subscriptions);
    jobs_reading_connected(&e->reading);
    jobs_delivery_connected(&e->execution);
    jobs_engine_tick(e, now_ms);
}

bool jobs_engine_disconnected(struct jobs_engine *e, bool is_own_doing, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    bool is_explained = leave_connection(e, is_own_doing);
    check_answers(e);
    jobs_engine_tick(e, now_ms);
    return is_explained;
}

void jobs_engine_subscribed(struct jobs_engine *e, enum jobs_subscription id, bool is_granted,
                            uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    if (!e->is_online || id >= JOBS_SUB_COUNT) {
        return;
    }
    note_settled(e, jobs_subscriptions_answered(&e->subscriptions, id, is_granted));
    jobs_engine_tick(e, now_ms);
}

void jobs_engine_resync(struct jobs_engine *e, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    e->context.counters.resyncs++;
    if (e->execution.state == JOBS_CLAIMING) {
        jobs_delivery_doubt(&e->execution); /* what was dropped may have spoken of others */
    }
    jobs_exchange_want(&e->exchange, JOBS_REQUEST_NEXT);
    jobs_engine_tick(e, now_ms);
}

/* ---- messages */

static bool find_request(const struct jobs_engine *e, const struct jobs_topic *topic,
                         enum jobs_request_kind *kind)
{
    if (topic->kind == JOBS_TOPIC_GET && slice_is(topic->job_id, JOBS_WIRE_NEXT)) {
        *kind = JOBS_REQUEST_NEXT;
        return true;
    }
    *kind = topic->kind == JOBS_TOPIC_GET ? JOBS_REQUEST_DESCRIBE : JOBS_REQUEST_UPDATE;
    return slice_is(topic->job_id, e->execution.identity.job_id);
}

static void dispatch(struct jobs_engine *e, enum jobs_request_kind kind, const struct jobs_answer *answer,
                     bool is_overtaken, struct slice document)
{
    if (kind == JOBS_REQUEST_NEXT) {
        jobs_reading_answered(&e->reading, answer, is_overtaken, document);
    } else if (kind == JOBS_REQUEST_DESCRIBE) {
        follow(e, jobs_delivery_described(&e->execution, answer, is_overtaken, document));
    } else if (e->execution.state == JOBS_CLAIMING) {
        follow(e, jobs_reading_claim_answered(&e->reading, answer, document));
    } else {
        follow(e, jobs_delivery_updated(&e->execution, answer));
    }
}

/* True: it was put off, or can be asked again as it was. */
static bool note_rejection(struct jobs_engine *e, enum jobs_request_kind kind,
                           const struct jobs_answer *answer)
{
    struct jobs_context *c = &e->context;
    enum jobs_verdict verdict = jobs_wire_verdict(answer);
    const char *why = answer->rejection->meaning;
    bool has_job = e->execution.state != JOBS_IDLE && kind != JOBS_REQUEST_NEXT;

    if (answer->message.len > 0 &&
        json_decode(answer->message, c->scratch.text, sizeof(c->scratch.text), NULL) == ERR_OK) {
        why = c->scratch.text; /* the service knows better */
    }
    jobs_context_log(c, verdict == JOBS_VERDICT_REFUSED ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
                     has_job ? e->execution.identity.job_id : NULL, answer->rejection->code, why);
    return verdict == JOBS_VERDICT_RETRY || kind == JOBS_REQUEST_NEXT;
}

static void answered(struct jobs_engine *e, enum jobs_request_kind kind, bool is_accepted,
                     struct slice payload, struct slice document)
{
    struct jobs_answer answer;

    if (jobs_wire_read_answer(payload, &answer) != ERR_OK) {
        return; /* as if it had not come: the timer sends the request again */
    }
    enum jobs_taken taken = jobs_exchange_take(&e->exchange, kind, answer.token);
    if (taken == JOBS_TAKEN_NOT) {
        return; /* an answer to something else, or one that counts as lost */
    }
    if (answer.timestamp_s != 0) {
        e->execution.service_time_s = answer.timestamp_s;
        jobs_reading_note_time(&e->reading, answer.timestamp_s);
    }
    if (is_accepted) {
        answer.rejection = NULL;
    } else if (answer.rejection == NULL) {
        answer.rejection = jobs_wire_rejection(SLICE_EMPTY);
    }
    if (answer.rejection != NULL && note_rejection(e, kind, &answer)) {
        follow(e, jobs_delivery_put_off(&e->execution, kind));
        return;
    }
    e->exchange.requests[kind].failures = 0;
    dispatch(e, kind, &answer, taken == JOBS_TAKEN_OVERTAKEN, document);
}

static void received(struct jobs_engine *e, struct slice topic, struct slice payload, struct slice document)
{
    struct jobs_topic parsed = jobs_wire_parse_topic(e->context.thing_name, topic);
    bool is_next = parsed.kind == JOBS_TOPIC_NOTIFY_NEXT;
    enum jobs_request_kind kind;

    if (parsed.kind == JOBS_TOPIC_OTHER) {
        return;
    }
    if (is_next || parsed.kind == JOBS_TOPIC_NOTIFY) {
        jobs_reading_notified(&e->reading, is_next, payload, document);
        return;
    }
    jobs_exchange_heard(&e->exchange); /* whatever it says, answers come */
    if (find_request(e, &parsed, &kind)) {
        answered(e, kind, parsed.is_accepted, payload, document);
    }
}

void jobs_engine_message(struct jobs_engine *e, struct slice topic, struct slice payload,
                         struct slice document, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    if (e->is_online) {
        received(e, topic, payload, document);
    }
    jobs_engine_tick(e, now_ms);
}

/* ---- timers */

/* Everything that time does: one timer per kind of request, and these. */
enum timer {
    TIMER_SUBSCRIBE = JOBS_REQUEST_COUNT,
    TIMER_DEADLINE,
    TIMER_CALLBACK,
    TIMER_GRACE,
    TIMER_IDLE,
    TIMERS,
};

static uint64_t due_at(const struct jobs_engine *e, unsigned timer)
{
    if (timer == TIMER_DEADLINE) {
        return jobs_execution_deadline_due_at(&e->execution);
    }
    if (timer == TIMER_CALLBACK) {
        return jobs_execution_callback_due_at(&e->execution);
    }
    if (!e->is_online) {
        return JOBS_NEVER;
    }
    switch (timer) {
    case TIMER_SUBSCRIBE:
        return jobs_subscriptions_due_at(&e->subscriptions);
    case TIMER_GRACE:
        return jobs_reading_grace_due_at(&e->reading);
    case TIMER_IDLE:
        return jobs_reading_idle_due_at(&e->reading);
    default:
        return jobs_delivery_due_at(&e->execution, (enum jobs_request_kind)timer);
    }
}

static void fire_request(struct jobs_engine *e, enum jobs_request_kind kind)
{
    if (e->exchange.requests[kind].is_in_flight) {
        follow(e, jobs_delivery_missed(&e->execution, kind));
        check_answers(e);
    } else if (kind == JOBS_REQUEST_NEXT) {
        jobs_reading_ask(&e->reading);
    } else {
        follow(e, jobs_delivery_send(&e->execution, kind));
    }
}

static void fire(struct jobs_engine *e, unsigned timer)
{
    switch (timer) {
    case TIMER_SUBSCRIBE:
        note_settled(e, jobs_subscriptions_expire(&e->subscriptions));
        break;
    case TIMER_DEADLINE:
        follow(e, jobs_execution_deadline(&e->execution));
        break;
    case TIMER_CALLBACK:
        jobs_execution_callback_stuck(&e->execution);
        break;
    case TIMER_GRACE:
        jobs_reading_look_again(&e->reading);
        break;
    case TIMER_IDLE:
        e->reading.is_passed_over = false;
        jobs_exchange_want(&e->exchange, JOBS_REQUEST_NEXT);
        break;
    default:
        fire_request(e, (enum jobs_request_kind)timer);
    }
}

/* A timer that has fired is due later or never, so this ends; and what jobs_engine_wake_at_ms announces is exactly what
 * stands here. From the last timer to the first: those that end something come before those that send. */
static void fire_timers(struct jobs_engine *e, uint64_t now_ms)
{
    for (unsigned timer = TIMERS; timer > 0;) {
        timer--;
        if (due_at(e, timer) > now_ms) {
            continue;
        }
        fire(e, timer);
        timer = TIMERS;
    }
}

/* Each connection begins with $next/get, and only then the first SUBSCRIBE follows. */
void jobs_engine_tick(struct jobs_engine *e, uint64_t now_ms)
{
    e->context.now_ms = now_ms;
    fire_timers(e, now_ms);
    if (e->is_online &&
        jobs_subscriptions_are_due(&e->subscriptions, jobs_exchange_is_asking(&e->exchange))) {
        note_settled(e, jobs_subscriptions_ask(&e->subscriptions));
        fire_timers(e, now_ms);
    }
}

uint64_t jobs_engine_wake_at_ms(const struct jobs_engine *e)
{
    uint64_t first = JOBS_NEVER;

    for (unsigned timer = 0; timer < TIMERS; timer++) {
        uint64_t due = due_at(e, timer);
        first = due < first ? due : first;
    }
    return first;
}

void jobs_engine_check(const struct jobs_engine *e)
{
    jobs_exchange_check(&e->exchange);
    jobs_subscriptions_check(&e->subscriptions);
    jobs_states_check(&e->execution);
    assert(e->is_online || !jobs_subscriptions_hears(&e->subscriptions));
    assert(e->handlers.count <= CONFIG_DEVICE_JOBS_MAX_ACTIONS);
}
