/* SPDX-License-Identifier: MIT */
/* One answer of the service that comes in pieces: the network task puts it together, the engine task reads it when it is whole. All with the
 * runtime's lock held, but for the texts of a whole answer, which stay until it is dropped. */
#ifndef DEVICE_RUNTIME_ANSWER_H
#define DEVICE_RUNTIME_ANSWER_H

#include "device/core/config.h"
#include "device/port/port_mqtt.h"

enum runtime_answer_state {
    RUNTIME_ANSWER_NONE,
    RUNTIME_ANSWER_ARRIVING,
    RUNTIME_ANSWER_LEFT_OUT, /* too long: the rest of it is dropped as it comes */
    RUNTIME_ANSWER_WHOLE,
};

struct runtime_answer {
    enum runtime_answer_state state;
    size_t topic_len, payload_len; /* so far */
    unsigned too_large;            /* answers that had no room */
    char topic[DEVICE_TOPIC_CAP];
    char payload[DEVICE_PROVISION_MESSAGE_CAP];
};

/* A piece. While a whole answer waits, others are dropped: the service is asked again when one is missing. */
void runtime_answer_hear(struct runtime_answer *answer, const struct port_mqtt_event *event);

#endif
