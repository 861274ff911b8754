/* SPDX-License-Identifier: MIT */
/* The packets on their way: a queue of what waits, and a slot for each packet until its acknowledgement. See mqtt_outgoing.h. */
#include "ports/esp_idf/mqtt_outgoing.h"
#include "device/port/port_time.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct mqtt_outgoing_item *make(const char *topic, const void *payload, size_t len)
{
    size_t topic_size = strlen(topic) + 1;
    struct mqtt_outgoing_item *item = malloc(sizeof(*item) + topic_size + len);
    if (!item) {
        return NULL;
    }
    *item = (struct mqtt_outgoing_item){.len = len, .payload = item->topic + topic_size};
    memcpy(item->topic, topic, topic_size);
    if (len > 0) {
        memcpy(item->payload, payload, len);
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
static bool put(struct mqtt_outgoing *outgoing, struct mqtt_outgoing_item *item)
{
    struct mqtt_outgoing_slot *slot = find_number(outgoing, 0);
    if (!slot) {
        return false;
    }
    assert(outgoing->last_number < INT_MAX);
    item->number = ++outgoing->last_number;
    *slot = (struct mqtt_outgoing_slot){.taken_ms = port_time_monotonic_ms(), .number = item->number};
    append(outgoing, item);
    return true;
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
    bool has_place = put(outgoing, item);
    if (has_place) {
        *number = item->number; /* before the lock is given back: then the item is esp-mqtt's task's */
    }
    port_mutex_unlock(&outgoing->lock);
    if (!has_place) {
        free(item);
    }
    return has_place ? ERR_OK : ERR_FULL;
}

enum err mqtt_outgoing_subscribe(struct mqtt_outgoing *outgoing, const char *filter, int *number)
{
    struct mqtt_outgoing_item *item = make(filter, NULL, 0);
    if (item) {
        item->is_subscribe = true;
    }
    return hand_over(outgoing, item, number);
}

enum err mqtt_outgoing_publish(struct mqtt_outgoing *outgoing, const char *topic, const void *payload,
                               size_t len)
{
    int number;
    return hand_over(outgoing, make(topic, payload, len), &number);
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

void mqtt_outgoing_sent(struct mqtt_outgoing *outgoing, int number, int message_id)
{
    port_mutex_lock(&outgoing->lock);
    struct mqtt_outgoing_slot *slot = find_number(outgoing, number);
    if (slot) { /* the connection may have ended while the packet was being sent */
        slot->message_id = message_id;
    }
    port_mutex_unlock(&outgoing->lock);
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
        free(item);
    }
    port_mutex_lock(&outgoing->lock);
    memset(outgoing->slots, 0, sizeof(outgoing->slots));
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
