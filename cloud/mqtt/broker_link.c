/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/broker_link.h"

#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define CLIENT_ID     "$iot-local" /* no device can have it: ids that begin with $ are refused */
#define USERNAME      "iot-local"
#define KEEP_ALIVE_S  60
#define RETRY_FAST_MS 5   /* at start: the socket appears within a few milliseconds */
#define RETRY_SLOW_MS 100 /* later: the broker is down for longer */
#define FAST_TRIES    400
#define MISC_MS       10000 /* keep-alive of libmosquitto */
#define UNSENT_MAX    4096 /* messages that the broker has not taken yet; above it we stop reading requests */

struct broker_link {
    struct broker_link_config config;
    int epoll;
    struct mosquitto *client; /* NULL: not connected */
    bool is_ready;
    bool is_ready_told;
    bool waits_to_write;
    bool waits_to_read;
    unsigned unsent; /* published since everything was written */
    unsigned tries;
    int64_t next_try_ms;
    int64_t next_misc_ms;
    size_t count, room;
    struct broker_request *requests;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- Callbacks of libmosquitto --- */

/* QoS 1: what waits for us in the broker is bounded by bytes then, not only by number. A broker that knows another
 * secret is not ours, or not any more. */
static void on_connect(struct mosquitto *client, void *ctx, int code)
{
    (void)ctx;
    char *filters[] = {PRIVATE_TOPIC_REQUESTS, PRIVATE_TOPIC_SUBSCRIPTIONS};
    if (code == 0) {
        mosquitto_subscribe_multiple(client, NULL, 2, filters, 1, 0, NULL);
    } else {
        mosquitto_disconnect(client);
    }
}

static void on_subscribe(struct mosquitto *client, void *ctx, int mid, int count, const int *granted)
{
    (void)client, (void)mid;
    struct broker_link *link = ctx;
    link->is_ready = count == 2 && granted[0] != 0x80 && granted[1] != 0x80;
}

/* libmosquitto may read more than we asked for, so the batch grows as it must. */
static struct broker_request *next_place(struct broker_link *link)
{
    if (link->count == link->room) {
        size_t room = link->room > 0 ? 2 * link->room : BROKER_LINK_BATCH;
        struct broker_request *grown = realloc(link->requests, room * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        link->requests = grown;
        link->room = room;
    }
    return &link->requests[link->count];
}

/* One block for topic and payload; freed through the topic. */
static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *message)
{
    (void)client;
    struct broker_link *link = ctx;
    struct private_topic from;
    if (!private_topic_parse_request(message->topic, &from)) {
        return;
    }

    size_t payload_len = (size_t)message->payloadlen;
    struct broker_request *place = next_place(link);
    char *block = place != NULL ? malloc(from.topic.len + 1 + payload_len) : NULL;
    if (block == NULL) {
        return; /* out of memory: the device asks again */
    }
    memcpy(block, from.topic.ptr, from.topic.len + 1);
    if (payload_len > 0) {
        memcpy(block + from.topic.len + 1, message->payload, payload_len);
    }
    from.topic.ptr = block;
    *place = (struct broker_request){from, {block + from.topic.len + 1, payload_len}};
    link->count++;
}

/* --- Connecting --- */

static void plan_next_try(struct broker_link *link)
{
    link->tries++;
    link->next_try_ms = now_ms() + (link->tries < FAST_TRIES ? RETRY_FAST_MS : RETRY_SLOW_MS);
}

static void disconnect(struct broker_link *link)
{
    if (link->is_ready) {
        link->tries = 0;
    }
    mosquitto_destroy(link->client); /* closes the socket, which leaves the epoll set with it */
    link->client = NULL;
    link->is_ready = false;
    link->is_ready_told = false;
    link->unsent = 0;
    plan_next_try(link);
}

/* What libmosquitto wants to wait for. */
static void watch(struct broker_link *link)
{
    bool write = mosquitto_want_write(link->client);
    bool read = link->unsent < UNSENT_MAX;
    if (!write) {
        link->unsent = 0;
    }
    if (write == link->waits_to_write && read == link->waits_to_read) {
        return;
    }
    struct epoll_event event = {.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u)};
    if (epoll_ctl(link->epoll, EPOLL_CTL_MOD, mosquitto_socket(link->client), &event) != 0) {
        return;
    }
    link->waits_to_write = write;
    link->waits_to_read = read;
}

static struct mosquitto *new_client(struct broker_link *link)
{
    struct mosquitto *client = mosquitto_new(CLIENT_ID, true, link);
    if (client == NULL) {
        return NULL;
    }
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 65535);
    mosquitto_username_pw_set(client, USERNAME, link->config.secret);
    return client;
}

static void try_to_connect(struct broker_link *link)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct mosquitto *client = new_client(link);
    int code = client != NULL ? mosquitto_connect(client, link->config.socket_path, 0, KEEP_ALIVE_S)
                              : MOSQ_ERR_NOMEM;

    if (code == MOSQ_ERR_SUCCESS &&
        epoll_ctl(link->epoll, EPOLL_CTL_ADD, mosquitto_socket(client), &event) == 0) {
        link->client = client;
        link->waits_to_read = true;
        link->waits_to_write = false;
        link->next_misc_ms = now_ms() + MISC_MS;
        watch(link);
        return;
    }
    mosquitto_destroy(client);
    plan_next_try(link);
}

/* --- Running --- */

static bool has_more(struct mosquitto *client)
{
    int bytes = 0;
    return ioctl(mosquitto_socket(client), FIONREAD, &bytes) == 0 && bytes > 0;
}

/* Everything that has arrived, up to a batch. */
static int read_requests(struct broker_link *link)
{
    int code;
    do {
        code = mosquitto_loop_read(link->client, 1);
    } while (code == MOSQ_ERR_SUCCESS && link->count < BROKER_LINK_BATCH && has_more(link->client));
    return code;
}

static void hand_over(struct broker_link *link)
{
    if (link->is_ready && !link->is_ready_told) {
        link->is_ready_told = true;
        link->config.on_ready(link->config.ctx);
    }
    if (link->count > 0) {
        link->config.on_requests(link->config.ctx, link->requests, link->count);
    }
    for (size_t i = 0; i < link->count; i++) {
        free((char *)link->requests[i].from.topic.ptr);
    }
    link->count = 0;
}

static void serve(struct broker_link *link)
{
    struct epoll_event event = {0};
    int code = MOSQ_ERR_SUCCESS;
    if (epoll_wait(link->epoll, &event, 1, 0) < 0) {
        event.events = 0;
    }

    if (event.events & EPOLLOUT) {
        code = mosquitto_loop_write(link->client, 1);
    }
    if (code == MOSQ_ERR_SUCCESS && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
        code = read_requests(link);
    }
    if (code == MOSQ_ERR_SUCCESS && now_ms() >= link->next_misc_ms) {
        link->next_misc_ms = now_ms() + MISC_MS;
        code = mosquitto_loop_misc(link->client);
    }
    hand_over(link);
    if (code == MOSQ_ERR_SUCCESS && mosquitto_socket(link->client) >= 0) {
        watch(link);
    } else {
        disconnect(link);
    }
}

void broker_link_run(struct broker_link *link)
{
    if (link->client != NULL) {
        serve(link);
    } else if (now_ms() >= link->next_try_ms) {
        try_to_connect(link);
    }
}

struct broker_link *broker_link_create(const struct broker_link_config *config)
{
    struct broker_link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        return NULL;
    }
    link->config = *config;
    link->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (link->epoll >= 0 && mosquitto_lib_init() == MOSQ_ERR_SUCCESS) {
        return link;
    }
    if (link->epoll >= 0) {
        close(link->epoll);
    }
    free(link);
    return NULL;
}

void broker_link_destroy(struct broker_link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->client != NULL) {
        mosquitto_disconnect(link->client);
        disconnect(link);
    }
    close(link->epoll);
    free(link->requests);
    free(link);
    mosquitto_lib_cleanup();
}

int broker_link_descriptor(const struct broker_link *link)
{
    return link->epoll;
}

int broker_link_timeout_ms(const struct broker_link *link)
{
    int64_t left_ms = (link->client != NULL ? link->next_misc_ms : link->next_try_ms) - now_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

bool broker_link_is_ready(const struct broker_link *link)
{
    return link->is_ready;
}

/* --- Sending --- */

static void publish(struct broker_link *link, const char *topic, const void *payload, size_t len, int qos)
{
    if (!link->is_ready) {
        return;
    }
    if (mosquitto_publish(link->client, NULL, topic, (int)len, payload, qos, false) == MOSQ_ERR_SUCCESS) {
        link->unsent++;
    }
    if (mosquitto_socket(link->client) >= 0) {
        watch(link);
    } else {
        link->next_misc_ms = 0; /* it has just broken, and its descriptor will not tell any more */
    }
}

void broker_link_answer(struct broker_link *link, const struct broker_request *request, const char *topic,
                        const void *payload, size_t len)
{
    char private_topic[1024];
    struct private_topic to = request->from;
    to.topic = slice_from(topic);
    if (private_topic_write_answer(&to, private_topic, sizeof(private_topic)) == ERR_OK) {
        publish(link, private_topic, payload, len, 0);
    }
}

void broker_link_notify(struct broker_link *link, const char *topic, const void *payload, size_t len)
{
    publish(link, topic, payload, len, 1);
}
