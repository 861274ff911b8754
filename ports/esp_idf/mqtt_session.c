/* SPDX-License-Identifier: MIT */
/* Joins esp-mqtt, which calls us on its task, with the engine task, which calls us on its own. */
#include "ports/esp_idf/mqtt_session.h"
#include "device/port/port_sync.h"
#include "ports/esp_idf/mqtt_outgoing.h"
#include "ports/esp_idf/mqtt_transport.h"
#include "ports/esp_idf/mqtt_wake.h"
#include "ports/esp_idf/mqtt_why.h"

#include "sdkconfig.h"

#include <limits.h>
#include <stdlib.h>

#define NETWORK_TIMEOUT_MS 20000 /* TCP, TLS, CONNACK: each */
#define PAUSE_MS           20    /* how long esp-mqtt's task sleeps at a time when the connection is gone */
#define AROUND_PAYLOAD     263   /* MQTT's header, topic of up to 256 bytes, message id */
#define IN_BUFFER_BYTES    1024  /* what is longer comes in pieces */
#define AROUND_DETAILS     320 /* of an update, the engine's longest publish; a longer one goes out in pieces */
#define OUT_BUFFER_BYTES   (CONFIG_DEVICE_JOBS_DETAILS_SIZE + AROUND_DETAILS + AROUND_PAYLOAD)

#if CONFIG_IDF_TARGET_LINUX
#define TASK_STACK    (64 * 1024) /* words */
#define TASK_PRIORITY 4           /* as all tasks there, see port_sync.c */
#else
#define TASK_STACK    CONFIG_DEVICE_JOBS_MQTT_STACK
#define TASK_PRIORITY 4
#endif

struct mqtt_session {
    struct mqtt_state state;         /* what its parts may know */
    struct mqtt_transport transport; /* esp-mqtt's way to the server */
    struct mqtt_outgoing outgoing;   /* what is on its way; empty once DISCONNECTED was told */
    esp_mqtt_client_handle_t client; /* NULL: it could not be made */
    port_mqtt_event_fn on_event;     /* who is told of events; never changes */
    void *ctx;                       /* for on_event */
    struct port_mutex lock;          /* held while on_event runs: mqtt_session_stop waits for its end */
    bool is_closed;                  /* under `lock`: no event is told any more; never taken back */
    bool is_ended;                   /* DISCONNECTED was told; esp-mqtt's task alone */
    struct port_signal ended;        /* set once esp-mqtt does nothing any more with the connection */
};

static void emit(struct mqtt_session *session, const struct port_mqtt_event *event)
{
    port_mutex_lock(&session->lock);
    if (!session->is_closed) {
        session->on_event(session->ctx, event);
    }
    port_mutex_unlock(&session->lock);
}

/* ---- sending, on esp-mqtt's task */

/* An empty payload is handed over as no payload: esp-mqtt would take its length from strlen. < 0: not taken. */
static int send_item(struct mqtt_session *session, struct mqtt_outgoing_item *item)
{
    free(item->reserve); /* esp-mqtt takes it now */
    item->reserve = NULL;
    switch (item->kind) {
    case MQTT_OUTGOING_SUBSCRIBE:
        return esp_mqtt_client_subscribe_single(session->client, item->topic, item->qos);
    case MQTT_OUTGOING_UNSUBSCRIBE:
        return esp_mqtt_client_unsubscribe(session->client, item->topic);
    case MQTT_OUTGOING_PUBLISH:
        break;
    }
    return esp_mqtt_client_publish(session->client, item->topic, item->len > 0 ? item->payload : NULL,
                                   (int)item->len, item->qos, item->is_retained);
}

/* Sends all that waits. false: esp-mqtt has not taken a packet, because the server is gone or memory is short. */
static bool send_waiting(struct mqtt_session *session)
{
    struct mqtt_outgoing_item *item;
    while (atomic_load(&session->state.is_connected) && (item = mqtt_outgoing_take(&session->outgoing))) {
        int message_id = send_item(session, item);
        if (message_id < 0) {
            mqtt_outgoing_discard(item);
            mqtt_why_note(&session->state, ERR_OFFLINE, "esp-mqtt did not take a packet: is memory short?");
            return false;
        }
        mqtt_outgoing_sent(&session->outgoing, item, message_id);
    }
    return true;
}

/* The transport calls this before it waits for the server. A packet that was not taken ends the connection, and the engine
 * asks again over the next one: a SUBSCRIBE that was not sent must not look like one that the server has refused. */
static bool before_wait(void *ctx)
{
    struct mqtt_session *session = ctx;
    if (send_waiting(session) && !atomic_load(&session->state.must_stop)) {
        return true;
    }
    esp_mqtt_client_disconnect(session->client);
    return false;
}

/* ---- events of esp-mqtt, on its task */

static void on_connected(struct mqtt_session *session)
{
    atomic_store(&session->state.is_connected, true);
    emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_CONNECTED});
}

static void on_disconnected(struct mqtt_session *session)
{
    if (session->is_ended) {
        return; /* esp-mqtt may say it twice */
    }
    session->is_ended = true;
    if (atomic_exchange(&session->state.is_connected, false)) {
        mqtt_why_silence(&session->state); /* unless something else was noted before */
    }
    enum err reason = session->state.reason;
    emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED,
                                            .reason = reason ? reason : ERR_OFFLINE,
                                            .text = session->state.text});
    mqtt_outgoing_forget(&session->outgoing);
    port_signal_set(&session->ended);
}

static void on_subscribed(struct mqtt_session *session, const esp_mqtt_event_t *event)
{
    int number = mqtt_outgoing_acknowledged(&session->outgoing, event->msg_id);
    bool is_granted = event->data_len == 1 && (unsigned char)event->data[0] <= 1;
    if (number) {
        emit(session, &(struct port_mqtt_event){
                          .type = PORT_MQTT_SUBSCRIBED, .message_id = number, .is_granted = is_granted});
    }
}

static void on_published(struct mqtt_session *session, const esp_mqtt_event_t *event)
{
    int number = mqtt_outgoing_acknowledged(&session->outgoing, event->msg_id);
    if (number) {
        emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_PUBLISHED, .message_id = number});
    }
}

static void on_data(struct mqtt_session *session, const esp_mqtt_event_t *event)
{
    session->transport.is_in_message = event->current_data_offset + event->data_len < event->total_data_len;
    emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                            .topic = {event->topic, (size_t)event->topic_len},
                                            .payload = {event->data, (size_t)event->data_len},
                                            .offset = (size_t)event->current_data_offset,
                                            .total = (size_t)event->total_data_len,
                                            .qos = (uint8_t)event->qos,
                                            .is_retained = event->retain});
}

static void on_mqtt_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)base;
    struct mqtt_session *session = ctx;
    const esp_mqtt_event_t *event = data;
    switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_CONNECTED:
        on_connected(session);
        break;
    case MQTT_EVENT_DISCONNECTED:
        on_disconnected(session);
        break;
    case MQTT_EVENT_SUBSCRIBED:
        on_subscribed(session, event);
        break;
    case MQTT_EVENT_PUBLISHED:
        on_published(session, event);
        break;
    case MQTT_EVENT_DATA:
        on_data(session, event);
        break;
    case MQTT_EVENT_ERROR:
        if (event->error_handle->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
            mqtt_why_connack(&session->state, (int)event->error_handle->connect_return_code);
        }
        break;
    default:
        break;
    }
}

/* ---- from the engine task */

static esp_mqtt_client_handle_t make_client(struct mqtt_session *session)
{
    const struct port_mqtt_config *config = &session->state.config;
    const esp_mqtt_client_config_t client = {
        .broker.address = {.hostname = config->host,
                           .port = config->port,
                           .transport = MQTT_TRANSPORT_OVER_SSL},
        .credentials.client_id = config->client_id,
        .session = {.keepalive = config->keepalive_s,
                    .protocol_ver = MQTT_PROTOCOL_V_3_1_1,
                    .message_retransmit_timeout = INT_MAX}, /* TCP does that */
        .network = {.timeout_ms = NETWORK_TIMEOUT_MS,
                    .reconnect_timeout_ms = PAUSE_MS,
                    .disable_auto_reconnect = true,
                    .transport = session->transport.handle},
        .task = {.priority = TASK_PRIORITY, .stack_size = TASK_STACK},
        .buffer = {.size = IN_BUFFER_BYTES, .out_size = OUT_BUFFER_BYTES},
    };
    return esp_mqtt_client_init(&client);
}

static enum err start(struct mqtt_session *session)
{
    session->transport.state = &session->state;
    session->transport.before_wait = before_wait;
    session->transport.ctx = session;
    if (mqtt_transport_make(&session->transport) || mqtt_wake_fd() < 0) {
        return ERR_FULL;
    }
    session->client = make_client(session);
    if (!session->client ||
        esp_mqtt_client_register_event(session->client, MQTT_EVENT_ANY, on_mqtt_event, session) != ESP_OK ||
        esp_mqtt_client_start(session->client) != ESP_OK) {
        return ERR_FULL;
    }
    return ERR_OK;
}

enum err mqtt_session_new(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx,
                          struct mqtt_session **out)
{
    struct mqtt_session *session = calloc(1, sizeof(*session));
    if (!session) {
        return ERR_FULL;
    }
    session->state.config = *config;
    session->on_event = on_event;
    session->ctx = ctx;
    mqtt_outgoing_init(&session->outgoing);
    port_mutex_init(&session->lock);
    port_signal_init(&session->ended);
    enum err err = start(session);
    if (err) {
        mqtt_session_free(session);
        return err;
    }
    *out = session;
    return ERR_OK;
}

void mqtt_session_stop(struct mqtt_session *session)
{
    port_mutex_lock(&session->lock);
    session->is_closed = true;
    port_mutex_unlock(&session->lock);
    atomic_store(&session->state.must_stop, true);
    mqtt_wake_set();
}

bool mqtt_session_wait_ended(struct mqtt_session *session, uint32_t timeout_ms)
{
    if (!port_signal_wait(&session->ended, timeout_ms)) {
        return false;
    }
    port_signal_set(&session->ended); /* it stays ended: the next one who asks must not wait */
    return true;
}

/* esp-mqtt destroys the transport that it was given. When esp-mqtt has failed before it took the transport, this does. */
void mqtt_session_free(struct mqtt_session *session)
{
    if (session->client) {
        esp_mqtt_client_destroy(session->client);
    }
    mqtt_transport_free(&session->transport);
    mqtt_outgoing_forget(&session->outgoing);
    free(session->state.text);
    free(session);
}

/* What has become of a packet that was handed over; it is sent now. */
static enum err hand_over(enum err err)
{
    if (!err) {
        mqtt_wake_set();
    }
    return err;
}

enum err mqtt_session_subscribe(struct mqtt_session *session, const char *filter, uint8_t qos, int *number)
{
    if (!atomic_load(&session->state.is_connected)) {
        return ERR_OFFLINE;
    }
    return hand_over(mqtt_outgoing_subscribe(&session->outgoing, filter, qos, number));
}

enum err mqtt_session_unsubscribe(struct mqtt_session *session, const char *filter)
{
    if (!atomic_load(&session->state.is_connected)) {
        return ERR_OFFLINE;
    }
    return hand_over(mqtt_outgoing_unsubscribe(&session->outgoing, filter));
}

enum err mqtt_session_publish(struct mqtt_session *session, const struct port_mqtt_message *message,
                              int *number)
{
    if (!atomic_load(&session->state.is_connected)) {
        return ERR_OFFLINE;
    }
    if (message->len > PORT_MQTT_PAYLOAD_CAP) {
        return ERR_TOO_LONG;
    }
    return hand_over(mqtt_outgoing_publish(&session->outgoing, message, number));
}

struct port_mqtt_outgoing mqtt_session_outgoing(struct mqtt_session *session)
{
    return atomic_load(&session->state.is_connected) ? mqtt_outgoing_look(&session->outgoing)
                                                     : (struct port_mqtt_outgoing){0};
}
