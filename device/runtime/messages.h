/* SPDX-License-Identifier: MIT */
/* The application's own messages over the one connection. Linked only into programs that call these functions. All: any task, not from
 * an ISR; none waits for the network. What is taken before there is a connection waits for it. */
#ifndef DEVICE_RUNTIME_MESSAGES_H
#define DEVICE_RUNTIME_MESSAGES_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct runtime_sent {
    const char *topic;
    const void *payload;
    size_t len;
    uint8_t qos; /* 0 or 1 */
    bool is_retained;
};

struct runtime_received {
    const char *topic;
    const char *payload; /* with a NUL behind it; NULL: the message was larger than the room for it */
    size_t len;          /* of the message, whether or not it is there */
    size_t cap;          /* the largest that could be */
    uint32_t number; /* each message that was received has another one, for who listens to several filters */
};

/* Who hears of a filter's messages. `hear` runs on the event task; it may block, and then whatever else that task has to tell waits.
 * The texts are valid until it returns. `user` and `ctx` are the caller's. */
struct runtime_listener {
    void (*hear)(const struct runtime_received *received, const struct runtime_listener *listener);
    void (*user)(void);
    void *ctx;
};

/* Takes a copy. ERR_OK: with QoS 1 it is sent until it is acknowledged, or counted as dropped; a power cut loses it. ERR_FULL: no room now
 * (CONFIG_DEVICE_JOBS_OUTBOX_SIZE). ERR_TOO_LONG: there never is. ERR_ARG: *why (static) says what is wrong with the topic. */
enum err runtime_publish(const struct runtime_sent *message, const char **why);

/* One listener per filter: the last one given. ERR_FULL: CONFIG_DEVICE_JOBS_SUBSCRIPTIONS. ERR_TOO_LONG:
 * CONFIG_DEVICE_JOBS_FILTER_SIZE. ERR_ARG as above. */
enum err runtime_subscribe(const char *filter, uint8_t qos, struct runtime_listener listener,
                           const char **why);

/* When it has returned, no call begins any more for this filter; one that has begun may still run. ERR_NOT_FOUND: nobody has subscribed to it. */
enum err runtime_unsubscribe(const char *filter);

/* A filter of the table, and whether the broker has granted it on this connection. false: no such place, or a free one. */
struct runtime_filter_shown {
    const char *state; /* "wanted", "granted", "refused" */
    uint8_t qos;
};
bool runtime_filter(unsigned index, char *text, size_t cap, struct runtime_filter_shown *shown);

struct runtime_message_counters {
    uint32_t taken, refused, sent, acknowledged, dropped; /* out: device/core/messages/messages.h */
    uint32_t waiting;          /* in the queue now: not sent, or not acknowledged */
    uint32_t received;         /* handed to callbacks */
    uint32_t received_refused; /* no room: the newest is left out */
    uint32_t received_too_large;
};
void runtime_get_message_counters(struct runtime_message_counters *counters);

/* Nothing of QoS 1 or 0 waits or is on its way. true as well in a program that never sent anything. */
bool runtime_messages_are_sent(void);

/* ---- a queue that the application empties itself (messages_poll.c); linked only where it is used */

enum err runtime_poll_subscribe(const char *filter, uint8_t qos, const char **why);
unsigned runtime_poll_count(void);

/* The oldest message: its topic with a NUL, its payload. false: there is none that fits; those that do not are left out, and a line in the
 * log says how long they are. */
bool runtime_poll_read(char *topic, size_t topic_cap, char *payload, size_t payload_cap, size_t *len);

#endif
