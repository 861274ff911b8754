/* SPDX-License-Identifier: MIT */
#include "device/core/jobs_engine.h"

#include "common/json.h"
#include "device/core/jobs_parts.h"
#include "device/core/text.h"

#include <string.h>

void jobs_engine_log(struct jobs_engine *e, enum jobs_log_level level, const char *what, const char *detail)
{
    char *line = e->line;

    line[0] = '\0';
    if (e->phase != JOBS_IDLE) {
        text_append(line, sizeof(e->line), "job ");
        text_append(line, sizeof(e->line), e->current.job_id);
        text_append(line, sizeof(e->line), ": ");
    }
    text_append(line, sizeof(e->line), what);
    text_append(line, sizeof(e->line), " ");
    text_append(line, sizeof(e->line), detail);
    e->config.io.log(e->config.io.ctx, level, line);
}

static void load_journal(struct jobs_engine *e, struct slice record)
{
    static const char *const found[] = {
        [JOURNAL_TRUNCATED] = "torn",
        [JOURNAL_DAMAGED] = "damaged",
        [JOURNAL_OLDER] = "of an older firmware",
        [JOURNAL_NEWER] = "of a newer firmware",
        [JOURNAL_TOO_LARGE] = "too large",
    };
    enum journal_record is = journal_decode(record, &e->journal, &e->outcome, &e->details);

    if (is > JOURNAL_ABSENT) {
        e->counters.journal_damaged++;
        jobs_engine_log(e, JOBS_LOG_ERROR, "the next write replaces the stored journal, it is", found[is]);
    }
    e->journal.boots++;
}

void jobs_engine_init(struct jobs_engine *e, const struct jobs_engine_config *config, struct slice record,
                      uint64_t now_ms)
{
    memset(e, 0, sizeof(*e));
    e->now_ms = now_ms;
    e->config = *config;
    e->grace_at_ms = JOBS_NEVER;
    e->deadline_at_ms = JOBS_NEVER;
    load_journal(e, record);
    if (e->journal.has_outcome) {
        e->phase = JOBS_FINAL;
        e->current = e->journal.started;
        e->attempt = e->journal.attempt;
    }
}

void jobs_engine_started(struct jobs_engine *e, uint64_t now_ms)
{
    e->now_ms = now_ms;
    if (e->grace_at_ms == JOBS_NEVER) {
        e->grace_at_ms = e->now_ms + CONFIG_DEVICE_JOBS_GRACE_MS;
    }
}

static void reconnect(struct jobs_engine *e, const char *why, const char *detail)
{
    e->connection = JOBS_OFFLINE;
    jobs_engine_log(e, JOBS_LOG_ERROR, why, detail);
    e->config.io.reconnect(e->config.io.ctx, e->line);
}

static void forget_connection(struct jobs_engine *e)
{
    e->connection = JOBS_OFFLINE;
    e->granted = 0;
    e->is_seen = false;
    jobs_request_restart(e);
    jobs_request_forget(e, JOBS_REQUEST_DESCRIBE);
    if (e->phase == JOBS_CLAIMING) {
        e->phase =
            JOBS_IDLE; /* the question that follows each connect tells what became of it, with a fresh document */
    }
}

void jobs_engine_connected(struct jobs_engine *e, uint64_t now_ms)
{
    e->now_ms = now_ms;
    forget_connection(e);
    e->connection = JOBS_SUBSCRIBING;
    e->subscribe_until_ms = e->now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS;
    for (unsigned i = 0; i < JOBS_SUB_COUNT; i++) {
        enum jobs_subscription id = (enum jobs_subscription)i;
        jobs_wire_make_topic(e->scratch.request.topic, e->config.thing_name, NULL, jobs_wire_filter(id));
        if (e->config.io.subscribe(e->config.io.ctx, id, e->scratch.request.topic) != ERR_OK) {
            reconnect(e, "no way to send SUBSCRIBE", jobs_wire_filter(id));
            break;
        }
    }
    jobs_engine_tick(e, now_ms);
}

void jobs_engine_disconnected(struct jobs_engine *e, uint64_t now_ms)
{
    e->now_ms = now_ms;
    forget_connection(e);
    jobs_engine_tick(e, now_ms);
}

void jobs_engine_subscribed(struct jobs_engine *e, enum jobs_subscription id, bool is_granted,
                            uint64_t now_ms)
{
    e->now_ms = now_ms;
    if (e->connection != JOBS_SUBSCRIBING || id >= JOBS_SUB_COUNT) {
        return;
    }
    if (!is_granted) {
        reconnect(e, "the broker refuses SUBSCRIBE", jobs_wire_filter(id));
    } else {
        e->granted |= (uint8_t)(1u << id);
        if (e->granted == (1u << JOBS_SUB_COUNT) - 1) {
            e->connection = JOBS_READY;
            jobs_request_want(e, JOBS_REQUEST_NEXT);
            if (e->phase == JOBS_FINAL) {
                jobs_run_doubt(e);
                jobs_request_want(e, JOBS_REQUEST_UPDATE); /* also what was put off for an hour */
            }
        }
    }
    jobs_engine_tick(e, now_ms);
}

static void miss_suback(struct jobs_engine *e)
{
    unsigned id = 0;

    while ((e->granted >> id & 1) != 0) {
        id++;
    }
    reconnect(e, "no answer to SUBSCRIBE", jobs_wire_filter((enum jobs_subscription)id));
}

static void miss_answer(struct jobs_engine *e, enum jobs_request_kind kind)
{
    jobs_request_missed(e, kind);
    if (kind == JOBS_REQUEST_UPDATE && e->phase != JOBS_IDLE) {
        jobs_run_doubt(e);
    }
}

static void send_request(struct jobs_engine *e, enum jobs_request_kind kind)
{
    if (e->requests[kind].is_in_flight) {
        miss_answer(e, kind);
    } else if (kind == JOBS_REQUEST_NEXT) {
        jobs_next_send(e);
    } else if (kind == JOBS_REQUEST_DESCRIBE) {
        jobs_run_send_describe(e);
    } else if (e->phase == JOBS_CLAIMING) {
        jobs_claim_send(e);
    } else if (e->phase == JOBS_FINAL) {
        jobs_final_send(e);
    } else {
        jobs_run_send_progress(e);
    }
}

/* Everything that time does: one timer per kind of request, and these. */
enum timer {
    TIMER_SUBSCRIBE = JOBS_REQUEST_COUNT,
    TIMER_DEADLINE,
    TIMER_GRACE,
    TIMER_IDLE,
    TIMERS,
};

static uint64_t due_at(const struct jobs_engine *e, unsigned timer)
{
    switch (timer) {
    case TIMER_SUBSCRIBE:
        return e->connection == JOBS_SUBSCRIBING ? e->subscribe_until_ms : JOBS_NEVER;
    case TIMER_DEADLINE:
        return jobs_run_deadline_due_at(e);
    case TIMER_GRACE:
        return jobs_registry_due_at(e);
    case TIMER_IDLE:
        return jobs_next_idle_due_at(e);
    default:
        return jobs_request_due_at(e, (enum jobs_request_kind)timer);
    }
}

static void fire(struct jobs_engine *e, unsigned timer)
{
    switch (timer) {
    case TIMER_SUBSCRIBE:
        miss_suback(e);
        break;
    case TIMER_DEADLINE:
        jobs_run_deadline(e);
        break;
    case TIMER_GRACE:
    case TIMER_IDLE:
        e->is_passed_over = false;
        jobs_request_want(e, JOBS_REQUEST_NEXT);
        break;
    default:
        send_request(e, (enum jobs_request_kind)timer);
    }
}

/* A timer that has fired is due later or never, so this ends; and what jobs_engine_wake_at_ms announces is exactly what
 * stands here. From the last timer to the first: those that end something come before those that send. */
void jobs_engine_tick(struct jobs_engine *e, uint64_t now_ms)
{
    e->now_ms = now_ms;
    for (unsigned timer = TIMERS; timer > 0;) {
        timer--;
        if (due_at(e, timer) > now_ms) {
            continue;
        }
        fire(e, timer);
        timer = TIMERS;
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

/* notify and notify-next are hints only: whatever they say, the service is asked. A claim on its way may meet another
 * execution of its name: that is read, before anything starts. */
static void notified(struct jobs_engine *e, struct slice payload)
{
    if (e->phase == JOBS_IDLE) {
        jobs_request_want(e, JOBS_REQUEST_NEXT);
    } else if (e->phase == JOBS_RETURNING || jobs_wire_notice_has(payload, &e->current)) {
        return;
    } else if (e->phase == JOBS_CLAIMING) {
        e->is_reading_old = true;
    } else {
        jobs_run_doubt(e);
    }
}

static bool find_request(const struct jobs_engine *e, const struct jobs_topic *topic,
                         enum jobs_request_kind *kind)
{
    if (topic->kind == JOBS_TOPIC_GET && slice_is(topic->job_id, JOBS_WIRE_NEXT)) {
        *kind = JOBS_REQUEST_NEXT;
        return true;
    }
    *kind = topic->kind == JOBS_TOPIC_GET ? JOBS_REQUEST_DESCRIBE : JOBS_REQUEST_UPDATE;
    return slice_is(topic->job_id, e->current.job_id);
}

static void dispatch(struct jobs_engine *e, enum jobs_request_kind kind, const struct jobs_answer *answer,
                     struct slice document)
{
    if (kind == JOBS_REQUEST_NEXT) {
        jobs_next_answered(e, answer, document);
    } else if (kind == JOBS_REQUEST_DESCRIBE) {
        jobs_run_described(e, answer);
    } else if (e->update == JOBS_UPDATE_CLAIM) {
        jobs_claim_answered(e, answer);
    } else if (e->update == JOBS_UPDATE_PROGRESS) {
        jobs_run_progress_answered(e, answer);
    } else {
        jobs_final_answered(e, answer);
    }
}

/* True: it is to be sent again as it is. */
static bool note_rejection(struct jobs_engine *e, enum jobs_request_kind kind,
                           const struct jobs_answer *answer)
{
    enum jobs_verdict verdict = jobs_wire_verdict(answer);
    const char *why = answer->rejection->meaning;

    if (answer->message.len > 0 &&
        json_decode(answer->message, e->scratch.text, sizeof(e->scratch.text), NULL) == ERR_OK) {
        why = e->scratch.text; /* the service knows better */
    }
    jobs_engine_log(e, verdict == JOBS_VERDICT_REFUSED ? JOBS_LOG_ERROR : JOBS_LOG_INFO,
                    answer->rejection->code, why);
    return verdict == JOBS_VERDICT_RETRY || kind == JOBS_REQUEST_NEXT;
}

static void answered(struct jobs_engine *e, enum jobs_request_kind kind, bool is_accepted,
                     struct slice payload, struct slice document)
{
    struct jobs_answer answer;

    if (jobs_wire_read_answer(payload, &answer) != ERR_OK || !jobs_request_take(e, kind, &answer)) {
        return; /* as if it had not come: the timer sends the request again */
    }

    if (answer.timestamp_s != 0) {
        e->service_time_s = answer.timestamp_s;
    }
    if (is_accepted) {
        answer.rejection = NULL;
    } else if (answer.rejection == NULL) {
        answer.rejection = jobs_wire_rejection(SLICE_EMPTY);
    }
    if (answer.rejection != NULL && note_rejection(e, kind, &answer)) {
        e->is_reading_old = true;
        jobs_request_retry(e, kind);
        return;
    }
    e->requests[kind].failures = 0;
    dispatch(e, kind, &answer, document);
}

static void received(struct jobs_engine *e, struct slice topic, struct slice payload, struct slice document)
{
    struct jobs_topic parsed = jobs_wire_parse_topic(e->config.thing_name, topic);
    enum jobs_request_kind kind;

    if (parsed.kind == JOBS_TOPIC_OTHER) {
        return;
    }
    if (parsed.kind == JOBS_TOPIC_NOTIFY || parsed.kind == JOBS_TOPIC_NOTIFY_NEXT) {
        notified(e, payload);
    } else if (find_request(e, &parsed, &kind)) {
        answered(e, kind, parsed.is_accepted, payload, document);
    }
}

void jobs_engine_message(struct jobs_engine *e, struct slice topic, struct slice payload,
                         struct slice document, uint64_t now_ms)
{
    e->now_ms = now_ms;
    received(e, topic, payload, document);
    jobs_engine_tick(e, now_ms);
}

bool jobs_engine_keeps_document(const struct jobs_engine *e)
{
    return e->is_handler_running || e->phase == JOBS_CLAIMING || e->phase == JOBS_WAITING;
}

void jobs_engine_resync(struct jobs_engine *e, uint64_t now_ms)
{
    e->now_ms = now_ms;
    e->counters.resyncs++;
    jobs_request_want(e, JOBS_REQUEST_NEXT);
    jobs_engine_tick(e, now_ms);
}

const struct jobs_counters *jobs_engine_counters(const struct jobs_engine *e)
{
    return &e->counters;
}
