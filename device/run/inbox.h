/* SPDX-License-Identifier: MIT */
/* The bounded queue between the network task and the engine task: MQTT events in a ring of bytes, each item in one piece, so
 * that the engine reads it where it lies. No locks here: one side puts, the other peeks and pops, and the caller keeps
 * them apart (an item that was peeked at stays untouched until it is popped). */
#ifndef DEVICE_RUN_INBOX_H
#define DEVICE_RUN_INBOX_H

#include "common/slice.h"
#include "device/core/config.h"

#include <stdint.h>

#define INBOX_CAP (DEVICE_MESSAGE_CAP + CONFIG_DEVICE_JOBS_INBOX_SPARE)

/* A message leaves this much free, so that the news of a connection's end always fits. */
#define INBOX_RESERVE 512

struct inbox_item {
    uint8_t type;   /* the caller's */
    bool flag;      /* the caller's */
    int32_t number; /* the caller's */
    size_t size;    /* the caller's */
    struct slice topic;
    struct slice payload;
};

struct inbox {
    size_t head, tail; /* where the oldest item starts, where the next one goes */
    size_t end;        /* the items from head on end here, when the newer ones start at 0 again */
    size_t count;
    bool is_wrapped;
    char bytes[INBOX_CAP];
};

void inbox_clear(struct inbox *inbox);

/* Copies topic and payload. false: no room now. `reserve`: bytes that must stay free behind it. */
bool inbox_put(struct inbox *inbox, const struct inbox_item *item, size_t reserve);

/* The oldest item; its slices are valid until inbox_pop. false: empty. */
bool inbox_peek(const struct inbox *inbox, struct inbox_item *item);
void inbox_pop(struct inbox *inbox);

#endif
