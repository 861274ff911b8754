/* SPDX-License-Identifier: MIT */
/* libmicrohttpd with GnuTLS around dispatch_read. libmicrohttpd's own thread does everything behind the start. */
#include "cloud/http/objects_server.h"

#include "cloud/base/memory.h"
#include "cloud/http/exchange.h"
#include "cloud/http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define IDLE_TIMEOUT_S    60 /* a device may write to its flash between two ranges */
#define CONNECTION_MEMORY ((size_t)32 * 1024)
#define PEM_MAX           65536
#define NICENESS          5 /* of the thread: jobs go before downloads */

struct objects_server {
    struct http_service service;
    struct exchange_server exchange;
    struct MHD_Daemon *daemon;
    size_t upload_bytes;
    char *certificate, *key; /* PEM; libmicrohttpd reads them where they are */
};

/* malloc'd text, or NULL and `why`. */
static char *read_pem(const char *path, char *why, size_t why_cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = memory_zeroed(PEM_MAX + 1);
    ssize_t got = fd >= 0 ? read(fd, text, PEM_MAX) : -1;
    if (got <= 0) {
        snprintf(why, why_cap, "%s: %s", path, got < 0 ? strerror(errno) : "it is empty");
        free(text);
        text = NULL;
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

static int listen_somewhere(struct objects_server *server, const struct objects_server_config *config,
                            char *why, size_t why_cap)
{
    uint16_t *port = &server->service.https_port;
    *port = config->port;
    int fd = listener_open_tcp(config->listen, port, "--https-port", why, why_cap);
    if (fd < 0 && errno == EADDRINUSE && config->may_move) {
        *port = 0;
        fd = listener_open_tcp(config->listen, port, "--https-port", why, why_cap);
    }
    return fd;
}

/* --- The start. A new thread takes over the niceness of the one that makes it, and nobody may take niceness back: so a short-lived
 * thread starts libmicrohttpd. --- */

struct start {
    struct objects_server *server;
    int fd;
};

static void *start_daemon(void *ctx)
{
    const struct start *start = ctx;
    struct objects_server *server = start->server;
    struct exchange_server *exchange = &server->exchange;
    (void)!setpriority(PRIO_PROCESS, 0, NICENESS); /* of this thread alone, on Linux; no harm when it fails */
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, exchange_on_request,
        exchange, MHD_OPTION_LISTEN_SOCKET, start->fd, MHD_OPTION_HTTPS_MEM_KEY, server->key,
        MHD_OPTION_HTTPS_MEM_CERT, server->certificate, MHD_OPTION_HTTPS_PRIORITIES,
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3", MHD_OPTION_CONNECTION_LIMIT, (unsigned)CROWD_LIMIT,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, exchange_on_target,
        exchange, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, exchange, MHD_OPTION_NOTIFY_CONNECTION,
        crowd_on_connection, &exchange->crowd, MHD_OPTION_END);
    return NULL;
}

static bool start(struct objects_server *server, int fd, char *why, size_t why_cap)
{
    struct start order = {server, fd};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, start_daemon, &order);
    if (error == 0) {
        pthread_join(thread, NULL);
    }
    if (server->daemon) {
        return true;
    }
    snprintf(why, why_cap, "cannot start the HTTPS server for objects: %s",
             error ? strerror(error) : "libmicrohttpd refuses its certificate, or has no TLS");
    close(fd);
    return false;
}

static void fill(struct objects_server *server, const struct objects_server_config *config)
{
    server->service = (struct http_service){
        .core = config->core,
        .listen = config->listen,
        .endpoint = config->endpoint,
        .names = config->names,
        .name_count = config->name_count,
        .credentials = config->credentials,
        .link_keys = config->link_keys,
        .objects_dir = core_objects_dir(config->core),
        .only_objects = true,
    };
    server->exchange = (struct exchange_server){
        .service = &server->service,
        .crowd = {.clock = config->clock, .cuts_answers = true},
        .upload_bytes = &server->upload_bytes,
    };
}

struct objects_server *objects_server_start(const struct objects_server_config *config, char *why,
                                            size_t why_cap)
{
    struct objects_server *server = memory_zeroed(sizeof *server);
    fill(server, config);
    server->certificate = read_pem(config->certificate_path, why, why_cap);
    server->key = server->certificate ? read_pem(config->key_path, why, why_cap) : NULL;
    int fd = server->key ? listen_somewhere(server, config, why, why_cap) : -1;
    if (fd < 0 || !start(server, fd, why, why_cap)) {
        objects_server_stop(server);
        return NULL;
    }
    return server;
}

void objects_server_stop(struct objects_server *server)
{
    if (!server) {
        return;
    }
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
    }
    if (server->key) {
        OPENSSL_cleanse(server->key, PEM_MAX);
    }
    free(server->key);
    free(server->certificate);
    free(server);
}

uint16_t objects_server_port(const struct objects_server *server)
{
    return server->service.https_port;
}
