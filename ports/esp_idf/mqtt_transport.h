/* SPDX-License-Identifier: MIT */
/* TLS as esp-mqtt's transport: esp-tls underneath, and a wait that also ends when there is something to send or when the
 * connection is no longer wanted. esp-mqtt's own transport waits for the socket alone, up to a second at a time. What is to be
 * sent, and how a connection is ended, is left to its owner (mqtt_session.c), who is asked before each wait. On esp-mqtt's
 * task. */
#ifndef PORTS_ESP_IDF_MQTT_TRANSPORT_H
#define PORTS_ESP_IDF_MQTT_TRANSPORT_H

#include "ports/esp_idf/mqtt_state.h"

#include "esp_tls.h"
#include "mqtt_client.h"

/* In the owner's memory; it lives as long as the connection. */
struct mqtt_transport {
    struct mqtt_state *state; /* the connection's; never NULL */
    /* Called each time before esp-mqtt's task waits for the server. false: the connection ends, do not wait. Never NULL. */
    bool (*before_wait)(void *ctx);
    void *ctx;                     /* for before_wait */
    esp_transport_handle_t handle; /* what esp-mqtt is given; NULL: not made, or destroyed by esp-mqtt */
    esp_tls_t *tls;                /* NULL: there is no connection to the server */
    int socket;                    /* the one of `tls`; -1 while that is NULL */
    bool is_in_message;            /* the owner has heard of a message, and pieces of it are still to come */
};

/* Makes `handle`; the first three fields are filled, the others zero. ERR_FULL: no memory. */
enum err mqtt_transport_make(struct mqtt_transport *transport);

/* Destroys what esp-mqtt has not destroyed. */
void mqtt_transport_free(struct mqtt_transport *transport);

#endif
