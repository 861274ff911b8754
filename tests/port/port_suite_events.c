/* SPDX-License-Identifier: MIT */
#include "port/port_suite_events.h"

#include <string.h>

#define PATIENCE_MS 70000 /* port_mqtt_open promises its news within 60 s */

/* What came, in order; written by the network task before `arrived` is set. PUBACKs are kept apart: a server may send one before or
 * behind the message that comes back. */
#define EVENTS_MAX           32
#define ACKNOWLEDGEMENTS_MAX 64
static struct suite_event seen[EVENTS_MAX + 1];
static unsigned seen_count; /* guarded by `mutex`, like the array */
static unsigned taken;
static int acknowledged[ACKNOWLEDGEMENTS_MAX]; /* message ids */
static unsigned acknowledged_count;            /* guarded by `mutex` as well */
static struct port_mutex mutex;
static struct port_signal arrived;

uint32_t suite_sum(uint32_t sum, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum = sum * 31 + (unsigned char)bytes[i];
    }
    return sum;
}

static void begin_event(struct suite_event *slot, const struct port_mqtt_event *event)
{
    *slot = (struct suite_event){.type = event->type,
                                 .reason = event->reason,
                                 .message_id = event->message_id,
                                 .is_granted = event->is_granted,
                                 .has_text = event->text && event->text[0],
                                 .is_in_order = true,
                                 .qos = event->qos,
                                 .is_retained = event->is_retained,
                                 .topic_len = event->topic.len};
    if (event->text) {
        strncpy(slot->text, event->text, sizeof(slot->text) - 1);
    }
    if (event->topic.len <= sizeof(slot->topic)) {
        memcpy(slot->topic, event->topic.ptr ? event->topic.ptr : "", event->topic.len);
    }
}

/* true: it is whole. */
static bool add_piece(struct suite_event *slot, const struct port_mqtt_event *event)
{
    size_t len = event->payload.len;
    slot->is_in_order = slot->is_in_order && event->offset == slot->payload_len;
    slot->sum = suite_sum(slot->sum, event->payload.ptr, len);
    if (len > 0 && slot->payload_len + len <= sizeof(slot->payload)) {
        memcpy(slot->payload + slot->payload_len, event->payload.ptr, len);
    }
    slot->payload_len += len;
    return slot->payload_len >= event->total;
}

void suite_take_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    port_mutex_lock(&mutex);
    if (event->type == PORT_MQTT_PUBLISHED) {
        seen[seen_count].is_in_order = false; /* of the message that it interrupts, if it does */
        acknowledged[acknowledged_count++ % ACKNOWLEDGEMENTS_MAX] = event->message_id;
    } else if (seen_count < EVENTS_MAX) {
        struct suite_event *slot = &seen[seen_count];
        if (event->offset == 0) {
            begin_event(slot, event);
        }
        seen_count += add_piece(slot, event);
    }
    port_mutex_unlock(&mutex);
    port_signal_set(&arrived);
}

const struct suite_event *suite_next_event(void)
{
    for (;;) {
        port_mutex_lock(&mutex);
        const struct suite_event *event = taken < seen_count ? &seen[taken++] : NULL;
        port_mutex_unlock(&mutex);
        if (event) {
            return event;
        }
        if (!port_signal_wait(&arrived, PATIENCE_MS)) {
            return NULL;
        }
    }
}

unsigned suite_events_so_far(void)
{
    port_mutex_lock(&mutex);
    unsigned count = seen_count + acknowledged_count;
    port_mutex_unlock(&mutex);
    return count;
}

unsigned suite_acknowledged_count(void)
{
    port_mutex_lock(&mutex);
    unsigned count = acknowledged_count;
    port_mutex_unlock(&mutex);
    return count;
}

unsigned suite_acknowledged(int id)
{
    unsigned count = 0;
    port_mutex_lock(&mutex);
    for (unsigned i = 0; i < acknowledged_count && i < ACKNOWLEDGEMENTS_MAX; i++) {
        count += acknowledged[i] == id;
    }
    port_mutex_unlock(&mutex);
    return count;
}

bool suite_wait_acknowledged(int id)
{
    while (suite_acknowledged(id) == 0) {
        if (!port_signal_wait(&arrived, PATIENCE_MS)) {
            return false;
        }
    }
    return true;
}

bool suite_wait_acknowledged_count(unsigned count)
{
    while (suite_acknowledged_count() < count) {
        if (!port_signal_wait(&arrived, PATIENCE_MS)) {
            return false;
        }
    }
    return suite_acknowledged_count() == count;
}

static void forget_events(void)
{
    static bool are_objects_made;
    if (!are_objects_made) {
        port_mutex_init(&mutex);
        port_signal_init(&arrived);
        are_objects_made = true;
    }
    port_mutex_lock(&mutex);
    seen_count = acknowledged_count = 0;
    port_mutex_unlock(&mutex);
    taken = 0;
    port_signal_wait(&arrived, 0);
}

struct port_mqtt_config suite_config(const struct port_world *world, uint16_t port)
{
    return (struct port_mqtt_config){
        .host = world->host,
        .port = port,
        .client_id = "suite",
        .keepalive_s = 30,
        .root_ca_pem = world->root_ca_pem,
        .cert_pem = world->cert_pem,
        .key_pem = world->key_pem,
    };
}

enum err suite_open(const struct port_mqtt_config *config)
{
    port_mqtt_close();
    forget_events();
    return port_mqtt_open(config, suite_take_event, NULL);
}

const char *suite_connect_to(const struct port_world *world, uint16_t port)
{
    struct port_mqtt_config config = suite_config(world, port);
    PORT_EXPECT(suite_open(&config) == ERR_OK);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_CONNECTED);
    return NULL;
}

const char *suite_connect(const struct port_world *world)
{
    return suite_connect_to(world, world->good_port);
}

const char *suite_subscribe(const char *filter, uint8_t qos)
{
    int id = -1;
    PORT_EXPECT(port_mqtt_subscribe(filter, qos, &id) == ERR_OK);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_SUBSCRIBED && event->message_id == id && event->is_granted);
    return NULL;
}

enum err suite_publish_as(const char *topic, const void *payload, size_t len, uint8_t qos, int *id)
{
    const struct port_mqtt_message message = {.topic = topic, .payload = payload, .len = len, .qos = qos};
    return port_mqtt_publish(&message, id);
}

enum err suite_publish(const void *payload, size_t len)
{
    return suite_publish_as(SUITE_TOPIC, payload, len, 1, NULL);
}

bool suite_is_message(const struct suite_event *event, const char *topic, const char *payload, size_t len)
{
    return event && event->type == PORT_MQTT_MESSAGE && event->is_in_order &&
           event->topic_len == strlen(topic) && memcmp(event->topic, topic, event->topic_len) == 0 &&
           event->payload_len == len && event->sum == suite_sum(0, payload, len);
}
