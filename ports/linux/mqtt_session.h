/* SPDX-License-Identifier: MIT */
/* The life of one MQTT connection, from the host's name to its end, on the thread that calls session_run. libmosquitto
 * does MQTT; the socket is ours to wait on, because its own loops reconnect and its blocking connect cannot be bounded. */
#ifndef PORTS_LINUX_MQTT_SESSION_H
#define PORTS_LINUX_MQTT_SESSION_H

#include "device/port/port_mqtt.h"
#include "ports/linux/mqtt_outgoing.h"
#include "ports/linux/tls.h"

#include <mosquitto.h>

#include <stdatomic.h>
#include <stdint.h>

struct session {
    const char *host;
    const char *client_id;
    uint16_t port;
    uint16_t keepalive_s;
    SSL_CTX *tls;
    struct tls_verdict verdict;
    struct mosquitto *mosquitto;
    int wake_fd;
    port_mqtt_event_fn emit;
    void *emit_ctx;

    atomic_bool must_stop;
    atomic_bool is_connected;
    struct outgoing outgoing;

    /* the network thread's own: */
    bool is_writing;     /* libmosquitto writes: what it says of a publish then is that QoS 0 has gone out */
    int connack;         /* -1: none yet */
    char tls_error[160]; /* what OpenSSL said last */
    enum err reason;
    char text[320];
};

/* Once for the program. */
void session_init_library(void);

/* ERR_TLS: a PEM text is bad, see tls_context_new. `host` and `client_id` must live as long as the session. */
enum err session_init(struct session *session, const struct port_mqtt_config *config, const char *host,
                      const char *client_id, enum port_mqtt_credential *bad, const char **why);
void session_deinit(struct session *session);

/* Connects within 55 s, emits events until the connection ends, emits DISCONNECTED last. */
void session_run(struct session *session);

/* From another thread: makes session_run return soon. */
void session_stop(struct session *session);

enum err session_subscribe(struct session *session, const char *filter, uint8_t qos, int *message_id);
enum err session_unsubscribe(struct session *session, const char *filter);
enum err session_publish(struct session *session, const struct port_mqtt_message *message, int *message_id);
struct port_mqtt_outgoing session_outgoing(struct session *session);

/* ---- between the files of a session */

/* mqtt_connect.c: true when TCP stands, until_ms at the latest; else session->text says why. */
bool session_connect_tcp(struct session *session, uint64_t until_ms);

/* mqtt_why.c: the reason and the line for a person; of a code of libmosquitto that has ended the connection. */
__attribute__((format(printf, 3, 4))) void session_fail(struct session *session, enum err reason,
                                                        const char *format, ...);
void session_fail_loop(struct session *session, int code);

#endif
