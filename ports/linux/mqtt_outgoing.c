/* SPDX-License-Identifier: MIT */
#include "ports/linux/mqtt_outgoing.h"

#include "device/port/port_time.h"

#include <string.h>

void outgoing_init(struct outgoing *outgoing)
{
    pthread_mutex_init(&outgoing->lock, NULL);
    outgoing->count = outgoing->unwritten_count = 0;
    outgoing->unwritten_bytes = 0;
}

void outgoing_deinit(struct outgoing *outgoing)
{
    pthread_mutex_destroy(&outgoing->lock);
}

bool outgoing_begin(struct outgoing *outgoing)
{
    pthread_mutex_lock(&outgoing->lock);
    if (outgoing->count < PORT_MQTT_OUTGOING_CAP) {
        return true;
    }
    pthread_mutex_unlock(&outgoing->lock);
    return false;
}

void outgoing_end(struct outgoing *outgoing, int id, bool is_taken)
{
    if (is_taken) {
        outgoing->packets[outgoing->count].id = id;
        outgoing->packets[outgoing->count].taken_ms = port_time_monotonic_ms();
        outgoing->count++;
    }
    pthread_mutex_unlock(&outgoing->lock);
}

static bool has_room_unwritten(const struct outgoing *outgoing, size_t len)
{
    if (outgoing->unwritten_count == PORT_MQTT_OUTGOING_CAP) {
        return false;
    }
    return len == 0 || outgoing->unwritten_bytes == 0 ||
           outgoing->unwritten_bytes + len <= PORT_MQTT_UNWRITTEN_BYTES;
}

bool outgoing_begin_unwritten(struct outgoing *outgoing, size_t len)
{
    pthread_mutex_lock(&outgoing->lock);
    if (has_room_unwritten(outgoing, len)) {
        return true;
    }
    pthread_mutex_unlock(&outgoing->lock);
    return false;
}

void outgoing_end_unwritten(struct outgoing *outgoing, int id, size_t len, bool is_taken)
{
    if (is_taken) {
        outgoing->unwritten[outgoing->unwritten_count].id = id;
        outgoing->unwritten[outgoing->unwritten_count].len = len;
        outgoing->unwritten_count++;
        outgoing->unwritten_bytes += len;
    }
    pthread_mutex_unlock(&outgoing->lock);
}

void outgoing_written(struct outgoing *outgoing, int id)
{
    pthread_mutex_lock(&outgoing->lock);
    for (unsigned i = 0; i < outgoing->unwritten_count; i++) {
        if (outgoing->unwritten[i].id == id) {
            outgoing->unwritten_bytes -= outgoing->unwritten[i].len;
            outgoing->unwritten_count--;
            memmove(&outgoing->unwritten[i], &outgoing->unwritten[i + 1],
                    (outgoing->unwritten_count - i) * sizeof(outgoing->unwritten[0]));
            break;
        }
    }
    pthread_mutex_unlock(&outgoing->lock);
}

bool outgoing_acknowledge(struct outgoing *outgoing, int id)
{
    bool is_known = false;
    pthread_mutex_lock(&outgoing->lock);
    for (unsigned i = 0; i < outgoing->count; i++) {
        if (outgoing->packets[i].id == id) {
            is_known = true;
            outgoing->count--;
            memmove(&outgoing->packets[i], &outgoing->packets[i + 1],
                    (outgoing->count - i) * sizeof(outgoing->packets[0]));
            break;
        }
    }
    pthread_mutex_unlock(&outgoing->lock);
    return is_known;
}

struct port_mqtt_outgoing outgoing_look(struct outgoing *outgoing)
{
    pthread_mutex_lock(&outgoing->lock);
    const struct port_mqtt_outgoing result = {
        .count = outgoing->count,
        .oldest_ms = outgoing->count > 0 ? outgoing->packets[0].taken_ms : 0,
    };
    pthread_mutex_unlock(&outgoing->lock);
    return result;
}
