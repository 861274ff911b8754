/* SPDX-License-Identifier: MIT */
#include "device/core/messages/outbox.h"

#include <assert.h>
#include <string.h>

/* In front of each message, at any address. */
struct header {
    uint32_t payload_len;
    uint16_t topic_len; /* without NUL */
    uint8_t qos;
    bool is_retained;
    bool is_in_flight;
    uint8_t strikes;
    int32_t id;
};

void outbox_init(struct outbox *outbox, char *bytes, size_t cap)
{
    *outbox = (struct outbox){.bytes = bytes, .cap = cap};
}

size_t outbox_size_of(size_t topic_len, size_t payload_len)
{
    return sizeof(struct header) + topic_len + 1 + payload_len;
}

enum err outbox_put(struct outbox *outbox, const struct outbox_message *message)
{
    const struct header header = {.payload_len = (uint32_t)message->payload.len,
                                  .topic_len = (uint16_t)message->topic.len,
                                  .qos = message->qos,
                                  .is_retained = message->is_retained};
    const size_t size = outbox_size_of(message->topic.len, message->payload.len);
    if (size > outbox->cap) {
        return ERR_TOO_LONG;
    }
    if (size > outbox->cap - outbox->used) {
        return ERR_FULL;
    }
    char *at = outbox->bytes + outbox->used;
    memcpy(at, &header, sizeof(header));
    at += sizeof(header);
    memcpy(at, message->topic.ptr, message->topic.len);
    at += message->topic.len;
    *at++ = '\0';
    if (message->payload.len > 0) {
        memcpy(at, message->payload.ptr, message->payload.len);
    }
    outbox->used += size;
    outbox->count++;
    return ERR_OK;
}

static struct header header_at(const struct outbox *outbox, size_t at)
{
    struct header header;
    memcpy(&header, outbox->bytes + at, sizeof(header));
    return header;
}

static size_t size_at(const struct outbox *outbox, size_t at)
{
    const struct header header = header_at(outbox, at);
    return outbox_size_of(header.topic_len, header.payload_len);
}

static void read(const struct outbox *outbox, size_t at, struct outbox_message *message)
{
    const struct header header = header_at(outbox, at);
    const char *topic = outbox->bytes + at + sizeof(header);
    *message = (struct outbox_message){
        .at = at,
        .topic = {topic, header.topic_len},
        .payload = {topic + header.topic_len + 1, header.payload_len},
        .qos = header.qos,
        .is_retained = header.is_retained,
        .is_in_flight = header.is_in_flight,
        .strikes = header.strikes,
        .id = header.id,
    };
}

/* The first one with this is_in_flight and, unless it is NULL, this id. */
static bool find(const struct outbox *outbox, bool is_in_flight, const int *id,
                 struct outbox_message *message)
{
    for (size_t at = 0; at < outbox->used; at += size_at(outbox, at)) {
        const struct header header = header_at(outbox, at);
        if (header.is_in_flight == is_in_flight && (!id || header.id == *id)) {
            read(outbox, at, message);
            return true;
        }
    }
    return false;
}

bool outbox_first_waiting(const struct outbox *outbox, struct outbox_message *message)
{
    return find(outbox, false, NULL, message);
}

bool outbox_first_in_flight(const struct outbox *outbox, struct outbox_message *message)
{
    return find(outbox, true, NULL, message);
}

bool outbox_find(const struct outbox *outbox, int id, struct outbox_message *message)
{
    return find(outbox, true, &id, message);
}

void outbox_mark(struct outbox *outbox, const struct outbox_message *message)
{
    struct header header = header_at(outbox, message->at);
    if (header.is_in_flight != message->is_in_flight) {
        outbox->in_flight += message->is_in_flight ? 1u : -1u;
    }
    header.is_in_flight = message->is_in_flight;
    header.strikes = message->strikes;
    header.id = message->id;
    memcpy(outbox->bytes + message->at, &header, sizeof(header));
}

void outbox_remove(struct outbox *outbox, const struct outbox_message *message)
{
    const size_t size = size_at(outbox, message->at);
    assert(message->at + size <= outbox->used && outbox->count > 0);
    outbox->in_flight -= header_at(outbox, message->at).is_in_flight;
    outbox->count--;
    outbox->used -= size;
    memmove(outbox->bytes + message->at, outbox->bytes + message->at + size, outbox->used - message->at);
}

void outbox_rewind(struct outbox *outbox)
{
    struct outbox_message message;
    while (outbox_first_in_flight(outbox, &message)) {
        message.is_in_flight = false;
        outbox_mark(outbox, &message);
    }
    assert(outbox->in_flight == 0);
}
