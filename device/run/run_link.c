/* SPDX-License-Identifier: MIT */
/* The connection: when to open it, what its events mean, and what the rest of the library is told. On the engine task, but
 * for on_event. */
#include "device/port/port_board.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_time.h"
#include "device/run/run_state.h"

/* TLS checks validity against the clock: one that stands before this day (2025-01-01) was never set. */
#define CLOCK_FLOOR_S  1735689600
#define CLOCK_AGAIN_MS 1000

/* ---- on the network task */

static struct inbox_item item_of(const struct port_mqtt_event *event)
{
    struct inbox_item item = {.type = (uint8_t)event->type};
    switch (event->type) {
    case PORT_MQTT_CONNECTED:
        break;
    case PORT_MQTT_DISCONNECTED:
        item.payload = slice_from(event->text ? event->text : err_text(event->reason));
        if (item.payload.len >= RUN_REASON_CAP) {
            item.payload.len = RUN_REASON_CAP - 1;
        }
        break;
    case PORT_MQTT_SUBSCRIBED:
        item.number = event->message_id;
        item.flag = event->is_granted;
        break;
    case PORT_MQTT_MESSAGE:
        break;
    }
    return item;
}

/* Copies and returns: the network task has a connection to keep. */
static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    port_mutex_lock(&device_runner.lock);
    if (event->type == PORT_MQTT_MESSAGE) {
        run_message_take(event);
    } else {
        const struct inbox_item item = item_of(event);
        run_message_drop();
        device_runner.is_inbox_lossy |= !inbox_put(&device_runner.inbox, &item, 0);
    }
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.wake);
}

/* ---- on the engine task */

static void tell(enum run_link state)
{
    port_mutex_lock(&device_runner.lock);
    device_runner.link_state = state;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.event);
}

static enum run_link state_when_down(void)
{
    port_mutex_lock(&device_runner.lock);
    enum run_link state = device_runner.link_state;
    port_mutex_unlock(&device_runner.lock);
    return state == RUN_LINK_UP ? RUN_LINK_DOWN : state;
}

static void log_down(bool was_up, struct slice why, uint64_t now_ms)
{
    const struct run_config *config = &device_runner.config;
    const unsigned wait_s = (unsigned)((device_runner.link.next_ms - now_ms + 999) / 1000);
    if (was_up) {
        run_log(LOG_LEVEL_INFO, "disconnected from %.100s: %.*s", config->host, (int)why.len, why.ptr);
    } else {
        run_log(LOG_LEVEL_ERROR, "cannot connect to %.100s:%u: %.*s; next try in %u s", config->host,
                config->port, (int)why.len, why.ptr, wait_s);
    }
}

/* The connection is gone, or never came. */
static void lose(struct slice why, bool is_own_doing, uint64_t now_ms)
{
    bool was_up = device_runner.link.state == LINK_UP;
    port_mqtt_close();
    link_down(&device_runner.link, now_ms, port_board_random());
    if (was_up && jobs_engine_disconnected(&device_runner.engine, is_own_doing, now_ms)) {
        link_network_up(&device_runner.link, now_ms,
                        port_board_random()); /* a SUBSCRIBE has ended it: soon again */
    }
    log_down(was_up, why, now_ms);
    tell(state_when_down());
}

static void drop(const char *why, uint64_t now_ms)
{
    if (device_runner.link.state == LINK_CONNECTING || device_runner.link.state == LINK_UP) {
        lose(slice_from(why), true, now_ms);
    }
    run_message_clear();
}

/* No answers came over it: however long it stood, it was not a stable one, and the pauses go on growing. */
static void give_up(uint64_t now_ms)
{
    device_runner.link.up_since_ms = now_ms;
    drop("the library wants a new connection", now_ms);
}

void run_link_close(void)
{
    port_mqtt_close();
    if (device_runner.link.state == LINK_UP) {
        jobs_engine_disconnected(&device_runner.engine, true, run_now_ms());
    }
    link_stop(&device_runner.link);
    run_message_clear();
}

static void connected(uint64_t now_ms)
{
    run_log(LOG_LEVEL_INFO, "connected to %.100s:%u as '%s'", device_runner.config.host,
            device_runner.config.port, device_runner.config.thing_name);
    link_up(&device_runner.link, now_ms);
    tell(RUN_LINK_UP);
    jobs_engine_connected(&device_runner.engine, now_ms);
}

static void subscribed(int message_id, bool is_granted, uint64_t now_ms)
{
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        if (device_runner.subscription_ids[i] == message_id) {
            device_runner.subscription_ids[i] = -1;
            jobs_engine_subscribed(&device_runner.engine, (enum jobs_subscription)i, is_granted, now_ms);
            return;
        }
    }
}

static void received(const struct inbox_item *item, uint64_t now_ms)
{
    struct slice payload = item->payload;
    struct slice document = SLICE_EMPTY;
    if (item->number == RUN_MESSAGE_TOO_LARGE) {
        payload = SLICE_EMPTY;
        if (slice_ends_with(item->topic, "/accepted")) { /* a notification is good without its text */
            port_board_log(
                LOG_LEVEL_ERROR,
                "an answer is too large for CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD: big statusDetails?");
        }
    } else if (item->number > 0) {
        document = (struct slice){item->flag ? device_runner.config.document : NULL, (size_t)item->number};
    }
    jobs_engine_message(&device_runner.engine, item->topic, payload, document, now_ms);
}

void run_link_event(const struct inbox_item *item, uint64_t now_ms)
{
    switch ((enum port_mqtt_event_type)item->type) {
    case PORT_MQTT_CONNECTED:
        connected(now_ms);
        break;
    case PORT_MQTT_DISCONNECTED:
        lose(item->payload, false, now_ms);
        break;
    case PORT_MQTT_SUBSCRIBED:
        subscribed(item->number, item->flag, now_ms);
        break;
    case PORT_MQTT_MESSAGE:
        received(item, now_ms);
        break;
    }
}

enum err run_link_subscribe(void *ctx, enum jobs_subscription id, const char *filter)
{
    (void)ctx;
    return port_mqtt_subscribe(filter, &device_runner.subscription_ids[id]);
}

static bool is_clock_plausible(uint64_t now_ms)
{
    int64_t wall_s = port_time_wall_s();
    device_runner.clock_again_ms = RUN_NEVER;
    if (wall_s >= CLOCK_FLOOR_S) {
        device_runner.is_clock_told = false;
        return true;
    }
    device_runner.clock_again_ms = now_ms + CLOCK_AGAIN_MS;
    if (!device_runner.is_clock_told) {
        device_runner.is_clock_told = true;
        run_log(LOG_LEVEL_ERROR, "the clock is not set (%ld s since 1970): TLS waits until it is",
                (long)wall_s);
    }
    return false;
}

static void open_connection(uint64_t now_ms)
{
    const struct port_mqtt_config config = {
        .host = device_runner.config.host,
        .port = device_runner.config.port,
        .client_id = device_runner.config.thing_name,
        .keepalive_s = CONFIG_DEVICE_JOBS_KEEPALIVE_S,
        .root_ca_pem = device_runner.config.root_ca_pem,
        .cert_pem = device_runner.config.cert_pem,
        .key_pem = device_runner.config.key_pem,
    };
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        device_runner.subscription_ids[i] = -1;
    }
    enum err err = port_mqtt_open(&config, on_event, NULL);
    if (err) {
        lose(slice_from(err_text(err)), true, now_ms);
    }
}

/* What other tasks wish of the connection. */
static void serve_wishes(uint64_t now_ms)
{
    port_mutex_lock(&device_runner.lock);
    bool wants_suspend = device_runner.wants_suspend;
    bool wants_reconnect = device_runner.wants_reconnect;
    bool is_lossy = device_runner.is_inbox_lossy;
    bool has_network_come = device_runner.has_network_come;
    device_runner.wants_reconnect = device_runner.has_network_come = false;
    port_mutex_unlock(&device_runner.lock);
    if (device_runner.must_drop) {
        device_runner.must_drop = false;
        give_up(now_ms);
    } else if (is_lossy) {
        drop("more news than the message queue takes", now_ms);
    } else if (wants_reconnect) {
        drop("a new connection is wanted", now_ms);
    }
    if (has_network_come) {
        link_network_up(&device_runner.link, now_ms, port_board_random());
    }
    if (wants_suspend && device_runner.link.state != LINK_STOPPED) {
        run_link_close();
        port_board_log(LOG_LEVEL_INFO, "disconnected: suspended");
        tell(RUN_LINK_SUSPENDED);
    } else if (!wants_suspend && device_runner.link.state == LINK_STOPPED) {
        link_start(&device_runner.link, now_ms);
        tell(RUN_LINK_RESUMING);
    }
}

void run_link_serve(uint64_t now_ms)
{
    serve_wishes(now_ms);
    if (device_runner.link.state == LINK_WAITING && now_ms >= device_runner.link.next_ms &&
        is_clock_plausible(now_ms) && link_poll(&device_runner.link, now_ms)) {
        open_connection(now_ms);
    }
}

uint64_t run_link_wake_at_ms(void)
{
    return device_runner.clock_again_ms != RUN_NEVER ? device_runner.clock_again_ms
                                                     : link_wake_at_ms(&device_runner.link);
}
