/* SPDX-License-Identifier: MIT */
/* The topics between plugin and daemon, which no device can publish, subscribe or hear.
 *     $iotlocal/request/<serial>/<certificate id>/<qos>/<the device's topic>
 * is where the plugin moves a device's request to the service: <serial> (16 hexadecimal digits) names the connection and is
 * never used twice, <certificate id> (64) says whose connection that is, <qos> is 0 or 1.
 *     $iotlocal/provisioning/<serial>/<certificate id>/<qos>/<client id>/<the device's topic>
 * is the same for a request of fleet provisioning; the hook of a template is told the client id (here in hexadecimal digits,
 * because it may hold any character).
 *     $iotlocal/answer/<serial>/<qos>/<answer topic>
 * is where the daemon publishes the answer; the plugin delivers the answer to the connection of that serial number and to no
 * other, with the QoS of the request.
 *     $iotlocal/subscribed/<filter>
 * is how the plugin tells the daemon that a device has subscribed to a filter (without $share/<group>/) through which
 * notify or notify-next of a thing's jobs can come; the payload is empty. The subscription has taken effect: whatever the
 * daemon publishes then reaches the subscriber.
 *     $iotlocal/retained/<qos>/<topic>
 * is a copy of a message that a device has published retained. */
#ifndef CLOUD_BROKER_PRIVATE_TOPIC_H
#define CLOUD_BROKER_PRIVATE_TOPIC_H

#include "common/slice.h"

#include <stdint.h>

#define PRIVATE_TOPIC_ROOT       "$iotlocal"
#define PRIVATE_TOPIC_REQUEST    PRIVATE_TOPIC_ROOT "/request/"
#define PRIVATE_TOPIC_PROVISION  PRIVATE_TOPIC_ROOT "/provisioning/"
#define PRIVATE_TOPIC_ANSWER     PRIVATE_TOPIC_ROOT "/answer/"
#define PRIVATE_TOPIC_SUBSCRIBED PRIVATE_TOPIC_ROOT "/subscribed/"

#define PRIVATE_TOPIC_RETAINED PRIVATE_TOPIC_ROOT "/retained/"

/* What the daemon subscribes to. */
#define PRIVATE_TOPIC_REQUESTS      PRIVATE_TOPIC_REQUEST "#"
#define PRIVATE_TOPIC_PROVISIONS    PRIVATE_TOPIC_PROVISION "#"
#define PRIVATE_TOPIC_SUBSCRIPTIONS PRIVATE_TOPIC_SUBSCRIBED "#"
#define PRIVATE_TOPIC_RETAINED_ALL  PRIVATE_TOPIC_RETAINED "#"

#define PRIVATE_TOPIC_EXTRA                                                                                  \
    384 /* a private topic is at most this much longer than its public one, with NUL */

struct private_topic {
    uint64_t serial;
    char certificate_id[65]; /* 64 hexadecimal digits; of a request only: "" in an answer that was parsed */
    uint8_t qos;             /* 0 or 1 */
    struct slice topic;      /* the device's */
    bool is_provisioning;    /* a request of fleet provisioning */
    char client_id[129];     /* of such a request only: "" in any other that was parsed */
};

/* ERR_TOO_LONG: `out` is too small. ERR_ARG: the certificate id of a request does not have 64 digits. */
enum err private_topic_write_request(const struct private_topic *topic, char *out, size_t cap);
enum err private_topic_write_answer(const struct private_topic *topic, char *out, size_t cap);

/* false: not of this form; *topic is unchanged. topic->topic points into `text`. */
bool private_topic_parse_request(const char *text, struct private_topic *topic);
bool private_topic_parse_answer(const char *text, struct private_topic *topic);

/* The filter of a PRIVATE_TOPIC_SUBSCRIBED topic, inside `text`; NULL: another topic. */
const char *private_topic_subscribed_filter(const char *text);

/* The topic of a PRIVATE_TOPIC_RETAINED one, inside `text`; NULL: another topic, *qos is unchanged. */
const char *private_topic_retained(const char *text, int *qos);

#endif
