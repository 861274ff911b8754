/* SPDX-License-Identifier: MIT */
/* Joins the application's own messages (device/core/messages) with connection and tasks: what comes in is put into a queue of its
 * own by the network task and handed to callbacks by the event task; what goes out is sent by the engine task when jobs have sent
 * theirs. */
#include "device/runtime/messages.h"

#include "device/core/messages/messages.h"
#include "device/core/messages/topic.h"
#include "device/runtime/state.h"

#include <string.h>

#define ORDERS_A_TURN 8
#define TELL_MS       10000 /* between two lines about messages that had no room */

/* A message that comes in, between its first and its last piece. */
enum arriving {
    ARRIVING_NOTHING,
    ARRIVING_KEPT,    /* its item of the inbox is open */
    ARRIVING_LEFT_OUT /* nobody wants it, or there is no room */
};

/* Guarded by the runtime's lock. */
static struct {
    bool is_attached;
    struct messages out;
    struct inbox in;
    enum arriving arriving;
    struct runtime_listener listeners[CONFIG_DEVICE_JOBS_SUBSCRIPTIONS];
    uint32_t received, refused, too_large;
    uint32_t refused_told; /* of `refused`, in the log */
    uint64_t tell_at_ms;   /* no such line before */
    uint32_t last_number;
    char out_bytes[CONFIG_DEVICE_JOBS_OUTBOX_SIZE];
    char in_bytes[CONFIG_DEVICE_JOBS_RECEIVED_SIZE];
} own;

static void lock(void)
{
    port_mutex_lock(&device_runtime.lock);
}

static void unlock(void)
{
    port_mutex_unlock(&device_runtime.lock);
}

/* ---- in: on the network task, with `lock` held */

static bool is_wanted(struct slice topic)
{
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        if (filters_matches(&own.out.filters, i, topic)) {
            return true;
        }
    }
    return false;
}

/* In the inbox the topic ends with a NUL, which is the first byte of the payload, and so does the payload. */
static size_t item_size(size_t topic_len, size_t payload_len)
{
    return inbox_size_of(topic_len, payload_len + 2);
}

/* With `lock` held. A device that does not know yet who it is has no topics of jobs. */
static const char *thing_name(void)
{
    return device_runtime.shown.thing_name ? device_runtime.shown.thing_name : "";
}

static size_t received_cap(size_t topic_len)
{
    size_t around = item_size(topic_len, 0);
    return around < own.in.cap ? own.in.cap - around : 0;
}

/* Of a message for which the queue never has room the application hears without its payload: the item's flag says so, and its number
 * how long the message is. */
static void begin_message(const struct port_mqtt_event *event)
{
    const struct inbox_item item = {.topic = event->topic, .payload = {"", 1}};
    bool is_too_large = event->total > received_cap(event->topic.len);
    size_t size = item_size(event->topic.len, is_too_large ? 0 : event->total);
    if (size > own.in.cap - own.in.used || !inbox_open(&own.in, &item, 0)) {
        own.refused++;
        own.arriving = ARRIVING_LEFT_OUT;
        return;
    }
    own.arriving = is_too_large ? ARRIVING_LEFT_OUT : ARRIVING_KEPT;
    if (is_too_large) {
        own.too_large++;
        inbox_close(&own.in, true, (int32_t)event->total);
        port_signal_set(&device_runtime.event);
    }
}

static void add_piece(const struct port_mqtt_event *event)
{
    const struct slice nul = {"", 1};
    bool is_last = event->offset + event->payload.len >= event->total;
    if (!inbox_append(&own.in, event->payload, 0) || (is_last && !inbox_append(&own.in, nul, 0))) {
        inbox_drop(&own.in); /* more than its first piece has promised */
        own.refused++;
        own.arriving = ARRIVING_LEFT_OUT;
    } else if (is_last) {
        inbox_close(&own.in, false, 0);
        own.arriving = ARRIVING_LEFT_OUT;
        port_signal_set(&device_runtime.event);
    }
}

static bool receive(const struct port_mqtt_event *event)
{
    if (event->offset == 0) {
        inbox_drop(&own.in);
        own.arriving = ARRIVING_NOTHING;
        if (topic_is_of_jobs(event->topic, thing_name())) {
            return false;
        }
        own.arriving = ARRIVING_LEFT_OUT;
        if (is_wanted(event->topic)) {
            begin_message(event);
        }
    }
    if (own.arriving == ARRIVING_KEPT) {
        add_piece(event);
    }
    return own.arriving != ARRIVING_NOTHING;
}

/* ---- in: on the event task */

/* The callback of one filter, when it matches; without the lock. true: it was called. */
static bool call(unsigned index, const struct runtime_received *received)
{
    lock();
    bool is_wanted_here = filters_matches(&own.out.filters, index, slice_from(received->topic));
    const struct runtime_listener listener = own.listeners[index];
    unlock();
    if (is_wanted_here) {
        listener.hear(received, &listener);
    }
    return is_wanted_here;
}

static bool take(struct inbox_item *item)
{
    lock();
    bool has_item = inbox_peek(&own.in, item);
    if (has_item) {
        device_runtime.events.is_busy = true;
    }
    unlock();
    return has_item;
}

/* Also while the library stops: what came was acknowledged, and nobody sends it again. */
static bool deliver(void)
{
    struct inbox_item item;
    bool is_heard = false; /* nobody may want it any more */
    if (!take(&item)) {
        return false;
    }
    const struct runtime_received received = {
        .topic = item.topic.ptr,
        .payload = item.flag ? NULL : item.payload.ptr + 1,
        .len = item.flag ? (size_t)item.number : item.payload.len - 2, /* without the NUL at each end */
        .cap = received_cap(item.topic.len),
        .number = ++own.last_number,
    };
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        is_heard |= call(i, &received);
    }
    lock();
    inbox_pop(&own.in);
    own.received += is_heard && !item.flag;
    device_runtime.events.is_busy = false;
    unlock();
    return true;
}

/* ---- out: on the engine task */

static void log_refusal(const struct messages_refusal *refusal)
{
    if (refusal->what == MESSAGES_PUBLISH) {
        runtime_log(
            LOG_LEVEL_ERROR,
            "a message on '%.100s' is given up: the connection does not take it. Does the policy allow "
            "iot:Publish there?",
            refusal->text);
    } else if (refusal->what == MESSAGES_SUBSCRIBE) {
        runtime_log(
            LOG_LEVEL_ERROR,
            "'%.100s' is refused, and left out for a day: the policy needs iot:Subscribe and iot:Receive",
            refusal->text);
    }
}

static void tell_refused(uint64_t now_ms)
{
    uint32_t count = 0;
    lock();
    if (now_ms >= own.tell_at_ms && own.refused != own.refused_told) {
        count = own.refused - own.refused_told;
        own.refused_told = own.refused;
        own.tell_at_ms = now_ms + TELL_MS;
    }
    unlock();
    if (count > 0) {
        runtime_log(LOG_LEVEL_ERROR,
                    "%lu received messages are left out: no room (CONFIG_DEVICE_JOBS_RECEIVED_SIZE), or "
                    "callbacks that take long",
                    (unsigned long)count);
    }
}

static enum err carry_out(struct messages_order *order, int *id)
{
    switch (order->type) {
    case MESSAGES_PUBLISH: {
        const struct port_mqtt_message message = {.topic = order->message.topic.ptr,
                                                  .payload = order->message.payload.ptr,
                                                  .len = order->message.payload.len,
                                                  .qos = order->message.qos,
                                                  .is_retained = order->message.is_retained};
        return port_mqtt_publish(&message, id);
    }
    case MESSAGES_SUBSCRIBE:
        return port_mqtt_subscribe(order->text, order->qos, id);
    case MESSAGES_UNSUBSCRIBE:
        return port_mqtt_unsubscribe(order->text);
    case MESSAGES_RECONNECT:
        runtime_log(LOG_LEVEL_ERROR, "nothing that the application sends is acknowledged: a new connection");
        device_runtime.own.must_drop = true;
        return ERR_OFFLINE;
    case MESSAGES_NOTHING:
        break;
    }
    return ERR_OK;
}

/* Half of what the port takes is for jobs alone. */
static bool has_port_room(void)
{
    return port_mqtt_outgoing().count < LINK_STUCK_COUNT && !device_runtime.own.must_drop;
}

static bool serve_one(uint64_t now_ms)
{
    struct messages_order order;
    struct messages_refusal refusal;
    int id = 0;
    lock();
    messages_next(&own.out, now_ms, &order);
    unlock();
    if (order.type == MESSAGES_NOTHING) {
        return false;
    }
    enum err err = carry_out(&order, &id);
    lock();
    messages_given(&own.out, &order, err, id, now_ms, &refusal);
    unlock();
    log_refusal(&refusal);
    return !err;
}

static void serve(uint64_t now_ms)
{
    bool may_begin = jobs_engine_is_settled(&device_runtime.own.engine);
    lock();
    if (may_begin && !own.out.is_connected) {
        messages_connected(&own.out, now_ms);
    }
    unlock();
    for (int i = 0; i < ORDERS_A_TURN && may_begin && has_port_room() && serve_one(now_ms); i++) {
    }
    tell_refused(now_ms);
}

static void disconnected(bool is_own_doing, uint64_t now_ms)
{
    struct messages_refusal refusal;
    lock();
    messages_disconnected(&own.out, is_own_doing, now_ms, &refusal);
    if (own.arriving == ARRIVING_KEPT) {
        inbox_drop(&own.in);
        own.arriving = ARRIVING_LEFT_OUT;
    }
    unlock();
    log_refusal(&refusal);
}

static void answered(const struct inbox_item *item, uint64_t now_ms)
{
    struct messages_refusal refusal = {.what = MESSAGES_NOTHING};
    lock();
    if (item->type == PORT_MQTT_PUBLISHED) {
        messages_acknowledged(&own.out, item->number, now_ms);
    } else {
        messages_subscribed(&own.out, item->number, item->flag, now_ms, &refusal);
    }
    unlock();
    log_refusal(&refusal);
}

/* While the port has no room for more, an acknowledgement wakes the engine task. */
static uint64_t wake_at_ms(uint64_t now_ms)
{
    bool may_send = jobs_engine_is_settled(&device_runtime.own.engine) && has_port_room();
    lock();
    uint64_t at_ms = messages_wake_at_ms(&own.out, now_ms);
    uint64_t tell_at_ms = own.refused != own.refused_told ? own.tell_at_ms : RUNTIME_NEVER;
    unlock();
    if (!may_send && at_ms <= now_ms) {
        at_ms = RUNTIME_NEVER;
    }
    return tell_at_ms < at_ms ? tell_at_ms : at_ms;
}

/* ---- any task */

/* With `lock` held. */
static bool is_idle(void)
{
    return messages_are_sent(&own.out) && own.in.whole == 0 && !inbox_is_open(&own.in);
}

static const struct runtime_guest guest = {
    .serve = serve,
    .wake_at_ms = wake_at_ms,
    .disconnected = disconnected,
    .answered = answered,
    .receive = receive,
    .deliver = deliver,
    .is_idle = is_idle,
};

/* false: runtime_init has never been called. */
static bool attach(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return false;
    }
    lock();
    if (!own.is_attached) {
        own.is_attached = true;
        messages_init(&own.out, own.out_bytes, sizeof(own.out_bytes));
        inbox_init(&own.in, own.in_bytes, sizeof(own.in_bytes));
        atomic_store(&device_runtime.guest, &guest);
    }
    unlock();
    return true;
}

enum err runtime_publish(const struct runtime_sent *message, const char **why)
{
    const struct outbox_message copy = {.topic = slice_from(message->topic),
                                        .payload = {message->payload, message->len},
                                        .qos = message->qos,
                                        .is_retained = message->is_retained};
    if (!attach()) {
        return ERR_BUSY;
    }
    lock();
    *why = topic_why_not(copy.topic, thing_name());
    unlock();
    if (*why) {
        return ERR_ARG;
    }
    if (message->len > PORT_MQTT_PAYLOAD_CAP) {
        return ERR_TOO_LONG;
    }
    lock();
    enum err err = messages_put(&own.out, &copy);
    unlock();
    port_signal_set(&device_runtime.wake);
    return err;
}

enum err runtime_subscribe(const char *filter, uint8_t qos, struct runtime_listener listener,
                           const char **why)
{
    unsigned index;
    if (!attach()) {
        return ERR_BUSY;
    }
    lock();
    *why = filter_why_not(slice_from(filter), thing_name());
    unlock();
    if (*why) {
        return ERR_ARG;
    }
    lock();
    enum err err = filters_add(&own.out.filters, slice_from(filter), qos, &index);
    if (!err) {
        own.listeners[index] = listener;
    }
    unlock();
    port_signal_set(&device_runtime.wake);
    return err;
}

enum err runtime_unsubscribe(const char *filter)
{
    unsigned index;
    if (!attach()) {
        return ERR_NOT_FOUND;
    }
    lock();
    enum err err = filters_remove(&own.out.filters, slice_from(filter), own.out.is_connected, &index);
    unlock();
    port_signal_set(&device_runtime.wake);
    return err;
}

bool runtime_filter(unsigned index, char *text, size_t cap, struct runtime_filter_shown *shown)
{
    if (index >= CONFIG_DEVICE_JOBS_SUBSCRIPTIONS || !attach()) {
        return false;
    }
    lock();
    const struct filter *filter = &own.out.filters.all[index];
    bool is_there = filter->state != FILTER_FREE && filter->state != FILTER_LEAVING &&
                    slice_copy(slice_from(filter->text), text, cap) == ERR_OK;
    shown->qos = filter->qos;
    shown->state = filter->state == FILTER_GRANTED    ? "granted"
                   : filter->state == FILTER_LEFT_OUT ? "refused"
                                                      : "wanted";
    unlock();
    return is_there;
}

void runtime_get_message_counters(struct runtime_message_counters *counters)
{
    *counters = (struct runtime_message_counters){0};
    if (!attach()) {
        return;
    }
    lock();
    const struct messages_counters *out = &own.out.counters;
    *counters = (struct runtime_message_counters){
        .taken = out->taken,
        .refused = out->refused,
        .sent = out->sent,
        .acknowledged = out->acknowledged,
        .dropped = out->dropped,
        .waiting = own.out.outbox.count,
        .received = own.received,
        .received_refused = own.refused,
        .received_too_large = own.too_large,
    };
    unlock();
}

bool runtime_messages_are_sent(void)
{
    struct runtime_message_counters counters;
    runtime_get_message_counters(&counters);
    return counters.waiting == 0;
}
