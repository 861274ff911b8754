/* SPDX-License-Identifier: MIT */
/* Why a connection ends: the reason for the engine and one line for a person. Whoever finds a failure notes it here; the first
 * note stays, because what follows it follows from it. Ending the connection is left to the caller. On esp-mqtt's task. */
#ifndef PORTS_ESP_IDF_MQTT_WHY_H
#define PORTS_ESP_IDF_MQTT_WHY_H

#include "ports/esp_idf/mqtt_state.h"

#include "esp_tls.h"

__attribute__((format(printf, 3, 4))) void mqtt_why_note(struct mqtt_state *state, enum err reason,
                                                         const char *format, ...);

/* esp-tls could not connect; it knows why. */
void mqtt_why_connect(struct mqtt_state *state, esp_tls_t *tls);

/* Reading or writing failed. `result`: 0 when the server has closed the connection, else mbedTLS's code. */
void mqtt_why_io(struct mqtt_state *state, int result);

/* The server answered the CONNECT with this code. */
void mqtt_why_connack(struct mqtt_state *state, int code);

/* esp-mqtt ended the connection without an error: nothing came from the server for too long. */
void mqtt_why_silence(struct mqtt_state *state);

#endif
