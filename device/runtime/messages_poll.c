/* SPDX-License-Identifier: MIT */
/* Messages that the application fetches instead of being called: a listener that keeps them in a queue. */
#include "device/runtime/messages.h"
#include "device/runtime/state.h"

#include <string.h>

/* Guarded by the runtime's lock. */
static struct {
    struct inbox queue;
    unsigned count;
    uint32_t last_number; /* of the message that was kept last: several filters may match it */
    char bytes[CONFIG_DEVICE_JOBS_POLLED_SIZE];
} own;

static void say_left_out(const char *topic, size_t len, size_t cap)
{
    runtime_log(LOG_LEVEL_ERROR, "a message of %zu bytes on '%.100s' is left out: there is room for %zu", len,
                topic, cap);
}

static void keep(const struct runtime_received *received, const struct runtime_listener *listener)
{
    const struct inbox_item item = {.topic = slice_from(received->topic),
                                    .payload = {received->payload, received->len}};
    (void)listener;
    port_mutex_lock(&device_runtime.lock);
    bool is_known = own.last_number == received->number;
    bool has_room = is_known || (received->payload && inbox_put(&own.queue, &item, 0));
    size_t room = own.queue.cap - own.queue.used;
    own.count += has_room && !is_known;
    own.last_number = received->number;
    port_mutex_unlock(&device_runtime.lock);
    if (!has_room) {
        say_left_out(received->topic, received->len, received->payload ? room : received->cap);
    }
}

enum err runtime_poll_subscribe(const char *filter, uint8_t qos, const char **why)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return ERR_BUSY;
    }
    port_mutex_lock(&device_runtime.lock);
    if (!own.queue.bytes) {
        inbox_init(&own.queue, own.bytes, sizeof(own.bytes));
    }
    port_mutex_unlock(&device_runtime.lock);
    return runtime_subscribe(filter, qos, (struct runtime_listener){.hear = keep}, why);
}

unsigned runtime_poll_count(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return 0;
    }
    port_mutex_lock(&device_runtime.lock);
    unsigned count = own.count;
    port_mutex_unlock(&device_runtime.lock);
    return count;
}

/* Takes the oldest one off the queue. too_long: its length, when it did not fit. */
static bool take(char *topic, size_t topic_cap, char *payload, size_t payload_cap, size_t *len,
                 size_t *too_long)
{
    struct inbox_item item;
    bool is_good = false;
    *too_long = 0;
    port_mutex_lock(&device_runtime.lock);
    if (own.count > 0 && inbox_peek(&own.queue, &item)) {
        bool has_topic = slice_copy(item.topic, topic, topic_cap) == ERR_OK;
        is_good = item.payload.len <= payload_cap && has_topic;
        if (is_good) {
            memcpy(payload, item.payload.ptr, item.payload.len);
            *len = item.payload.len;
        } else {
            *too_long = item.payload.len;
        }
        inbox_pop(&own.queue);
        own.count--;
    }
    port_mutex_unlock(&device_runtime.lock);
    return is_good;
}

bool runtime_poll_read(char *topic, size_t topic_cap, char *payload, size_t payload_cap, size_t *len)
{
    size_t too_long;
    while (runtime_poll_count() > 0) {
        if (take(topic, topic_cap, payload, payload_cap, len, &too_long)) {
            return true;
        }
        say_left_out(topic, too_long, payload_cap);
    }
    return false;
}
