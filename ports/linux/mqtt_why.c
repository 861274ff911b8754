/* SPDX-License-Identifier: MIT */
/* Why a connection ended, in words for a person: libmosquitto's own code says little, what OpenSSL said says more. */
#include "ports/linux/mqtt_session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void session_fail(struct session *session, enum err reason, const char *format, ...)
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
        char text[160];
        const char *why = tls_own_fault(&session->verdict, text, sizeof(text));
        session_fail(session, ERR_TLS, "server refused this device: %s (%s)",
                     why ? why : "is its certificate known there?", session->tls_error);
    } else {
        session_fail(session, ERR_TLS, "TLS with %s:%u failed (%s)", session->host, session->port,
                     session->tls_error[0] ? session->tls_error : "closed by the server");
    }
}

static void fail_connack(struct session *session)
{
    static const char *const texts[] = {
        "accepted",      "protocol version", "client id", "server not available", "user name or password",
        "not authorized"};
    int code = session->connack;
    session_fail(session, ERR_REFUSED, "server refused the connection of client '%s': %s (CONNACK %d)",
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
void session_fail_loop(struct session *session, int code)
{
    int native = errno;
    bool was_connected = atomic_load(&session->is_connected);
    bool is_closed = was_closed(session, code);
    if (session->connack > 0) {
        fail_connack(session);
    } else if (!is_closed && (session->tls_error[0] || code == MOSQ_ERR_TLS)) {
        fail_tls(session);
    } else if (code == MOSQ_ERR_KEEPALIVE) {
        session_fail(session, ERR_TIMEOUT, "server did not answer within the keep-alive time of %u s",
                     session->keepalive_s);
    } else if (!was_connected && is_closed) {
        session_fail(session, ERR_REFUSED,
                     "server closed the connection before CONNACK: is the certificate active, and does its "
                     "policy allow iot:Connect for client '%s'?",
                     session->client_id);
    } else if (is_closed) {
        session_fail(session, ERR_OFFLINE, "server closed the connection");
    } else {
        session_fail(session, ERR_OFFLINE, "%s",
                     code == MOSQ_ERR_ERRNO && native ? strerror(native) : mosquitto_strerror(code));
    }
}
