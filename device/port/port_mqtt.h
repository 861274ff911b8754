/* SPDX-License-Identifier: MIT */
/* One MQTT 3.1.1 connection over mutual TLS. The port connects once and reports what happens; it never reconnects and
 * never resends over a new connection: the engine side owns both. Clean session always. TCP_NODELAY on. TLS 1.2 or
 * newer, the server's chain and its name are verified; port 443 adds ALPN "x-amzn-mqtt-ca". */
#ifndef DEVICE_PORT_MQTT_H
#define DEVICE_PORT_MQTT_H

#include "common/err.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct port_mqtt_config { /* all texts must live until port_mqtt_close has returned */
    const char *host;     /* name or address; what the certificate is checked against and SNI carries */
    uint16_t port;
    const char *client_id;
    uint16_t keepalive_s;
    const char *root_ca_pem;
    const char *cert_pem; /* PEM text, or a reference where a port has a scheme for certificates */
    const char *key_pem;  /* PEM text, or a reference */
};

/* A reference stands for a key that signs and is not read: one line, SCHEME:WHERE (common/pem.h, pem_is_reference). Which schemes there
 * are is the port's affair: ports/linux has pkcs11 (RFC 7512; certificates as well), ports/esp_idf esp-ds, esp-secure-cert and esp-secure-element; a
 * scheme that a port does not know, or was built without, it refuses in port_mqtt_check. A reference may hold a secret (a PIN), as PEM
 * text does: a port shows nothing of either in what it logs. */

enum port_mqtt_event_type {
    PORT_MQTT_CONNECTED,    /* CONNACK with code 0 */
    PORT_MQTT_DISCONNECTED, /* never connected, or gone; the last event of this connection */
    PORT_MQTT_SUBSCRIBED,   /* SUBACK */
    PORT_MQTT_MESSAGE, /* comes in as many pieces as the port likes, in order, nothing else between them */
};

struct port_mqtt_event {
    enum port_mqtt_event_type type;
    enum err reason;      /* DISCONNECTED: ERR_TLS, ERR_REFUSED (CONNACK), ERR_OFFLINE, ERR_TIMEOUT ... */
    const char *text;     /* DISCONNECTED: one line for a person, with the native cause; may be NULL */
    int message_id;       /* SUBSCRIBED: what port_mqtt_subscribe returned */
    bool is_granted;      /* SUBSCRIBED */
    struct slice topic;   /* MESSAGE: with the first piece */
    struct slice payload; /* MESSAGE: this piece */
    size_t offset;        /* MESSAGE: where it belongs; 0 means a new message */
    size_t total;         /* MESSAGE: bytes of the whole payload */
};

/* Runs on the port's network task: copies what it needs and returns; never calls port_mqtt_*. Slices die with it. */
typedef void (*port_mqtt_event_fn)(void *ctx, const struct port_mqtt_event *event);

enum port_mqtt_credential {
    PORT_MQTT_ROOT_CA,
    PORT_MQTT_CERT,
    PORT_MQTT_KEY,
};

/* Reads the three texts of `config`, and looks for what they refer to, without connecting (the other members are not looked at).
 * ERR_TLS: one of them cannot be used; *bad and *why (static text) say which and why. Takes up to 1 s on a small chip. Any task. */
enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why);

/* Starts to connect and returns without waiting for the network. On ERR_OK exactly one CONNECTED or DISCONNECTED
 * follows, within 60 s. ERR_BUSY: there is a connection already. ERR_TLS: a certificate or key text is bad; the port logs which. */
enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx);

/* Ends the connection; when it returns no event of it comes any more. May wait up to 5 s for the network task. Does
 * nothing when there is none. From the engine task only. */
void port_mqtt_close(void);

/* From the engine task, between CONNECTED and DISCONNECTED; queue and return, never wait for the network.
 * ERR_OFFLINE: no connection. ERR_FULL: the outgoing queue is full. QoS 1 both. */
enum err port_mqtt_subscribe(const char *filter, int *message_id);
enum err port_mqtt_publish(const char *topic, const void *payload, size_t len);

#define PORT_MQTT_OUTGOING_CAP 16 /* what a port must take before ERR_FULL */

/* What is on its way: QoS 1 packets (PUBLISH, SUBSCRIBE) that were taken and are not acknowledged yet. From the engine task. */
struct port_mqtt_outgoing {
    unsigned count; /* 0 to PORT_MQTT_OUTGOING_CAP */
    /* port_time_monotonic_ms() when the oldest of them was taken; not looked at when count is 0 */
    uint64_t oldest_ms;
};
struct port_mqtt_outgoing port_mqtt_outgoing(void);

#endif
