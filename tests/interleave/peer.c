/* SPDX-License-Identifier: MIT */
/* The MQTT seam: one connection at a time, with a network task of its own that emits events, as a port has, and the model of the service at
 * its other end. */
#include "interleave/world.h"

#include "device/port/port_mqtt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX      "$aws/things/lamp/jobs/"
#define QUEUE_MAX   64
#define TOPIC_CAP   256
#define PAYLOAD_CAP 2048

struct message {
    enum { TO_SERVICE, TO_DEVICE, SUBSCRIBE } kind;
    int id; /* of a packet of the device */
    char topic[TOPIC_CAP];
    char payload[PAYLOAD_CAP];
};

static struct {
    bool is_open;      /* between port_mqtt_open and the network task's end */
    bool is_connected; /* the device knows that it is */
    bool is_closed;    /* by the device: no event any more */
    bool is_cut;       /* the connection breaks at the next look of the network task */
    port_mqtt_event_fn on_event;
    void *ctx;
    struct port_signal wake;  /* the network task has something to do */
    struct port_signal ended; /* it has ended */
    unsigned count;           /* of the queue, oldest first */
    struct message queue[QUEUE_MAX];
    struct port_mqtt_outgoing outgoing;
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

static void send_to_device(void *ctx, const char *topic, const char *payload)
{
    (void)ctx;
    if (!connection.is_connected) {
        return; /* nobody is there to hear it */
    }
    struct message *message = add_message();
    message->kind = TO_DEVICE;
    snprintf(message->topic, sizeof(message->topic), PREFIX "%s", topic);
    snprintf(message->payload, sizeof(message->payload), "%s", payload);
    scheduler_mix(message->topic, strlen(message->topic) + 1);
    scheduler_mix(message->payload, strlen(message->payload) + 1);
    scheduler_wake(&connection.wake);
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
                                       .total = total});
    }
}

static void acknowledge(void)
{
    if (!peer_rules.withholds_acknowledgements && connection.outgoing.count > 0) {
        connection.outgoing.count--;
    }
}

static void serve(void)
{
    static struct message message; /* too large for a stack; nobody else is the network task */
    message = connection.queue[0];
    connection.count--;
    memmove(&connection.queue[0], &connection.queue[1], connection.count * sizeof(connection.queue[0]));
    if (message.kind == TO_DEVICE) {
        emit_message(&message);
    } else if (message.kind == TO_SERVICE) {
        acknowledge();
        job_service_request(&service, message.topic, message.payload);
    } else if (!peer_rules.withholds_subacks) {
        acknowledge();
        emit(&(struct port_mqtt_event){
            .type = PORT_MQTT_SUBSCRIBED, .message_id = message.id, .is_granted = true});
    }
}

static void network_task(void *ctx)
{
    (void)ctx;
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
    emit(&(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED, .reason = ERR_OFFLINE, .text = "cut"});
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
    (void)config;
    scheduler_point("opens a connection");
    if (connection.is_open) {
        return ERR_BUSY;
    }
    memset(&connection, 0, sizeof(connection));
    connection.is_open = true;
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

static enum err take_packet(struct message **message)
{
    scheduler_check_no_lock("publishes");
    scheduler_point("publishes");
    if (!connection.is_connected) {
        return ERR_OFFLINE;
    }
    if (connection.outgoing.count == PORT_MQTT_OUTGOING_CAP) {
        return ERR_FULL;
    }
    if (connection.outgoing.count++ == 0) {
        connection.outgoing.oldest_ms = scheduler_now_ms();
    }
    *message = add_message();
    (*message)->id = ++last_id;
    return ERR_OK;
}

enum err port_mqtt_subscribe(const char *filter, int *message_id)
{
    struct message *message = NULL;
    enum err err = take_packet(&message);
    if (!err) {
        message->kind = SUBSCRIBE;
        scheduler_mix(filter, strlen(filter) + 1);
        *message_id = message->id;
        scheduler_set(&connection.wake);
    }
    return err;
}

enum err port_mqtt_publish(const char *topic, const void *payload, size_t len)
{
    struct message *message = NULL;
    enum err err = take_packet(&message);
    if (err) {
        return err;
    }
    if (len >= PAYLOAD_CAP || strncmp(topic, PREFIX, strlen(PREFIX)) != 0) {
        scheduler_find("a publish of %zu bytes to %s", len, topic);
    }
    message->kind = TO_SERVICE;
    snprintf(message->topic, sizeof(message->topic), "%s", topic + strlen(PREFIX));
    memcpy(message->payload, payload, len);
    message->payload[len] = '\0';
    scheduler_mix(topic, strlen(topic) + 1);
    scheduler_mix(payload, len);
    scheduler_set(&connection.wake);
    return ERR_OK;
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    return connection.outgoing;
}
