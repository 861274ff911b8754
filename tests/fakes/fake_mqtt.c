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
    uint8_t qos;
    bool is_retained;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* PUBACKs: nothing comes between the pieces of a message. Taken before `lock`, never with it. */
static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool is_in_message;
    unsigned count; /* of those that wait for its end, or for fake_withhold_acknowledgements(false) */
    int ids[PUBLISHES_MAX];
} acknowledgements;

static struct {
    bool is_open;
    bool is_connected;
    port_mqtt_event_fn on_event;
    void *ctx;
    unsigned opens, closes;
    char client_id[132], cert_pem[2048]; /* of the last one that was opened */
    int last_id;
    enum err open_result;
    bool is_credential_bad;
    enum port_mqtt_credential bad;
    const char *why;
    unsigned subscribes, subscribes_before; /* before: when this connection was opened */
    const char *refused;
    enum fake_refusal refusal;
    bool withholds;     /* no packet is acknowledged, from here on */
    bool reads_not;     /* nor is anything else read */
    unsigned unwritten; /* packets without acknowledgement that have not been read */
    unsigned unsubscribes;
    char unsubscribed[256];
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
    pthread_mutex_lock(&telling);
    memset(&acknowledgements, 0, sizeof(acknowledgements));
    pthread_mutex_unlock(&telling);
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
    pthread_mutex_lock(&lock);
    snprintf(mqtt.client_id, sizeof(mqtt.client_id), "%s", config->client_id);
    snprintf(mqtt.cert_pem, sizeof(mqtt.cert_pem), "%s", config->cert_pem);
    enum err err = mqtt.is_open ? ERR_BUSY : mqtt.open_result;
    mqtt.opens++;
    if (!err) {
        mqtt.is_open = true;
        mqtt.is_connected = false;
        mqtt.subscribes_before = mqtt.subscribes;
        mqtt.outgoing.count = mqtt.unwritten = 0;
        mqtt.on_event = on_event;
        mqtt.ctx = ctx;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (!err) {
        pthread_mutex_lock(&telling);
        acknowledgements.is_in_message = false;
        acknowledgements.count = 0;
        pthread_mutex_unlock(&telling);
    }
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

static bool read_flag(const bool *value)
{
    pthread_mutex_lock(&lock);
    bool copy = *value;
    pthread_mutex_unlock(&lock);
    return copy;
}

/* With `telling` held. */
static void tell_acknowledgements(void)
{
    if (acknowledgements.is_in_message || read_flag(&mqtt.withholds)) {
        return;
    }
    for (unsigned i = 0; i < acknowledgements.count; i++) {
        send_event(
            &(struct port_mqtt_event){.type = PORT_MQTT_PUBLISHED, .message_id = acknowledgements.ids[i]});
    }
    acknowledgements.count = 0;
}

static void acknowledge(int id)
{
    pthread_mutex_lock(&telling);
    if (acknowledgements.count < PUBLISHES_MAX) {
        acknowledgements.ids[acknowledgements.count++] = id;
    }
    tell_acknowledgements();
    pthread_mutex_unlock(&telling);
}

void fake_withhold_acknowledgements(bool withholds)
{
    pthread_mutex_lock(&lock);
    mqtt.withholds = withholds;
    mqtt.outgoing.count = withholds ? mqtt.outgoing.count : 0;
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&telling);
    tell_acknowledgements();
    pthread_mutex_unlock(&telling);
}

void fake_stop_reading(bool stops)
{
    pthread_mutex_lock(&lock);
    mqtt.reads_not = stops;
    mqtt.unwritten = stops ? mqtt.unwritten : 0;
    pthread_mutex_unlock(&lock);
}

/* A packet that nobody acknowledges. With `lock` held. */
static enum err take_unwritten(void)
{
    if (!mqtt.is_connected) {
        return ERR_OFFLINE;
    }
    if (mqtt.unwritten == PORT_MQTT_OUTGOING_CAP) {
        mqtt.full++;
        return ERR_FULL;
    }
    mqtt.unwritten += mqtt.reads_not;
    return ERR_OK;
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

enum err port_mqtt_subscribe(const char *filter, uint8_t qos, int *message_id)
{
    (void)qos;
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

enum err port_mqtt_unsubscribe(const char *filter)
{
    pthread_mutex_lock(&lock);
    enum err err = take_unwritten();
    if (!err) {
        mqtt.unsubscribes++;
        snprintf(mqtt.unsubscribed, sizeof(mqtt.unsubscribed), "%s", filter);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return err;
}

unsigned fake_unsubscribe_count(char *filter, size_t cap)
{
    pthread_mutex_lock(&lock);
    unsigned count = mqtt.unsubscribes;
    snprintf(filter, cap, "%s", mqtt.unsubscribed);
    pthread_mutex_unlock(&lock);
    return count;
}

/* With `lock` held. */
static void keep_publish(const struct port_mqtt_message *message)
{
    struct publish *slot = &mqtt.publishes[mqtt.published++ % PUBLISHES_MAX];
    size_t prefix = strncmp(message->topic, FAKE_PREFIX, strlen(FAKE_PREFIX)) == 0 ? strlen(FAKE_PREFIX) : 0;
    snprintf(slot->topic, sizeof(slot->topic), "%s", message->topic + prefix);
    snprintf(slot->payload, sizeof(slot->payload), "%.*s", (int)message->len, (const char *)message->payload);
    slot->qos = message->qos;
    slot->is_retained = message->is_retained;
}

enum err port_mqtt_publish(const struct port_mqtt_message *message, int *message_id)
{
    pthread_mutex_lock(&lock);
    enum err err = ERR_OFFLINE;
    if (mqtt.published - mqtt.taken < PUBLISHES_MAX) {
        err = message->qos > 0 ? take_packet() : take_unwritten();
    }
    int id = err || message->qos == 0 ? 0 : ++mqtt.last_id;
    if (!err) {
        keep_publish(message);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (id && message_id) {
        *message_id = id;
    }
    if (id) {
        acknowledge(id);
    }
    return err;
}

void fake_wait_open(unsigned count)
{
    WAIT_UNTIL(&lock, &changed, mqtt.opens >= count, "a connection to be opened");
}

bool fake_is_opened_as(const char *client_id, const char *cert_pem)
{
    pthread_mutex_lock(&lock);
    bool result = strcmp(mqtt.client_id, client_id) == 0 && strcmp(mqtt.cert_pem, cert_pem) == 0;
    pthread_mutex_unlock(&lock);
    return result;
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

void fake_disconnect_for(enum err reason, const char *text)
{
    pthread_mutex_lock(&lock);
    mqtt.is_connected = false;
    pthread_mutex_unlock(&lock);
    send_event(&(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED, .reason = reason, .text = text});
}

void fake_disconnect(const char *text)
{
    fake_disconnect_for(ERR_OFFLINE, text);
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

void fake_taken_publish(uint8_t *qos, bool *is_retained)
{
    pthread_mutex_lock(&lock);
    const struct publish *slot = &mqtt.publishes[(mqtt.taken - 1) % PUBLISHES_MAX];
    *qos = slot->qos;
    *is_retained = slot->is_retained;
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
    return read_flag(&mqtt.is_connected);
}

/* A piece of a message, and the PUBACKs that have waited for the last one. */
static void send_piece(const struct port_mqtt_event *event)
{
    pthread_mutex_lock(&telling);
    send_event(event);
    acknowledgements.is_in_message = event->offset + event->payload.len < event->total;
    tell_acknowledgements();
    pthread_mutex_unlock(&telling);
}

bool fake_deliver_own(const char *topic, struct slice payload, uint8_t qos, bool is_retained)
{
    const bool result = is_there_a_connection();
    send_piece(&(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                         .topic = slice_from(topic),
                                         .payload = payload,
                                         .total = payload.len,
                                         .qos = qos,
                                         .is_retained = is_retained});
    return result;
}

bool fake_deliver_own_pieces(const char *topic, const char *payload, size_t piece)
{
    const size_t total = strlen(payload);
    const bool result = is_there_a_connection();
    for (size_t at = 0; at < total; at += piece) {
        send_piece(
            &(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                      .topic = at == 0 ? slice_from(topic) : SLICE_EMPTY,
                                      .payload = {payload + at, total - at < piece ? total - at : piece},
                                      .offset = at,
                                      .total = total,
                                      .qos = 1});
    }
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
    send_piece(&(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
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
