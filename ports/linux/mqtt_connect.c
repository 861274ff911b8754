/* SPDX-License-Identifier: MIT */
/* From the host's name to a TCP connection: the addresses one after another, each for a bounded time. */
#include "device/port/port_time.h"
#include "ports/linux/mqtt_session.h"
#include "ports/linux/resolver.h"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define RESOLVE_MS    30000
#define ADDRESS_MS    10000 /* for one address */
#define ADDRESSES_MAX 8

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
static bool finish_tcp(struct session *session, const char *address, int write_error, uint64_t until_ms)
{
    const uint64_t since_ms = port_time_monotonic_ms();
    until_ms = until_ms - since_ms > ADDRESS_MS ? since_ms + ADDRESS_MS : until_ms;
    while (!atomic_load(&session->must_stop) && !is_tcp_up(session)) {
        struct pollfd fds[2] = {
            {.fd = mosquitto_socket(session->mosquitto), .events = POLLOUT},
            {.fd = session->wake_fd, .events = POLLIN},
        };
        uint64_t now_ms = port_time_monotonic_ms();
        if (now_ms >= until_ms || poll(fds, 2, (int)(until_ms - now_ms)) == 0) {
            session_fail(session, ERR_TIMEOUT, "no answer from %s port %u within %u s", address,
                         session->port, (unsigned)((until_ms - since_ms + 500) / 1000));
            return false;
        }
        if (fds[0].revents & (POLLERR | POLLHUP)) {
            session_fail(session, ERR_OFFLINE, "cannot connect to %s port %u: %s", address, session->port,
                         tcp_error(fds[0].fd, write_error));
            return false;
        }
        if (fds[0].revents) {
            return true;
        }
    }
    return !atomic_load(&session->must_stop);
}

static bool connect_address(struct session *session, const struct addrinfo *info, uint64_t until_ms)
{
    char address[INET6_ADDRSTRLEN] = "";
    session->text[0] = session->tls_error[0] = '\0';
    if (getnameinfo(info->ai_addr, info->ai_addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST)) {
        session_fail(session, ERR_INTERNAL, "an address of %s cannot be read", session->host);
        return false;
    }
    errno = 0;
    int code = mosquitto_connect_async(session->mosquitto, address, session->port, session->keepalive_s);
    int native = errno;
    if (code == MOSQ_ERR_ERRNO) {
        session_fail(session, ERR_OFFLINE, "cannot connect to %s port %u: %s", address, session->port,
                     strerror(native));
        return false;
    }
    if (code) {
        session_fail_loop(session, code);
        return false;
    }
    return finish_tcp(session, address, native, until_ms);
}

/* NULL: there are none, or the resolver does not say. */
static struct addrinfo *find_addresses(struct session *session)
{
    struct addrinfo *found = NULL;
    const char *why = NULL;
    enum err err =
        resolver_find(session->host, session->wake_fd, port_time_monotonic_ms() + RESOLVE_MS, &found, &why);
    if (err == ERR_TIMEOUT) {
        session_fail(session, err, "the system's resolver has said nothing about '%s' within %d s",
                     session->host, RESOLVE_MS / 1000);
    } else if (err) {
        session_fail(session, err, "host '%s' not found: %s", session->host, why ? why : err_text(err));
    }
    return found;
}

/* The addresses of the host, in the resolver's order, until one takes a TCP connection. */
bool session_connect_tcp(struct session *session, uint64_t until_ms)
{
    struct addrinfo *found = find_addresses(session);
    bool is_up = false;
    int tried = 0;
    for (struct addrinfo *info = found; info && !is_up && tried < ADDRESSES_MAX;
         info = info->ai_next, tried++) {
        is_up = !atomic_load(&session->must_stop) && port_time_monotonic_ms() < until_ms &&
                connect_address(session, info, until_ms);
    }
    if (found) {
        freeaddrinfo(found);
    }
    return is_up;
}
