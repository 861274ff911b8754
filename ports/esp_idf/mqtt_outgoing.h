/* SPDX-License-Identifier: MIT */
/* What is on its way to the server: packets that the engine task has handed over, from then until the server acknowledges
 * them. Each holds one of PORT_MQTT_OUTGOING_CAP slots. esp-mqtt's task takes the packets out in order and sends them, so that
 * the engine task never waits for the network. This file knows neither esp-mqtt nor the connection: sending, and what follows
 * when a packet cannot be sent, is left to mqtt_session.c. Any task may call any function; whoever takes an item out owns it. */
#ifndef PORTS_ESP_IDF_MQTT_OUTGOING_H
#define PORTS_ESP_IDF_MQTT_OUTGOING_H

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"

/* A packet that waits to be sent; from malloc, with its texts behind it. */
struct mqtt_outgoing_item {
    struct mqtt_outgoing_item *next; /* sent after this one; NULL: the last */
    bool is_subscribe;               /* a SUBSCRIBE, else a PUBLISH */
    int number;                      /* of its slot */
    size_t len;                      /* bytes of the payload; 0 in a SUBSCRIBE */
    char *payload;                   /* `len` bytes, without a NUL; they stand behind the topic */
    char topic[];                    /* the topic, or the filter of a SUBSCRIBE */
};

struct mqtt_outgoing_slot {
    uint64_t taken_ms; /* port_time_monotonic_ms() when the engine task handed the packet over */
    int number;        /* > 0: the packet's own in this connection; 0: the slot is free */
    int message_id;    /* what esp-mqtt calls the packet; 0: it is not sent yet */
};

struct mqtt_outgoing {
    struct port_mutex lock;           /* whoever holds it may touch the rest */
    struct mqtt_outgoing_item *first; /* the packet to send next; NULL: none waits */
    struct mqtt_outgoing_item *last;  /* the packet to send after all others; NULL just when `first` is */
    int last_number;                  /* of the packet that was handed over last; 0: there was none */
    /* One for each packet that was handed over and is not acknowledged, whether it waits or is sent. */
    struct mqtt_outgoing_slot slots[PORT_MQTT_OUTGOING_CAP];
};

/* `outgoing` is all zero. */
void mqtt_outgoing_init(struct mqtt_outgoing *outgoing);

/* Copies a packet and takes a slot for it. ERR_FULL: no slot is free, or no memory. */
enum err mqtt_outgoing_subscribe(struct mqtt_outgoing *outgoing, const char *filter, int *number);
enum err mqtt_outgoing_publish(struct mqtt_outgoing *outgoing, const char *topic, const void *payload,
                               size_t len);

/* The packet to send next, which the caller frees. NULL: none waits. */
struct mqtt_outgoing_item *mqtt_outgoing_take(struct mqtt_outgoing *outgoing);

/* The packet is sent, and esp-mqtt calls it `message_id`. */
void mqtt_outgoing_sent(struct mqtt_outgoing *outgoing, int number, int message_id);

/* The server has acknowledged the packet: its slot is free. Returns its number; 0: there is no such packet. */
int mqtt_outgoing_acknowledged(struct mqtt_outgoing *outgoing, int message_id);

/* The connection is over: nothing waits and every slot is free. */
void mqtt_outgoing_forget(struct mqtt_outgoing *outgoing);

/* How many slots are taken, and since when the oldest one. */
struct port_mqtt_outgoing mqtt_outgoing_look(struct mqtt_outgoing *outgoing);

#endif
