/* SPDX-License-Identifier: MIT */
/* libmicrohttpd around dispatch.c: two daemons (TCP and the Unix socket) without threads, both in one epoll descriptor. */
#include "cloud/http/server.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/objects/objects.h"
#include "cloud/http/dispatch.h"
#include "cloud/http/exchange.h"
#include "cloud/http/listener.h"

#include <errno.h>
#include <libgen.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define IDLE_TIMEOUT_MS   30000
#define CONNECTION_MEMORY (64 * 1024) /* also the limit of a request's line and headers */

struct http_server {
    struct http_service service;
    struct exchange_server tcp, local;
    struct MHD_Daemon *tcp_daemon, *local_daemon;
    size_t upload_bytes; /* of all uploads that are under way */
    int epoll_fd;
    char *listen, *endpoint, *socket_path, *data_dir;
};

static struct MHD_Daemon *start_daemon(struct exchange_server *context, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_on_request, context,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CROWD_LIMIT,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_MS / 1000, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
        exchange_on_target, context, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, crowd_on_connection, &context->crowd, MHD_OPTION_END);
}

static bool watch(int epoll_fd, struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event event = {.events = EPOLLIN};
    return info && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &event) == 0;
}

/* Takes over the descriptor. */
static bool start_listening(struct http_server *server, struct MHD_Daemon **daemon,
                            struct exchange_server *context, int fd, char *why, size_t why_cap)
{
    if (fd < 0) {
        return false;
    }
    *daemon = start_daemon(context, fd);
    if (!*daemon) {
        snprintf(why, why_cap, "cannot start the HTTP server: %s", strerror(errno));
        close(fd);
        return false;
    }
    if (!watch(server->epoll_fd, *daemon)) {
        snprintf(why, why_cap, "cannot watch the HTTP server: %s", strerror(errno));
        return false;
    }
    return true;
}

static struct exchange_server new_exchange_server(struct http_server *server,
                                                  const struct http_config *config, bool is_unix_socket)
{
    return (struct exchange_server){
        .service = &server->service,
        .turn = config->turn,
        .worker = config->worker,
        .crowd = {.clock = config->clock},
        .upload_bytes = &server->upload_bytes,
        .is_unix_socket = is_unix_socket,
    };
}

static struct http_server *new_server(const struct http_config *config)
{
    struct http_server *server = memory_zeroed(sizeof *server);
    server->listen = text_copy(config->listen);
    server->endpoint = text_copy(config->endpoint);
    server->socket_path = text_copy(config->socket_path);
    char *path = text_copy(config->socket_path);
    server->data_dir = text_copy(dirname(path));
    free(path);
    server->service = (struct http_service){
        .core = config->core,
        .is_broker_up = config->is_broker_up,
        .publish = config->publish,
        .set_shift = config->set_shift,
        .daemon = config->daemon,
        .shift = config->shift,
        .pki = config->pki,
        .listen = server->listen,
        .endpoint = server->endpoint,
        .data_dir = server->data_dir,
        .names = config->names,
        .name_count = config->name_count,
        .credentials = config->credentials,
        .credentials_file = config->credentials_file,
        .link_keys = config->link_keys,
        .objects_dir = core_objects_dir(config->core),
        .http_port = config->port,
        .mqtt_port = config->mqtt_port,
        .https_port = config->https_port,
        .is_closing = config->worker ? worker_is_closing(config->worker) : NULL,
    };
    server->tcp = new_exchange_server(server, config, false);
    server->local = new_exchange_server(server, config, true);
    return server;
}

struct http_server *http_start(const struct http_config *config, char *why, size_t why_cap)
{
    struct http_server *server = new_server(config);
    json_set_alloc_funcs(exchange_json_alloc, free);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll_fd < 0) {
        snprintf(why, why_cap, "cannot make an epoll descriptor: %s", strerror(errno));
        http_stop(server);
        return NULL;
    }
    if (!start_listening(
            server, &server->tcp_daemon, &server->tcp,
            listener_open_tcp(server->listen, &server->service.http_port, "--http-port", why, why_cap), why,
            why_cap) ||
        !start_listening(server, &server->local_daemon, &server->local,
                         listener_open_unix(server->socket_path, why, why_cap), why, why_cap)) {
        http_stop(server);
        return NULL;
    }
    return server;
}

void http_stop(struct http_server *server)
{
    if (!server) {
        return;
    }
    server->tcp.is_closing = server->local.is_closing = true;
    http_run(server); /* sends what the turn has answered last */
    if (server->tcp_daemon) {
        MHD_stop_daemon(server->tcp_daemon);
    }
    if (server->local_daemon) {
        MHD_stop_daemon(server->local_daemon);
        unlink(server->socket_path);
    }
    if (server->epoll_fd >= 0) {
        close(server->epoll_fd);
    }
    free(server->listen);
    free(server->endpoint);
    free(server->socket_path);
    free(server->data_dir);
    free(server);
}

uint16_t http_port(const struct http_server *server)
{
    return server->service.http_port;
}

void http_set_mqtt_port(struct http_server *server, uint16_t port)
{
    server->service.mqtt_port = port;
}

int http_descriptor(const struct http_server *server)
{
    return server->epoll_fd;
}

/* -1: none. */
static int daemon_timeout_ms(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(daemon, &timeout_ms) != MHD_YES) {
        return -1;
    }
    return timeout_ms > IDLE_TIMEOUT_MS ? IDLE_TIMEOUT_MS : (int)timeout_ms;
}

int http_timeout_ms(const struct http_server *server)
{
    if (server->tcp.has_answers || server->local.has_answers) {
        return 0;
    }
    int tcp_ms = daemon_timeout_ms(server->tcp_daemon);
    int local_ms = daemon_timeout_ms(server->local_daemon);
    if (tcp_ms < 0 || local_ms < 0) {
        return tcp_ms < 0 ? local_ms : tcp_ms;
    }
    return tcp_ms < local_ms ? tcp_ms : local_ms;
}

void http_run(struct http_server *server)
{
    server->tcp.has_answers = server->local.has_answers = false;
    if (server->tcp_daemon) {
        MHD_run(server->tcp_daemon);
    }
    if (server->local_daemon) {
        MHD_run(server->local_daemon);
    }
}
