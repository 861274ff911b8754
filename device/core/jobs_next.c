/* SPDX-License-Identifier: MIT */
/* What is pending: `$next/get` asked and its answer judged. */
#include "device/core/jobs_parts.h"

#include "common/json.h"
#include "common/number.h"
#include "device/core/backoff.h"
#include "device/core/text.h"

#include <string.h>

uint64_t jobs_next_idle_due_at(const struct jobs_engine *e)
{
    const struct jobs_request *next = &e->requests[JOBS_REQUEST_NEXT];
    bool is_quiet = e->connection == JOBS_READY && !next->is_wanted && !next->is_in_flight;
    bool asks = e->phase == JOBS_IDLE || e->phase == JOBS_RUNNING || e->phase == JOBS_WAITING;
    return is_quiet && asks ? e->idle_at_ms : JOBS_NEVER;
}

void jobs_next_send(struct jobs_engine *e)
{
    const char *token = jobs_request_token(e, JOBS_REQUEST_NEXT);
    size_t len = jobs_wire_write_get(e->scratch.request.payload, sizeof(e->scratch.request.payload), token, 0,
                                     e->phase == JOBS_IDLE);

    e->is_next_usable = e->phase == JOBS_IDLE;
    e->idle_at_ms = e->now_ms + CONFIG_DEVICE_JOBS_IDLE_QUERY_MS - CONFIG_DEVICE_JOBS_IDLE_QUERY_MS / 8 +
                    e->config.io.random(e->config.io.ctx) % (CONFIG_DEVICE_JOBS_IDLE_QUERY_MS / 4);
    jobs_request_send(e, JOBS_REQUEST_NEXT, JOBS_WIRE_NEXT, len);
}

void jobs_next_leave(struct jobs_engine *e)
{
    struct jobs_request *next = &e->requests[JOBS_REQUEST_NEXT];
    uint8_t times = e->left_times;

    jobs_request_forget(e, JOBS_REQUEST_UPDATE);
    jobs_request_forget(e, JOBS_REQUEST_DESCRIBE);
    e->is_seen = false;
    e->phase = e->is_handler_running ? JOBS_RETURNING : JOBS_IDLE;
    if (times < UINT8_MAX) {
        e->left_times++;
    }
    if (times == 0 || next->is_in_flight) {
        jobs_request_want(e, JOBS_REQUEST_NEXT);
        return;
    }
    /* It came back although it was given up or settled. That must not keep the device busy. */
    next->failures = (uint8_t)(times - 1);
    jobs_request_retry(e, JOBS_REQUEST_NEXT);
}

/* How often the handler may have been started for it. IN_PROGRESS without a word about it counts as once: the journal or
 * the details may be lost, and a start that we do not know of must not become one too many. */
static uint8_t used_attempts(const struct jobs_engine *e, const struct jobs_answer *answer)
{
    uint8_t used = answer->attempt;

    if (used == 0 && answer->status == JOBS_STATUS_IN_PROGRESS) {
        used = 1;
    }
    if (journal_same_execution(&e->journal.started, &answer->execution) && e->journal.attempt > used) {
        used = e->journal.attempt;
    }
    return used;
}

/* The application's pairs that stand in the service, so that our next update does not wipe them out. */
static void adopt_details(struct jobs_engine *e, struct slice map)
{
    struct json_member pair;
    char *key = e->scratch.pair.key;
    char *value = e->scratch.pair.value;

    details_clear(&e->details);
    for (size_t at = 0; json_next_member(map, &at, &pair);) {
        if (pair.type == JSON_STRING &&
            json_decode(pair.key, key, sizeof(e->scratch.pair.key), NULL) == ERR_OK &&
            json_decode(pair.text, value, sizeof(e->scratch.pair.value), NULL) == ERR_OK) {
            details_add(&e->details, key, value); /* ours are reserved keys and stay out */
        }
    }
}

static void take_in_hand(struct jobs_engine *e, const struct jobs_answer *answer)
{
    if (!journal_same_execution(&e->current, &answer->execution)) {
        e->left_times = 0;
        e->counters.received++;
    }
    e->current = answer->execution;
    e->version = answer->version;
    e->attempt = used_attempts(e, answer);
    e->was_queued = answer->status == JOBS_WIRE_QUEUED;
    e->is_seen = true;
    e->action = NULL;
    adopt_details(e, answer->details);
}

/* Into e->line. */
static void say_size(struct jobs_engine *e, size_t bytes)
{
    e->line[0] = '\0';
    text_append(e->line, sizeof(e->line), jobs_wire_reason_message(JOBS_REASON_DOCUMENT_TOO_LARGE));
    text_append_number(e->line, sizeof(e->line), (int64_t)bytes);
    text_append(e->line, sizeof(e->line), " bytes, limit ");
    text_append_number(e->line, sizeof(e->line), CONFIG_DEVICE_JOBS_DOCUMENT_SIZE - 1);
}

static enum jobs_reason read_document(struct jobs_engine *e, struct slice document,
                                      char action[DEVICE_ACTION_CAP])
{
    if (document.ptr == NULL && document.len > 0) {
        say_size(e, document.len);
        return JOBS_REASON_DOCUMENT_TOO_LARGE;
    }
    e->document_len = document.len;

    enum err err = jobs_wire_read_action(document, action, DEVICE_ACTION_CAP);
    if (err == ERR_NOT_FOUND) {
        return JOBS_REASON_NO_ACTION;
    }
    if (err == ERR_JSON_AMBIGUOUS) {
        return JOBS_REASON_AMBIGUOUS_KEY;
    }
    if (err == ERR_TOO_LONG) {
        action[0] = '\0'; /* longer than any name: no handler has it */
    } else if (err != ERR_OK) {
        return JOBS_REASON_INVALID_DOCUMENT;
    }
    return JOBS_REASON_NONE;
}

static void refuse_unknown(struct jobs_engine *e, const char *action)
{
    e->line[0] = '\0';
    text_append(e->line, sizeof(e->line), jobs_wire_reason_message(JOBS_REASON_UNKNOWN_ACTION));
    text_append(e->line, sizeof(e->line), action);
    jobs_final_refuse(e, JOBS_REASON_UNKNOWN_ACTION, e->line);
}

/* The restart was the job. It is proved by the journal alone, never by a clock: this execution was started in another boot
 * than this one. The operator sees the number of this one. */
static void resume_restart(struct jobs_engine *e)
{
    char boot[NUMBER_TEXT_CAP];

    if (!journal_same_execution(&e->journal.started, &e->current) ||
        e->journal.started_boot == e->journal.boots) {
        jobs_final_refuse(e, JOBS_REASON_INTERRUPTED, NULL);
        return;
    }
    number_from_i64(e->journal.boots, boot);
    details_add(&e->details, "boot", boot);
    jobs_final_begin(e, JOBS_STATUS_SUCCEEDED, JOBS_REASON_NONE, NULL);
}

/* It was IN_PROGRESS before: power was lost between the start and the final status. */
static void resume(struct jobs_engine *e)
{
    switch (e->action->on_interrupted) {
    case JOBS_INTERRUPTED_WAIT:
        jobs_run_wait(e);
        break;
    case JOBS_INTERRUPTED_SUCCEED:
        resume_restart(e);
        break;
    case JOBS_INTERRUPTED_RERUN:
        if (e->attempt < e->action->max_attempts) {
            jobs_claim_begin(e, (uint8_t)(e->attempt + 1));
        } else {
            jobs_final_refuse(e, JOBS_REASON_ATTEMPTS_EXHAUSTED, NULL);
        }
        break;
    default:
        jobs_final_refuse(e, JOBS_REASON_INTERRUPTED, NULL);
    }
}

/* Is this IN_PROGRESS our claim, whose answer was lost? Attempt 0: the service says nothing about it, and only we can
 * have started what we saw QUEUED. */
static bool is_own_claim(const struct jobs_engine *e, const struct jobs_answer *answer)
{
    bool is_claimed = journal_same_execution(&e->claimed, &e->current) ||
                      (e->is_claim_met && e->claimed.execution_number == e->current.execution_number &&
                       strcmp(e->claimed.job_id, e->current.job_id) == 0);

    return answer->status == JOBS_STATUS_IN_PROGRESS && is_claimed &&
           (answer->attempt == e->claimed_attempt || (answer->attempt == 0 && e->claimed_attempt == 1));
}

static void begin(struct jobs_engine *e, const struct jobs_answer *answer)
{
    if (is_own_claim(e, answer)) {
        e->attempt = e->claimed_attempt;
        jobs_claim_start(e);
    } else if (e->attempt == 0) {
        jobs_claim_begin(e, 1);
    } else {
        resume(e);
    }
}

static void judge(struct jobs_engine *e, const struct jobs_answer *answer, struct slice document)
{
    char action[DEVICE_ACTION_CAP] = "";

    e->is_passed_over = e->action_count == 0; /* with no handler at all the queue is left alone */
    if (e->is_passed_over) {
        return;
    }
    enum jobs_reason reason = read_document(e, document, action);
    if (reason != JOBS_REASON_NONE) {
        jobs_final_refuse(e, reason, reason == JOBS_REASON_DOCUMENT_TOO_LARGE ? e->line : NULL);
        return;
    }
    e->action = jobs_registry_find(e, action);
    e->is_passed_over = e->action == NULL && jobs_registry_is_open(e);
    if (e->action != NULL) {
        begin(e, answer);
    } else if (!e->is_passed_over) {
        refuse_unknown(e, action);
    }
}

static void learn(struct jobs_engine *e, const struct jobs_answer *answer, struct slice document)
{
    const struct journal_finished *finished = journal_find_finished(&e->journal, &answer->execution);

    take_in_hand(e, answer);
    if (finished != NULL) {
        jobs_final_begin(e, finished->status, JOBS_REASON_NONE, NULL);
    } else if (e->was_queued || answer->status == JOBS_STATUS_IN_PROGRESS) {
        judge(e, answer, document);
    } else {
        jobs_next_leave(e); /* it ended while the answer was on its way */
    }
    if (e->phase != JOBS_IDLE) {
        jobs_request_forget(e, JOBS_REQUEST_NEXT); /* asked again afterwards anyway */
    }
}

void jobs_next_answered(struct jobs_engine *e, const struct jobs_answer *answer, struct slice document)
{
    const struct jobs_request *describe = &e->requests[JOBS_REQUEST_DESCRIBE];

    if (e->phase == JOBS_RUNNING || e->phase == JOBS_WAITING) {
        if (!answer->has_execution || !journal_same_execution(&answer->execution, &e->current)) {
            jobs_run_doubt(e);
        } else if (!describe->is_wanted && !describe->is_in_flight) {
            e->is_seen = true;
        }
    } else if (e->phase != JOBS_IDLE || !e->is_next_usable) {
        return; /* it was sent in another phase, and is asked again in IDLE */
    } else if (answer->has_execution) {
        learn(e, answer, document);
    } else {
        e->is_passed_over = false;
    }
}
