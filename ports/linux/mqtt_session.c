/* SPDX-License-Identifier: MIT */
#include "ports/linux/mqtt_session.h"
#include "device/port/port_time.h"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* The seam promises a verdict within 60 s, whatever resolver and server do. */
#define TCP_MS     45000 /* the name's addresses and TCP; the rest is for TLS and CONNACK */
#define CONNECT_MS 55000
#define GOODBYE_MS 500
#define MISC_MS    1000 /* how often libmosquitto looks at its keep-alive */

void session_init_library(void)
{
    mosquitto_lib_init();
}

/* ---- callbacks of libmosquitto and OpenSSL, all on the network thread */

static void on_connect(struct mosquitto *mosquitto, void *ctx, int code)
{
    (void)mosquitto;
    struct session *session = ctx;
    session->connack = code;
}

static void on_subscribe(struct mosquitto *mosquitto, void *ctx, int message_id, int count,
                         const int *granted)
{
    (void)mosquitto;
    struct session *session = ctx;
    outgoing_acknowledge(&session->outgoing, message_id);
    bool is_granted = count == 1 && (granted[0] == 0 || granted[0] == 1);
    session->emit(session->emit_ctx, &(struct port_mqtt_event){.type = PORT_MQTT_SUBSCRIBED,
                                                               .message_id = message_id,
                                                               .is_granted = is_granted});
}

static void on_unsubscribe(struct mosquitto *mosquitto, void *ctx, int message_id)
{
    (void)mosquitto;
    struct session *session = ctx;
    outgoing_written(&session->outgoing, message_id);
}

/* Two things: a publish with QoS 0 is written, or the PUBACK of one with QoS 1 has come. The id alone does not tell them apart: libmosquitto
 * counts both kinds in one row and begins anew after 65535. */
static void on_publish(struct mosquitto *mosquitto, void *ctx, int message_id)
{
    (void)mosquitto;
    struct session *session = ctx;
    if (session->is_writing) {
        outgoing_written(&session->outgoing, message_id);
    } else if (outgoing_acknowledge(&session->outgoing, message_id)) {
        session->emit(session->emit_ctx,
                      &(struct port_mqtt_event){.type = PORT_MQTT_PUBLISHED, .message_id = message_id});
    }
}

static void on_message(struct mosquitto *mosquitto, void *ctx, const struct mosquitto_message *message)
{
    (void)mosquitto;
    struct session *session = ctx;
    size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    const struct port_mqtt_event event = {.type = PORT_MQTT_MESSAGE,
                                          .topic = slice_from(message->topic),
                                          .payload = {message->payload, len},
                                          .total = len,
                                          .qos = (uint8_t)message->qos,
                                          .is_retained = message->retain};
    session->emit(session->emit_ctx, &event);
}

/* The only way in which libmosquitto tells what OpenSSL said. */
static void on_log(struct mosquitto *mosquitto, void *ctx, int level, const char *text)
{
    (void)mosquitto;
    struct session *session = ctx;
    const char *error = level == MOSQ_LOG_ERR ? strstr(text, "error:") : NULL;
    if (error) {
        snprintf(session->tls_error, sizeof(session->tls_error), "%s", error);
    }
}

/* libmosquitto announces the address that it connects to; servers of several names (AWS IoT) want the name. RFC 6066: a
 * server name is never an address. */
static void on_tls_info(const SSL *ssl, int where, int value)
{
    (void)value;
    if (where & SSL_CB_HANDSHAKE_START) {
        struct tls_verdict *verdict = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
        SSL_set_tlsext_host_name((SSL *)ssl, verdict->server_name);
    }
}

/* ---- making and freeing */

static bool is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static enum err make_mosquitto(struct session *session)
{
    session->mosquitto = mosquitto_new(session->client_id, true, session);
    if (!session->mosquitto) {
        return ERR_FULL;
    }
    struct mosquitto *m = session->mosquitto;
    if (mosquitto_void_option(m, MOSQ_OPT_SSL_CTX, session->tls) ||
        mosquitto_int_option(m, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0) ||
        mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1) || mosquitto_threaded_set(m, true)) {
        return ERR_INTERNAL;
    }
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_subscribe_callback_set(m, on_subscribe);
    mosquitto_unsubscribe_callback_set(m, on_unsubscribe);
    mosquitto_publish_callback_set(m, on_publish);
    mosquitto_message_callback_set(m, on_message);
    mosquitto_log_callback_set(m, on_log);
    return ERR_OK;
}

enum err session_init(struct session *session, const struct port_mqtt_config *config, const char *host,
                      const char *client_id, enum port_mqtt_credential *bad, const char **why)
{
    session->host = host;
    session->client_id = client_id;
    session->port = config->port;
    session->keepalive_s = config->keepalive_s;
    session->connack = -1;
    outgoing_init(&session->outgoing);
    session->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    session->tls = tls_context_new(config, &session->verdict, bad, why);
    enum err err = session->tls ? ERR_OK : ERR_TLS;
    if (!err && session->wake_fd < 0) {
        err = ERR_FULL;
    }
    if (!err) {
        session->verdict.server_name = is_address(host) ? NULL : host;
        SSL_CTX_set_info_callback(session->tls, on_tls_info);
        err = make_mosquitto(session);
    }
    if (err) {
        session_deinit(session);
    }
    return err;
}

void session_deinit(struct session *session)
{
    mosquitto_destroy(session->mosquitto);
    outgoing_deinit(&session->outgoing);
    SSL_CTX_free(session->tls);
    if (session->wake_fd >= 0) {
        close(session->wake_fd);
    }
}

/* ---- from other threads */

static void wake(struct session *session)
{
    uint64_t one = 1;
    if (write(session->wake_fd, &one, sizeof(one)) < 0) {
        /* full: it is awake already */
    }
}

void session_stop(struct session *session)
{
    atomic_store(&session->must_stop, true);
    wake(session);
}

static enum err map(int code)
{
    switch (code) {
    case MOSQ_ERR_SUCCESS:
        return ERR_OK;
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
        return ERR_OFFLINE;
    case MOSQ_ERR_NOMEM:
        return ERR_FULL;
    default:
        return ERR_ARG;
    }
}

enum err session_subscribe(struct session *session, const char *filter, uint8_t qos, int *message_id)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    if (!outgoing_begin(&session->outgoing)) {
        return ERR_FULL;
    }
    int id = 0;
    enum err err = map(mosquitto_subscribe(session->mosquitto, &id, filter, qos));
    if (!err) {
        *message_id = id; /* before its SUBACK is told */
    }
    outgoing_end(&session->outgoing, id, !err);
    if (!err) {
        wake(session);
    }
    return err;
}

enum err session_unsubscribe(struct session *session, const char *filter)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    if (!outgoing_begin_unwritten(&session->outgoing, 0)) {
        return ERR_FULL;
    }
    int id = 0;
    enum err err = map(mosquitto_unsubscribe(session->mosquitto, &id, filter));
    outgoing_end_unwritten(&session->outgoing, id, 0, !err);
    if (!err) {
        wake(session);
    }
    return err;
}

static enum err hand_over(struct session *session, const struct port_mqtt_message *message, int *id)
{
    return map(mosquitto_publish(session->mosquitto, id, message->topic, (int)message->len, message->payload,
                                 message->qos, message->is_retained));
}

static enum err publish_acknowledged(struct session *session, const struct port_mqtt_message *message,
                                     int *message_id)
{
    if (!outgoing_begin(&session->outgoing)) {
        return ERR_FULL;
    }
    int id = 0;
    enum err err = hand_over(session, message, &id);
    if (!err && message_id) {
        *message_id = id; /* before its PUBACK is told */
    }
    outgoing_end(&session->outgoing, id, !err);
    return err;
}

static enum err publish_once(struct session *session, const struct port_mqtt_message *message)
{
    if (!outgoing_begin_unwritten(&session->outgoing, message->len)) {
        return ERR_FULL;
    }
    int id = 0;
    enum err err = hand_over(session, message, &id);
    outgoing_end_unwritten(&session->outgoing, id, message->len, !err);
    return err;
}

enum err session_publish(struct session *session, const struct port_mqtt_message *message, int *message_id)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    if (message->len > PORT_MQTT_PAYLOAD_CAP) {
        return ERR_TOO_LONG;
    }
    enum err err = message->qos == 0 ? publish_once(session, message)
                                     : publish_acknowledged(session, message, message_id);
    if (!err) {
        wake(session);
    }
    return err;
}

struct port_mqtt_outgoing session_outgoing(struct session *session)
{
    return outgoing_look(&session->outgoing);
}

/* ---- the loop */

static bool is_handshaking(struct session *session)
{
    SSL *ssl = mosquitto_ssl_get(session->mosquitto);
    return ssl && !SSL_is_init_finished(ssl);
}

static short wanted_events(struct session *session)
{
    SSL *ssl = mosquitto_ssl_get(session->mosquitto);
    if (is_handshaking(session)) {
        /* libmosquitto's own answer would spin here */
        return SSL_want_write(ssl) ? POLLOUT : POLLIN;
    }
    return (short)(POLLIN | (mosquitto_want_write(session->mosquitto) ? POLLOUT : 0));
}

/* Waits for the socket or a wake-up; what came on the socket, -1 on an error. */
static int wait_socket(struct session *session, uint64_t until_ms)
{
    uint64_t now_ms = port_time_monotonic_ms();
    uint64_t wait_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    struct pollfd fds[2] = {
        {.fd = mosquitto_socket(session->mosquitto), .events = wanted_events(session)},
        {.fd = session->wake_fd, .events = POLLIN},
    };
    int count = poll(fds, 2, wait_ms > MISC_MS ? MISC_MS : (int)wait_ms);
    if (count < 0) {
        return errno == EINTR ? 0 : -1;
    }
    if (fds[1].revents) {
        uint64_t taken;
        if (read(session->wake_fd, &taken, sizeof(taken)) < 0) {
            /* somebody else has read it: nobody else reads it */
        }
    }
    return fds[0].revents;
}

/* The socket's part of one turn. MOSQ_ERR_SUCCESS: the connection lives. */
static int serve(struct session *session, int revents)
{
    struct mosquitto *m = session->mosquitto;
    int code = MOSQ_ERR_SUCCESS;
    errno = 0;
    if (is_handshaking(session)) {
        code = revents ? mosquitto_loop_read(m, 1) : MOSQ_ERR_SUCCESS;
        if (!code && (revents & (POLLERR | POLLHUP)) && is_handshaking(session)) {
            return MOSQ_ERR_TLS; /* libmosquitto takes a broken socket for one that is not ready yet */
        }
        return code;
    }
    if (revents & (POLLIN | POLLERR | POLLHUP)) {
        code = mosquitto_loop_read(m, 1);
    }
    if (!code && mosquitto_socket(m) >= 0 && mosquitto_want_write(m)) {
        session->is_writing = true;
        code = mosquitto_loop_write(m, 1);
        session->is_writing = false;
    }
    return code ? code : mosquitto_loop_misc(m);
}

static int turn(struct session *session, uint64_t until_ms)
{
    int revents = wait_socket(session, until_ms);
    if (revents < 0) {
        return MOSQ_ERR_ERRNO;
    }
    return serve(session, revents);
}

/* TLS and MQTT until CONNACK. */
static bool connect_mqtt(struct session *session, uint64_t since_ms)
{
    const uint64_t until_ms = since_ms + CONNECT_MS;
    while (!atomic_load(&session->must_stop) && session->connack < 0) {
        if (port_time_monotonic_ms() >= until_ms) {
            session_fail(session, ERR_TIMEOUT,
                         "%s port %u takes connections, but did not finish %s within %d s", session->host,
                         session->port, is_handshaking(session) ? "TLS" : "MQTT", CONNECT_MS / 1000);
            return false;
        }
        int code = turn(session, until_ms);
        if (code) {
            session_fail_loop(session, code);
            return false;
        }
    }
    return session->connack == 0;
}

/* Not from on_connect: what is published before libmosquitto has left that callback, it sends twice. */
static void announce(struct session *session)
{
    atomic_store(&session->is_connected, true);
    session->emit(session->emit_ctx, &(struct port_mqtt_event){.type = PORT_MQTT_CONNECTED});
}

static void serve_until_end(struct session *session)
{
    while (!atomic_load(&session->must_stop)) {
        int code = turn(session, UINT64_MAX);
        if (code) {
            session_fail_loop(session, code);
            return;
        }
    }
}

/* A clean end: DISCONNECT, so that the server does not take it for a lost connection. */
static void say_goodbye(struct session *session)
{
    uint64_t until_ms = port_time_monotonic_ms() + GOODBYE_MS;
    if (mosquitto_disconnect(session->mosquitto)) {
        return;
    }
    while (mosquitto_socket(session->mosquitto) >= 0 && port_time_monotonic_ms() < until_ms) {
        if (turn(session, until_ms)) {
            return;
        }
    }
}

void session_run(struct session *session)
{
    const uint64_t since_ms = port_time_monotonic_ms();
    if (session_connect_tcp(session, since_ms + TCP_MS) && connect_mqtt(session, since_ms)) {
        announce(session);
        serve_until_end(session);
        if (atomic_load(&session->must_stop)) {
            say_goodbye(session);
        }
    }
    atomic_store(&session->is_connected, false);
    session->emit(session->emit_ctx,
                  &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED,
                                            .reason = session->reason ? session->reason : ERR_OFFLINE,
                                            .text = session->text[0] ? session->text : NULL});
}
