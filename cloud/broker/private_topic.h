/* SPDX-License-Identifier: MIT */
/* The topics between plugin and daemon. The plugin moves a device's Jobs request from "$aws/things/..." to
 *     $iotlocal/request/<serial>/<qos>/<the device's topic>
 * where nobody but the daemon can subscribe, and delivers what the daemon publishes on
 *     $iotlocal/answer/<serial>/<qos>/<answer topic>
 * to the connection of that serial number and to no other. A serial number names one connection and is never used
 * twice; qos is that of the request, and becomes that of the answer. */
#ifndef CLOUD_BROKER_PRIVATE_TOPIC_H
#define CLOUD_BROKER_PRIVATE_TOPIC_H

#include "common/slice.h"

#include <stdint.h>

#define PRIVATE_TOPIC_ROOT     "$iotlocal"
#define PRIVATE_TOPIC_REQUEST  PRIVATE_TOPIC_ROOT "/request/"
#define PRIVATE_TOPIC_ANSWER   PRIVATE_TOPIC_ROOT "/answer/"
#define PRIVATE_TOPIC_REQUESTS PRIVATE_TOPIC_REQUEST "#" /* what the daemon subscribes */
#define PRIVATE_TOPIC_SUBSCRIBED                                                                             \
    PRIVATE_TOPIC_ROOT "/subscribed/" /* a device has subscribed to what follows */

#define PRIVATE_TOPIC_EXTRA 64 /* a private topic is at most this much longer than its public one, with NUL */

struct private_topic {
    uint64_t serial;
    uint8_t qos; /* 0 or 1 */
    struct slice topic;
};

/* prefix: PRIVATE_TOPIC_REQUEST or PRIVATE_TOPIC_ANSWER. */
enum err private_topic_write(const char *prefix, const struct private_topic *topic, char *out, size_t cap);

/* false: not of this form; *topic is unchanged. */
bool private_topic_parse(const char *text, const char *prefix, struct private_topic *topic);

/* false: no message that tells of a subscription. */
bool private_topic_subscribed(const char *text, struct slice *filter);

#endif
