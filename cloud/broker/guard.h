/* SPDX-License-Identifier: MIT */
/* Says yes or no for the broker, and tells people why it was no. No mosquitto here, so that a test can ask, too. */
#ifndef CLOUD_BROKER_GUARD_H
#define CLOUD_BROKER_GUARD_H

#include "cloud/broker/connection.h"

#include <time.h>

#define GUARD_PAYLOAD_MAX 131072u /* docs/protocol.md 4: 128 KB */

enum guard_access {
    GUARD_PUBLISH,
    GUARD_PUBLISH_RETAINED,
    GUARD_SUBSCRIBE,
    GUARD_RECEIVE,
};

struct guard {
    struct authority *authority;
    struct connection_table *connections;
    void (*log)(const char *line);
    /* so that a client that is refused in a loop does not fill the disk: */
    time_t log_second;
    unsigned logged, unlogged;
};

/* The identity must have been loaded. */
bool guard_may_connect(struct guard *guard, const struct identity *identity);

/* A live connection of a device. For GUARD_SUBSCRIBE the topic is a filter. */
bool guard_may(struct guard *guard, struct connection *connection, enum guard_access access,
               const char *topic, size_t payload_len);

/* A last will, when its time has come: its connection is gone already. Wills speak on ordinary topics only. */
bool guard_may_will(struct guard *guard, const struct identity *identity, const char *topic,
                    bool is_retained);

/* One refusal that no policy decides. */
void guard_log_refusal(struct guard *guard, const struct identity *identity,
                       const struct authority_question *question, const char *reason);

#endif
