/* SPDX-License-Identifier: MIT */
#include "device/run/inbox.h"

#include <assert.h>
#include <string.h>

struct header {
    size_t total; /* header, topic, payload */
    size_t topic_len;
    size_t payload_len;
    size_t size;
    int32_t number;
    uint8_t type;
    bool flag;
};

void inbox_clear(struct inbox *inbox)
{
    inbox->head = inbox->tail = inbox->end = inbox->count = 0;
    inbox->is_wrapped = false;
}

/* Makes room for `need` bytes at inbox->tail. */
static bool place(struct inbox *inbox, size_t need)
{
    if (inbox->count == 0) {
        inbox_clear(inbox);
    }
    if (inbox->is_wrapped) {
        return inbox->head - inbox->tail >= need;
    }
    if (INBOX_CAP - inbox->tail >= need) {
        return true;
    }
    if (inbox->head < need) {
        return false;
    }
    inbox->end = inbox->tail;
    inbox->tail = 0;
    inbox->is_wrapped = true;
    return true;
}

static void append(struct inbox *inbox, const void *bytes, size_t len)
{
    if (len > 0) {
        memcpy(inbox->bytes + inbox->tail, bytes, len);
        inbox->tail += len;
    }
}

bool inbox_put(struct inbox *inbox, const struct inbox_item *item, size_t reserve)
{
    if (item->topic.len > INBOX_CAP || item->payload.len > INBOX_CAP || reserve > INBOX_CAP) {
        return false;
    }
    struct header header = {
        .total = sizeof(header) + item->topic.len + item->payload.len,
        .topic_len = item->topic.len,
        .payload_len = item->payload.len,
        .size = item->size,
        .number = item->number,
        .type = item->type,
        .flag = item->flag,
    };
    if (!place(inbox, header.total + reserve)) {
        return false;
    }
    append(inbox, &header, sizeof(header));
    append(inbox, item->topic.ptr, item->topic.len);
    append(inbox, item->payload.ptr, item->payload.len);
    inbox->count++;
    return true;
}

static struct header read_header(const struct inbox *inbox)
{
    struct header header;
    memcpy(&header, inbox->bytes + inbox->head, sizeof(header));
    return header;
}

bool inbox_peek(const struct inbox *inbox, struct inbox_item *item)
{
    if (inbox->count == 0) {
        return false;
    }
    struct header header = read_header(inbox);
    const char *topic = inbox->bytes + inbox->head + sizeof(header);
    *item = (struct inbox_item){
        .type = header.type,
        .flag = header.flag,
        .number = header.number,
        .size = header.size,
        .topic = {topic, header.topic_len},
        .payload = {topic + header.topic_len, header.payload_len},
    };
    return true;
}

void inbox_pop(struct inbox *inbox)
{
    assert(inbox->count > 0);
    inbox->head += read_header(inbox).total;
    inbox->count--;
    if (inbox->is_wrapped && inbox->head == inbox->end) {
        inbox->head = 0;
        inbox->is_wrapped = false;
    }
}
