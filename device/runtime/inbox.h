/* SPDX-License-Identifier: MIT */
/* The bounded queue between the network task and those who read what came: MQTT events, each in one piece, so that it is read
 * where it lies. A message is written piece by piece as it comes, and stands in the queue when it is whole. No locks here: all
 * calls under one lock; what inbox_peek gave stays where it is until inbox_pop. */
#ifndef DEVICE_RUNTIME_INBOX_H
#define DEVICE_RUNTIME_INBOX_H

#include "common/slice.h"
#include "device/core/config.h"

#include <stdint.h>

#define INBOX_CAP (DEVICE_MESSAGE_CAP + CONFIG_DEVICE_JOBS_INBOX_SPARE)

/* A message leaves this much free, so that the news of a connection's end always fits. */
#define INBOX_RESERVE 288

struct inbox_item {
    uint8_t type; /* the caller's, as the next two */
    bool flag;
    int32_t number;
    struct slice topic;
    struct slice payload;
};

struct inbox {
    char *bytes; /* the owner's, as long as the inbox is used */
    size_t cap;
    size_t whole; /* bytes of the items */
    size_t used;  /* the same with the one that is being written */
};

void inbox_init(struct inbox *inbox, char *bytes, size_t cap);
void inbox_clear(struct inbox *inbox);
/* Bytes that an item takes. */
size_t inbox_size_of(size_t topic_len, size_t payload_len);

/* Copies topic and payload. false: no room now. `reserve`: bytes that must stay free behind it. */
bool inbox_put(struct inbox *inbox, const struct inbox_item *item, size_t reserve);

/* The same piece by piece. inbox_open begins an item and forgets one that was begun before; an append that returns false has
 * done nothing; inbox_close puts the item into the queue. */
bool inbox_open(struct inbox *inbox, const struct inbox_item *item, size_t reserve);
bool inbox_is_open(const struct inbox *inbox);
size_t inbox_open_len(const struct inbox *inbox);         /* its bytes so far */
void inbox_shorten(struct inbox *inbox, size_t open_len); /* back to that */
bool inbox_append(struct inbox *inbox, struct slice bytes, size_t reserve);
void inbox_close(struct inbox *inbox, bool flag, int32_t number);
void inbox_drop(struct inbox *inbox);

/* The oldest item; its slices are valid until inbox_pop. false: empty. */
bool inbox_peek(const struct inbox *inbox, struct inbox_item *item);
void inbox_pop(struct inbox *inbox);

#endif
