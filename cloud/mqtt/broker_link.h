/* SPDX-License-Identifier: MIT */
/* The daemon's connection to its own broker, over the Unix socket in the data directory: requests of devices come in, answers
 * and notices go out. It connects again by itself, and says when the broker is there but does nothing any more. */
#ifndef CLOUD_MQTT_BROKER_LINK_H
#define CLOUD_MQTT_BROKER_LINK_H

#include "cloud/base/clock.h"
#include "cloud/broker/private_topic.h"

#include <stddef.h>
#include <stdint.h>

#define BROKER_FROZEN_MS 10000 /* so long the broker may owe us an answer without a word */

/* A device's request, in one block of memory: free() ends it. */
struct broker_request {
    struct private_topic from; /* which connection asked, on which topic (NUL-terminated) */
    struct slice payload;
};

struct broker_link_config {
    const struct clock *clock;
    const char *socket_path;
    const char *secret; /* the same as in mosquitto.conf */
    /* Requests in the order of their arrival; the listener owns them from now on. */
    void (*on_request)(void *ctx, struct broker_request *request);
    /* A device has subscribed to this filter. */
    void (*on_subscribed)(void *ctx, struct slice filter);
    /* A device has published this retained; both texts live during the call. */
    void (*on_retained)(void *ctx, struct slice topic, int qos, struct slice payload);
    /* The broker has taken a notice. */
    void (*on_delivered)(void *ctx, int64_t notice);
    /* The same for an event; they come in the order in which they were published. */
    void (*on_event_delivered)(void *ctx, int64_t event);
    /* Connected and subscribed: from now on nothing is lost. Called again after every new connection. */
    void (*on_ready)(void *ctx);
    /* The connection has ended: notices and events that were not delivered will not be. */
    void (*on_lost)(void *ctx);
    /* The broker owes us an answer since BROKER_FROZEN_MS. on_lost follows. */
    void (*on_frozen)(void *ctx);
    void *ctx;
};

struct broker_link;

/* NULL: errno. The strings of the config must live as long as the link. */
struct broker_link *broker_link_create(const struct broker_link_config *config);
void broker_link_destroy(struct broker_link *link);

/* An epoll descriptor to wait for. When it is readable or the time (milliseconds) has passed, call broker_link_run. */
int broker_link_descriptor(const struct broker_link *link);
int broker_link_timeout_ms(const struct broker_link *link);
void broker_link_run(struct broker_link *link);

bool broker_link_is_ready(const struct broker_link *link);

/* Drops the answer when there is no connection: then the device asks again. topic: "$aws/things/...", goes to the
 * connection that asked and to no other. */
void broker_link_answer(struct broker_link *link, const struct broker_request *request, const char *topic,
                        const void *payload, size_t len);

/* An application's message. false: there is no connection, or the message does not fit. */
bool broker_link_publish(struct broker_link *link, const char *topic, const void *payload, size_t len,
                         int qos, bool is_retained);

/* How many notices may be published now: what is on its way is bounded, in number and in bytes. 0 without a connection. */
size_t broker_link_room(const struct broker_link *link);
/* Only while there is room. on_delivered(notice) or on_lost follows. */
void broker_link_notify(struct broker_link *link, const char *topic, const void *payload, size_t len,
                        int64_t notice);

/* The same for events, which are few at once: a notice that comes meanwhile waits behind them. */
size_t broker_link_event_room(const struct broker_link *link);
void broker_link_event(struct broker_link *link, const char *topic, struct slice payload, int64_t event);

#endif
