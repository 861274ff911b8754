/* SPDX-License-Identifier: MIT */
/* Messages of an application: both QoS, retain, unsubscribing, what is long, what is too much. */
#include "port/port_suite_events.h"

#include <stdlib.h>
#include <string.h>

static bool is_text(const struct suite_event *event, const char *topic, const char *text)
{
    return suite_is_message(event, topic, text, strlen(text));
}

/* Without a PUBACK and without an id; a message comes with the lower QoS of its publish and its subscription. */
static const char *check_qos_0(const struct port_world *world)
{
    int id = -7;
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    PORT_TRY(suite_subscribe(SUITE_OTHER_TOPIC, 0));
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "none", 4, 0, &id) == ERR_OK);
    PORT_EXPECT(id == -7 && port_mqtt_outgoing().count == 0);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(is_text(event, SUITE_TOPIC, "none") && event->qos == 0 && !event->is_retained);
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "one", 3, 1, &id) == ERR_OK && suite_wait_acknowledged(id));
    event = suite_next_event();
    PORT_EXPECT(is_text(event, SUITE_TOPIC, "one") && event->qos == 1 && !event->is_retained);
    PORT_EXPECT(suite_publish_as(SUITE_OTHER_TOPIC, "lower", 5, 1, &id) == ERR_OK &&
                suite_wait_acknowledged(id));
    event = suite_next_event();
    PORT_EXPECT(is_text(event, SUITE_OTHER_TOPIC, "lower") && event->qos == 0);
    PORT_EXPECT(suite_acknowledged_count() == 2);
    port_mqtt_close();
    return NULL;
}

static const char *check_acknowledgements_are_told(const struct port_world *world)
{
    enum { COUNT = 5 };
    int ids[COUNT];
    PORT_TRY(suite_connect(world));
    for (int i = 0; i < COUNT; i++) {
        PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "x", 1, 1, &ids[i]) == ERR_OK);
        for (int j = 0; j < i; j++) {
            PORT_EXPECT(ids[i] != ids[j]);
        }
    }
    PORT_EXPECT(suite_publish("nobody asks for its id", 22) == ERR_OK);
    for (int i = 0; i < COUNT; i++) {
        PORT_EXPECT(suite_wait_acknowledged(ids[i]));
    }
    PORT_EXPECT(suite_wait_acknowledged_count(COUNT + 1));
    PORT_EXPECT(port_mqtt_outgoing().count == 0);
    for (int i = 0; i < COUNT; i++) {
        PORT_EXPECT(suite_acknowledged(ids[i]) == 1);
    }
    port_mqtt_close();
    return NULL;
}

static const char *keep(const char *payload)
{
    const struct port_mqtt_message message = {
        .topic = SUITE_KEPT_TOPIC, .payload = payload, .len = strlen(payload), .qos = 1, .is_retained = true};
    int id = -1;
    PORT_EXPECT(port_mqtt_publish(&message, &id) == ERR_OK && suite_wait_acknowledged(id));
    return NULL;
}

/* The server keeps one message of a topic until an empty one comes, and gives it to who subscribes later. */
static const char *check_retained_message(const struct port_world *world)
{
    int id = -1;
    PORT_TRY(suite_connect(world));
    PORT_TRY(keep("old"));
    PORT_TRY(keep("kept"));
    PORT_EXPECT(port_mqtt_subscribe(SUITE_KEPT_TOPIC, 1, &id) == ERR_OK);
    const struct suite_event *first = suite_next_event(), *second = suite_next_event(); /* in any order */
    PORT_EXPECT(first && second && first->type != second->type);
    const struct suite_event *event = first->type == PORT_MQTT_MESSAGE ? first : second;
    PORT_EXPECT(is_text(event, SUITE_KEPT_TOPIC, "kept") && event->is_retained);
    PORT_TRY(keep("new"));
    event = suite_next_event();
    PORT_EXPECT(is_text(event, SUITE_KEPT_TOPIC, "new") && !event->is_retained); /* it came at once */
    PORT_TRY(keep(""));
    PORT_EXPECT(is_text(suite_next_event(), SUITE_KEPT_TOPIC, ""));
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_KEPT_TOPIC, 1));
    PORT_EXPECT(suite_publish_as(SUITE_KEPT_TOPIC, "first", 5, 1, NULL) == ERR_OK);
    PORT_EXPECT(is_text(suite_next_event(), SUITE_KEPT_TOPIC, "first"));
    port_mqtt_close();
    return NULL;
}

static const char *check_unsubscribed_filter_brings_nothing(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    PORT_TRY(suite_subscribe(SUITE_OTHER_TOPIC, 1));
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "before", 6, 1, NULL) == ERR_OK);
    PORT_EXPECT(port_mqtt_unsubscribe(SUITE_TOPIC) == ERR_OK);
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "behind", 6, 1, NULL) == ERR_OK);
    PORT_EXPECT(suite_publish_as(SUITE_OTHER_TOPIC, "other", 5, 1, NULL) == ERR_OK);
    PORT_EXPECT(is_text(suite_next_event(), SUITE_TOPIC, "before"));
    PORT_EXPECT(is_text(suite_next_event(), SUITE_OTHER_TOPIC, "other"));
    PORT_EXPECT(port_mqtt_unsubscribe("suite/never/subscribed") == ERR_OK);
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "again", 5, 0, NULL) == ERR_OK);
    PORT_EXPECT(is_text(suite_next_event(), SUITE_TOPIC, "again"));
    port_mqtt_close();
    return NULL;
}

/* What needs an acknowledgement does not overtake what needs none, nor the other way round. */
static const char *check_mixed_burst_keeps_its_order(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    for (unsigned char i = 0; i < 24; i++) {
        enum err err;
        while ((err = suite_publish_as(SUITE_TOPIC, &i, 1, i % 3 == 0, NULL)) == ERR_FULL) {
            port_time_sleep_ms(1);
        }
        PORT_EXPECT(err == ERR_OK);
    }
    for (unsigned char i = 0; i < 24; i++) {
        const struct suite_event *event = suite_next_event();
        PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->payload_len == 1);
        PORT_EXPECT((unsigned char)event->payload[0] == i && event->qos == (i % 3 == 0));
    }
    port_mqtt_close();
    return NULL;
}

static const char *send_round(const char *payload, size_t len, uint8_t qos)
{
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, payload, len, qos, NULL) == ERR_OK);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->is_in_order && event->qos == qos);
    PORT_EXPECT(event->topic_len == strlen(SUITE_TOPIC) &&
                memcmp(event->topic, SUITE_TOPIC, event->topic_len) == 0);
    PORT_EXPECT(event->payload_len == len && event->sum == suite_sum(0, payload, len));
    return NULL;
}

/* AWS IoT's 128 KB. One byte more is refused before the server can end the connection for it. */
static const char *check_largest_payload(const struct port_world *world)
{
    const size_t len = world->largest_payload;
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    char *payload = malloc(len);
    PORT_EXPECT(payload);
    for (size_t i = 0; i < len; i++) {
        payload[i] = (char)(i * i >> 4);
    }
    const char *failed = send_round(payload, len, 1);
    failed = failed ? failed : send_round(payload, len, 0);
    free(payload);
    PORT_TRY(failed);
    PORT_EXPECT(suite_publish("", PORT_MQTT_PAYLOAD_CAP + 1) == ERR_TOO_LONG);
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "", PORT_MQTT_PAYLOAD_CAP + 1, 0, NULL) == ERR_TOO_LONG);
    PORT_TRY(send_round("still there", 11, 1));
    port_mqtt_close();
    return NULL;
}

static enum err send_some_bytes(void)
{
    static const char payload[4096];
    return suite_publish_as(SUITE_TOPIC, payload, sizeof(payload), 0, NULL);
}

static enum err send_nothing(void)
{
    return suite_publish_as(SUITE_TOPIC, NULL, 0, 0, NULL);
}

static enum err send_unsubscribe(void)
{
    return port_mqtt_unsubscribe(SUITE_TOPIC);
}

/* Until none has been taken for so long that the network task has surely had its turn. What it takes away goes into the buffers of two
 * sockets, so that there is an end. */
static const char *send_until_full(enum err (*send)(void))
{
    unsigned taken = 0, refusals = 0;
    while (refusals < 300) {
        enum err err = send();
        if (err == ERR_OK) {
            refusals = 0;
            PORT_EXPECT(++taken < 16384);
            continue;
        }
        PORT_EXPECT(err == ERR_FULL);
        refusals++;
        port_time_sleep_ms(1);
    }
    return NULL;
}

/* A server that reads nothing: what needs no acknowledgement is bounded by number and by bytes, and takes no room from what needs one. */
static const char *check_qos_0_is_bounded(const struct port_world *world)
{
    int id = -1;
    PORT_TRY(suite_connect_to(world, world->deaf_port));
    PORT_TRY(send_until_full(send_some_bytes));
    PORT_TRY(send_until_full(send_nothing));
    PORT_TRY(send_until_full(send_unsubscribe));
    PORT_EXPECT(port_mqtt_outgoing().count == 0);
    for (unsigned i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) {
        PORT_EXPECT((i % 2 ? suite_publish("x", 1) : port_mqtt_subscribe(SUITE_TOPIC, 1, &id)) == ERR_OK);
    }
    PORT_EXPECT(port_mqtt_outgoing().count == PORT_MQTT_OUTGOING_CAP);
    PORT_EXPECT(suite_publish("x", 1) == ERR_FULL);
    uint64_t before_ms = port_time_monotonic_ms();
    port_mqtt_close();
    PORT_EXPECT(port_time_monotonic_ms() - before_ms < SUITE_CLOSE_MS);
    return NULL;
}

const struct port_check port_checks_messages[] = {
    {"QoS 0", check_qos_0},
    {"acknowledgements are told", check_acknowledgements_are_told},
    {"retained message", check_retained_message},
    {"unsubscribed filter brings nothing", check_unsubscribed_filter_brings_nothing},
    {"mixed burst keeps its order", check_mixed_burst_keeps_its_order},
    {"largest payload", check_largest_payload},
    {"QoS 0 is bounded", check_qos_0_is_bounded},
};
const unsigned port_checks_messages_count = sizeof(port_checks_messages) / sizeof(port_checks_messages[0]);
