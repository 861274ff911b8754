/* SPDX-License-Identifier: MIT */
#include "device/runtime/inbox.h"

#include <assert.h>
#include <string.h>

/* In front of each item, at any address. */
struct header {
    uint32_t total; /* header, topic, payload */
    uint16_t topic_len;
    uint8_t type;
    bool flag;
    int32_t number;
};

void inbox_init(struct inbox *inbox, char *bytes, size_t cap)
{
    *inbox = (struct inbox){.bytes = bytes, .cap = cap};
}

size_t inbox_size_of(size_t topic_len, size_t payload_len)
{
    return sizeof(struct header) + topic_len + payload_len;
}

void inbox_clear(struct inbox *inbox)
{
    inbox->whole = inbox->used = 0;
}

static struct header read_header(const struct inbox *inbox, size_t at)
{
    struct header header;
    memcpy(&header, inbox->bytes + at, sizeof(header));
    return header;
}

static bool has_room(const struct inbox *inbox, size_t need, size_t reserve)
{
    size_t room = inbox->cap - inbox->used;
    return need <= room && reserve <= room - need;
}

bool inbox_append(struct inbox *inbox, struct slice bytes, size_t reserve)
{
    if (!has_room(inbox, bytes.len, reserve)) {
        return false;
    }
    if (bytes.len > 0) {
        memcpy(inbox->bytes + inbox->used, bytes.ptr, bytes.len);
        inbox->used += bytes.len;
    }
    return true;
}

bool inbox_open(struct inbox *inbox, const struct inbox_item *item, size_t reserve)
{
    const struct header header = {.topic_len = (uint16_t)item->topic.len, .type = item->type};
    inbox_drop(inbox);
    bool is_good = item->topic.len < inbox->cap && item->topic.len <= UINT16_MAX &&
                   has_room(inbox, sizeof(header) + item->topic.len, reserve) &&
                   inbox_append(inbox, (struct slice){(const char *)&header, sizeof(header)}, 0) &&
                   inbox_append(inbox, item->topic, 0) && inbox_append(inbox, item->payload, reserve);
    if (!is_good) {
        inbox_drop(inbox);
    }
    return is_good;
}

size_t inbox_open_len(const struct inbox *inbox)
{
    return inbox->used - inbox->whole;
}

bool inbox_is_open(const struct inbox *inbox)
{
    return inbox_open_len(inbox) > 0;
}

void inbox_shorten(struct inbox *inbox, size_t open_len)
{
    assert(open_len <= inbox_open_len(inbox));
    inbox->used = inbox->whole + open_len;
}

void inbox_close(struct inbox *inbox, bool flag, int32_t number)
{
    assert(inbox_is_open(inbox));
    struct header header = read_header(inbox, inbox->whole);
    header.total = (uint32_t)(inbox->used - inbox->whole);
    header.flag = flag;
    header.number = number;
    memcpy(inbox->bytes + inbox->whole, &header, sizeof(header));
    inbox->whole = inbox->used;
}

void inbox_drop(struct inbox *inbox)
{
    inbox->used = inbox->whole;
}

bool inbox_put(struct inbox *inbox, const struct inbox_item *item, size_t reserve)
{
    if (!inbox_open(inbox, item, reserve)) {
        return false;
    }
    inbox_close(inbox, item->flag, item->number);
    return true;
}

bool inbox_peek(const struct inbox *inbox, struct inbox_item *item)
{
    if (inbox->whole == 0) {
        return false;
    }
    struct header header = read_header(inbox, 0);
    const char *topic = inbox->bytes + sizeof(header);
    *item = (struct inbox_item){
        .type = header.type,
        .flag = header.flag,
        .number = header.number,
        .topic = {topic, header.topic_len},
        .payload = {topic + header.topic_len, header.total - sizeof(header) - header.topic_len},
    };
    return true;
}

void inbox_pop(struct inbox *inbox)
{
    assert(inbox->whole > 0);
    size_t total = read_header(inbox, 0).total;
    inbox->whole -= total;
    inbox->used -= total;
    memmove(inbox->bytes, inbox->bytes + total, inbox->used);
}
