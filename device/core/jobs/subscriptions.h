/* SPDX-License-Identifier: MIT */
/* Which filters are subscribed to. None of them is needed: answers come to the connection that asked, and what notifications tell
 * is asked for anyway. So they are asked for one at a time, and what the broker refuses is left out for a day: AWS IoT closes the
 * connection on a SUBSCRIBE that the policy does not allow, iot-local answers with 0x80. */
#ifndef DEVICE_CORE_JOBS_SUBSCRIPTIONS_H
#define DEVICE_CORE_JOBS_SUBSCRIPTIONS_H

#include "device/core/jobs/context.h"

struct jobs_subscriptions {
    struct jobs_context *context;
    uint8_t
        asked; /* enum jobs_subscription: whose SUBACK is awaited, or is asked next; JOBS_SUB_COUNT: all are settled */
    uint8_t granted; /* one bit per filter, on this connection */
    uint8_t cut;     /* one bit per filter: the connection before ended under its SUBSCRIBE */
    bool is_sent;    /* the SUBSCRIBE of `asked` has gone out; else it is tried again at until_ms */
    bool is_wary;    /* a SUBSCRIBE has ended a connection, and no connection since got through all of them */
    uint64_t until_ms; /* a SUBACK that has not come by then is not waited for; JOBS_NEVER: none is awaited */
    uint32_t left_out_until_s
        [JOBS_SUB_COUNT]; /* a filter that was refused is not asked for before; 0: it was not */
};

void jobs_subscriptions_init(struct jobs_subscriptions *s, struct jobs_context *context);

/* A new connection. Nothing is asked before jobs_subscriptions_ask. */
void jobs_subscriptions_begin(struct jobs_subscriptions *s);
/* Begun, and nothing asked yet, and it is time to. is_asking: a request is under way; after a connection that a SUBSCRIBE has ended,
 * its answer comes first. What is left out is asked for again on the first connection after its 24 h. */
bool jobs_subscriptions_are_due(const struct jobs_subscriptions *s, bool is_asking);
/* The connection has ended. is_own_doing: not because of what was asked for. true: it has ended under a SUBSCRIBE, which may be the
 * reason. That comes twice a day and filter at most. */
bool jobs_subscriptions_end(struct jobs_subscriptions *s, bool is_own_doing);

/* Asks for the next filter that is not left out. All four functions that follow return true when with that both notify topics
 * are settled, once per connection. */
bool jobs_subscriptions_ask(struct jobs_subscriptions *s);
bool jobs_subscriptions_answered(struct jobs_subscriptions *s, enum jobs_subscription id, bool is_granted);
bool jobs_subscriptions_expire(struct jobs_subscriptions *s); /* the SUBACK has not come in time */
uint64_t jobs_subscriptions_due_at(const struct jobs_subscriptions *s);

bool jobs_subscriptions_has(const struct jobs_subscriptions *s, enum jobs_subscription id);
bool jobs_subscriptions_are_settled(const struct jobs_subscriptions *s); /* on this connection */
bool jobs_subscriptions_hears(const struct jobs_subscriptions *s); /* one of the notify topics is granted */

void jobs_subscriptions_check(const struct jobs_subscriptions *s);

#endif
