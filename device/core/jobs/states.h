/* SPDX-License-Identifier: MIT */
/* The state of the execution in hand, and the one table that says what each event makes of it. What leads to an event stands in
 * execution.c.
 *
 * A run is over when its handler has returned and one of these holds: it returned a final status; a final status was reported for
 * it; a cancel callback that began after that return has returned; its deadline has passed. Until then nothing else is claimed. */
#ifndef DEVICE_CORE_JOBS_STATES_H
#define DEVICE_CORE_JOBS_STATES_H

#include "device/core/jobs/exchange.h"
#include "device/core/jobs/journal.h"
#include "device/core/jobs/outcome.h"

/* What the service and the application have to do with the execution in hand. The table of what follows: states.c. */
enum jobs_state {
    JOBS_IDLE,     /* none is in hand */
    JOBS_CLAIMING, /* IN_PROGRESS is wanted or on its way */
    JOBS_RUNNING,  /* its handler was called and has not returned */
    JOBS_WAITING,  /* its handler has returned IN_PROGRESS, or ran before this boot: somebody reports later */
    JOBS_REPORTED, /* its final status is known and not settled; its handler has not returned */
    JOBS_FINAL,    /* its final status is known and not settled; no code of the application works on it */
    JOBS_LEAVING_RUNNING, /* the service has ended it; its handler has not returned */
    JOBS_LEAVING_WAITING, /* the service has ended it; its handler has returned IN_PROGRESS, and may have left work behind */
    JOBS_RETURNING, /* settled, or ended and reported; its handler has not returned */
    JOBS_STATE_COUNT,
};

/* Sets of states, one bit each; for jobs_states_in. */
#define JOBS_SET(state) (1u << (state))
#define JOBS_WITH_SERVICE                                                                                    \
    (JOBS_SET(JOBS_RUNNING) | JOBS_SET(JOBS_WAITING)) /* the service should have it IN_PROGRESS */
#define JOBS_ENDING  (JOBS_SET(JOBS_REPORTED) | JOBS_SET(JOBS_FINAL)) /* the final status is on its way */
#define JOBS_LEAVING (JOBS_SET(JOBS_LEAVING_RUNNING) | JOBS_SET(JOBS_LEAVING_WAITING))
#define JOBS_HANDLER_OUT                                                                                     \
    (JOBS_SET(JOBS_RUNNING) | JOBS_SET(JOBS_REPORTED) | JOBS_SET(JOBS_LEAVING_RUNNING) |                     \
     JOBS_SET(JOBS_RETURNING))
#define JOBS_WATCHED                                                                                         \
    (JOBS_HANDLER_OUT | JOBS_SET(JOBS_WAITING) |                                                             \
     JOBS_LEAVING) /* the application may work on it: a deadline */

/* What happens to an execution. */
enum jobs_event {
    JOBS_EVENT_CLAIM,       /* it is claimed */
    JOBS_EVENT_START,       /* its handler is called */
    JOBS_EVENT_WAIT,        /* it ran before this boot: somebody reports */
    JOBS_EVENT_UNCLAIM,     /* its claim was not accepted */
    JOBS_EVENT_OUTCOME,     /* its final status is known without the application's word */
    JOBS_EVENT_REPORT,      /* the application has reported a final status */
    JOBS_EVENT_RETURN_DONE, /* the handler has returned, and nothing of its run goes on */
    JOBS_EVENT_RETURN_LATER, /* the handler has returned IN_PROGRESS, and nothing was reported, and its deadline has not passed */
    JOBS_EVENT_SETTLE, /* the service has the final status */
    JOBS_EVENT_GONE,   /* the service has ended it */
    JOBS_EVENT_DONE,   /* nothing of the application works on it any more, or its time for that is over */
    JOBS_EVENT_COUNT,
};

/* What the update under way is about. */
enum jobs_update {
    JOBS_UPDATE_CLAIM,
    JOBS_UPDATE_PROGRESS,
    JOBS_UPDATE_FINAL,
};

/* What follows from an event, for who called. */
enum jobs_follow {
    JOBS_FOLLOW_NOTHING,
    JOBS_FOLLOW_OVER, /* its final status is settled: a notify-next will tell what comes next, or the service is asked */
    JOBS_FOLLOW_LEFT, /* the application is done with it, which the service does not know: the service is asked at once */
    JOBS_FOLLOW_UNCLAIMED, /* its claim was not accepted: the same, after a pause */
};

/* A call of the application's cancel callback. */
struct jobs_call {
    uint32_t run_id; /* 0: none */
    void *user;
    uint8_t on_stuck; /* enum jobs_on_stuck, of the action */
};

struct jobs_execution {
    struct jobs_context *context;
    struct jobs_exchange *exchange;

    uint8_t state;            /* enum jobs_state */
    uint8_t update;           /* enum jobs_update: of the update in flight */
    uint8_t form;             /* enum jobs_form; in REPORTED and FINAL */
    uint8_t attempt;          /* which start of `identity` it is; while IDLE: how many there may have been */
    uint8_t claimed_attempt;  /* of `claimed` */
    uint8_t progress_percent; /* the application's last word */
    bool has_progress;
    bool is_queued;  /* what the service said last about `identity`: QUEUED, else IN_PROGRESS */
    bool is_doubted; /* CLAIMING: a notification did not name it. It is read again before it starts */
    bool is_refused; /* the service will never take the claim of `claimed` */
    bool is_put_off; /* the service has put off the claim of `claimed` (RequestThrottled, InternalError) */
    bool is_resumed; /* the run in hand is one of an earlier boot */
    bool is_running_told; /* an update with the state "running" was sent */
    bool
        is_past_deadline; /* the deadline of the run in hand has passed, deadline_at_ms is the end of the grace */
    bool is_unsaved; /* REPORTED, FINAL: the outcome belongs into the journal, and could not be put there */
    bool
        is_out_after_return; /* the call that is out began after the handler of its run had returned: its return ends the run */
    bool is_refreshing; /* RUNNING: its handler waits for its document */
    /* The service was asked about `identity` on this connection, and nothing that came since speaks against it. An update names job
     * id and number only, and both may have become those of a new execution: without this none goes out. */
    bool is_seen;

    const struct jobs_action *action; /* of `identity`; NULL when it is not known */
    int64_t version;                  /* of `identity` */
    int64_t service_time_s;           /* of the last answer */
    size_t document_len;
    uint64_t deadline_at_ms; /* of the run in hand, its grace included; JOBS_NEVER: none */
    uint64_t progress_at_ms; /* no update about progress before */
    uint64_t claim_at_ms; /* no claim before; JOBS_NEVER: not before the caller of a report has its answer */
    uint64_t
        out_until_ms; /* the call that is out must be back by then; JOBS_NEVER: that is over, and it is waited for */

    struct jobs_identity identity; /* the execution in hand; while IDLE: the last one */
    struct jobs_identity claimed;  /* this boot has sent a claim for it and has not started it; empty: none */
    struct jobs_call out;          /* has not returned; of the run in hand, or of one that is over */
    struct jobs_call wanted;       /* follows when that is back */
    struct jobs_outcome outcome;   /* in REPORTED and FINAL */
    struct details details;        /* the application's, of `identity` */
    struct journal journal;
};

static inline bool jobs_states_in(const struct jobs_execution *x, unsigned set)
{
    return (set >> x->state & 1) != 0;
}

/* `record`: see jobs_engine_init. */
void jobs_states_init(struct jobs_execution *x, struct jobs_context *context, struct jobs_exchange *exchange,
                      struct slice record);

/* The step of the table. Its effects happen: the final status is offered, the cancel callback called. */
enum jobs_follow jobs_states_step(struct jobs_execution *x, enum jobs_event event);

bool jobs_states_is_started(
    const struct jobs_execution *x); /* the journal has the start of the execution in hand */

/* The journal's record as it is now. */
enum err jobs_states_save(struct jobs_execution *x);
/* A line about the execution in hand. */
void jobs_states_say(struct jobs_execution *x, enum log_level level, const char *what, const char *detail);
/* The deadline of the run in hand, and with it that of its callback. */
void jobs_states_set_deadline(struct jobs_execution *x, uint64_t at_ms);
/* The cancel callback of the run in hand is called. While another one is out it waits for that, and no further job starts. */
void jobs_states_tell(struct jobs_execution *x);
/* The call that is wanted goes out. */
void jobs_states_tell_wanted(struct jobs_execution *x);
/* Does the service still have it? It is asked, and no progress or final status goes out before it has answered. */
void jobs_states_doubt(struct jobs_execution *x);
/* Nothing more about it goes to the service. */
void jobs_states_part(struct jobs_execution *x);
/* The document of the run in hand is there anew, or cannot be had. */
void jobs_states_end_refresh(struct jobs_execution *x, bool is_fresh);

void jobs_states_check(const struct jobs_execution *x);

#endif
