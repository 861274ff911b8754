/* SPDX-License-Identifier: MIT */
#include "ports/esp_idf/mqtt_session.h"
#include "ports/esp_idf/board.h"

#include "sdkconfig.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

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

void session_emit(struct session *session, const struct port_mqtt_event *event)
{
    port_mutex_lock(&session->lock);
    if (!session->is_closed) {
        session->on_event(session->ctx, event);
    }
    port_mutex_unlock(&session->lock);
}

/* ---- events of esp-mqtt, on its task */

static void on_connected(struct session *session)
{
    atomic_store(&session->is_connected, true);
    session_emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_CONNECTED});
}

static void on_disconnected(struct session *session)
{
    if (session->is_ended) {
        return; /* esp-mqtt may say it twice */
    }
    session->is_ended = true;
    if (atomic_exchange(&session->is_connected, false)) {
        session_fail_silence(session);
    }
    session_emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED,
                                                    .reason = session->reason ? session->reason : ERR_OFFLINE,
                                                    .text = session->text});
    session_forget_outgoing(session);
    port_signal_set(&session->ended);
}

static void on_subscribed(struct session *session, const esp_mqtt_event_t *event)
{
    int number = session_take_subscription(session, event->msg_id);
    bool is_granted = event->data_len == 1 && (unsigned char)event->data[0] <= 1;
    if (number) {
        session_emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_SUBSCRIBED,
                                                        .message_id = number,
                                                        .is_granted = is_granted});
    }
}

static void on_data(struct session *session, const esp_mqtt_event_t *event)
{
    session->is_in_message = event->current_data_offset + event->data_len < event->total_data_len;
    session_emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                                    .topic = {event->topic, (size_t)event->topic_len},
                                                    .payload = {event->data, (size_t)event->data_len},
                                                    .offset = (size_t)event->current_data_offset,
                                                    .total = (size_t)event->total_data_len});
}

static void on_mqtt_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)base;
    struct session *session = ctx;
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
        atomic_fetch_sub(&session->unacknowledged, 1);
        break;
    case MQTT_EVENT_DATA:
        on_data(session, event);
        break;
    case MQTT_EVENT_ERROR:
        if (event->error_handle->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
            session_fail_connack(session, (int)event->error_handle->connect_return_code);
        }
        break;
    default:
        break;
    }
}

/* ---- from the engine task */

static esp_mqtt_client_handle_t make_client(struct session *session)
{
    const esp_mqtt_client_config_t config = {
        .broker.address = {.hostname = session->config.host,
                           .port = session->config.port,
                           .transport = MQTT_TRANSPORT_OVER_SSL},
        .credentials.client_id = session->config.client_id,
        .session = {.keepalive = session->config.keepalive_s,
                    .protocol_ver = MQTT_PROTOCOL_V_3_1_1,
                    .message_retransmit_timeout = INT_MAX}, /* TCP does that */
        .network = {.timeout_ms = NETWORK_TIMEOUT_MS,
                    .reconnect_timeout_ms = PAUSE_MS,
                    .disable_auto_reconnect = true,
                    .transport = session->transport},
        .task = {.priority = TASK_PRIORITY, .stack_size = TASK_STACK},
        .buffer = {.size = IN_BUFFER_BYTES, .out_size = OUT_BUFFER_BYTES},
    };
    return esp_mqtt_client_init(&config);
}

static enum err start(struct session *session)
{
    session->transport = session_transport_new(session);
    if (!session->transport || session_wake_fd() < 0) {
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

enum err session_new(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx,
                     struct session **out)
{
    struct session *session = calloc(1, sizeof(*session));
    if (!session) {
        return ERR_FULL;
    }
    session->config = *config;
    session->on_event = on_event;
    session->ctx = ctx;
    session->socket = -1;
    port_mutex_init(&session->lock);
    port_signal_init(&session->ended);
    enum err err = start(session);
    if (err) {
        session_free(session);
        return err;
    }
    *out = session;
    return ERR_OK;
}

void session_stop(struct session *session)
{
    port_mutex_lock(&session->lock);
    session->is_closed = true;
    port_mutex_unlock(&session->lock);
    atomic_store(&session->must_stop, true);
    session_wake();
}

/* esp-mqtt destroys a transport that it has been given, unless it failed before it took it. */
void session_free(struct session *session)
{
    if (session->client) {
        esp_mqtt_client_destroy(session->client);
    }
    if (session->transport) {
        esp_transport_destroy(session->transport);
    }
    session_forget_outgoing(session);
    free(session->text);
    free(session);
}

/* ---- waking */

int session_wake_fd(void)
{
    static int fd = -1;
    if (fd < 0) {
        fd = board_new_eventfd();
    }
    return fd;
}

void session_wake(void)
{
    const uint64_t one = 1;
    if (write(session_wake_fd(), &one, sizeof(one)) < 0) {
        /* full: it is awake already */
    }
}
