/* SPDX-License-Identifier: MIT */
/* The functions that esp-mqtt calls for its socket: see mqtt_transport.h. */
#include "ports/esp_idf/mqtt_transport.h"
#include "device/port/port_time.h"
#include "ports/esp_idf/board.h"
#include "ports/esp_idf/mqtt_wake.h"
#include "ports/esp_idf/mqtt_why.h"
#include "ports/esp_idf/socket.h"
#include "ports/esp_idf/tls_key.h"

#include <errno.h>
#include <string.h>

#define ALPN_PORT  443
#define SLICE_MS   200 /* how often a wait looks whether the connection is still wanted */
#define GOODBYE_MS 500

static struct mqtt_transport *transport_of(esp_transport_handle_t handle)
{
    return esp_transport_get_context_data(handle);
}

static bool is_unwanted(struct mqtt_transport *transport)
{
    return atomic_load(&transport->state->must_stop);
}

static int close_connection(esp_transport_handle_t handle)
{
    struct mqtt_transport *transport = transport_of(handle);
    if (transport->tls) {
        esp_tls_conn_destroy(transport->tls);
        transport->tls = NULL;
        transport->socket = -1;
    }
    return 0;
}

/* ---- connecting */

static int connect_server(esp_transport_handle_t handle, const char *host, int port, int timeout_ms)
{
    /* AWS IoT: MQTT with a client certificate on port 443 */
    static const char *alpn[] = {"x-amzn-mqtt-ca", NULL};
    struct mqtt_transport *transport = transport_of(handle);
    if (is_unwanted(transport)) {
        return -1;
    }
    const struct port_mqtt_config *given = &transport->state->config;
    esp_tls_cfg_t config = {
        .alpn_protos = port == ALPN_PORT ? alpn : NULL,
        .cacert_buf = (const unsigned char *)given->root_ca_pem,
        .cacert_bytes = (unsigned)strlen(given->root_ca_pem) + 1,
        .clientcert_buf = (const unsigned char *)given->cert_pem,
        .clientcert_bytes = (unsigned)strlen(given->cert_pem) + 1,
        .timeout_ms = timeout_ms,
    };
    tls_key_put(given->key_pem, &config);
    transport->tls = esp_tls_init();
    if (!transport->tls) {
        mqtt_why_note(transport->state, ERR_FULL, "no memory for a TLS connection");
        return -1;
    }
    if (esp_tls_conn_new_sync(host, (int)strlen(host), port, &config, transport->tls) <= 0 ||
        esp_tls_get_conn_sockfd(transport->tls, &transport->socket) != ESP_OK) {
        mqtt_why_connect(transport->state, transport->tls);
        close_connection(handle);
        return -1;
    }
    socket_set_no_delay(transport->socket);
    return is_unwanted(transport) ? -1 : 0;
}

/* ---- waiting */

/* > 0: the socket is ready. 0: the time is over, or (with_wake) another task has called mqtt_wake_set. < 0: the socket is
 * broken. */
static int wait_socket(struct mqtt_transport *transport, bool for_write, bool with_wake, uint64_t wait_ms)
{
    int wake_fd = mqtt_wake_fd();
    fd_set reads, writes;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(transport->socket, for_write ? &writes : &reads);
    if (with_wake) {
        FD_SET(wake_fd, &reads);
    }
    int highest = with_wake && wake_fd > transport->socket ? wake_fd : transport->socket;
    int count = board_select(highest + 1, &reads, &writes, (uint32_t)wait_ms);
    if (count < 0) {
        return errno == EINTR ? 0 : -1;
    }
    if (with_wake && count > 0 && FD_ISSET(wake_fd, &reads)) {
        mqtt_wake_clear();
    }
    return FD_ISSET(transport->socket, for_write ? &writes : &reads) ? 1 : 0;
}

/* Waits for the socket in short slices; once the connection is no longer wanted, not longer than a goodbye takes. */
static int wait_patiently(struct mqtt_transport *transport, bool for_write, int timeout_ms)
{
    uint64_t until_ms = port_time_monotonic_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    for (;;) {
        uint64_t now_ms = port_time_monotonic_ms();
        uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        if (is_unwanted(transport) && left_ms > GOODBYE_MS) {
            until_ms = now_ms + GOODBYE_MS;
            left_ms = GOODBYE_MS;
        }
        int result = wait_socket(transport, for_write, false, left_ms < SLICE_MS ? left_ms : SLICE_MS);
        if (result || left_ms == 0) {
            return result;
        }
    }
}

static bool has_bytes(struct mqtt_transport *transport)
{
    return esp_tls_get_bytes_avail(transport->tls) > 0;
}

/* esp-mqtt's task waits here while nothing happens. This function must not return 0 before the time is over: esp-mqtt takes
 * that for a server that is silent in the middle of a message. */
static int poll_read(esp_transport_handle_t handle, int timeout_ms)
{
    struct mqtt_transport *transport = transport_of(handle);
    uint64_t until_ms = port_time_monotonic_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    for (;;) {
        if (!transport->before_wait(transport->ctx) || !transport->tls) {
            return 0;
        }
        if (has_bytes(transport)) {
            return 1;
        }
        uint64_t now_ms = port_time_monotonic_ms();
        uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        int result = wait_socket(transport, false, true, left_ms);
        if (result || left_ms == 0) {
            return result;
        }
    }
}

static int poll_write(esp_transport_handle_t handle, int timeout_ms)
{
    struct mqtt_transport *transport = transport_of(handle);
    return transport->tls ? wait_patiently(transport, true, timeout_ms) : -1;
}

/* ---- bytes */

/* What reading answers when nothing came in time. Between the pieces of a message this ends the connection: esp-mqtt would
 * take the timeout for the message's end, and read its missing bytes as packets. */
static int silence(struct mqtt_transport *transport)
{
    if (!transport->is_in_message) {
        return ERR_TCP_TRANSPORT_CONNECTION_TIMEOUT;
    }
    mqtt_why_note(transport->state, ERR_TIMEOUT, "the server stopped in the middle of a message");
    return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
}

static int read_bytes(esp_transport_handle_t handle, char *buffer, int len, int timeout_ms)
{
    struct mqtt_transport *transport = transport_of(handle);
    if (!transport->tls) {
        return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    }
    int ready = has_bytes(transport) ? 1 : wait_patiently(transport, false, timeout_ms);
    if (ready == 0) {
        return silence(transport);
    }
    ssize_t result = ready < 0 ? -1 : esp_tls_conn_read(transport->tls, buffer, (size_t)len);
    if (result > 0) {
        return (int)result;
    }
    if (result == ESP_TLS_ERR_SSL_WANT_READ || result == ESP_TLS_ERR_SSL_TIMEOUT) {
        return silence(transport);
    }
    mqtt_why_io(transport->state, (int)result);
    return result == 0 ? ERR_TCP_TRANSPORT_CONNECTION_CLOSED_BY_FIN : ERR_TCP_TRANSPORT_CONNECTION_FAILED;
}

static int write_bytes(esp_transport_handle_t handle, const char *buffer, int len, int timeout_ms)
{
    struct mqtt_transport *transport = transport_of(handle);
    int ready = transport->tls ? wait_patiently(transport, true, timeout_ms) : -1;
    if (ready == 0) {
        mqtt_why_note(transport->state, ERR_TIMEOUT, "server takes no more bytes");
        return 0;
    }
    ssize_t result = ready < 0 ? -1 : esp_tls_conn_write(transport->tls, buffer, (size_t)len);
    if (result < 0) {
        mqtt_why_io(transport->state, (int)result);
    }
    return (int)result;
}

/* ---- making and freeing */

static int forget(esp_transport_handle_t handle)
{
    close_connection(handle);
    transport_of(handle)->handle = NULL;
    return 0;
}

enum err mqtt_transport_make(struct mqtt_transport *transport)
{
    transport->socket = -1;
    transport->handle = esp_transport_init();
    if (!transport->handle) {
        return ERR_FULL;
    }
    esp_transport_set_context_data(transport->handle, transport);
    esp_transport_set_func(transport->handle, connect_server, read_bytes, write_bytes, close_connection,
                           poll_read, poll_write, forget);
    return ERR_OK;
}

void mqtt_transport_free(struct mqtt_transport *transport)
{
    if (transport->handle) {
        esp_transport_destroy(transport->handle);
    }
}
