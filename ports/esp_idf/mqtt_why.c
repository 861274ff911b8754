/* SPDX-License-Identifier: MIT */
/* Why a connection ended, in words for a person. */
#include "ports/esp_idf/mqtt_session.h"

#include "mbedtls/ssl.h"
#include "mbedtls/x509.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void session_fail(struct session *session, enum err reason, const char *format, ...)
{
    if (session->reason) {
        return;
    }
    session->text = malloc(SESSION_REASON_CAP); /* only a connection that ends needs one */
    if (session->text) {
        va_list args;
        va_start(args, format);
        vsnprintf(session->text, SESSION_REASON_CAP, format, args);
        va_end(args);
    }
    session->reason = reason;
}

static void fail_certificate(struct session *session, uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) {
        session_fail(session, ERR_TLS, "server certificate has expired");
    } else if (flags & MBEDTLS_X509_BADCERT_FUTURE) {
        session_fail(session, ERR_TLS, "server certificate is not valid yet: is this device's clock right?");
    } else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) {
        session_fail(session, ERR_TLS, "server certificate is not for '%.100s'", session->config.host);
    } else if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        session_fail(session, ERR_TLS, "server certificate is not signed by the given root CA");
    } else {
        session_fail(session, ERR_TLS, "server certificate is refused (flags 0x%x)", (unsigned)flags);
    }
}

static void fail_handshake(struct session *session, int tls_code)
{
    const mbedtls_ssl_context *ssl = esp_tls_get_ssl_context(session->tls);
    uint32_t flags = ssl ? mbedtls_ssl_get_verify_result(ssl) : 0;
    if (flags && flags != UINT32_MAX) {
        fail_certificate(session, flags);
    } else if (tls_code == -MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        session_fail(session, ERR_TLS, "server refused this device: is its certificate known there?");
    } else {
        session_fail(session, ERR_TLS, "TLS with %.100s:%u failed (mbedTLS -0x%04x)", session->config.host,
                     session->config.port, (unsigned)tls_code);
    }
}

void session_fail_connect(struct session *session)
{
    const char *host = session->config.host;
    unsigned port = session->config.port;
    esp_tls_error_handle_t errors = NULL;
    int native = 0, tls_code = 0;
    esp_err_t cause = ESP_FAIL;
    if (esp_tls_get_error_handle(session->tls, &errors) == ESP_OK) {
        esp_tls_get_and_clear_error_type(errors, ESP_TLS_ERR_TYPE_SYSTEM, &native);
        cause = esp_tls_get_and_clear_last_error(errors, &tls_code, NULL);
    }
    switch (cause) {
    case ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME:
        session_fail(session, ERR_OFFLINE, "the name '%.100s' cannot be resolved", host);
        break;
    case ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT:
        session_fail(session, ERR_TIMEOUT, "no answer from %.100s port %u", host, port);
        break;
    case ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED:
        fail_handshake(session, tls_code);
        break;
    case ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET:
    case ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST:
        session_fail(session, ERR_OFFLINE, "cannot connect to %.100s port %u: %s", host, port,
                     native ? strerror(native) : "refused");
        break;
    default:
        session_fail(session, ERR_OFFLINE, "cannot connect to %.100s port %u: %s", host, port,
                     esp_err_to_name(cause));
        break;
    }
}

/* `result` of reading or writing: 0, or mbedTLS's code. */
void session_fail_io(struct session *session, int result)
{
    bool is_closed = result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
    if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        session_fail(session, ERR_TLS, "server refused this device: is its certificate known there?");
    } else if (!atomic_load(&session->is_connected)) {
        session_fail(
            session, ERR_REFUSED,
            "server closed the connection before CONNACK: is the certificate active, and does its policy "
            "allow iot:Connect for client '%.64s'?",
            session->config.client_id);
    } else if (is_closed) {
        session_fail(session, ERR_OFFLINE, "server closed the connection");
    } else {
        session_fail(session, ERR_OFFLINE, "connection lost (mbedTLS -0x%04x)", (unsigned)-result);
    }
}

void session_fail_connack(struct session *session, int code)
{
    static const char *const texts[] = {
        "accepted",      "protocol version", "client id", "server not available", "user name or password",
        "not authorized"};
    session_fail(session, ERR_REFUSED, "server refused the connection of client '%.64s': %s (CONNACK %d)",
                 session->config.client_id, code > 0 && code < 6 ? texts[code] : "unknown reason", code);
}

/* A connection that ends without an error of its own: nothing came for too long. */
void session_fail_silence(struct session *session)
{
    session_fail(session, ERR_TIMEOUT, "server did not answer within the keep-alive time of %u s",
                 session->config.keepalive_s);
}
