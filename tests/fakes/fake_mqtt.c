/* SPDX-License-Identifier: MIT */
/* The MQTT seam of fake_ports.h: a connection whose other end is the test. */
#define _GNU_SOURCE
#include "fakes/fake_ports.h"

#include "device/port/port_time.h"
#include "fakes/wait_until.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PUBLISHES_MAX 512
#define SUBSCRIBES    4

struct publish {
    char topic[256];
    char payload[2048];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct {
    bool is_open;
    bool is_connected;
    port_mqtt_event_fn on_event;
    void *ctx;
    unsigned opens, closes;
    int last_id;
    enum err open_result;
    bool is_credential_bad;
    enum port_mqtt_credential bad;
    const char *why;
    unsigned subscribes, subscribes_before; /* before: when this connection was opened */
    const char *refused;
    enum fake_refusal refusal;
    bool withholds; /* no packet is acknowledged, from here on */
    struct port_mqtt_outgoing outgoing;
    unsigned full;             /* packets that found no room */
    unsigned published, taken; /* the last ones of them stand in the ring */
    struct publish publishes[PUBLISHES_MAX];
} mqtt;

static unsigned read_unsigned(const unsigned *value)
{
    pthread_mutex_lock(&lock);
    unsigned copy = *value;
    pthread_mutex_unlock(&lock);
    return copy;
}

void fake_mqtt_reset(void)
{
    pthread_mutex_lock(&lock);
    memset(&mqtt, 0, sizeof(mqtt));
    pthread_mutex_unlock(&lock);
}

static void send_event(const struct port_mqtt_event *event)
{
    pthread_mutex_lock(&lock);
    port_mqtt_event_fn on_event = mqtt.is_open ? mqtt.on_event : NULL;
    void *ctx = mqtt.ctx;
    pthread_mutex_unlock(&lock);
    if (on_event) {
        on_event(ctx, event);
    }
}

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    (void)config;
    pthread_mutex_lock(&lock);
    bool is_bad = mqtt.is_credential_bad;
    if (is_bad) {
        *bad = mqtt.bad;
        *why = mqtt.why;
    }
    pthread_mutex_unlock(&lock);
    return is_bad ? ERR_TLS : ERR_OK;
}

void fake_mqtt_refuse_credential(enum port_mqtt_credential bad, const char *why)
{
    pthread_mutex_lock(&lock);
    mqtt.is_credential_bad = why != NULL;
    mqtt.bad = bad;
    mqtt.why = why;
    pthread_mutex_unlock(&lock);
}

void fake_mqtt_fail_open(enum err err)
{
    pthread_mutex_lock(&lock);
    mqtt.open_result = err;
    pthread_mutex_unlock(&lock);
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    (void)config;
    pthread_mutex_lock(&lock);
    enum err err = mqtt.is_open ? ERR_BUSY : mqtt.open_result;
    mqtt.opens++;
    if (!err) {
        mqtt.is_open = true;
        mqtt.is_connected = false;
        mqtt.subscribes_before = mqtt.subscribes;
        mqtt.outgoing.count = 0;
        mqtt.on_event = on_event;
        mqtt.ctx = ctx;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return err;
}

void port_mqtt_close(void)
{
    pthread_mutex_lock(&lock);
    if (mqtt.is_open) {
        mqtt.closes++;
    }
    mqtt.is_open = mqtt.is_connected = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text), end = strlen(ending);
    return end <= len && strcmp(text + len - end, ending) == 0;
}

/* A packet is on its way, and stays there while the peer withholds acknowledgements. With `lock` held. */
static enum err take_packet(void)
{
    if (!mqtt.is_connected) {
        return ERR_OFFLINE;
    }
    if (mqtt.outgoing.count == PORT_MQTT_OUTGOING_CAP) {
        mqtt.full++;
        return ERR_FULL;
    }
    if (mqtt.withholds && mqtt.outgoing.count++ == 0) {
        mqtt.outgoing.oldest_ms = port_time_monotonic_ms();
    }
    return ERR_OK;
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    pthread_mutex_lock(&lock);
    const struct port_mqtt_outgoing result = mqtt.outgoing;
    pthread_mutex_unlock(&lock);
    return result;
}

void fake_withhold_acknowledgements(bool withholds)
{
    pthread_mutex_lock(&lock);
    mqtt.withholds = withholds;
    mqtt.outgoing.count = withholds ? mqtt.outgoing.count : 0;
    pthread_mutex_unlock(&lock);
}

unsigned fake_full_count(void)
{
    return read_unsigned(&mqtt.full);
}

/* Behind its answer: an event in the middle of a message, which no port sends, would end that. */
static void count_subscribe(void)
{
    pthread_mutex_lock(&lock);
    mqtt.subscribes++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

enum err port_mqtt_subscribe(const char *filter, int *message_id)
{
    pthread_mutex_lock(&lock);
    enum err err = take_packet();
    int id = ++mqtt.last_id;
    bool is_refused = mqtt.refused && ends_with(filter, mqtt.refused);
    enum fake_refusal refusal = mqtt.refusal;
    pthread_mutex_unlock(&lock);
    if (err) {
        return err;
    }
    *message_id = id;
    if (is_refused && refusal == FAKE_CLOSED) {
        fake_disconnect("closed by the peer");
    } else if (!is_refused || refusal == FAKE_REFUSED) {
        send_event(&(struct port_mqtt_event){
            .type = PORT_MQTT_SUBSCRIBED, .message_id = id, .is_granted = !is_refused});
    }
    count_subscribe();
    return ERR_OK;
}

void fake_refuse_subscribe(const char *ending, enum fake_refusal how)
{
    pthread_mutex_lock(&lock);
    mqtt.refused = ending;
    mqtt.refusal = how;
    pthread_mutex_unlock(&lock);
}

unsigned fake_subscribe_count(void)
{
    return read_unsigned(&mqtt.subscribes);
}

enum err port_mqtt_publish(const char *topic, const void *payload, size_t len)
{
    pthread_mutex_lock(&lock);
    enum err err = mqtt.published - mqtt.taken < PUBLISHES_MAX ? take_packet() : ERR_OFFLINE;
    if (!err) {
        struct publish *slot = &mqtt.publishes[mqtt.published++ % PUBLISHES_MAX];
        size_t prefix = strncmp(topic, FAKE_PREFIX, strlen(FAKE_PREFIX)) == 0 ? strlen(FAKE_PREFIX) : 0;
        snprintf(slot->topic, sizeof(slot->topic), "%s", topic + prefix);
        snprintf(slot->payload, sizeof(slot->payload), "%.*s", (int)len, (const char *)payload);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return err;
}

void fake_wait_open(unsigned count)
{
    WAIT_UNTIL(&lock, &changed, mqtt.opens >= count, "a connection to be opened");
}

unsigned fake_open_count(void)
{
    return read_unsigned(&mqtt.opens);
}

unsigned fake_close_count(void)
{
    return read_unsigned(&mqtt.closes);
}

void fake_connect(void)
{
    fake_connect_only();
    WAIT_UNTIL(&lock, &changed, mqtt.subscribes - mqtt.subscribes_before >= SUBSCRIBES || !mqtt.is_connected,
               "all SUBSCRIBEs");
}

void fake_connect_only(void)
{
    pthread_mutex_lock(&lock);
    mqtt.is_connected = mqtt.is_open;
    pthread_mutex_unlock(&lock);
    send_event(&(struct port_mqtt_event){.type = PORT_MQTT_CONNECTED});
}

void fake_disconnect(const char *text)
{
    pthread_mutex_lock(&lock);
    mqtt.is_connected = false;
    pthread_mutex_unlock(&lock);
    send_event(
        &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED, .reason = ERR_OFFLINE, .text = text});
}

void fake_answer_subscribe(int message_id)
{
    send_event(&(struct port_mqtt_event){
        .type = PORT_MQTT_SUBSCRIBED, .message_id = message_id, .is_granted = true});
}

void fake_wait_publish(char *topic, size_t topic_cap, char *payload, size_t payload_cap)
{
    WAIT_UNTIL(&lock, &changed, mqtt.published > mqtt.taken, "a publish");
    pthread_mutex_lock(&lock);
    const struct publish *slot = &mqtt.publishes[mqtt.taken++ % PUBLISHES_MAX];
    snprintf(topic, topic_cap, "%s", slot->topic);
    snprintf(payload, payload_cap, "%s", slot->payload);
    pthread_mutex_unlock(&lock);
}

bool fake_is_next_publish(const char *topic)
{
    pthread_mutex_lock(&lock);
    bool result =
        mqtt.published > mqtt.taken && strcmp(mqtt.publishes[mqtt.taken % PUBLISHES_MAX].topic, topic) == 0;
    pthread_mutex_unlock(&lock);
    return result;
}

unsigned fake_publish_count(void)
{
    return read_unsigned(&mqtt.published);
}

static bool is_there_a_connection(void)
{
    pthread_mutex_lock(&lock);
    bool result = mqtt.is_connected;
    pthread_mutex_unlock(&lock);
    return result;
}

bool fake_deliver(const char *topic, const char *payload)
{
    return fake_deliver_pieces(topic, payload, strlen(payload) + 1);
}

void fake_deliver_piece(const char *topic, const char *payload, size_t offset, size_t len)
{
    char whole[512];
    snprintf(whole, sizeof(whole), FAKE_PREFIX "%s", topic);
    send_event(&(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                         .topic = offset == 0 ? slice_from(whole) : SLICE_EMPTY,
                                         .payload = {payload + offset, len},
                                         .offset = offset,
                                         .total = strlen(payload)});
}

bool fake_deliver_pieces(const char *topic, const char *payload, size_t piece)
{
    const size_t total = strlen(payload);
    const bool result = is_there_a_connection();
    for (size_t at = 0; at == 0 || at < total; at += piece) {
        fake_deliver_piece(topic, payload, at, total - at < piece ? total - at : piece);
    }
    return result;
}
