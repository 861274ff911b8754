/* SPDX-License-Identifier: MIT */
/* Says yes or no for the broker, and tells people why it was no. No mosquitto here, so that a test can ask, too. */
#ifndef CLOUD_BROKER_GUARD_H
#define CLOUD_BROKER_GUARD_H

#include "cloud/base/clock.h"
#include "cloud/base/log_rate.h"
#include "cloud/broker/connection.h"

#define GUARD_PAYLOAD_MAX 131072u /* docs/protocol.md 4: 128 KB */
#define GUARD_QOS_MAX     1

enum guard_access {
    GUARD_PUBLISH,
    GUARD_PUBLISH_RETAINED,
    GUARD_SUBSCRIBE,
    GUARD_RECEIVE,
};

struct guard {
    struct authority *authority;
    struct connection_table *connections;
    const struct clock *clock;
    void (*log)(const char *line);
    struct log_rate rate;
};

/* The identity must have been loaded, or have failed to. */
bool guard_may_connect(struct guard *guard, const struct identity *identity);

/* A live connection of a device. For GUARD_SUBSCRIBE the topic is a filter, which counts as subscribed then. */
bool guard_may(struct guard *guard, struct connection *connection, enum guard_access access,
               const char *topic, size_t payload_len);

/* A PUBLISH that AWS calls an error of the client, because a limit is exceeded, and not a matter of rights. */
bool guard_is_client_error(const char *topic, size_t payload_len);

/* AWS IoT has no QoS 2: false for that, whatever the policies say. */
bool guard_takes_qos(struct guard *guard, const struct identity *identity, enum guard_access access,
                     const char *topic, int qos);

/* The service's answer to a request of this connection: a policy decides, as about every delivery. */
bool guard_may_hear_answer(struct guard *guard, struct connection *connection, const char *topic);

/* A last will, when its time has come: its connection is gone already. Wills speak on ordinary topics only. */
bool guard_may_will(struct guard *guard, const struct identity *identity, const char *topic, int qos,
                    bool is_retained);

/* One refusal that no policy decides. */
void guard_log_refusal(struct guard *guard, const struct identity *identity,
                       const struct authority_question *question, const char *reason);

/* A connection that ends for this reason. */
void guard_log_closed(struct guard *guard, const struct identity *identity, const char *reason);

#endif
