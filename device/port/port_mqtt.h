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
    PORT_MQTT_PUBLISHED,    /* PUBACK of a publish with QoS 1, whoever wanted it */
    PORT_MQTT_MESSAGE, /* comes in as many pieces as the port likes, in order, nothing else between them */
};

struct port_mqtt_event {
    enum port_mqtt_event_type type;
    enum err reason;      /* DISCONNECTED: ERR_TLS, ERR_REFUSED (CONNACK), ERR_OFFLINE, ERR_TIMEOUT ... */
    const char *text;     /* DISCONNECTED: one line for a person, with the native cause; may be NULL */
    int message_id;       /* SUBSCRIBED, PUBLISHED: what port_mqtt_subscribe or port_mqtt_publish gave */
    bool is_granted;      /* SUBSCRIBED */
    struct slice topic;   /* MESSAGE: with the first piece */
    struct slice payload; /* MESSAGE: this piece */
    size_t offset;        /* MESSAGE: where it belongs; 0 means a new message */
    size_t total;         /* MESSAGE: bytes of the whole payload */
    uint8_t qos;          /* MESSAGE, each piece: with which it came, 0 or 1 */
    bool is_retained; /* MESSAGE, each piece: the server had kept it, and it came because of a SUBSCRIBE */
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

/* The four below: from the engine task, between CONNECTED and DISCONNECTED; queue and return, never wait for the network. What was
 * taken goes out in the order in which it was taken, whatever it is. ERR_OFFLINE: no connection. ERR_FULL: no room, see below.
 * ERR_ARG: a topic or filter that this port sees is bad; not every port looks, and a server ends the connection of who sends one. */

/* `qos`, 0 or 1: the highest with which messages shall come. One SUBSCRIBED follows, or the connection's end. */
enum err port_mqtt_subscribe(const char *filter, uint8_t qos, int *message_id);

/* Nothing is told of its UNSUBACK, and messages of the filter may come until the server has read it. */
enum err port_mqtt_unsubscribe(const char *filter);

#define PORT_MQTT_PAYLOAD_CAP (128 * 1024) /* bytes; AWS IoT takes no more */

struct port_mqtt_message {
    const char *topic;
    const void *payload; /* may be NULL when len is 0 */
    size_t len;          /* 0 to PORT_MQTT_PAYLOAD_CAP */
    uint8_t qos;         /* 0: sent once and forgotten. 1: PUBLISHED follows, or the connection's end */
    bool
        is_retained; /* the server shall keep it for later subscribers; with len 0, forget what it has kept */
};

/* Copies the message. ERR_TOO_LONG: more than PORT_MQTT_PAYLOAD_CAP. ERR_FULL also: memory does not allow it. *message_id is not
 * set for QoS 0, and `message_id` may be NULL. It is set before PUBLISHED is told, but that may be before this function has
 * returned, on the network task. */
enum err port_mqtt_publish(const struct port_mqtt_message *message, int *message_id);

/* What a port takes before it answers ERR_FULL. SUBSCRIBE and PUBLISH with QoS 1: this many of both together, from the call until
 * the acknowledgement. PUBLISH with QoS 0 and UNSUBSCRIBE, which nobody acknowledges to the engine: this many of both together that are
 * not written to the socket yet (a port may hold an UNSUBSCRIBE's place until its UNSUBACK), and that many bytes of their
 * payloads; one payload alone may have more. Neither kind takes room from the other. */
#define PORT_MQTT_OUTGOING_CAP    16
#define PORT_MQTT_UNWRITTEN_BYTES (16 * 1024)

/* What is on its way: QoS 1 packets (PUBLISH, SUBSCRIBE) that were taken and are not acknowledged yet. From the engine task. */
struct port_mqtt_outgoing {
    unsigned count; /* 0 to PORT_MQTT_OUTGOING_CAP */
    /* port_time_monotonic_ms() when the oldest of them was taken; not looked at when count is 0 */
    uint64_t oldest_ms;
};
struct port_mqtt_outgoing port_mqtt_outgoing(void);

#endif
