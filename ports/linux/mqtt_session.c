/* SPDX-License-Identifier: MIT */
#include "ports/linux/mqtt_session.h"
#include "device/port/port_time.h"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_MS             10000 /* for one address */
#define CONNECT_MS         30000 /* TLS and CONNACK as well */
#define GOODBYE_MS         500
#define ADDRESSES_MAX      8
#define UNACKNOWLEDGED_MAX 16
#define MISC_MS            1000 /* how often libmosquitto looks at its keep-alive */

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
    bool is_granted = count == 1 && (granted[0] == 0 || granted[0] == 1);
    session->emit(session->emit_ctx, &(struct port_mqtt_event){.type = PORT_MQTT_SUBSCRIBED,
                                                               .message_id = message_id,
                                                               .is_granted = is_granted});
}

static void on_publish(struct mosquitto *mosquitto, void *ctx, int message_id)
{
    (void)mosquitto, (void)message_id;
    struct session *session = ctx;
    atomic_fetch_sub(&session->unacknowledged, 1);
}

static void on_message(struct mosquitto *mosquitto, void *ctx, const struct mosquitto_message *message)
{
    (void)mosquitto;
    struct session *session = ctx;
    size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    struct port_mqtt_event event = {.type = PORT_MQTT_MESSAGE, .topic = slice_from(message->topic)};
    if (len > session->message_cap) {
        event.type = PORT_MQTT_OVERSIZED;
        event.oversized_bytes = len;
    } else {
        event.payload = (struct slice){message->payload, len};
    }
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
    session->message_cap = config->message_cap;
    session->connack = -1;
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

bool session_is_resolving(struct session *session)
{
    return atomic_load(&session->is_resolving);
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

enum err session_subscribe(struct session *session, const char *filter, int *message_id)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    int id = 0;
    enum err err = map(mosquitto_subscribe(session->mosquitto, &id, filter, 1));
    if (!err) {
        *message_id = id;
        wake(session);
    }
    return err;
}

enum err session_publish(struct session *session, const char *topic, const void *payload, size_t len)
{
    if (!atomic_load(&session->is_connected)) {
        return ERR_OFFLINE;
    }
    if (atomic_fetch_add(&session->unacknowledged, 1) >= UNACKNOWLEDGED_MAX) {
        atomic_fetch_sub(&session->unacknowledged, 1);
        return ERR_FULL;
    }
    enum err err = map(mosquitto_publish(session->mosquitto, NULL, topic, (int)len, payload, 1, false));
    if (err) {
        atomic_fetch_sub(&session->unacknowledged, 1);
        return err;
    }
    wake(session);
    return ERR_OK;
}

/* ---- why it ended */

__attribute__((format(printf, 3, 4))) static void fail(struct session *session, enum err reason,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(session->text, sizeof(session->text), format, args);
    va_end(args);
    session->reason = reason;
}

static void fail_tls(struct session *session)
{
    if (session->verdict.verify_error != X509_V_OK) {
        session->reason = ERR_TLS;
        tls_explain(&session->verdict, session->host, session->text, sizeof(session->text));
    } else if (strstr(session->tls_error, "alert")) {
        fail(session, ERR_TLS, "server refused this device: is its certificate known there? (%s)",
             session->tls_error);
    } else {
        fail(session, ERR_TLS, "TLS with %s:%u failed (%s)", session->host, session->port,
             session->tls_error[0] ? session->tls_error : "closed by the server");
    }
}

static void fail_connack(struct session *session)
{
    static const char *const texts[] = {
        "accepted",      "protocol version", "client id", "server not available", "user name or password",
        "not authorized"};
    int code = session->connack;
    fail(session, ERR_REFUSED, "server refused the connection of client '%s': %s (CONNACK %d)",
         session->client_id, code > 0 && code < 6 ? texts[code] : "unknown reason", code);
}

/* Closed behind the handshake, with or without TLS's own goodbye; an alert is more than that. */
static bool was_closed(struct session *session, int code)
{
    if (session->tls_error[0]) {
        return code != MOSQ_ERR_TLS && strstr(session->tls_error, "unexpected eof");
    }
    return code == MOSQ_ERR_CONN_LOST;
}

/* `code` is libmosquitto's, the connection is gone. */
static void fail_loop(struct session *session, int code)
{
    int native = errno;
    bool was_connected = atomic_load(&session->is_connected);
    bool is_closed = was_closed(session, code);
    if (session->connack > 0) {
        fail_connack(session);
    } else if (!is_closed && (session->tls_error[0] || code == MOSQ_ERR_TLS)) {
        fail_tls(session);
    } else if (code == MOSQ_ERR_KEEPALIVE) {
        fail(session, ERR_TIMEOUT, "server did not answer within the keep-alive time of %u s",
             session->keepalive_s);
    } else if (!was_connected && is_closed) {
        fail(session, ERR_REFUSED,
             "server closed the connection before CONNACK: is the certificate active, and does its policy "
             "allow "
             "iot:Connect for client '%s'?",
             session->client_id);
    } else if (is_closed) {
        fail(session, ERR_OFFLINE, "server closed the connection");
    } else {
        fail(session, ERR_OFFLINE, "%s",
             code == MOSQ_ERR_ERRNO && native ? strerror(native) : mosquitto_strerror(code));
    }
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
        code = mosquitto_loop_write(m, 1);
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

/* TCP stands when libmosquitto has got rid of the first words of TLS. */
static bool is_tcp_up(struct session *session)
{
    SSL *ssl = mosquitto_ssl_get(session->mosquitto);
    return ssl && !SSL_want_write(ssl);
}

/* Why TCP did not come up. libmosquitto has tried to write meanwhile, and that may have taken the socket's error away. */
static const char *tcp_error(int fd, int write_error)
{
    int error = 0;
    socklen_t len = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (!error && write_error != EAGAIN && write_error != EINPROGRESS) {
        error = write_error;
    }
    return error ? strerror(error) : "refused";
}

/* Waits until TCP stands. false: it does not, `text` says why. */
static bool finish_tcp(struct session *session, const char *address, int write_error)
{
    uint64_t until_ms = port_time_monotonic_ms() + TCP_MS;
    while (!atomic_load(&session->must_stop) && !is_tcp_up(session)) {
        struct pollfd fds[2] = {
            {.fd = mosquitto_socket(session->mosquitto), .events = POLLOUT},
            {.fd = session->wake_fd, .events = POLLIN},
        };
        uint64_t now_ms = port_time_monotonic_ms();
        if (now_ms >= until_ms || poll(fds, 2, (int)(until_ms - now_ms)) == 0) {
            fail(session, ERR_TIMEOUT, "no answer from %s port %u within %d s", address, session->port,
                 TCP_MS / 1000);
            return false;
        }
        if (fds[0].revents & (POLLERR | POLLHUP)) {
            fail(session, ERR_OFFLINE, "cannot connect to %s port %u: %s", address, session->port,
                 tcp_error(fds[0].fd, write_error));
            return false;
        }
        if (fds[0].revents) {
            return true;
        }
    }
    return !atomic_load(&session->must_stop);
}

static bool connect_address(struct session *session, const struct addrinfo *info)
{
    char address[INET6_ADDRSTRLEN] = "";
    session->text[0] = session->tls_error[0] = '\0';
    if (getnameinfo(info->ai_addr, info->ai_addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST)) {
        fail(session, ERR_INTERNAL, "an address of %s cannot be read", session->host);
        return false;
    }
    errno = 0;
    int code = mosquitto_connect_async(session->mosquitto, address, session->port, session->keepalive_s);
    int native = errno;
    if (code == MOSQ_ERR_ERRNO) {
        fail(session, ERR_OFFLINE, "cannot connect to %s port %u: %s", address, session->port,
             strerror(native));
        return false;
    }
    if (code) {
        fail_loop(session, code);
        return false;
    }
    return finish_tcp(session, address, native);
}

/* The addresses of the host, in the resolver's order, until one takes a TCP connection. */
static bool connect_tcp(struct session *session)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    atomic_store(&session->is_resolving, true);
    int failed = getaddrinfo(session->host, NULL, &hints, &found);
    atomic_store(&session->is_resolving, false);
    if (failed) {
        fail(session, ERR_OFFLINE, "host '%s' not found: %s", session->host, gai_strerror(failed));
        return false;
    }
    bool is_up = false;
    int tried = 0;
    for (struct addrinfo *info = found; info && !is_up && tried < ADDRESSES_MAX;
         info = info->ai_next, tried++) {
        is_up = !atomic_load(&session->must_stop) && connect_address(session, info);
    }
    freeaddrinfo(found);
    return is_up;
}

/* TLS and MQTT until CONNACK. */
static bool connect_mqtt(struct session *session)
{
    uint64_t until_ms = port_time_monotonic_ms() + CONNECT_MS;
    while (!atomic_load(&session->must_stop) && session->connack < 0) {
        if (port_time_monotonic_ms() >= until_ms) {
            fail(session, ERR_TIMEOUT, "%s port %u takes connections, but did not finish %s within %d s",
                 session->host, session->port, is_handshaking(session) ? "TLS" : "MQTT", CONNECT_MS / 1000);
            return false;
        }
        int code = turn(session, until_ms);
        if (code) {
            fail_loop(session, code);
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
            fail_loop(session, code);
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
    if (connect_tcp(session) && connect_mqtt(session)) {
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
