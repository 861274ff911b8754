/* SPDX-License-Identifier: MIT */
/* The daemon's connection to its own broker, over the Unix socket in the data directory. Requests of devices come in
 * batches, so that one COMMIT serves many; answers and notifications go out. It connects again by itself. */
#ifndef CLOUD_MQTT_BROKER_LINK_H
#define CLOUD_MQTT_BROKER_LINK_H

#include "cloud/broker/private_topic.h"

#include <stddef.h>
#include <stdint.h>

#define BROKER_LINK_BATCH 256 /* requests handed over at once, at most */

struct broker_request {
    struct private_topic from; /* which connection asked, on which topic (NUL-terminated) */
    struct slice payload;
};

struct broker_link_config {
    const char *socket_path;
    const char *secret; /* the same as in mosquitto.conf */
    /* Requests in the order of their arrival; they live during the call. */
    void (*on_requests)(void *ctx, const struct broker_request *requests, size_t count);
    /* Connected and subscribed: from now on nothing is lost. Called again after every new connection. */
    void (*on_ready)(void *ctx);
    void *ctx;
};

struct broker_link;

/* NULL: out of memory or descriptors. The strings of the config must live as long as the link. */
struct broker_link *broker_link_create(const struct broker_link_config *config);
void broker_link_destroy(struct broker_link *link);

/* An epoll descriptor to wait for. When it is readable or the time (milliseconds) has passed, call broker_link_run. */
int broker_link_descriptor(const struct broker_link *link);
int broker_link_timeout_ms(const struct broker_link *link);
void broker_link_run(struct broker_link *link);

bool broker_link_is_ready(const struct broker_link *link);

/* Both drop the message when there is no connection: then the device asks again, and pending executions are announced
 * again. answer topic: "$aws/things/...", goes to the connection that asked and to no other. */
void broker_link_answer(struct broker_link *link, const struct broker_request *request, const char *topic,
                        const void *payload, size_t len);
void broker_link_notify(struct broker_link *link, const char *topic, const void *payload, size_t len);

#endif
