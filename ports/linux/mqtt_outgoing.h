/* SPDX-License-Identifier: MIT */
/* The packets of one connection that wait for their acknowledgement: which, and since when. The engine task adds, the network
 * thread takes away. */
#ifndef PORTS_LINUX_MQTT_OUTGOING_H
#define PORTS_LINUX_MQTT_OUTGOING_H

#include "device/port/port_mqtt.h"

#include <pthread.h>

struct outgoing {
    pthread_mutex_t lock;
    unsigned count; /* of `packets`, oldest first */
    struct {
        int id;
        uint64_t taken_ms;
    } packets[PORT_MQTT_OUTGOING_CAP];
};

void outgoing_init(struct outgoing *outgoing);
void outgoing_deinit(struct outgoing *outgoing);

/* Around the call that gives a packet to libmosquitto: its acknowledgement may come before that call has told the packet's id,
 * and outgoing_acknowledge waits for that. false: no room, and no outgoing_end follows. */
bool outgoing_begin(struct outgoing *outgoing);
void outgoing_end(struct outgoing *outgoing, int id, bool is_taken);

void outgoing_acknowledge(struct outgoing *outgoing, int id);

struct port_mqtt_outgoing outgoing_look(struct outgoing *outgoing);

#endif
