/* SPDX-License-Identifier: MIT */
/* Updates and questions about the execution in hand. When they go out is decided here; when a request that failed is tried again,
 * in exchange.c. */
#include "device/core/jobs/delivery.h"

#include "common/json.h"

/* In this state, is there something to send? */
static bool may_send(const struct jobs_execution *x, enum jobs_request_kind kind)
{
    bool is_updating = x->exchange->requests[JOBS_REQUEST_UPDATE].is_in_flight; /* its answer tells more */
    bool is_kept = jobs_outcome_is_kept((enum jobs_form)x->form);

    switch (kind) {
    case JOBS_REQUEST_NEXT:
        return jobs_states_in(x, JOBS_WITH_SERVICE) || jobs_execution_is_ready(x);
    case JOBS_REQUEST_DESCRIBE:
        return jobs_states_in(x, JOBS_WITH_SERVICE) ||
               (jobs_states_in(x, JOBS_ENDING) && (is_kept || (!x->is_seen && !is_updating)));
    default:
        return x->state == JOBS_CLAIMING ||
               (x->is_seen && (jobs_states_in(x, JOBS_WITH_SERVICE) || jobs_states_in(x, JOBS_ENDING)));
    }
}

uint64_t jobs_delivery_due_at(const struct jobs_execution *x, enum jobs_request_kind kind)
{
    uint64_t due_ms = jobs_exchange_due_at(x->exchange, kind);

    if (x->exchange->requests[kind].is_in_flight) {
        return due_ms;
    }
    if (kind == JOBS_REQUEST_UPDATE && x->state == JOBS_CLAIMING && due_ms < x->claim_at_ms) {
        due_ms = x->claim_at_ms;
    }
    return may_send(x, kind) ? due_ms : JOBS_NEVER;
}

static bool send_update(struct jobs_execution *x, enum jobs_update about, struct jobs_wire_update *update)
{
    union jobs_scratch *scratch = &x->context->scratch;

    x->update = (uint8_t)about;
    update->token = jobs_exchange_token(x->exchange, JOBS_REQUEST_UPDATE);
    update->execution_number = x->identity.execution_number;
    update->attempt = x->attempt;
    update->details = &x->details;
    if (update->status == JOBS_STATUS_IN_PROGRESS) {
        update->step_timeout_min = x->action->timeout_min;
    }
    size_t len = jobs_wire_write_update(scratch->request.payload, sizeof(scratch->request.payload), update);
    return jobs_exchange_send(x->exchange, JOBS_REQUEST_UPDATE, x->identity.job_id, len);
}

/* The handler gets the document of the answer: it is that of the execution which was claimed, whatever was read before. */
static bool send_claim(struct jobs_execution *x)
{
    struct jobs_wire_update update = {
        .status = JOBS_STATUS_IN_PROGRESS,
        .state = "accepted",
        .expected_version = x->version,
        .with_document = true,
    };

    x->claimed = x->identity;
    x->claimed_attempt = x->attempt;
    x->is_refused = x->is_put_off = false;
    return send_update(x, JOBS_UPDATE_CLAIM, &update);
}

static bool send_progress(struct jobs_execution *x)
{
    struct jobs_wire_update update = {
        .status = JOBS_STATUS_IN_PROGRESS,
        .state = jobs_wire_state_text(JOBS_STATUS_IN_PROGRESS),
        .expected_version = -1,
        .has_progress = x->has_progress,
        .progress_percent = x->progress_percent,
    };

    x->is_running_told = true;
    x->progress_at_ms = x->context->now_ms + CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS;
    return send_update(x, JOBS_UPDATE_PROGRESS, &update);
}

static bool send_final(struct jobs_execution *x)
{
    uint8_t status = jobs_outcome_status(&x->outcome, (enum jobs_form)x->form);
    bool has_details = jobs_outcome_has_details((enum jobs_form)x->form);
    struct jobs_wire_update update = {
        .status = status,
        .state = has_details ? jobs_wire_state_text(status) : NULL,
        .expected_version = -1,
        .outcome = &x->outcome,
    };

    if (x->is_unsaved) {
        x->is_unsaved = jobs_states_save(x) != ERR_OK;
    }
    return send_update(x, JOBS_UPDATE_FINAL, &update);
}

static bool send_question(struct jobs_execution *x)
{
    union jobs_scratch *scratch = &x->context->scratch;
    const char *token = jobs_exchange_token(x->exchange, JOBS_REQUEST_DESCRIBE);
    size_t len = jobs_wire_write_get(scratch->request.payload, sizeof(scratch->request.payload), token,
                                     x->identity.execution_number, x->is_refreshing);

    return jobs_exchange_send(x->exchange, JOBS_REQUEST_DESCRIBE, x->identity.job_id, len);
}

/* Again after a pause; a claim never. */
static enum jobs_follow try_later(struct jobs_execution *x, enum jobs_request_kind kind)
{
    if (kind == JOBS_REQUEST_UPDATE && x->state == JOBS_CLAIMING) {
        jobs_execution_unclaim(x);
        return JOBS_FOLLOW_UNCLAIMED;
    }
    jobs_exchange_retry(x->exchange, kind);
    return JOBS_FOLLOW_NOTHING;
}

enum jobs_follow jobs_delivery_put_off(struct jobs_execution *x, enum jobs_request_kind kind)
{
    x->is_put_off = kind == JOBS_REQUEST_UPDATE && x->state == JOBS_CLAIMING;
    return try_later(x, kind);
}

enum jobs_follow jobs_delivery_send(struct jobs_execution *x, enum jobs_request_kind kind)
{
    bool is_sent = kind == JOBS_REQUEST_DESCRIBE    ? send_question(x)
                   : x->state == JOBS_CLAIMING      ? send_claim(x)
                   : jobs_states_in(x, JOBS_ENDING) ? send_final(x)
                                                    : send_progress(x);
    return is_sent ? JOBS_FOLLOW_NOTHING : try_later(x, kind);
}

enum jobs_follow jobs_delivery_missed(struct jobs_execution *x, enum jobs_request_kind kind)
{
    jobs_exchange_miss(x->exchange, kind);
    if (kind == JOBS_REQUEST_UPDATE && x->state == JOBS_CLAIMING) {
        jobs_execution_unclaim(x);
        return JOBS_FOLLOW_UNCLAIMED;
    }
    if (kind == JOBS_REQUEST_UPDATE) {
        jobs_states_doubt(x);
    }
    return JOBS_FOLLOW_NOTHING;
}

static enum jobs_follow end(struct jobs_execution *x, uint8_t status)
{
    if (jobs_states_in(x, JOBS_ENDING) &&
        status == jobs_outcome_status(&x->outcome, (enum jobs_form)x->form)) {
        return jobs_execution_settled(x); /* the service took our status; the answer was lost */
    }
    return jobs_execution_gone(x);
}

/* The service puts it where the run's document stands. */
static void refresh(struct jobs_execution *x, const struct jobs_answer *answer, struct slice document)
{
    bool is_asked_again = x->exchange->requests[JOBS_REQUEST_DESCRIBE].is_wanted;

    if (!x->is_refreshing || (document.len == 0 && is_asked_again)) {
        return; /* this answer is to a question without the document */
    }
    bool is_whole =
        answer->has_execution && document.ptr != NULL && json_read(document, NULL, 0, NULL) == ERR_OK;
    if (is_whole) {
        x->document_len = document.len;
    }
    jobs_states_end_refresh(x, is_whole);
}

/* Another one has its name: it was deleted and made again. Nothing becomes QUEUED again, so while it runs one that is QUEUED is
 * another one, made in the same second. A final status goes out all the same: a service that came back from a backup needs it. */
static bool is_other(const struct jobs_execution *x, const struct jobs_answer *answer)
{
    bool is_remade = answer->status == JOBS_WIRE_QUEUED && jobs_states_in(x, JOBS_WITH_SERVICE);
    return answer->rejection == NULL && answer->has_execution &&
           (is_remade || !journal_same_execution(&answer->execution, &x->identity));
}

/* Only what is said about this very execution ends it; an answer without one says nothing. A final status that has not
 * been sent on this connection is sent even so: what is answered to it tells whether the service has taken it before. */
enum jobs_follow jobs_delivery_described(struct jobs_execution *x, const struct jobs_answer *answer,
                                         bool is_overtaken, struct slice document)
{
    bool has_ended = answer->rejection != NULL
                         ? jobs_wire_verdict(answer) == JOBS_VERDICT_GONE
                         : answer->has_execution && jobs_wire_is_terminal(answer->status);
    bool is_to_be_sent = jobs_states_in(x, JOBS_ENDING) && !x->is_seen;

    if (is_other(x, answer)) {
        return end(x, JOBS_WIRE_UNKNOWN);
    }
    if (has_ended && !is_to_be_sent) {
        return end(x, answer->status);
    }
    if (is_overtaken) {
        return JOBS_FOLLOW_NOTHING; /* asked again: there is newer doubt */
    }
    x->is_seen = true;
    if (has_ended) { /* at once: the name may be taken again */
        jobs_exchange_forget(x->exchange, JOBS_REQUEST_UPDATE);
        jobs_exchange_want(x->exchange, JOBS_REQUEST_UPDATE);
    }
    refresh(x, answer, document);
    return JOBS_FOLLOW_NOTHING;
}

/* The next form in which the service may take the final status. In the end it is kept and tried hourly. */
static void step_down(struct jobs_execution *x, const struct jobs_answer *answer)
{
    enum jobs_form form = (enum jobs_form)x->form;
    enum jobs_form next = jobs_outcome_next_form(&x->outcome, form, answer->status);
    uint64_t at_ms = x->context->now_ms;

    if (form == JOBS_FORM_BARE && next == JOBS_FORM_AS_FAILED) {
        details_clear(&x->details);
    }
    x->form = (uint8_t)next;
    if (jobs_outcome_is_kept(next)) {
        at_ms += CONFIG_DEVICE_JOBS_REFUSED_RETRY_MS;
        jobs_states_say(x, LOG_LEVEL_ERROR, "the service refuses the final status, next try in an hour", "");
        jobs_exchange_want(x->exchange, JOBS_REQUEST_DESCRIBE); /* it may have ended there */
    }
    jobs_exchange_want_at(x->exchange, JOBS_REQUEST_UPDATE, at_ms);
}

enum jobs_follow jobs_delivery_updated(struct jobs_execution *x, const struct jobs_answer *answer)
{
    bool is_final = x->update == JOBS_UPDATE_FINAL;

    if (answer->rejection == NULL) {
        return is_final ? jobs_execution_settled(x) : JOBS_FOLLOW_NOTHING;
    }
    switch (jobs_wire_verdict(answer)) {
    case JOBS_VERDICT_GONE:
        return end(x, answer->status);
    case JOBS_VERDICT_REFUSED:
        if (is_final) {
            step_down(x, answer);
        }
        return JOBS_FOLLOW_NOTHING;
    default:
        if (is_final) {
            jobs_exchange_retry(x->exchange, JOBS_REQUEST_UPDATE);
        }
        return JOBS_FOLLOW_NOTHING;
    }
}

void jobs_delivery_doubt(struct jobs_execution *x)
{
    if (x->state == JOBS_CLAIMING) {
        x->is_doubted = true;
    } else if (jobs_states_in(x, JOBS_WITH_SERVICE) || jobs_states_in(x, JOBS_ENDING)) {
        jobs_states_doubt(x);
    }
}

void jobs_delivery_connected(struct jobs_execution *x)
{
    if (jobs_states_in(x, JOBS_ENDING)) {
        jobs_states_doubt(x);
        jobs_exchange_want(x->exchange, JOBS_REQUEST_UPDATE); /* also what was put off for an hour */
    }
    if (x->is_refreshing) {
        jobs_exchange_want(x->exchange, JOBS_REQUEST_DESCRIBE);
    }
}

enum jobs_follow jobs_delivery_disconnected(struct jobs_execution *x)
{
    x->is_seen = false;
    jobs_exchange_forget(x->exchange, JOBS_REQUEST_DESCRIBE);
    if (x->state != JOBS_CLAIMING) {
        return JOBS_FOLLOW_NOTHING;
    }
    jobs_execution_unclaim(x); /* the question that follows each connect tells what became of it */
    return JOBS_FOLLOW_UNCLAIMED;
}
