/* SPDX-License-Identifier: MIT */
/* TLS as esp-mqtt's transport: esp-tls underneath, and a wait that also ends when there is something to send or when the
 * connection is no longer wanted. esp-mqtt's own transport waits for the socket alone, up to a second at a time. */
#include "device/port/port_time.h"
#include "ports/esp_idf/board.h"
#include "ports/esp_idf/mqtt_session.h"
#include "ports/esp_idf/socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ALPN_PORT  443
#define SLICE_MS   200 /* how often a wait looks whether the connection is still wanted */
#define GOODBYE_MS 500

static struct session *session_of(esp_transport_handle_t transport)
{
    return esp_transport_get_context_data(transport);
}

static bool is_unwanted(struct session *session)
{
    return atomic_load(&session->must_stop);
}

static int close_connection(esp_transport_handle_t transport)
{
    struct session *session = session_of(transport);
    if (session->tls) {
        esp_tls_conn_destroy(session->tls);
        session->tls = NULL;
        session->socket = -1;
    }
    return 0;
}

/* ---- connecting */

static int connect_server(esp_transport_handle_t transport, const char *host, int port, int timeout_ms)
{
    /* AWS IoT: MQTT with a client certificate on port 443 */
    static const char *alpn[] = {"x-amzn-mqtt-ca", NULL};
    struct session *session = session_of(transport);
    if (is_unwanted(session)) {
        return -1;
    }
    const struct port_mqtt_config *given = &session->config;
    esp_tls_cfg_t config = {
        .alpn_protos = port == ALPN_PORT ? alpn : NULL,
        .cacert_buf = (const unsigned char *)given->root_ca_pem,
        .cacert_bytes = (unsigned)strlen(given->root_ca_pem) + 1,
        .clientcert_buf = (const unsigned char *)given->cert_pem,
        .clientcert_bytes = (unsigned)strlen(given->cert_pem) + 1,
        .clientkey_buf = (const unsigned char *)given->key_pem,
        .clientkey_bytes = (unsigned)strlen(given->key_pem) + 1,
        .timeout_ms = timeout_ms,
    };
    session->tls = esp_tls_init();
    if (!session->tls) {
        session_fail(session, ERR_FULL, "no memory for a TLS connection");
        return -1;
    }
    if (esp_tls_conn_new_sync(host, (int)strlen(host), port, &config, session->tls) <= 0 ||
        esp_tls_get_conn_sockfd(session->tls, &session->socket) != ESP_OK) {
        session_fail_connect(session);
        close_connection(transport);
        return -1;
    }
    socket_set_no_delay(session->socket);
    return is_unwanted(session) ? -1 : 0;
}

/* ---- waiting */

static void drain(int wake_fd)
{
    uint64_t taken;
    if (read(wake_fd, &taken, sizeof(taken)) < 0) {
        /* somebody else has read it: nobody else reads it */
    }
}

/* > 0: the socket is ready. 0: time is over, or somebody has woken us. */
static int wait_socket(struct session *session, bool for_write, bool with_wake, uint64_t wait_ms)
{
    int wake_fd = session_wake_fd();
    fd_set reads, writes;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(session->socket, for_write ? &writes : &reads);
    if (with_wake) {
        FD_SET(wake_fd, &reads);
    }
    int highest = with_wake && wake_fd > session->socket ? wake_fd : session->socket;
    int count = board_select(highest + 1, &reads, &writes, (uint32_t)wait_ms);
    if (count < 0) {
        return errno == EINTR ? 0 : -1;
    }
    if (with_wake && count > 0 && FD_ISSET(wake_fd, &reads)) {
        drain(wake_fd);
    }
    return FD_ISSET(session->socket, for_write ? &writes : &reads) ? 1 : 0;
}

/* In slices, as long as the connection is wanted. */
static int wait_patiently(struct session *session, bool for_write, int timeout_ms)
{
    uint64_t until_ms = port_time_monotonic_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    for (;;) {
        uint64_t now_ms = port_time_monotonic_ms();
        uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        if (is_unwanted(session) && left_ms > GOODBYE_MS) {
            until_ms = now_ms + GOODBYE_MS;
            left_ms = GOODBYE_MS;
        }
        int result = wait_socket(session, for_write, false, left_ms < SLICE_MS ? left_ms : SLICE_MS);
        if (result || left_ms == 0) {
            return result;
        }
    }
}

static bool has_bytes(struct session *session)
{
    return esp_tls_get_bytes_avail(session->tls) > 0;
}

/* Where esp-mqtt's task is when nothing happens. It must not come back early with nothing: esp-mqtt takes that for a server
 * that is silent in the middle of a message. */
static int poll_read(esp_transport_handle_t transport, int timeout_ms)
{
    struct session *session = session_of(transport);
    uint64_t until_ms = port_time_monotonic_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    for (;;) {
        session_send_outgoing(session);
        if (!session->tls) {
            return 0; /* sending has found out that the connection is gone */
        }
        if (is_unwanted(session)) {
            esp_mqtt_client_disconnect(session->client);
            return 0;
        }
        if (has_bytes(session)) {
            return 1;
        }
        uint64_t now_ms = port_time_monotonic_ms();
        uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        int result = wait_socket(session, false, true, left_ms);
        if (result || left_ms == 0) {
            return result;
        }
    }
}

static int poll_write(esp_transport_handle_t transport, int timeout_ms)
{
    struct session *session = session_of(transport);
    return session->tls ? wait_patiently(session, true, timeout_ms) : -1;
}

/* ---- bytes */

/* Between the pieces of a message esp-mqtt takes a timeout for its end, and would read the rest as packets. */
static int silence(struct session *session)
{
    if (!session->is_in_message) {
        return ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT;
    }
    session_fail(session, ERR_TIMEOUT, "the server stopped in the middle of a message");
    return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
}

static int read_bytes(esp_transport_handle_t transport, char *buffer, int len, int timeout_ms)
{
    struct session *session = session_of(transport);
    if (!session->tls) {
        return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    }
    int ready = has_bytes(session) ? 1 : wait_patiently(session, false, timeout_ms);
    if (ready == 0) {
        return silence(session);
    }
    ssize_t result = ready < 0 ? -1 : esp_tls_conn_read(session->tls, buffer, (size_t)len);
    if (result > 0) {
        return (int)result;
    }
    if (result == ESP_TLS_ERR_SSL_WANT_READ || result == ESP_TLS_ERR_SSL_TIMEOUT) {
        return silence(session);
    }
    session_fail_io(session, (int)result);
    return result == 0 ? ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN : ERR_TCP_TRANSPORT_CONNECTION_FAILED;
}

static int write_bytes(esp_transport_handle_t transport, const char *buffer, int len, int timeout_ms)
{
    struct session *session = session_of(transport);
    int ready = session->tls ? wait_patiently(session, true, timeout_ms) : -1;
    if (ready == 0) {
        session_fail(session, ERR_TIMEOUT, "server takes no more bytes");
        return 0;
    }
    ssize_t result = ready < 0 ? -1 : esp_tls_conn_write(session->tls, buffer, (size_t)len);
    if (result < 0) {
        session_fail_io(session, (int)result);
    }
    return (int)result;
}

/* ---- making and freeing */

static int forget(esp_transport_handle_t transport)
{
    close_connection(transport);
    session_of(transport)->transport = NULL;
    return 0;
}

esp_transport_handle_t session_transport_new(struct session *session)
{
    esp_transport_handle_t transport = esp_transport_init();
    if (!transport) {
        return NULL;
    }
    esp_transport_set_context_data(transport, session);
    esp_transport_set_func(transport, connect_server, read_bytes, write_bytes, close_connection, poll_read,
                           poll_write, forget);
    return transport;
}
