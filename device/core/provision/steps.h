/* SPDX-License-Identifier: MIT */
/* The machine's data, the one table of what each event makes of its state, and the effects that stand in the table. What leads to an event
 * stands in provision.c. */
#ifndef DEVICE_CORE_PROVISION_STEPS_H
#define DEVICE_CORE_PROVISION_STEPS_H

#include "device/core/provision/provision_wire.h"

enum provision_event {
    PROVISION_EVENT_NONE,    /* nothing happens: the end of a chain of steps */
    PROVISION_EVENT_DUE,     /* the time of the state has come */
    PROVISION_EVENT_UP,      /* the connection that is wanted stands */
    PROVISION_EVENT_DOWN,    /* it failed or is gone */
    PROVISION_EVENT_REFUSED, /* the service has refused it */
    PROVISION_EVENT_SETTLED, /* a subscription is granted, refused or given up: the next one, or the request */
    PROVISION_EVENT_READY,   /* nothing is left to be subscribed to */
    PROVISION_EVENT_GOOD,    /* the answer that was wanted; its texts stand in the record */
    PROVISION_EVENT_BAD,     /* the request was refused, or could not be sent */
    PROVISION_EVENT_USELESS, /* CERT: the key cannot be used. REG, TRIAL: the certificate cannot */
    PROVISION_EVENT_DOUBT,   /* the new identity fails to connect, too often, without a cause */
    PROVISION_EVENT_SAVED,   /* the storage has what it should have */
    PROVISION_EVENT_UNSAVED, /* it has not */
    PROVISION_EVENT_GIVE_UP, /* a rotation ends without a new identity */
    PROVISION_EVENT_COUNT,
};

struct provision {
    uint8_t state;      /* enum provision_state */
    uint8_t subscribed; /* SUBSCRIBING: which of the request's two filters is out */
    uint8_t
        left_out;   /* one bit for each request whose filters end connections: they are not asked any more */
    uint8_t losses; /* connections in a row that a SUBSCRIBE of the request in hand has ended */
    uint8_t
        failures; /* requests refused or unanswered, certificates given up; the exponent of the backoff. No success resets it:
                         * a service that grants one thing and refuses the next must not be asked more often for that */
    uint8_t refusals; /* TRIAL: refused connects in a row */
    uint8_t doubts;   /* TRIAL: connects in a row that failed without a cause */
    uint8_t holds;    /* in a row: the storage has failed, or no key could be made */
    uint8_t up;       /* enum provision_link: the identity of the connection that stands */
    bool is_failing;
    uint64_t now_ms; /* of the event that is being handled */
    uint64_t at_ms;  /* the time of the state; PROVISION_NEVER: it has none */
    struct provision_config config;
    struct provision_io io;
    struct provision_workspace *workspace;
    struct pending pending; /* its texts lie in workspace->pending */
    size_t pending_len;     /* of the payload as far as it is made; behind it the next text is written */
    char problem[200];
};

#define PROVISION_LINE_CAP 320 /* of the log */

/* Which identity a state wants the connection with. */
enum provision_link provision_steps_link(const struct provision *p);

/* The step of the table, and its effect. Returns what follows from it at once; NONE: nothing does. */
enum provision_event provision_steps_take(struct provision *p, enum provision_event event);

/* Sets of states, one bit each. */
#define PROVISION_SET(state) (1ul << (state))
#define PROVISION_CERT                                                                                       \
    (PROVISION_SET(PROVISION_CERT_OFFLINE) | PROVISION_SET(PROVISION_CERT_SUBSCRIBING) |                     \
     PROVISION_SET(PROVISION_CERT_ASKED) | PROVISION_SET(PROVISION_CERT_PAUSED))

static inline bool provision_is_in(const struct provision *p, unsigned long set)
{
    return (set >> p->state & 1) != 0;
}

/* The request of the states CERT_ and REG_. */
static inline enum provision_request provision_steps_request(const struct provision *p)
{
    return provision_is_in(p, PROVISION_CERT) ? PROVISION_REQUEST_CERT : PROVISION_REQUEST_REG;
}

/* What provision_problem gives from now on: `what` and `detail`. The line about it comes with what follows. */
void provision_fail(struct provision *p, const char *what, const char *detail);

#endif
