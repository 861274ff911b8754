/* SPDX-License-Identifier: MIT */
/* What is on its way to the server: packets that the engine task has handed over. Those that the server acknowledges hold one of
 * PORT_MQTT_OUTGOING_CAP slots from then until the acknowledgement; of the others, only those that wait to be sent are counted.
 * esp-mqtt's task takes the packets out in order and sends them, so that the engine task never waits for the network. This file knows neither esp-mqtt nor the connection: sending, and what follows
 * when a packet cannot be sent, is left to mqtt_session.c. Any task may call any function; whoever takes an item out owns it. */
#ifndef PORTS_ESP_IDF_MQTT_OUTGOING_H
#define PORTS_ESP_IDF_MQTT_OUTGOING_H

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"

enum mqtt_outgoing_kind {
    MQTT_OUTGOING_SUBSCRIBE,
    MQTT_OUTGOING_UNSUBSCRIBE,
    MQTT_OUTGOING_PUBLISH,
};

/* A packet that waits to be sent; from malloc, with its texts behind it. */
struct mqtt_outgoing_item {
    struct mqtt_outgoing_item *next; /* sent after this one; NULL: the last */
    enum mqtt_outgoing_kind kind;
    uint8_t qos;      /* of a PUBLISH, or what a SUBSCRIBE asks for; 0 in an UNSUBSCRIBE */
    bool is_retained; /* false but in a PUBLISH */
    int number;       /* of its slot; 0: it has none, because the engine hears nothing of it any more */
    size_t len;       /* bytes of the payload; 0 but in a PUBLISH */
    char *payload;    /* `len` bytes, without a NUL; they stand behind the topic */
    void *
        reserve; /* from malloc: as much as esp-mqtt needs for its copy of a long packet; NULL: it needs no more */
    char topic[]; /* the topic, or the filter */
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
    unsigned
        unwritten_count; /* packets without a slot that wait or are being sent; at most PORT_MQTT_OUTGOING_CAP */
    size_t unwritten_bytes; /* of all their payloads */
};

/* `outgoing` is all zero. */
void mqtt_outgoing_init(struct mqtt_outgoing *outgoing);

/* Copies a packet and takes a place for it. ERR_FULL: no place is free, or no memory. *number: of its slot, set before the packet can be
 * sent; `number` may be NULL, and is left alone when the packet has none. */
enum err mqtt_outgoing_subscribe(struct mqtt_outgoing *outgoing, const char *filter, uint8_t qos,
                                 int *number);
enum err mqtt_outgoing_unsubscribe(struct mqtt_outgoing *outgoing, const char *filter);
enum err mqtt_outgoing_publish(struct mqtt_outgoing *outgoing, const struct port_mqtt_message *message,
                               int *number);

/* The packet to send next, which the caller gives back with mqtt_outgoing_sent or mqtt_outgoing_discard. NULL: none waits. */
struct mqtt_outgoing_item *mqtt_outgoing_take(struct mqtt_outgoing *outgoing);

/* The packet is sent, and esp-mqtt calls it `message_id`. */
void mqtt_outgoing_sent(struct mqtt_outgoing *outgoing, struct mqtt_outgoing_item *item, int message_id);

/* It is not, and the connection ends for it: mqtt_outgoing_forget follows. */
void mqtt_outgoing_discard(struct mqtt_outgoing_item *item);

/* The server has acknowledged the packet: its slot is free. Returns its number; 0: there is no such packet. */
int mqtt_outgoing_acknowledged(struct mqtt_outgoing *outgoing, int message_id);

/* The connection is over: nothing waits and every place is free. */
void mqtt_outgoing_forget(struct mqtt_outgoing *outgoing);

/* How many slots are taken, and since when the oldest one. */
struct port_mqtt_outgoing mqtt_outgoing_look(struct mqtt_outgoing *outgoing);

#endif
