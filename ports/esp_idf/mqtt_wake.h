/* SPDX-License-Identifier: MIT */
/* Wakes esp-mqtt's task out of its wait for the socket, when another task wants to send something or to end the connection. One
 * descriptor for the program. */
#ifndef PORTS_ESP_IDF_MQTT_WAKE_H
#define PORTS_ESP_IDF_MQTT_WAKE_H

/* The descriptor that becomes readable. Negative: it cannot be had. */
int mqtt_wake_fd(void);

/* Makes it readable. Any task. */
void mqtt_wake_set(void);

/* Makes it wait again. The task that waits for it. */
void mqtt_wake_clear(void);

#endif
