/* SPDX-License-Identifier: MIT */
/* What other tasks want to send: copied, and handed to esp-mqtt by its own task, so that nobody waits for the network. */
#include "device/port/port_board.h"
#include "ports/esp_idf/mqtt_session.h"

#include <stdlib.h>
#include <string.h>

static struct outgoing *make(const char *topic, const void *payload, size_t len)
{
    size_t topic_size = strlen(topic) + 1;
    struct outgoing *item = malloc(sizeof(*item) + topic_size + len);
    if (!item) {
        return NULL;
    }
    *item = (struct outgoing){.len = len, .payload = item->topic + topic_size};
    memcpy(item->topic, topic, topic_size);
    if (len > 0) {
        memcpy(item->payload, payload, len);
    }
    return item;
}

/* With `lock` held. */
static void append(struct session *session, struct outgoing *item)
{
    if (session->last) {
        session->last->next = item;
    } else {
        session->first = item;
    }
    session->last = item;
}

static struct outgoing *take(struct session *session)
{
    port_mutex_lock(&session->lock);
    struct outgoing *item = session->first;
    if (item) {
        session->first = item->next;
        session->last = session->first ? session->last : NULL;
    }
    port_mutex_unlock(&session->lock);
    return item;
}

enum err session_publish(struct session *session, const char *topic, const void *payload, size_t len)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    if (atomic_fetch_add(&session->unacknowledged, 1) >= SESSION_UNACKNOWLEDGED_MAX) {
        atomic_fetch_sub(&session->unacknowledged, 1);
        return ERR_FULL;
    }
    struct outgoing *item = make(topic, payload, len);
    if (!item) {
        atomic_fetch_sub(&session->unacknowledged, 1);
        return ERR_FULL;
    }
    port_mutex_lock(&session->lock);
    append(session, item);
    port_mutex_unlock(&session->lock);
    session_wake();
    return ERR_OK;
}

enum err session_subscribe(struct session *session, const char *filter, int *number)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    struct outgoing *item = make(filter, NULL, 0);
    if (!item) {
        return ERR_FULL;
    }
    port_mutex_lock(&session->lock);
    bool is_full = session->subscriptions_waiting >= SESSION_SUBSCRIPTIONS_MAX;
    if (!is_full) {
        session->subscriptions_waiting++;
        item->subscription = ++session->last_subscription;
        *number = item->subscription;
        append(session, item);
    }
    port_mutex_unlock(&session->lock);
    if (is_full) {
        free(item);
        return ERR_FULL;
    }
    session_wake();
    return ERR_OK;
}

static void subscribe(struct session *session, const struct outgoing *item)
{
    int message_id = esp_mqtt_client_subscribe_single(session->client, item->topic, 1);
    for (unsigned i = 0; message_id >= 0 && i < SESSION_SUBSCRIPTIONS_MAX; i++) {
        if (session->subscriptions[i].number == 0) {
            session->subscriptions[i].message_id = message_id;
            session->subscriptions[i].number = item->subscription;
            return;
        }
    }
    session_emit(session, &(struct port_mqtt_event){.type = PORT_MQTT_SUBSCRIBED,
                                                    .message_id = item->subscription,
                                                    .is_granted = false});
}

/* A publish that fails ends the connection, and the engine sends it again over the next one. An empty payload must come as no
 * payload: esp-mqtt would measure it. */
static void publish(struct session *session, const struct outgoing *item)
{
    if (esp_mqtt_client_publish(session->client, item->topic, item->len > 0 ? item->payload : NULL,
                                (int)item->len, 1, 0) < 0) {
        atomic_fetch_sub(&session->unacknowledged, 1);
        port_board_log(LOG_LEVEL_DEBUG, "MQTT: a publish was not taken");
        esp_mqtt_client_disconnect(session->client);
    }
}

void session_send_outgoing(struct session *session)
{
    struct outgoing *item;
    while (atomic_load(&session->is_connected) && (item = take(session))) {
        if (item->subscription) {
            subscribe(session, item);
        } else {
            publish(session, item);
        }
        free(item);
    }
}

void session_forget_outgoing(struct session *session)
{
    struct outgoing *item;
    while ((item = take(session))) {
        free(item);
    }
}

int session_take_subscription(struct session *session, int message_id)
{
    for (unsigned i = 0; i < SESSION_SUBSCRIPTIONS_MAX; i++) {
        int number = session->subscriptions[i].number;
        if (number && session->subscriptions[i].message_id == message_id) {
            session->subscriptions[i].number = 0;
            port_mutex_lock(&session->lock);
            session->subscriptions_waiting--;
            port_mutex_unlock(&session->lock);
            return number;
        }
    }
    return 0;
}
