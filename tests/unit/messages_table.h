/* SPDX-License-Identifier: MIT */
/* The application's own messages on a table: each step is a text, time moves only when the test says so. For test_messages_core.c and
 * test_messages_filters.c. */
#ifndef TESTS_UNIT_MESSAGES_TABLE_H
#define TESTS_UNIT_MESSAGES_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/messages/messages.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CAP 400

static struct messages m;
static struct messages_refusal refusal;
static char bytes[CAP];
static uint64_t now_ms;
static int last_id;

static inline int begin(void **state)
{
    (void)state;
    now_ms = 1000000;
    last_id = 0;
    messages_init(&m, bytes, sizeof(bytes));
    return 0;
}

static inline enum err put_qos(const char *topic, const char *payload, uint8_t qos)
{
    const struct outbox_message message = {.topic = slice_from(topic),
                                           .payload = slice_from(payload),
                                           .qos = qos,
                                           .is_retained = payload[0] == 'R'};
    return messages_put(&m, &message);
}

static inline void put(const char *topic, const char *payload)
{
    assert_int_equal(put_qos(topic, payload, 1), ERR_OK);
}

static int subscribe_id; /* of the last SUBSCRIBE */

/* What is done next, as a text; the port takes it and gives the next id. */
static inline const char *step_with(enum err err)
{
    static char said[200];
    struct messages_order order;
    messages_next(&m, now_ms, &order);
    switch (order.type) {
    case MESSAGES_NOTHING:
        return "";
    case MESSAGES_PUBLISH:
        snprintf(said, sizeof(said), "%s=%.*s%s", order.message.topic.ptr, (int)order.message.payload.len,
                 order.message.payload.ptr, order.message.is_retained ? " retained" : "");
        break;
    case MESSAGES_SUBSCRIBE:
        snprintf(said, sizeof(said), "+%s@%u", order.text, order.qos);
        break;
    case MESSAGES_UNSUBSCRIBE:
        snprintf(said, sizeof(said), "-%s", order.text);
        break;
    case MESSAGES_RECONNECT:
        snprintf(said, sizeof(said), "reconnect");
        break;
    }
    messages_given(&m, &order, err, err ? 0 : ++last_id, now_ms, &refusal);
    messages_check(&m);
    subscribe_id = order.type == MESSAGES_SUBSCRIBE ? last_id : subscribe_id;
    return said;
}

static inline const char *step(void)
{
    return step_with(ERR_OK);
}

static inline void ack(int id)
{
    assert_true(messages_acknowledged(&m, id, now_ms));
    messages_check(&m);
}

static inline void granted(int id, bool is_granted)
{
    assert_true(messages_subscribed(&m, id, is_granted, now_ms, &refusal));
    messages_check(&m);
}

static inline void end(bool is_own_doing)
{
    messages_disconnected(&m, is_own_doing, now_ms, &refusal);
    messages_check(&m);
}

static inline void subscribe(const char *filter)
{
    unsigned index;
    assert_int_equal(filters_add(&m.filters, slice_from(filter), 1, &index), ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

#endif
