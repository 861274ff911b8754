/* SPDX-License-Identifier: MIT */
/* The life of one MQTT connection. esp-mqtt speaks MQTT on its own task, which is the only one that touches the socket: other
 * tasks leave what they want to send in mqtt_outgoing.c and wake that task. The session owns its parts, mqtt_transport.c
 * (TLS), mqtt_outgoing.c (what is on its way) and mqtt_why.c (why it ends), and they do not know it. Which connection is the
 * current one, and what becomes of one that does not end in time, is left to port_mqtt.c. */
#ifndef PORTS_ESP_IDF_MQTT_SESSION_H
#define PORTS_ESP_IDF_MQTT_SESSION_H

#include "device/port/port_mqtt.h"

struct mqtt_session;

/* Starts to connect. ERR_FULL: no memory. The texts of `config` must live as long as the session. Here and below: the engine
 * task. */
enum err mqtt_session_new(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx,
                          struct mqtt_session **out);

/* From here on no event of the session is told. It ends by itself, soon unless the resolver holds it up. */
void mqtt_session_stop(struct mqtt_session *session);

/* Waits until esp-mqtt does nothing any more with the connection; false: not within the time. Any task, one at a time. */
bool mqtt_session_wait_ended(struct mqtt_session *session, uint32_t timeout_ms);

/* Once it has ended. Waits for esp-mqtt's task. Any task. */
void mqtt_session_free(struct mqtt_session *session);

/* As port_mqtt.h says it for each. */
enum err mqtt_session_subscribe(struct mqtt_session *session, const char *filter, uint8_t qos, int *number);
enum err mqtt_session_unsubscribe(struct mqtt_session *session, const char *filter);
enum err mqtt_session_publish(struct mqtt_session *session, const struct port_mqtt_message *message,
                              int *number);
struct port_mqtt_outgoing mqtt_session_outgoing(struct mqtt_session *session);

#endif
