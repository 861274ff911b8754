/* SPDX-License-Identifier: MIT */
/* The HTTP server over real sockets, with a broker that is down. It has no thread, so the test drives its loop between the bytes of a client. Include
 * after cmocka.h. */
#ifndef TESTS_FAKES_HTTP_NET_H
#define TESTS_FAKES_HTTP_NET_H

#include "cloud/http/server.h"
#include "fakes/http_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The headers of a request that is signed for a service of AWS. */
#define NET_SIGNED(service)                                                                                  \
    "Host: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=A/20231114/us-east-1/" service            \
    "/aws4_request, SignedHeaders=host, Signature=" HTTP_SIGNATURE "\r\n"
#define NET_ANSWER_CAP 65536
#define NET_TURNS_MAX  200000

struct net {
    struct http_fixture fx; /* for its core, pki and folder */
    struct http_server *server;
    struct turn turn;
    struct worker *worker;
    char socket_path[100];
    char answer[NET_ANSWER_CAP];
    size_t answer_len;
};

static inline bool net_broker_is_down(void *ctx)
{
    (void)ctx;
    return false;
}

static inline bool net_publish_to_nobody(void *ctx, const struct message *message)
{
    (void)ctx, (void)message;
    return false;
}

static inline struct http_config net_config_of(struct net *net, uint16_t port)
{
    return (struct http_config){
        .core = net->fx.service.core,
        .clock = &net->fx.base.clock,
        .turn = &net->turn,
        .worker = net->worker,
        .pki = net->fx.service.pki,
        .listen = "127.0.0.1",
        .port = port,
        .endpoint = "iot.example",
        .mqtt_port = 8883,
        .is_broker_up = net_broker_is_down,
        .publish = net_publish_to_nobody,
        .socket_path = net->socket_path,
    };
}

static inline int net_setup(void **state)
{
    struct net *net = calloc(1, sizeof *net);
    struct http_fixture *fx = NULL;
    char why[256] = "";
    assert_non_null(net);
    http_setup((void **)&fx);
    net->fx = *fx;
    free(fx);
    fixture_close(
        &net->fx.base); /* again, so that its clock finds the copy; and in a file, which can be locked */
    char database[96];
    snprintf(database, sizeof database, "%s/db", net->fx.dir);
    fixture_open(&net->fx.base, database);
    net->fx.service.core = net->fx.base.core;
    net->fx.service.objects_dir = core_objects_dir(net->fx.base.core);
    snprintf(net->socket_path, sizeof net->socket_path, "%s/control.sock", net->fx.dir);
    turn_open(&net->turn, net->fx.service.core, &net->fx.base.clock, NULL);
    net->worker = worker_open(NULL, NULL);
    assert_non_null(net->worker);
    struct http_config config = net_config_of(net, 0);
    net->server = http_start(&config, why, sizeof why);
    if (!net->server) {
        fail_msg("http_start: %s", why);
    }
    *state = net;
    return 0;
}

static inline int net_teardown(void **state)
{
    struct net *net = *state;
    worker_close(net->worker);
    turn_close(&net->turn);
    http_stop(net->server);
    assert_int_equal(access(net->socket_path, F_OK), -1); /* it cleans up */
    struct http_fixture *fx = malloc(sizeof *fx);
    assert_non_null(fx);
    *fx = net->fx;
    free(net);
    void *old = fx;
    return http_teardown(&old);
}

/* Lets the server do what it has to do, as the daemon's loop would. */
static inline void net_turn(struct net *net)
{
    struct pollfd wait = {.fd = http_descriptor(net->server), .events = POLLIN};
    int timeout_ms = http_timeout_ms(net->server);
    poll(&wait, 1, timeout_ms == 0 ? 0 : 1);
    http_run(net->server);
    worker_run(net->worker);
    turn_run(&net->turn);
}

static inline int net_dial(const struct net *net)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_port(net->server))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline int net_dial_unix(const struct net *net)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", net->socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* false: the server hung up before it had everything. */
static inline bool net_say(struct net *net, int fd, const char *bytes, size_t len)
{
    for (int i = 0; len > 0 && i < NET_TURNS_MAX; i++) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        } else if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        net_turn(net);
    }
    assert_int_equal(len, 0);
    return true;
}

static inline size_t net_body_length(const char *head)
{
    const char *length = strcasestr(head, "\r\nContent-Length:");
    return length ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

/* The next answer, into net->answer; its status, or 0 when the server hung up instead. */
static inline int net_hear(struct net *net, int fd, bool is_head)
{
    net->answer_len = 0;
    for (int i = 0; i < NET_TURNS_MAX; i++) {
        net->answer[net->answer_len] = '\0';
        char *end = strstr(net->answer, "\r\n\r\n");
        if (end && net->answer_len >=
                       (size_t)(end - net->answer) + 4 + (is_head ? 0 : net_body_length(net->answer))) {
            return (int)strtol(net->answer + strlen("HTTP/1.1 "), NULL, 10);
        }
        ssize_t got = recv(fd, net->answer + net->answer_len, 1, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            return 0;
        }
        if (got > 0) {
            net->answer_len++;
            assert_true(net->answer_len < NET_ANSWER_CAP);
        } else {
            net_turn(net);
        }
    }
    fail_msg("no answer");
    return 0;
}

static inline int net_ask(struct net *net, int fd, const char *request)
{
    return net_say(net, fd, request, strlen(request)) ? net_hear(net, fd, strncmp(request, "HEAD", 4) == 0)
                                                      : 0;
}

#endif
