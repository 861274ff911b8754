/* SPDX-License-Identifier: MIT */
/* The packets of one connection that hold a place: those that wait for their acknowledgement, and since when; those without one, until
 * they are written. The engine task adds, the network thread takes away. */
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

    unsigned unwritten_count; /* of `unwritten`, oldest first */
    size_t unwritten_bytes;   /* of all their payloads */
    struct {
        int id;
        size_t len;
    } unwritten[PORT_MQTT_OUTGOING_CAP];
};

void outgoing_init(struct outgoing *outgoing);
void outgoing_deinit(struct outgoing *outgoing);

/* Around the call that gives a packet to libmosquitto: news of the packet may come before that call has told the packet's id, and
 * the functions below wait for that. false: no room, and no outgoing_end follows. */
bool outgoing_begin(struct outgoing *outgoing);
void outgoing_end(struct outgoing *outgoing, int id, bool is_taken);

/* The same for a packet that the engine hears nothing of, with `len` bytes of payload. */
bool outgoing_begin_unwritten(struct outgoing *outgoing, size_t len);
void outgoing_end_unwritten(struct outgoing *outgoing, int id, size_t len, bool is_taken);

/* false: none of that id waits for it. */
bool outgoing_acknowledge(struct outgoing *outgoing, int id);
void outgoing_written(struct outgoing *outgoing, int id);

struct port_mqtt_outgoing outgoing_look(struct outgoing *outgoing);

#endif
