/* SPDX-License-Identifier: MIT */
/* What the files of one MQTT connection have in common. mqtt_why.c and mqtt_transport.c know this and nothing else of the
 * session, which owns it (mqtt_session.c). */
#ifndef PORTS_ESP_IDF_MQTT_STATE_H
#define PORTS_ESP_IDF_MQTT_STATE_H

#include "device/port/port_mqtt.h"

#include <stdatomic.h>
#include <stdbool.h>

struct mqtt_state {
    /* What the connection was opened with; never changes. */
    struct port_mqtt_config config;
    /* false until the engine task closes the connection, then true for ever. */
    atomic_bool must_stop;
    /* true from the CONNACK to the end of the connection. esp-mqtt's task writes it, any task reads it. */
    atomic_bool is_connected;
    /* Why the connection ends: ERR_OK until something fails, from then on the first failure's. esp-mqtt's task alone. */
    enum err reason;
    /* The line for a person that belongs to `reason`, from malloc; NULL: no reason yet, or no memory. esp-mqtt's task alone. */
    char *text;
};

#endif
