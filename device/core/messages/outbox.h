/* SPDX-License-Identifier: MIT */
/* The queue of an application's messages on their way out: bytes in memory that its owner gives, in the order in which they were taken.
 * A message of QoS 1 stays until it is acknowledged, over as many connections as that takes.
 *
 * Whoever puts may do so while another task reads a message that it has found: a message moves only in outbox_remove, which is the
 * reader's own. Both under one lock. */
#ifndef DEVICE_CORE_MESSAGES_OUTBOX_H
#define DEVICE_CORE_MESSAGES_OUTBOX_H

#include "common/slice.h"

#include <stdint.h>

struct outbox {
    char *bytes;
    size_t cap, used;
    unsigned count;     /* of messages */
    unsigned in_flight; /* of them */
};

struct outbox_message {
    size_t at;            /* names it, until one before it is removed */
    struct slice topic;   /* NUL-terminated */
    struct slice payload; /* all three are valid until outbox_remove */
    uint8_t qos;
    bool is_retained;
    bool is_in_flight; /* given to the port, not acknowledged */
    uint8_t strikes;   /* connections that have ended while nothing but this message was on its way */
    int id;            /* of the port; means something while in flight */
};

void outbox_init(struct outbox *outbox, char *bytes, size_t cap);

/* Copies. ERR_TOO_LONG: larger than the whole queue. ERR_FULL: no room now. */
enum err outbox_put(struct outbox *outbox, const struct outbox_message *message);

/* How many bytes of the queue a message takes. */
size_t outbox_size_of(size_t topic_len, size_t payload_len);

/* The first one that waits. false: none does. */
bool outbox_first_waiting(const struct outbox *outbox, struct outbox_message *message);
bool outbox_find(const struct outbox *outbox, int id, struct outbox_message *message);
/* The first one in flight. */
bool outbox_first_in_flight(const struct outbox *outbox, struct outbox_message *message);

/* Writes is_in_flight, id and strikes back. */
void outbox_mark(struct outbox *outbox, const struct outbox_message *message);
void outbox_remove(struct outbox *outbox, const struct outbox_message *message);

/* The connection has ended: nothing is in flight, all waits. */
void outbox_rewind(struct outbox *outbox);

#endif
