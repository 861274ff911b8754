/* SPDX-License-Identifier: MIT */
/* The life of one MQTT connection. esp-mqtt speaks MQTT on its own task, which is the only one that touches the socket: other
 * tasks leave what they want to send in `outgoing` and wake it. */
#ifndef PORTS_ESP_IDF_MQTT_SESSION_H
#define PORTS_ESP_IDF_MQTT_SESSION_H

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"

#include "esp_tls.h"
#include "mqtt_client.h"

#include <stdatomic.h>

#define SESSION_SUBSCRIPTIONS_MAX  4
#define SESSION_UNACKNOWLEDGED_MAX 16
#define SESSION_REASON_CAP         200

/* What waits to be sent. */
struct outgoing {
    struct outgoing *next;
    int subscription; /* > 0: a SUBSCRIBE, and its number for the engine; 0: a PUBLISH */
    size_t len;       /* of the payload */
    char *payload;    /* behind the topic */
    char topic[];     /* or filter */
};

struct session {
    struct port_mqtt_config config;
    esp_mqtt_client_handle_t client;
    port_mqtt_event_fn on_event;
    void *ctx;

    atomic_bool must_stop;
    atomic_bool is_connected;
    atomic_uint unacknowledged; /* publishes without their PUBACK */
    struct port_signal ended;   /* DISCONNECTED was told: esp-mqtt does nothing any more */

    struct port_mutex lock; /* guards the next five; held while on_event runs */
    bool is_closed;         /* no event any more */
    struct outgoing *first, *last;
    unsigned subscriptions_waiting; /* without their SUBACK */
    int last_subscription;

    /* esp-mqtt's task alone: */
    esp_transport_handle_t transport;
    esp_tls_t *tls;
    int socket;
    struct {
        int message_id; /* esp-mqtt's */
        int number;     /* the engine's; 0: free */
    } subscriptions[SESSION_SUBSCRIPTIONS_MAX];
    bool is_in_message; /* pieces of it are still to come */
    bool is_ended;
    enum err reason;
    char *text; /* NULL: none, or no memory for one */
};

/* ERR_FULL: no memory. The texts of `config` must live as long as the session. */
enum err session_new(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx,
                     struct session **out);

/* From here on nobody hears of it. It ends by itself, soon unless the resolver holds it up. */
void session_stop(struct session *session);

/* After `ended`; waits for esp-mqtt's task. */
void session_free(struct session *session);

enum err session_subscribe(struct session *session, const char *filter, int *number);
enum err session_publish(struct session *session, const char *topic, const void *payload, size_t len);

/* ---- between the files of a session, on esp-mqtt's task */

/* mqtt_transport.c: TLS for esp-mqtt, with a look at `outgoing` while it waits. NULL: no memory. */
esp_transport_handle_t session_transport_new(struct session *session);

/* mqtt_outgoing.c: hands everything that waits to esp-mqtt. */
void session_send_outgoing(struct session *session);
void session_forget_outgoing(struct session *session);
/* The engine's number of what esp-mqtt calls message_id, once; 0: unknown. */
int session_take_subscription(struct session *session, int message_id);

/* mqtt_session.c */
void session_emit(struct session *session, const struct port_mqtt_event *event);

/* mqtt_why.c: the reason and the line for a person; the first one stays. */
__attribute__((format(printf, 3, 4))) void session_fail(struct session *session, enum err reason,
                                                        const char *format, ...);
void session_fail_connect(struct session *session);
void session_fail_io(struct session *session, int result);
void session_fail_connack(struct session *session, int code);
void session_fail_silence(struct session *session);

/* Wakes the task out of its wait. Any task. */
void session_wake(void);

/* The descriptor behind that; one for the program. Negative: it cannot be had. */
int session_wake_fd(void);

#endif
