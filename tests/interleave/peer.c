/* SPDX-License-Identifier: MIT */
/* The MQTT seam: one connection at a time, with a network task of its own that emits events, as a port has, and the model of the service at
 * its other end. What is published to a topic outside of the service comes back to the device that has subscribed to just that topic. */
#include "interleave/world.h"

#include "device/port/port_mqtt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX      "$aws/things/lamp/jobs/"
#define QUEUE_MAX   64
#define TOPIC_CAP   256
#define PAYLOAD_CAP 2048
#define FILTERS_MAX 8

struct message {
    enum { TO_SERVICE, TO_PROVISIONER, TO_OTHERS, TO_DEVICE, SUBSCRIBE, UNSUBSCRIBE } kind;
    int id;      /* of a packet of the device that is acknowledged; else 0 */
    uint8_t qos; /* of a publish */
    char topic[TOPIC_CAP];
    char payload[PAYLOAD_CAP];
};

static struct {
    bool is_open;      /* between port_mqtt_open and the network task's end */
    bool is_connected; /* the device knows that it is */
    bool is_closed;    /* by the device: no event any more */
    bool is_cut;       /* the connection breaks at the next look of the network task */
    enum provisioner_peer peer;
    port_mqtt_event_fn on_event;
    void *ctx;
    struct port_signal wake;  /* the network task has something to do */
    struct port_signal ended; /* it has ended */
    unsigned count;           /* of the queue, oldest first */
    struct message queue[QUEUE_MAX];
    struct port_mqtt_outgoing outgoing;
    unsigned unwritten;     /* packets in the queue that are not acknowledged */
    size_t unwritten_bytes; /* of their payloads */
    unsigned filter_count;  /* of `filters`: outside of the service */
    char filters[FILTERS_MAX][TOPIC_CAP];
} connection;

struct job_service service;
struct peer_rules peer_rules;
static int last_id;

static struct message *add_message(void)
{
    if (connection.count == QUEUE_MAX) {
        scheduler_find("more than %d messages on one connection", QUEUE_MAX);
    }
    return &connection.queue[connection.count++];
}

/* ---- the service's side: one step with what it answers, so that nothing comes between them */

void peer_send(const char *topic, const char *payload)
{
    if (!connection.is_connected) {
        return; /* nobody is there to hear it */
    }
    struct message *message = add_message();
    message->kind = TO_DEVICE;
    snprintf(message->topic, sizeof(message->topic), "%s", topic);
    snprintf(message->payload, sizeof(message->payload), "%s", payload);
    scheduler_mix(message->topic, strlen(message->topic) + 1);
    scheduler_mix(message->payload, strlen(message->payload) + 1);
    scheduler_wake(&connection.wake);
}

/* A device with a claim is not the thing yet. */
static void send_to_device(void *ctx, const char *topic, const char *payload)
{
    char whole[TOPIC_CAP];
    (void)ctx;
    if (connection.peer == PROVISIONER_THING) {
        snprintf(whole, sizeof(whole), PREFIX "%s", topic);
        peer_send(whole, payload);
    }
}

void peer_reset(unsigned jobs)
{
    memset(&connection, 0, sizeof(connection));
    memset(&service, 0, sizeof(service));
    peer_rules = (struct peer_rules){0};
    last_id = 0;
    service.count = jobs;
    service.document = "{\"action\":\"work\"}";
    service.send = send_to_device;
}

void peer_cut(void)
{
    scheduler_point("cuts the connection");
    connection.is_cut = connection.is_open;
    scheduler_set(&connection.wake);
}

void peer_power_cut(void)
{
    connection.is_open = connection.is_connected = false;
    connection.count = 0;
}

/* ---- the network task */

static void emit(const struct port_mqtt_event *event)
{
    if (!connection.is_closed) {
        scheduler_point("emits an event");
        connection.on_event(connection.ctx, event);
    }
}

static void emit_message(const struct message *message)
{
    const size_t total = strlen(message->payload);
    const size_t piece = peer_rules.piece ? peer_rules.piece : total + 1;
    for (size_t at = 0; (at == 0 || at < total) && !connection.is_cut; at += piece) {
        const size_t len = total - at < piece ? total - at : piece;
        emit(&(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                       .topic = at == 0 ? slice_from(message->topic) : SLICE_EMPTY,
                                       .payload = {message->payload + at, len},
                                       .offset = at,
                                       .total = total,
                                       .qos = message->qos});
        if (at + len == total && message->topic[0] != '$') {
            traffic_came();
        }
    }
}

static void acknowledge(void)
{
    if (!peer_rules.withholds_acknowledgements && connection.outgoing.count > 0) {
        connection.outgoing.count--;
    }
}

/* What the device hears of the PUBLISH that the server has. */
static void acknowledge_publish(const struct message *message)
{
    if (message->qos == 0) {
        return;
    }
    acknowledge();
    if (!peer_rules.withholds_acknowledgements) {
        emit(&(struct port_mqtt_event){.type = PORT_MQTT_PUBLISHED, .message_id = message->id});
    }
}

/* ---- the part of the server that is not the service */

/* Where the filter stands; filter_count: it is not subscribed. */
static unsigned find_filter(const char *filter)
{
    unsigned at = 0;
    while (at < connection.filter_count && strcmp(connection.filters[at], filter) != 0) {
        at++;
    }
    return at;
}

static void add_filter(const char *filter)
{
    if (filter[0] == '$' || find_filter(filter) < connection.filter_count) {
        return;
    }
    if (connection.filter_count == FILTERS_MAX) {
        scheduler_find("more than %d filters on one connection", FILTERS_MAX);
    }
    strcpy(connection.filters[connection.filter_count++], filter);
}

static void remove_filter(const char *filter)
{
    unsigned at = find_filter(filter);
    if (at < connection.filter_count) {
        connection.filter_count--;
        memmove(connection.filters[at], connection.filters[at + 1],
                (connection.filter_count - at) * sizeof(connection.filters[0]));
    }
}

static void bring_back(const struct message *message)
{
    if (find_filter(message->topic) < connection.filter_count) {
        struct message *copy = add_message();
        *copy = *message;
        copy->kind = TO_DEVICE;
        copy->id = 0;
    }
}

static void serve(void)
{
    static struct message message; /* too large for a stack; nobody else is the network task */
    message = connection.queue[0];
    connection.count--;
    memmove(&connection.queue[0], &connection.queue[1], connection.count * sizeof(connection.queue[0]));
    if (message.kind != TO_DEVICE && message.id == 0) {
        connection.unwritten--;
        connection.unwritten_bytes -= strlen(message.payload);
    }
    switch (message.kind) {
    case TO_DEVICE:
        emit_message(&message);
        break;
    case TO_SERVICE:
        acknowledge_publish(&message);
        job_service_request(&service, message.topic, message.payload);
        break;
    case TO_PROVISIONER:
        acknowledge_publish(&message);
        if (!provisioner_request(message.topic, message.payload)) {
            scheduler_find("a publish to %s", message.topic);
        }
        break;
    case TO_OTHERS:
        if (traffic_arrives(message.topic, message.payload)) {
            acknowledge_publish(&message);
            bring_back(&message);
        } else {
            connection.is_cut = true; /* the policy does not allow it */
        }
        break;
    case SUBSCRIBE:
        if (!peer_rules.withholds_subacks) {
            add_filter(message.topic);
            acknowledge();
            emit(&(struct port_mqtt_event){
                .type = PORT_MQTT_SUBSCRIBED, .message_id = message.id, .is_granted = true});
        }
        break;
    case UNSUBSCRIBE:
        remove_filter(message.topic);
        break;
    }
}

static void network_task(void *ctx)
{
    (void)ctx;
    const bool is_refused = connection.peer == PROVISIONER_REFUSED;
    connection.is_cut |= is_refused;
    if (!connection.is_closed && !connection.is_cut) {
        connection.is_connected = true;
        emit(&(struct port_mqtt_event){.type = PORT_MQTT_CONNECTED});
    }
    while (!connection.is_closed && !connection.is_cut) {
        if (connection.count > 0) {
            serve();
        } else {
            scheduler_wait(&connection.wake, UINT32_MAX, "waits for the network");
        }
    }
    connection.is_connected = false;
    emit(&(struct port_mqtt_event){
        .type = PORT_MQTT_DISCONNECTED, .reason = is_refused ? ERR_REFUSED : ERR_OFFLINE, .text = "cut"});
    if (peer_rules.end_ms > 0) {
        scheduler_sleep(peer_rules.end_ms);
    }
    connection.is_open = false;
    scheduler_set(&connection.ended);
}

/* ---- the device's side */

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    (void)config, (void)bad, (void)why;
    return ERR_OK;
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    scheduler_point("opens a connection");
    if (connection.is_open) {
        return ERR_BUSY;
    }
    memset(&connection, 0, sizeof(connection));
    connection.is_open = true;
    connection.peer = provisioner_judge(config->client_id, config->cert_pem);
    connection.on_event = on_event;
    connection.ctx = ctx;
    scheduler_start("network", 6, true, network_task, NULL);
    return ERR_OK;
}

void port_mqtt_close(void)
{
    scheduler_check_no_lock("closes the connection");
    scheduler_point("closes the connection");
    connection.is_closed = true;
    while (connection.is_open) {
        scheduler_set(&connection.wake);
        scheduler_wait(&connection.ended, UINT32_MAX, "waits for the network task's end");
    }
    connection.is_connected = false;
}

/* Whether a packet has room, and a place for it in the row. */
static bool has_room(bool is_acknowledged, size_t len)
{
    if (is_acknowledged) {
        return connection.outgoing.count < PORT_MQTT_OUTGOING_CAP;
    }
    return connection.unwritten < PORT_MQTT_OUTGOING_CAP &&
           (len == 0 || connection.unwritten_bytes == 0 ||
            connection.unwritten_bytes + len <= PORT_MQTT_UNWRITTEN_BYTES);
}

static enum err take_packet(bool is_acknowledged, size_t len, struct message **message)
{
    scheduler_check_no_lock("publishes");
    scheduler_point("publishes");
    if (!connection.is_connected) {
        return ERR_OFFLINE;
    }
    if (!has_room(is_acknowledged, len)) {
        return ERR_FULL;
    }
    if (!is_acknowledged) {
        connection.unwritten++;
        connection.unwritten_bytes += len;
    } else if (connection.outgoing.count++ == 0) {
        connection.outgoing.oldest_ms = scheduler_now_ms();
    }
    *message = add_message();
    **message = (struct message){.id = is_acknowledged ? ++last_id : 0, .qos = is_acknowledged};
    return ERR_OK;
}

static void take_filter(struct message *message, const char *filter)
{
    if (strlen(filter) >= TOPIC_CAP) {
        scheduler_find("a filter of %zu bytes", strlen(filter));
    }
    strcpy(message->topic, filter);
    scheduler_mix(filter, strlen(filter) + 1);
    scheduler_set(&connection.wake);
}

enum err port_mqtt_subscribe(const char *filter, uint8_t qos, int *message_id)
{
    (void)qos;
    struct message *message = NULL;
    enum err err = take_packet(true, 0, &message);
    if (!err) {
        message->kind = SUBSCRIBE;
        *message_id = message->id;
        take_filter(message, filter);
    }
    return err;
}

enum err port_mqtt_unsubscribe(const char *filter)
{
    struct message *message = NULL;
    enum err err = take_packet(false, 0, &message);
    if (!err) {
        message->kind = UNSUBSCRIBE;
        take_filter(message, filter);
    }
    return err;
}

enum err port_mqtt_publish(const struct port_mqtt_message *given, int *message_id)
{
    struct message *message = NULL;
    enum err err = take_packet(given->qos > 0, given->len, &message);
    if (err) {
        return err;
    }
    bool is_own = strncmp(given->topic, PREFIX, strlen(PREFIX)) != 0;
    bool is_reserved = is_own && given->topic[0] == '$';
    if (given->len >= PAYLOAD_CAP || strlen(given->topic) >= TOPIC_CAP ||
        (is_reserved != (connection.peer == PROVISIONER_CLAIM) &&
         !(is_reserved && provisioner_rules.is_rotation))) {
        scheduler_find("a publish of %zu bytes to %s", given->len, given->topic);
    }
    message->kind = is_reserved ? TO_PROVISIONER : is_own ? TO_OTHERS : TO_SERVICE;
    strcpy(message->topic, given->topic + (is_own ? 0 : strlen(PREFIX)));
    if (given->len > 0) {
        memcpy(message->payload, given->payload, given->len);
    }
    message->payload[given->len] = '\0';
    if (message->id && message_id) {
        *message_id = message->id;
    }
    scheduler_mix(given->topic, strlen(given->topic) + 1);
    scheduler_mix(message->payload, given->len);
    scheduler_set(&connection.wake);
    return ERR_OK;
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    return connection.outgoing;
}
