/* SPDX-License-Identifier: MIT */
/* A device's request on its way: from the connection to the broker to its turn, and its answer back. */
#ifndef CLOUD_MQTT_DEVICE_TURN_H
#define CLOUD_MQTT_DEVICE_TURN_H

#include "cloud/core/turn.h"
#include "cloud/mqtt/broker_link.h"

struct device_turn {
    struct core *core;
    struct turn *turn;
    struct broker_link *link; /* NULL: closed, nobody is answered any more */
};

/* Takes over the request. */
void device_turn_add(struct device_turn *devices, struct broker_request *request);

/* Somebody has subscribed to this filter, which lives during the call. */
void device_turn_subscribed(struct device_turn *devices, struct slice filter);

/* A device has published this retained. */
void device_turn_retained(struct device_turn *devices, struct slice topic, int qos, struct slice payload);

#endif
