/* SPDX-License-Identifier: MIT */
/* The application's own messages over the connection that jobs use, as a state machine without I/O: what has been taken is kept, sent
 * when its turn has come, sent again over the next connection, and given up only when it has ended three connections.
 *
 * Its owner asks what to do next (messages_next), does it without a lock, and tells what came of it (messages_given). All functions
 * under one lock, but for what struct messages_order points to: that stays until messages_given.
 *
 * Guarantees (docs/guarantees.md, M1 to M5): a message of QoS 1 that was taken is sent until it is acknowledged or counted as dropped;
 * messages of one QoS go out in the order in which they were taken; what does not fit is refused, the newest, and counted; jobs go
 * first. */
#ifndef DEVICE_CORE_MESSAGES_MESSAGES_H
#define DEVICE_CORE_MESSAGES_MESSAGES_H

#include "device/core/messages/filters.h"
#include "device/core/messages/outbox.h"
#include "device/core/messages/pace.h"

/* A port takes 16 packets; 8 that are not acknowledged are a stuck connection (device/core/link/link.h): jobs have the rest. */
#define MESSAGES_WINDOW  7
#define MESSAGES_STRIKES 3
#define MESSAGES_ACK_MS  30000 /* what is not acknowledged by then takes another connection */

struct messages_counters {
    uint32_t taken;        /* messages that the application gave, and the library took */
    uint32_t refused;      /* not taken: no room */
    uint32_t sent;         /* given to the connection, each time */
    uint32_t acknowledged; /* of QoS 1 */
    uint32_t dropped;      /* given up: they end the connection */
};

struct messages {
    struct outbox outbox;
    struct filters filters;
    struct pace pace; /* of this connection */
    struct messages_counters counters;
    bool is_connected; /* and the jobs' own beginning is over */
    uint16_t careful;  /* so many packets go one at a time: one of them may be what has ended a connection */
    bool is_alone;     /* nothing was sent since the last acknowledgement but the one packet in flight */
    uint64_t sent_at_ms; /* when the last packet was given to the port */
    uint64_t
        heard_at_ms; /* when the last one was acknowledged, or the first one sent after none was on its way */
    uint64_t retry_at_ms;   /* the port had no room: not before that */
    uint64_t full_since_ms; /* and has had none since; 0: it had */
};

enum messages_order_type {
    MESSAGES_NOTHING,
    MESSAGES_PUBLISH,
    MESSAGES_SUBSCRIBE,
    MESSAGES_UNSUBSCRIBE,
    MESSAGES_RECONNECT, /* nothing is acknowledged any more */
};

struct messages_order {
    enum messages_order_type type;
    struct outbox_message message;             /* PUBLISH */
    struct filter *filter;                     /* SUBSCRIBE, UNSUBSCRIBE; not looked at without the lock */
    uint8_t qos;                               /* SUBSCRIBE */
    char text[CONFIG_DEVICE_JOBS_FILTER_SIZE]; /* of the filter */
};

/* What was given up, for a line in the log; what is MESSAGES_NOTHING: nothing was. */
struct messages_refusal {
    enum messages_order_type what;             /* PUBLISH: a message; SUBSCRIBE: a filter */
    char text[CONFIG_DEVICE_JOBS_FILTER_SIZE]; /* its topic, cut, or the filter */
};

void messages_init(struct messages *m, char *bytes, size_t cap);

/* Takes a copy. Errors of outbox_put, counted. */
enum err messages_put(struct messages *m, const struct outbox_message *message);

/* The connection stands, and jobs have asked for theirs. */
void messages_connected(struct messages *m, uint64_t now_ms);
/* is_own_doing: this device has ended it, so it says nothing about what was on its way. */
void messages_disconnected(struct messages *m, bool is_own_doing, uint64_t now_ms,
                           struct messages_refusal *refusal);

/* What is to be done now; the order is carried out before the next one is asked for. */
void messages_next(struct messages *m, uint64_t now_ms, struct messages_order *order);
/* What the port said to it; `id` with ERR_OK. ERR_FULL: again soon, but what it had no room for three times MESSAGES_ACK_MS long is
 * given up. ERR_OFFLINE: the connection's end is told later. Anything else: it is given up. */
void messages_given(struct messages *m, const struct messages_order *order, enum err err, int id,
                    uint64_t now_ms, struct messages_refusal *refusal);

/* PUBACK, SUBACK. false: not one of these messages. */
bool messages_acknowledged(struct messages *m, int id, uint64_t now_ms);
bool messages_subscribed(struct messages *m, int id, bool is_granted, uint64_t now_ms,
                         struct messages_refusal *refusal);

/* When messages_next has something to do that is not there now; UINT64_MAX: only after another call. */
uint64_t messages_wake_at_ms(struct messages *m, uint64_t now_ms);

/* Nothing waits, nothing is on its way. */
bool messages_are_sent(const struct messages *m);

/* Asserts what must always hold between two calls; for tests. */
void messages_check(const struct messages *m);

#endif
