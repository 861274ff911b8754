/* SPDX-License-Identifier: MIT */
/* The connection, on the engine task: when to open it and to give it up, what its events mean, and what the rest of the library is
 * told of it. */
#include "device/port/port_board.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_time.h"
#include "device/runtime/state.h"

_Static_assert(LINK_STUCK_COUNT <= PORT_MQTT_OUTGOING_CAP / 2, "a stuck connection would be seen too late");

static void tell(enum runtime_link state)
{
    port_mutex_lock(&device_runtime.lock);
    device_runtime.shown.link = state;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.event);
}

static enum runtime_link state_when_down(void)
{
    port_mutex_lock(&device_runtime.lock);
    enum runtime_link state = device_runtime.shown.link;
    port_mutex_unlock(&device_runtime.lock);
    return state == RUNTIME_LINK_UP ? RUNTIME_LINK_DOWN : state;
}

static void log_down(bool was_up, struct slice why, uint64_t now_ms)
{
    const struct runtime_identity *identity = &device_runtime.own.identity;
    const unsigned wait_s = (unsigned)((device_runtime.own.link.next_ms - now_ms + 999) / 1000);
    if (was_up) {
        runtime_log(LOG_LEVEL_INFO, "disconnected from %.100s: %.*s", identity->host, (int)why.len, why.ptr);
    } else {
        runtime_log(LOG_LEVEL_ERROR, "cannot connect to %.100s:%u: %.*s; next try in %u s", identity->host,
                    identity->port, (int)why.len, why.ptr, wait_s);
    }
}

/* Whoever shares the connection with jobs. */
static void tell_guest(bool is_own_doing, uint64_t now_ms)
{
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    if (guest) {
        guest->disconnected(is_own_doing, now_ms);
    }
}

static void tell_prologue(bool was_up, enum err reason, bool is_own_doing, uint64_t now_ms)
{
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    if (prologue) {
        prologue->disconnected(was_up, reason, is_own_doing, now_ms);
    }
}

/* Jobs have part in the connection that stands. */
static bool has_jobs(void)
{
    return device_runtime.own.link.state == LINK_UP && !device_runtime.own.identity.is_claim;
}

/* The connection is gone, or never came. */
static void lose(enum err reason, struct slice why, bool is_own_doing, uint64_t now_ms)
{
    bool was_up = device_runtime.own.link.state == LINK_UP, had_jobs = has_jobs();
    port_mqtt_close();
    tell_guest(is_own_doing, now_ms);
    tell_prologue(was_up, reason, is_own_doing, now_ms);
    link_down(&device_runtime.own.link, now_ms, port_board_random());
    if (had_jobs && jobs_engine_disconnected(&device_runtime.own.engine, is_own_doing, now_ms)) {
        link_network_up(&device_runtime.own.link, now_ms,
                        port_board_random()); /* a SUBSCRIBE has ended it: soon again */
    }
    log_down(was_up, why, now_ms);
    tell(state_when_down());
}

/* The connection is gone, and with it what it has brought. */
static void forget_incoming(void)
{
    port_mutex_lock(&device_runtime.lock);
    inbox_clear(&device_runtime.incoming.inbox);
    device_runtime.incoming.is_event_lost = false;
    runtime_document_drop();
    runtime_document_forget_queued();
    port_mutex_unlock(&device_runtime.lock);
}

static void drop(const char *why, uint64_t now_ms)
{
    if (device_runtime.own.link.state == LINK_CONNECTING || device_runtime.own.link.state == LINK_UP) {
        lose(ERR_OK, slice_from(why), true, now_ms);
    }
    forget_incoming();
}

/* No answers came over it: however long it stood, it was not a stable one, and the pauses go on growing. */
static void give_up(uint64_t now_ms)
{
    device_runtime.own.link.up_since_ms = now_ms;
    drop("the library wants a new connection", now_ms);
}

void runtime_connection_close(void)
{
    port_mqtt_close();
    tell_guest(true, runtime_now_ms());
    tell_prologue(device_runtime.own.link.state == LINK_UP, ERR_OK, true, runtime_now_ms());
    if (has_jobs()) {
        jobs_engine_disconnected(&device_runtime.own.engine, true, runtime_now_ms());
    }
    link_stop(&device_runtime.own.link);
    forget_incoming();
}

/* The prologue hears of it first: when jobs begin, the identity under which they do is in storage. */
static void connected(uint64_t now_ms)
{
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    const struct runtime_identity *identity = &device_runtime.own.identity;
    runtime_log(LOG_LEVEL_INFO, "connected to %.100s:%u as '%s'%s", identity->host, identity->port,
                identity->client_id, identity->is_claim ? ", by claim" : "");
    link_up(&device_runtime.own.link, now_ms);
    if (prologue) {
        prologue->connected(now_ms);
    }
    if (!has_jobs()) {
        return;
    }
    runtime_show_thing(identity->client_id);
    tell(RUNTIME_LINK_UP);
    jobs_engine_connected(&device_runtime.own.engine, now_ms);
}

/* An acknowledgement of something that whoever shares the connection has sent, or of nothing that anybody waits for. */
static void ask_guest(const struct inbox_item *item, uint64_t now_ms)
{
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    if (prologue && item->type == PORT_MQTT_SUBSCRIBED) {
        prologue->answered(item, now_ms);
    }
    if (guest) {
        guest->answered(item, now_ms);
    }
}

static void subscribed(const struct inbox_item *item, uint64_t now_ms)
{
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        if (device_runtime.own.subscription_ids[i] == item->number) {
            device_runtime.own.subscription_ids[i] = -1;
            jobs_engine_subscribed(&device_runtime.own.engine, (enum jobs_subscription)i, item->flag, now_ms);
            return;
        }
    }
    ask_guest(item, now_ms);
}

static void received(const struct inbox_item *item, uint64_t now_ms)
{
    struct slice payload = item->payload;
    struct slice document = SLICE_EMPTY;
    if (!has_jobs()) {
        return;
    }
    if (item->number == RUNTIME_MESSAGE_TOO_LARGE) {
        payload = SLICE_EMPTY;
        if (slice_ends_with(item->topic, "/accepted")) { /* a notification is good without its text */
            port_board_log(
                LOG_LEVEL_ERROR,
                "an answer is too large for CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD: big statusDetails?");
        }
    } else if (item->number > 0) {
        document = (struct slice){item->flag ? device_runtime.config.document : NULL, (size_t)item->number};
    }
    jobs_engine_message(&device_runtime.own.engine, item->topic, payload, document, now_ms);
}

void runtime_connection_event(const struct inbox_item *item, uint64_t now_ms)
{
    switch ((enum port_mqtt_event_type)item->type) {
    case PORT_MQTT_CONNECTED:
        connected(now_ms);
        runtime_clock_connected();
        break;
    case PORT_MQTT_DISCONNECTED:
        lose((enum err)item->number, item->payload, false, now_ms);
        break;
    case PORT_MQTT_SUBSCRIBED:
        subscribed(item, now_ms);
        break;
    case PORT_MQTT_PUBLISHED:
        ask_guest(item, now_ms);
        break;
    case PORT_MQTT_MESSAGE:
        received(item, now_ms);
        break;
    }
}

enum err runtime_connection_subscribe(void *ctx, enum jobs_subscription id, const char *filter)
{
    (void)ctx;
    return port_mqtt_subscribe(filter, 1, &device_runtime.own.subscription_ids[id]);
}

static void open_connection(uint64_t now_ms)
{
    const struct runtime_identity *identity = &device_runtime.own.identity;
    const struct port_mqtt_config config = {
        .host = identity->host,
        .port = identity->port,
        .client_id = identity->client_id,
        .keepalive_s = CONFIG_DEVICE_JOBS_KEEPALIVE_S,
        .root_ca_pem = identity->root_ca_pem,
        .cert_pem = identity->cert_pem,
        .key_pem = identity->key_pem,
    };
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        device_runtime.own.subscription_ids[i] = -1;
    }
    enum err err = port_mqtt_open(&config, runtime_reception_event, NULL);
    if (err) {
        lose(err, slice_from(err_text(err)), true, now_ms);
    }
}

/* ---- whose it is */

/* A thing's name is known to jobs before they are connected. */
static void take_identity(const struct runtime_identity *identity)
{
    device_runtime.own.identity = *identity;
    device_runtime.own.must_change = false;
    if (!identity->is_claim) {
        jobs_engine_name_thing(&device_runtime.own.engine, identity->client_id);
    }
}

void runtime_connection_init(void)
{
    const struct runtime_config *config = &device_runtime.config;
    const struct runtime_identity given = {
        .host = config->host,
        .port = config->port,
        .client_id = config->thing_name,
        .root_ca_pem = config->root_ca_pem,
        .cert_pem = config->cert_pem,
        .key_pem = config->key_pem,
    };
    take_identity(&given);
}

void runtime_use_identity(const struct runtime_identity *identity)
{
    device_runtime.own.next_identity = *identity;
    device_runtime.own.must_change = true;
}

/* The next try is due at once, unless the library is suspended. */
static void change_identity(uint64_t now_ms)
{
    const struct runtime_identity next = device_runtime.own.next_identity;
    drop(next.host ? "another identity is used" : "until the next try of an identity", now_ms);
    take_identity(&next);
    if (device_runtime.own.link.state != LINK_STOPPED) {
        link_stop(&device_runtime.own.link);
        link_start(&device_runtime.own.link, now_ms);
    }
}

/* What other tasks wish of the connection. */
static void serve_wishes(uint64_t now_ms)
{
    port_mutex_lock(&device_runtime.lock);
    bool must_stop = device_runtime.life.is_stopping;
    bool wants_suspend = device_runtime.wishes.suspend || must_stop;
    bool wants_reconnect = device_runtime.wishes.reconnect;
    bool is_lossy = device_runtime.incoming.is_event_lost;
    bool has_network_come = device_runtime.wishes.has_network_come;
    device_runtime.wishes.reconnect = device_runtime.wishes.has_network_come = false;
    port_mutex_unlock(&device_runtime.lock);
    if (device_runtime.own.must_change) {
        device_runtime.own.must_drop = false;
        change_identity(now_ms);
    } else if (device_runtime.own.must_drop) {
        device_runtime.own.must_drop = false;
        give_up(now_ms);
    } else if (is_lossy) {
        drop("more news than the message queue takes", now_ms);
    } else if (wants_reconnect) {
        drop("a new connection is wanted", now_ms);
    }
    if (has_network_come) {
        link_network_up(&device_runtime.own.link, now_ms, port_board_random());
    }
    if (wants_suspend && device_runtime.own.link.state != LINK_STOPPED) {
        runtime_connection_close();
        if (must_stop) {
            runtime_clock_end();
        } else {
            port_board_log(LOG_LEVEL_INFO, "disconnected: suspended");
        }
        tell(RUNTIME_LINK_SUSPENDED);
        port_signal_set(&device_runtime.ended); /* who stops the tasks waits for this first */
    } else if (!wants_suspend && device_runtime.own.link.state == LINK_STOPPED) {
        link_start(&device_runtime.own.link, now_ms);
        tell(RUNTIME_LINK_RESUMING);
    }
}

static void connect_when_due(uint64_t now_ms)
{
    const int64_t wall_s = port_time_wall_s();
    if (!device_runtime.own.identity.client_id) {
        return;
    }
    switch (link_poll(&device_runtime.own.link, now_ms, wall_s)) {
    case LINK_NOTHING:
        break;
    case LINK_OPEN:
        open_connection(now_ms);
        break;
    case LINK_NO_CLOCK:
        runtime_clock_tell_missing(wall_s);
        break;
    case LINK_BEGIN_CLOCK:
        runtime_clock_begin(); /* link_wake_at_ms is past: the next turn is at once */
        break;
    }
}

static uint64_t stuck_at_ms(void)
{
    const struct port_mqtt_outgoing outgoing = port_mqtt_outgoing();
    return link_stuck_at_ms(&device_runtime.own.link, outgoing.count, outgoing.oldest_ms);
}

static void leave_when_stuck(uint64_t now_ms)
{
    if (now_ms < stuck_at_ms()) {
        return;
    }
    runtime_log(LOG_LEVEL_ERROR,
                "%u messages to %.100s were not acknowledged for %d s (does AWS IoT throttle this thing?)",
                port_mqtt_outgoing().count, device_runtime.own.identity.host,
                CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS / 1000);
    give_up(now_ms);
}

void runtime_connection_serve(uint64_t now_ms)
{
    serve_wishes(now_ms);
    leave_when_stuck(now_ms);
    connect_when_due(now_ms);
}

uint64_t runtime_connection_wake_at_ms(void)
{
    const uint64_t stuck_ms = stuck_at_ms();
    const uint64_t link_ms =
        device_runtime.own.identity.client_id ? link_wake_at_ms(&device_runtime.own.link) : RUNTIME_NEVER;
    return link_ms < stuck_ms ? link_ms : stuck_ms;
}
