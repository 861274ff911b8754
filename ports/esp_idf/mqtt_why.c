/* SPDX-License-Identifier: MIT */
/* Reasons in words, from the codes of esp-tls, mbedTLS and MQTT: see mqtt_why.h. */
#include "ports/esp_idf/mqtt_why.h"
#include "common/date.h"
#include "device/port/port_time.h"

#include "mbedtls/ssl.h"
#include "mbedtls/x509.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_CAP 200

void mqtt_why_note(struct mqtt_state *state, enum err reason, const char *format, ...)
{
    if (state->reason) {
        return;
    }
    state->text = malloc(TEXT_CAP); /* not in `state`: only a connection that ends needs it */
    if (state->text) {
        va_list args;
        va_start(args, format);
        vsnprintf(state->text, TEXT_CAP, format, args);
        va_end(args);
    }
    state->reason = reason;
}

/* The certificate's own dates are not to be had: mbedTLS forgets it with the handshake. */
static void fail_time(struct mqtt_state *state, const char *what)
{
    char now[DATE_CAP];
    date_write(port_time_wall_s(), now);
    mqtt_why_note(state, ERR_TLS, "server certificate %s: this device's clock says %s, is that right?", what,
                  now);
}

static void fail_certificate(struct mqtt_state *state, uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) {
        fail_time(state, "has expired");
    } else if (flags & MBEDTLS_X509_BADCERT_FUTURE) {
        fail_time(state, "is not valid yet");
    } else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) {
        mqtt_why_note(state, ERR_TLS, "server certificate is not for '%.100s'", state->config.host);
    } else if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        mqtt_why_note(state, ERR_TLS, "server certificate is not signed by the given root CA");
    } else {
        mqtt_why_note(state, ERR_TLS, "server certificate is refused (flags 0x%x)", (unsigned)flags);
    }
}

static void fail_handshake(struct mqtt_state *state, esp_tls_t *tls, int tls_code)
{
    const mbedtls_ssl_context *ssl = esp_tls_get_ssl_context(tls);
    uint32_t flags = ssl ? mbedtls_ssl_get_verify_result(ssl) : 0;
    if (flags && flags != UINT32_MAX) {
        fail_certificate(state, flags);
    } else if (tls_code == -MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        mqtt_why_note(state, ERR_TLS, "server refused this device: is its certificate known there?");
    } else {
        mqtt_why_note(state, ERR_TLS, "TLS with %.100s:%u failed (mbedTLS -0x%04x)", state->config.host,
                      state->config.port, (unsigned)tls_code);
    }
}

void mqtt_why_connect(struct mqtt_state *state, esp_tls_t *tls)
{
    const char *host = state->config.host;
    unsigned port = state->config.port;
    esp_tls_error_handle_t errors = NULL;
    int native = 0, tls_code = 0;
    esp_err_t cause = ESP_FAIL;
    if (esp_tls_get_error_handle(tls, &errors) == ESP_OK) {
        esp_tls_get_and_clear_error_type(errors, ESP_TLS_ERR_TYPE_SYSTEM, &native);
        cause = esp_tls_get_and_clear_last_error(errors, &tls_code, NULL);
    }
    switch (cause) {
    case ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME:
        mqtt_why_note(state, ERR_OFFLINE, "the name '%.100s' cannot be resolved", host);
        break;
    case ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT:
        mqtt_why_note(state, ERR_TIMEOUT, "no answer from %.100s port %u", host, port);
        break;
    case ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED:
        fail_handshake(state, tls, tls_code);
        break;
    case ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET:
    case ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST:
        mqtt_why_note(state, ERR_OFFLINE, "cannot connect to %.100s port %u: %s", host, port,
                      native ? strerror(native) : "refused");
        break;
    default:
        mqtt_why_note(state, ERR_OFFLINE, "cannot connect to %.100s port %u: %s", host, port,
                      esp_err_to_name(cause));
        break;
    }
}

void mqtt_why_io(struct mqtt_state *state, int result)
{
    bool is_closed = result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
    if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        mqtt_why_note(state, ERR_TLS, "server refused this device: is its certificate known there?");
    } else if (!atomic_load(&state->is_connected)) {
        mqtt_why_note(
            state, ERR_REFUSED,
            "server closed the connection before CONNACK: is the certificate active, and does its policy "
            "allow iot:Connect for client '%.64s'?",
            state->config.client_id);
    } else if (is_closed) {
        mqtt_why_note(state, ERR_OFFLINE, "server closed the connection");
    } else {
        mqtt_why_note(state, ERR_OFFLINE, "connection lost (mbedTLS -0x%04x)", (unsigned)-result);
    }
}

void mqtt_why_connack(struct mqtt_state *state, int code)
{
    static const char *const texts[] = {
        "accepted",      "protocol version", "client id", "server not available", "user name or password",
        "not authorized"};
    mqtt_why_note(state, ERR_REFUSED, "server refused the connection of client '%.64s': %s (CONNACK %d)",
                  state->config.client_id, code > 0 && code < 6 ? texts[code] : "unknown reason", code);
}

void mqtt_why_silence(struct mqtt_state *state)
{
    mqtt_why_note(state, ERR_TIMEOUT, "server did not answer within the keep-alive time of %u s",
                  state->config.keepalive_s);
}
