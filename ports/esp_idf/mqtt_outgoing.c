/* SPDX-License-Identifier: MIT */
/* The packets on their way: a queue of what waits, and a slot for each packet until its acknowledgement, if it gets one. See
 * mqtt_outgoing.h. */
#include "ports/esp_idf/mqtt_outgoing.h"
#include "device/port/port_time.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* esp-mqtt keeps a copy of a packet with a message id until it is acknowledged, and makes it when it sends. When there is no memory for
 * it then, the connection ends; so the memory is taken with the packet. Short packets find some: their own is freed next. */
#define RESERVE_FROM   2048 /* bytes of payload */
#define RESERVE_AROUND 128  /* header, and what esp-mqtt writes down about a packet */

static struct mqtt_outgoing_item *make(enum mqtt_outgoing_kind kind, const struct port_mqtt_message *message)
{
    size_t topic_size = strlen(message->topic) + 1;
    struct mqtt_outgoing_item *item = malloc(sizeof(*item) + topic_size + message->len);
    if (!item) {
        return NULL;
    }
    *item = (struct mqtt_outgoing_item){.kind = kind,
                                        .qos = message->qos,
                                        .is_retained = message->is_retained,
                                        .len = message->len,
                                        .payload = item->topic + topic_size};
    memcpy(item->topic, message->topic, topic_size);
    if (message->len > 0) {
        memcpy(item->payload, message->payload, message->len);
    }
    if (message->qos > 0 && message->len >= RESERVE_FROM) {
        item->reserve = malloc(topic_size + message->len + RESERVE_AROUND);
        if (!item->reserve) {
            free(item);
            return NULL;
        }
    }
    return item;
}

/* ---- with the lock held */

static struct mqtt_outgoing_slot *find_number(struct mqtt_outgoing *outgoing, int number)
{
    for (unsigned i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) {
        if (outgoing->slots[i].number == number) {
            return &outgoing->slots[i];
        }
    }
    return NULL;
}

static void append(struct mqtt_outgoing *outgoing, struct mqtt_outgoing_item *item)
{
    if (outgoing->last) {
        outgoing->last->next = item;
    } else {
        outgoing->first = item;
    }
    outgoing->last = item;
}

/* false: no slot is free. */
static bool put_in_slot(struct mqtt_outgoing *outgoing, struct mqtt_outgoing_item *item)
{
    struct mqtt_outgoing_slot *slot = find_number(outgoing, 0);
    if (!slot) {
        return false;
    }
    assert(outgoing->last_number < INT_MAX);
    item->number = ++outgoing->last_number;
    *slot = (struct mqtt_outgoing_slot){.taken_ms = port_time_monotonic_ms(), .number = item->number};
    return true;
}

/* false: too many packets without a slot wait, or too large ones. */
static bool count_unwritten(struct mqtt_outgoing *outgoing, const struct mqtt_outgoing_item *item)
{
    if (outgoing->unwritten_count == PORT_MQTT_OUTGOING_CAP) {
        return false;
    }
    if (item->len > 0 && outgoing->unwritten_bytes > 0 &&
        outgoing->unwritten_bytes + item->len > PORT_MQTT_UNWRITTEN_BYTES) {
        return false;
    }
    outgoing->unwritten_count++;
    outgoing->unwritten_bytes += item->len;
    return true;
}

static bool is_acknowledged(const struct mqtt_outgoing_item *item)
{
    return item->kind == MQTT_OUTGOING_SUBSCRIBE || (item->kind == MQTT_OUTGOING_PUBLISH && item->qos > 0);
}

/* ---- without it */

void mqtt_outgoing_init(struct mqtt_outgoing *outgoing)
{
    port_mutex_init(&outgoing->lock);
}

static enum err hand_over(struct mqtt_outgoing *outgoing, struct mqtt_outgoing_item *item, int *number)
{
    if (!item) {
        return ERR_FULL;
    }
    port_mutex_lock(&outgoing->lock);
    bool has_place = is_acknowledged(item) ? put_in_slot(outgoing, item) : count_unwritten(outgoing, item);
    if (has_place) {
        append(outgoing, item);
    }
    if (has_place && item->number && number) {
        *number = item->number; /* before the lock is given back: then the item is esp-mqtt's task's */
    }
    port_mutex_unlock(&outgoing->lock);
    if (!has_place) {
        mqtt_outgoing_discard(item);
    }
    return has_place ? ERR_OK : ERR_FULL;
}

enum err mqtt_outgoing_subscribe(struct mqtt_outgoing *outgoing, const char *filter, uint8_t qos, int *number)
{
    const struct port_mqtt_message message = {.topic = filter, .qos = qos};
    return hand_over(outgoing, make(MQTT_OUTGOING_SUBSCRIBE, &message), number);
}

enum err mqtt_outgoing_unsubscribe(struct mqtt_outgoing *outgoing, const char *filter)
{
    const struct port_mqtt_message message = {.topic = filter};
    return hand_over(outgoing, make(MQTT_OUTGOING_UNSUBSCRIBE, &message), NULL);
}

enum err mqtt_outgoing_publish(struct mqtt_outgoing *outgoing, const struct port_mqtt_message *message,
                               int *number)
{
    return hand_over(outgoing, make(MQTT_OUTGOING_PUBLISH, message), number);
}

struct mqtt_outgoing_item *mqtt_outgoing_take(struct mqtt_outgoing *outgoing)
{
    port_mutex_lock(&outgoing->lock);
    struct mqtt_outgoing_item *item = outgoing->first;
    if (item) {
        outgoing->first = item->next;
        outgoing->last = outgoing->first ? outgoing->last : NULL;
    }
    port_mutex_unlock(&outgoing->lock);
    return item;
}

void mqtt_outgoing_discard(struct mqtt_outgoing_item *item)
{
    free(item->reserve);
    free(item);
}

void mqtt_outgoing_sent(struct mqtt_outgoing *outgoing, struct mqtt_outgoing_item *item, int message_id)
{
    port_mutex_lock(&outgoing->lock);
    struct mqtt_outgoing_slot *slot = item->number ? find_number(outgoing, item->number) : NULL;
    if (slot) { /* the connection may have ended while the packet was being sent: then there is no slot and no count */
        slot->message_id = message_id;
    } else if (!item->number && outgoing->unwritten_count > 0) {
        outgoing->unwritten_count--;
        outgoing->unwritten_bytes -= item->len;
    }
    port_mutex_unlock(&outgoing->lock);
    mqtt_outgoing_discard(item);
}

int mqtt_outgoing_acknowledged(struct mqtt_outgoing *outgoing, int message_id)
{
    int number = 0;
    port_mutex_lock(&outgoing->lock);
    for (unsigned i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) {
        struct mqtt_outgoing_slot *slot = &outgoing->slots[i];
        if (slot->number && slot->message_id && slot->message_id == message_id) {
            number = slot->number;
            *slot = (struct mqtt_outgoing_slot){0};
            break;
        }
    }
    port_mutex_unlock(&outgoing->lock);
    return number;
}

void mqtt_outgoing_forget(struct mqtt_outgoing *outgoing)
{
    struct mqtt_outgoing_item *item;
    while ((item = mqtt_outgoing_take(outgoing))) {
        mqtt_outgoing_discard(item);
    }
    port_mutex_lock(&outgoing->lock);
    memset(outgoing->slots, 0, sizeof(outgoing->slots));
    outgoing->unwritten_count = 0;
    outgoing->unwritten_bytes = 0;
    port_mutex_unlock(&outgoing->lock);
}

struct port_mqtt_outgoing mqtt_outgoing_look(struct mqtt_outgoing *outgoing)
{
    struct port_mqtt_outgoing result = {0};
    port_mutex_lock(&outgoing->lock);
    for (unsigned i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) {
        const struct mqtt_outgoing_slot *slot = &outgoing->slots[i];
        if (slot->number && (result.count++ == 0 || slot->taken_ms < result.oldest_ms)) {
            result.oldest_ms = slot->taken_ms;
        }
    }
    port_mutex_unlock(&outgoing->lock);
    return result;
}
