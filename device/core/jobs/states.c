/* SPDX-License-Identifier: MIT */
/* What each event makes of the execution in hand, as one table, and the effects that stand in it. */
#include "device/core/jobs/states.h"

#include <assert.h>
#include <string.h>

enum effect {
    IMPOSSIBLE, /* what is not in the table: this event does not come in this state */
    NOTHING,
    OFFER, /* the final status is offered to the service */
    TELL,  /* the cancel callback is called */
    LEAVE, /* it is out of hand */
};

struct step {
    uint8_t to; /* enum jobs_state */
    uint8_t effect;
};

/* clang-format off */
#define ON(state, event, next, effect) [JOBS_##state][JOBS_EVENT_##event] = {JOBS_##next, effect}

static const struct step steps[JOBS_STATE_COUNT][JOBS_EVENT_COUNT] = {
    ON(IDLE,            CLAIM,        CLAIMING,        NOTHING),
    ON(IDLE,            START,        RUNNING,         NOTHING), /* own claim read, or resumed */
    ON(IDLE,            WAIT,         WAITING,         NOTHING),
    ON(IDLE,            OUTCOME,      FINAL,           OFFER),
    ON(IDLE,            REPORT,       FINAL,           OFFER),   /* of a run of an earlier boot */
    ON(CLAIMING,        START,        RUNNING,         NOTHING),
    ON(CLAIMING,        UNCLAIM,      IDLE,            LEAVE),
    ON(CLAIMING,        OUTCOME,      FINAL,           OFFER),   /* the start could not be stored */
    ON(RUNNING,         OUTCOME,      REPORTED,        OFFER),   /* the handler is stuck */
    ON(RUNNING,         REPORT,       REPORTED,        OFFER),
    ON(RUNNING,         RETURN_DONE,  FINAL,           OFFER),
    ON(RUNNING,         RETURN_LATER, WAITING,         NOTHING),
    ON(RUNNING,         GONE,         LEAVING_RUNNING, TELL),
    ON(WAITING,         OUTCOME,      FINAL,           OFFER),   /* the deadline */
    ON(WAITING,         REPORT,       FINAL,           OFFER),
    ON(WAITING,         GONE,         LEAVING_WAITING, TELL),
    ON(REPORTED,        RETURN_DONE,  FINAL,           NOTHING),
    ON(REPORTED,        SETTLE,       RETURNING,       NOTHING),
    ON(REPORTED,        GONE,         RETURNING,       NOTHING),
    ON(FINAL,           SETTLE,       IDLE,            LEAVE),
    ON(FINAL,           GONE,         IDLE,            LEAVE),
    ON(LEAVING_RUNNING, REPORT,       RETURNING,       NOTHING),
    ON(LEAVING_RUNNING, RETURN_DONE,  IDLE,            LEAVE),
    ON(LEAVING_RUNNING, RETURN_LATER, LEAVING_WAITING, TELL),
    ON(LEAVING_RUNNING, DONE,         RETURNING,       NOTHING), /* stuck, and left alone */
    ON(LEAVING_WAITING, REPORT,       IDLE,            LEAVE),
    ON(LEAVING_WAITING, DONE,         IDLE,            LEAVE),   /* the callback has returned, or the deadline passed */
    ON(RETURNING,       RETURN_DONE,  IDLE,            LEAVE),
};
/* clang-format on */

static void load_journal(struct jobs_execution *x, struct slice record)
{
    enum journal_record is = journal_decode(record, &x->journal, &x->outcome, &x->details);

    if (is > JOURNAL_ABSENT) {
        x->context->counters.journal_damaged++;
        jobs_states_say(x, LOG_LEVEL_ERROR, "the next write replaces the stored journal, it is",
                        journal_record_text(is));
    }
    x->journal.boots++;
}

void jobs_states_init(struct jobs_execution *x, struct jobs_context *context, struct jobs_exchange *exchange,
                      struct slice record)
{
    memset(x, 0, sizeof(*x));
    x->context = context;
    x->exchange = exchange;
    load_journal(x, record);
    if (x->journal.has_outcome) {
        x->state = JOBS_FINAL;
        x->identity = x->journal.started;
        x->attempt = x->journal.attempt;
        jobs_exchange_want(x->exchange, JOBS_REQUEST_UPDATE);
    }
}

bool jobs_states_is_started(const struct jobs_execution *x)
{
    return journal_same_execution(&x->journal.started, &x->identity);
}

enum err jobs_states_save(struct jobs_execution *x)
{
    struct jobs_context *c = x->context;
    size_t len = journal_encode(&x->journal, &x->outcome, &x->details, c->scratch.record);

    c->counters.journal_writes++;
    if (c->io.save(c->io.ctx, c->scratch.record, len) == ERR_OK) {
        return ERR_OK;
    }
    jobs_states_say(x, LOG_LEVEL_ERROR, "the journal cannot be stored", "");
    return ERR_STORAGE;
}

void jobs_states_say(struct jobs_execution *x, enum log_level level, const char *what, const char *detail)
{
    jobs_context_log(x->context, level, x->state != JOBS_IDLE ? x->identity.job_id : NULL, what, detail);
}

void jobs_states_set_deadline(struct jobs_execution *x, uint64_t at_ms)
{
    x->deadline_at_ms = at_ms;
    if (x->out.run_id == x->journal.last_run_id) {
        x->out_until_ms = at_ms;
    }
}

/* Of the run in hand, when there is one: none begins while a call of another one is wanted. A run that is over gives its callback the
 * grace: nothing else ends that wait. */
static void call(struct jobs_execution *x, const struct jobs_call *call)
{
    struct jobs_context *c = x->context;
    bool is_of_hand = jobs_states_in(x, JOBS_WATCHED);

    assert(!is_of_hand || call->run_id == x->journal.last_run_id);
    x->out = *call;
    x->is_out_after_return = !jobs_states_in(x, JOBS_HANDLER_OUT);
    x->out_until_ms = is_of_hand ? x->deadline_at_ms : c->now_ms + CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS;
    c->io.cancel_handler(c->io.ctx, call->run_id, call->user);
}

void jobs_states_tell(struct jobs_execution *x)
{
    if (!x->action->has_cancel) {
        return;
    }
    const struct jobs_call now = {
        .run_id = x->journal.last_run_id, .user = x->action->user, .on_stuck = (uint8_t)x->action->on_stuck};
    if (x->out.run_id != 0) {
        x->wanted = now;
    } else {
        call(x, &now);
    }
}

void jobs_states_tell_wanted(struct jobs_execution *x)
{
    const struct jobs_call wanted = x->wanted;

    x->wanted.run_id = 0;
    if (wanted.run_id != 0) {
        call(x, &wanted);
    }
}

void jobs_states_doubt(struct jobs_execution *x)
{
    x->is_seen = false;
    jobs_exchange_overtake(x->exchange, JOBS_REQUEST_DESCRIBE);
}

void jobs_states_part(struct jobs_execution *x)
{
    jobs_exchange_forget(x->exchange, JOBS_REQUEST_UPDATE);
    jobs_exchange_forget(x->exchange, JOBS_REQUEST_DESCRIBE);
    x->is_seen = false;
}

void jobs_states_end_refresh(struct jobs_execution *x, bool is_fresh)
{
    x->is_refreshing = false;
    x->context->io.refreshed(x->context->io.ctx, x->journal.last_run_id, is_fresh);
}

static void offer(struct jobs_execution *x)
{
    if (!x->exchange->requests[JOBS_REQUEST_UPDATE].is_in_flight) {
        jobs_exchange_forget(x->exchange, JOBS_REQUEST_UPDATE); /* progress that nobody needs any more */
    }
    if (!x->is_seen) {
        jobs_states_doubt(x);
    }
    jobs_exchange_want(x->exchange, JOBS_REQUEST_UPDATE);
}

enum jobs_follow jobs_states_step(struct jobs_execution *x, enum jobs_event event)
{
    const struct step *step = &steps[x->state][event];
    bool was_final = x->state == JOBS_FINAL;

    assert(step->effect != IMPOSSIBLE);
    x->state = step->to;
    if (event == JOBS_EVENT_REPORT || event == JOBS_EVENT_RETURN_DONE) {
        x->wanted.run_id = 0; /* the application has had its last word about it */
    }
    if (x->is_refreshing) { /* RUNNING is left: no step leads back to it */
        jobs_states_end_refresh(x, false);
    }
    if (step->effect == OFFER) {
        offer(x);
    } else if (step->effect == TELL) {
        jobs_states_tell(x);
    }
    if (step->effect != LEAVE) {
        return JOBS_FOLLOW_NOTHING;
    }
    return was_final ? JOBS_FOLLOW_OVER : JOBS_FOLLOW_LEFT;
}

void jobs_states_check(const struct jobs_execution *x)
{
    const struct jobs_request *requests = x->exchange->requests;
    const struct jobs_request *update = &requests[JOBS_REQUEST_UPDATE];

    assert(x->state < JOBS_STATE_COUNT);
    assert(x->state == JOBS_IDLE || journal_is_job_id(slice_from(x->identity.job_id)));
    assert(!jobs_states_in(x, JOBS_WATCHED) || (x->action != NULL && x->attempt > 0));
    assert(!jobs_states_in(x, JOBS_WITH_SERVICE) || jobs_states_is_started(x));
    assert(!jobs_states_in(x, JOBS_LEAVING) || x->is_past_deadline || x->deadline_at_ms != JOBS_NEVER);
    assert(!x->is_refreshing || x->state == JOBS_RUNNING);
    assert(!x->journal.has_outcome || (jobs_states_in(x, JOBS_ENDING) && jobs_states_is_started(x)));
    assert(!x->is_unsaved || jobs_states_in(x, JOBS_ENDING));
    assert(x->state != JOBS_CLAIMING || (update->is_wanted || update->is_in_flight));
    assert(!jobs_states_in(x, JOBS_ENDING) || update->is_wanted || update->is_in_flight);
    assert(!(jobs_states_in(x, JOBS_LEAVING) || x->state == JOBS_RETURNING || x->state == JOBS_IDLE) ||
           (!update->is_wanted && !update->is_in_flight && !x->is_seen));
    assert(x->wanted.run_id == 0 || x->out.run_id != 0);
    assert(x->form <= JOBS_FORM_KEPT_FAILED);
    (void)update;
}
