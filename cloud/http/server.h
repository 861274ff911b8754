/* SPDX-License-Identifier: MIT */
/* The HTTP side of iot-local: AWS IoT control plane, the Jobs data plane, S3, on libmicrohttpd. It has no thread and no
 * loop of its own: it lives in the daemon's loop through one descriptor. */
#ifndef CLOUD_HTTP_SERVER_H
#define CLOUD_HTTP_SERVER_H

#include "cloud/base/worker.h"
#include "cloud/core/turn.h"
#include "cloud/http/call.h"
#include "cloud/pki/pki.h"

#include <stdint.h>

struct http_server;

struct http_config {
    struct core *core;
    const struct clock *clock;
    struct turn *turn;        /* serves the requests; closed before http_stop */
    struct worker *worker;    /* makes what takes long; closed before the turn */
    struct pki *pki;          /* makes certificates for CreateKeysAndCertificate */
    const char *listen;       /* address, "127.0.0.1" */
    uint16_t port;            /* 0: the system chooses, see http_port */
    const char *endpoint;     /* what DescribeEndpoint answers: host name only */
    const char *const *names; /* what this machine is called besides; live as long as the server */
    size_t name_count;
    const struct credentials *credentials; /* who may call, lives as long; NULL: any credentials will do */
    const char *credentials_file;          /* where these keys lie; lives as long; NULL: nowhere */
    const struct credentials *link_keys; /* what signs links for devices, lives as long; NULL: nothing does */
    uint16_t mqtt_port, https_port;      /* told by GET /iot-local/status on the Unix socket */
    bool (*is_broker_up)(void *ctx);
    bool (*publish)(void *ctx, const struct message *message);
    bool (*set_shift)(void *ctx, int64_t by_ms); /* call.h */
    void *daemon;
    const struct clock_shift *shift;
    const char *socket_path; /* Unix socket for the command line: same routes, no signature asked */
};

/* NULL and one line in `why` (a port in use says so, and which). */
struct http_server *http_start(const struct http_config *config, char *why, size_t why_cap);
/* Nobody may wait any more: worker and turn are closed before, or have never had a request. */
void http_stop(struct http_server *server);

/* The port in use; differs from config->port when that was 0 (the system chooses). */
uint16_t http_port(const struct http_server *server);

/* The broker has got another port than http_start was told. */
void http_set_mqtt_port(struct http_server *server, uint16_t port);

/* An epoll descriptor to wait for. When it is readable or http_timeout_ms (-1 = none) has passed, call http_run. */
int http_descriptor(const struct http_server *server);
int http_timeout_ms(const struct http_server *server);
void http_run(struct http_server *server);

#endif
