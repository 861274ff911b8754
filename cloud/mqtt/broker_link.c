/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/broker_link.h"

#include "cloud/base/memory.h"

#include <assert.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLIENT_ID     "$iot-local" /* no device can have it: ids that begin with $ are refused */
#define USERNAME      "iot-local"
#define FILTER_COUNT  4
#define KEEP_ALIVE_S  15
#define RETRY_FAST_MS 5   /* at start: the socket appears within a few milliseconds */
#define RETRY_SLOW_MS 100 /* later: the broker is down for longer */
#define FAST_TRIES    400
#define MISC_MS       10000 /* keep-alive of libmosquitto */
#define UNSENT_MAX    4096 /* messages that the broker has not taken yet; above it we stop reading requests */
#define READ_AT_ONCE  256  /* requests */
#define NOTICES_MAX   128  /* on their way at once */
#define NOTICES_BYTES (1024 * 1024) /* so long an answer may have to wait behind them */
#define NOTICE_BYTES  (34 * 1024)   /* the largest, with its document */
#define EVENTS_MAX    32            /* on their way at once: so few stand in the way of notices */
#define EVENTS_BYTES  (128 * 1024)

struct flight {
    int mid;
    size_t len;
    int64_t number; /* of the notice or event */
};

/* What the broker has not acknowledged. */
struct flights {
    struct flight at[NOTICES_MAX];
    size_t count, bytes;
};

struct broker_link {
    struct broker_link_config config;
    int epoll;
    struct mosquitto *client; /* NULL: not connected */
    bool is_ready;
    bool is_ready_told;
    bool waits_to_write;
    bool waits_to_read;
    unsigned unsent; /* published since everything was written */
    unsigned came;   /* messages that the last reading has brought */
    unsigned tries;
    int64_t next_try_ms;
    int64_t next_misc_ms;
    int64_t owed_since_ms;          /* the broker owes us a word since then; 0: it does not */
    struct flights notices, events; /* of events, at most EVENTS_MAX */
};

static int64_t now_ms(const struct broker_link *link)
{
    return clock_monotonic_ms(link->config.clock);
}

/* --- Callbacks of libmosquitto --- */

/* QoS 1: what waits for us in the broker is bounded by bytes then, not only by number. A broker that knows another
 * secret is not ours, or not any more. */
static void on_connect(struct mosquitto *client, void *ctx, int code)
{
    (void)ctx;
    char *filters[FILTER_COUNT] = {PRIVATE_TOPIC_REQUESTS, PRIVATE_TOPIC_PROVISIONS,
                                   PRIVATE_TOPIC_SUBSCRIPTIONS, PRIVATE_TOPIC_RETAINED_ALL};
    if (code == 0) {
        mosquitto_subscribe_multiple(client, NULL, FILTER_COUNT, filters, 1, 0, NULL);
    } else {
        mosquitto_disconnect(client);
    }
}

static void on_subscribe(struct mosquitto *client, void *ctx, int mid, int count, const int *granted)
{
    (void)client, (void)mid;
    struct broker_link *link = ctx;
    bool is_granted = count == FILTER_COUNT;
    for (int i = 0; i < count; i++) {
        is_granted = is_granted && granted[i] != 0x80;
    }
    link->is_ready = is_granted;
}

/* false: no message of this number is among them. */
static bool land(struct flights *flights, int mid, int64_t *number)
{
    for (size_t i = 0; i < flights->count; i++) {
        if (flights->at[i].mid == mid) {
            *number = flights->at[i].number;
            flights->bytes -= flights->at[i].len;
            flights->at[i] = flights->at[--flights->count];
            return true;
        }
    }
    return false;
}

static void on_publish(struct mosquitto *client, void *ctx, int mid)
{
    (void)client;
    struct broker_link *link = ctx;
    int64_t number;
    if (land(&link->notices, mid, &number)) {
        link->config.on_delivered(link->config.ctx, number);
    } else if (land(&link->events, mid, &number)) {
        link->config.on_event_delivered(link->config.ctx, number);
    }
}

static void take_request(struct broker_link *link, struct private_topic from, struct slice payload)
{
    struct broker_request *request = memory_resize(NULL, sizeof *request + from.topic.len + 1 + payload.len);
    char *topic = (char *)(request + 1);
    memcpy(topic, from.topic.ptr, from.topic.len + 1);
    if (payload.len > 0) {
        memcpy(topic + from.topic.len + 1, payload.ptr, payload.len);
    }
    *request = (struct broker_request){from, {topic + from.topic.len + 1, payload.len}};
    request->from.topic.ptr = topic;
    link->config.on_request(link->config.ctx, request);
}

static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *message)
{
    (void)client;
    struct broker_link *link = ctx;
    struct private_topic from;
    const char *filter = private_topic_subscribed_filter(message->topic);
    struct slice payload = {message->payload, (size_t)message->payloadlen};
    int qos = 0;
    const char *retained = private_topic_retained(message->topic, &qos);
    link->came++;
    if (private_topic_parse_request(message->topic, &from)) {
        take_request(link, from, payload);
    } else if (filter != NULL) {
        link->config.on_subscribed(link->config.ctx, slice_from(filter));
    } else if (retained != NULL) {
        link->config.on_retained(link->config.ctx, slice_from(retained), qos, payload);
    }
}

/* --- Connecting --- */

static void plan_next_try(struct broker_link *link)
{
    link->tries++;
    link->next_try_ms = now_ms(link) + (link->tries < FAST_TRIES ? RETRY_FAST_MS : RETRY_SLOW_MS);
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
    link->notices.count = link->notices.bytes = 0;
    link->events.count = link->events.bytes = 0;
    link->owed_since_ms = 0;
    plan_next_try(link);
    link->config.on_lost(link->config.ctx);
}

/* What libmosquitto wants to wait for. */
static void watch(struct broker_link *link)
{
    bool write = mosquitto_want_write(link->client);
    if (!write) {
        link->unsent = 0;
    }
    bool read = link->unsent < UNSENT_MAX;
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
    mosquitto_publish_callback_set(client, on_publish);
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
        link->next_misc_ms = now_ms(link) + MISC_MS;
        link->owed_since_ms = now_ms(link); /* a CONNACK */
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

/* Everything that has arrived, up to a number. */
static int read_messages(struct broker_link *link)
{
    int code;
    link->came = 0;
    link->owed_since_ms = 0; /* a word at last */
    do {
        code = mosquitto_loop_read(link->client, 1);
    } while (code == MOSQ_ERR_SUCCESS && link->came < READ_AT_ONCE && has_more(link->client));
    return code;
}

static void tell_ready(struct broker_link *link)
{
    if (link->is_ready && !link->is_ready_told) {
        link->is_ready_told = true;
        link->config.on_ready(link->config.ctx);
    }
}

/* A CONNACK, the PUBACK of a notice or event, room for what we write. */
static bool is_owed_a_word(const struct broker_link *link)
{
    return !link->is_ready || link->notices.count > 0 || link->events.count > 0 || link->waits_to_write;
}

static bool is_frozen(struct broker_link *link)
{
    if (!is_owed_a_word(link)) {
        link->owed_since_ms = 0;
    } else if (link->owed_since_ms == 0) {
        link->owed_since_ms = now_ms(link);
    }
    return link->owed_since_ms != 0 && now_ms(link) - link->owed_since_ms >= BROKER_FROZEN_MS;
}

static void serve(struct broker_link *link)
{
    struct epoll_event event = {0};
    int code = MOSQ_ERR_SUCCESS;
    if (epoll_wait(link->epoll, &event, 1, 0) < 0) {
        event.events = 0;
    }

    if (event.events & EPOLLOUT) {
        link->owed_since_ms = 0;
        code = mosquitto_loop_write(link->client, 1);
    }
    if (code == MOSQ_ERR_SUCCESS && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
        code = read_messages(link);
    }
    if (code == MOSQ_ERR_SUCCESS && now_ms(link) >= link->next_misc_ms) {
        link->next_misc_ms = now_ms(link) + MISC_MS;
        code = mosquitto_loop_misc(link->client);
    }
    tell_ready(link);
    if (code == MOSQ_ERR_SUCCESS && mosquitto_socket(link->client) >= 0) {
        watch(link);
    } else {
        disconnect(link);
        return;
    }
    if (is_frozen(link)) {
        link->config.on_frozen(link->config.ctx);
        disconnect(link);
    }
}

void broker_link_run(struct broker_link *link)
{
    if (link->client != NULL) {
        serve(link);
    } else if (now_ms(link) >= link->next_try_ms) {
        try_to_connect(link);
    }
}

struct broker_link *broker_link_create(const struct broker_link_config *config)
{
    struct broker_link *link = memory_zeroed(sizeof *link);
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
    free(link);
    mosquitto_lib_cleanup();
}

int broker_link_descriptor(const struct broker_link *link)
{
    return link->epoll;
}

int broker_link_timeout_ms(const struct broker_link *link)
{
    int64_t at_ms = link->client != NULL ? link->next_misc_ms : link->next_try_ms;
    if (link->owed_since_ms != 0 && link->owed_since_ms + BROKER_FROZEN_MS < at_ms) {
        at_ms = link->owed_since_ms + BROKER_FROZEN_MS;
    }
    int64_t left_ms = at_ms - now_ms(link);
    return left_ms > 0 ? (int)left_ms : 0;
}

bool broker_link_is_ready(const struct broker_link *link)
{
    return link->is_ready;
}

/* --- Sending --- */

/* The message's number; -1: it was not published. */
static int publish(struct broker_link *link, const char *topic, const void *payload, size_t len, int qos,
                   bool is_retained)
{
    int mid = -1;
    if (!link->is_ready) {
        return -1;
    }
    bool is_good =
        mosquitto_publish(link->client, &mid, topic, (int)len, payload, qos, is_retained) == MOSQ_ERR_SUCCESS;
    link->unsent += is_good ? 1 : 0;
    if (mosquitto_socket(link->client) >= 0) {
        watch(link);
    } else {
        link->next_misc_ms = 0; /* it has just broken, and its descriptor will not tell any more */
    }
    return is_good ? mid : -1;
}

void broker_link_answer(struct broker_link *link, const struct broker_request *request, const char *topic,
                        const void *payload, size_t len)
{
    char private_topic[1024];
    struct private_topic to = request->from;
    to.topic = slice_from(topic);
    if (private_topic_write_answer(&to, private_topic, sizeof(private_topic)) == ERR_OK) {
        publish(link, private_topic, payload, len, 0, false);
    }
}

bool broker_link_publish(struct broker_link *link, const char *topic, const void *payload, size_t len,
                         int qos, bool is_retained)
{
    return publish(link, topic, payload, len, qos, is_retained) >= 0;
}

size_t broker_link_room(const struct broker_link *link)
{
    if (!link->is_ready || link->notices.bytes >= NOTICES_BYTES) {
        return 0;
    }
    size_t by_number = NOTICES_MAX - link->notices.count;
    size_t by_bytes = 1 + (NOTICES_BYTES - link->notices.bytes) / NOTICE_BYTES;
    return by_number < by_bytes ? by_number : by_bytes;
}

/* What cannot be published stays owed: on_lost follows, because only a broken connection refuses it. */
static void take_off(struct broker_link *link, struct flights *flights, const char *topic,
                     struct slice payload, int64_t number)
{
    assert(flights->count < NOTICES_MAX);
    int mid = publish(link, topic, payload.ptr, payload.len, 1, false);
    if (mid >= 0) {
        flights->at[flights->count++] = (struct flight){mid, payload.len, number};
        flights->bytes += payload.len;
    }
    if (link->owed_since_ms == 0) {
        link->owed_since_ms = now_ms(link);
    }
}

void broker_link_notify(struct broker_link *link, const char *topic, const void *payload, size_t len,
                        int64_t notice)
{
    take_off(link, &link->notices, topic, (struct slice){payload, len}, notice);
}

size_t broker_link_event_room(const struct broker_link *link)
{
    bool has_room = link->is_ready && link->events.count < EVENTS_MAX && link->events.bytes < EVENTS_BYTES;
    return has_room ? EVENTS_MAX - link->events.count : 0;
}

void broker_link_event(struct broker_link *link, const char *topic, struct slice payload, int64_t event)
{
    take_off(link, &link->events, topic, payload, event);
}
