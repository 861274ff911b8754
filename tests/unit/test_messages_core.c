/* SPDX-License-Identifier: MIT */
/* The application's own messages as a state machine: guarantees M1 to M5 (docs/guarantees.md), AWS's limits (docs/protocol.md 4). */
// LINK: device_core
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

static int begin(void **state)
{
    (void)state;
    now_ms = 1000000;
    last_id = 0;
    messages_init(&m, bytes, sizeof(bytes));
    return 0;
}

static enum err put_qos(const char *topic, const char *payload, uint8_t qos)
{
    const struct outbox_message message = {.topic = slice_from(topic),
                                           .payload = slice_from(payload),
                                           .qos = qos,
                                           .is_retained = payload[0] == 'R'};
    return messages_put(&m, &message);
}

static void put(const char *topic, const char *payload)
{
    assert_int_equal(put_qos(topic, payload, 1), ERR_OK);
}

static int subscribe_id; /* of the last SUBSCRIBE */

/* What is done next, as a text; the port takes it and gives the next id. */
static const char *step_with(enum err err)
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

static const char *step(void)
{
    return step_with(ERR_OK);
}

static void ack(int id)
{
    assert_true(messages_acknowledged(&m, id, now_ms));
    messages_check(&m);
}

static void granted(int id, bool is_granted)
{
    assert_true(messages_subscribed(&m, id, is_granted, now_ms, &refusal));
    messages_check(&m);
}

static void end(bool is_own_doing)
{
    messages_disconnected(&m, is_own_doing, now_ms, &refusal);
    messages_check(&m);
}

static void subscribe(const char *filter)
{
    unsigned index;
    assert_int_equal(filters_add(&m.filters, slice_from(filter), 1, &index), ERR_OK);
}

/* --- M1: what was taken is sent until it is acknowledged */

static void nothing_goes_out_before_there_is_a_connection(void **state)
{
    (void)state;
    put("a", "1");
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) == UINT64_MAX);
    messages_connected(&m, now_ms);
    assert_true(messages_wake_at_ms(&m, now_ms) <= now_ms);
    assert_string_equal(step(), "a=1");
    assert_false(messages_are_sent(&m));
    ack(1);
    assert_true(messages_are_sent(&m));
    assert_string_equal(step(), "");
}

static void sent_again_over_the_next_connection(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    put("c", "R3");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), "b=2");
    ack(2); /* not the oldest one */
    end(false);
    assert_string_equal(step(), "");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), ""); /* careful: one at a time, until what was on its way is through */
    assert_false(messages_acknowledged(&m, 2, now_ms)); /* of the connection before */
    ack(3);
    assert_string_equal(step(), "c=R3 retained");
    ack(4);
    assert_int_equal(m.counters.taken, 3);
    assert_int_equal(m.counters.acknowledged, 3);
    assert_int_equal(m.counters.sent, 4);
}

static void qos_0_goes_out_once(void **state)
{
    (void)state;
    assert_int_equal(put_qos("a", "1", 0), ERR_OK);
    put("b", "2");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), "b=2");
    end(true);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "b=2");
}

/* --- M2: order */

static void order_is_kept_over_connections(void **state)
{
    (void)state;
    char payload[2] = "0";
    messages_connected(&m, now_ms);
    for (int i = 0; i < 6; i++) {
        payload[0] = (char)('0' + i);
        put("t", payload);
    }
    assert_string_equal(step(), "t=0");
    assert_string_equal(step(), "t=1");
    assert_string_equal(step(), "t=2");
    ack(2);
    end(true);
    messages_connected(&m, now_ms);
    for (const char *next = "02345"; *next; next++) {
        const char wanted[] = {'t', '=', *next, '\0'};
        assert_string_equal(step(), wanted);
        ack(last_id);
    }
}

/* --- M3: what does not fit is refused, the newest, and counted */

static void the_newest_is_refused(void **state)
{
    char big[CAP + 1];
    (void)state;
    memset(big, 'x', sizeof(big));
    big[CAP] = '\0';
    assert_int_equal(put_qos("a", big, 1), ERR_TOO_LONG);
    big[CAP / 2 - outbox_size_of(1, 0)] = '\0';
    put("a", big);
    put("b", big);
    assert_int_equal(put_qos("c", "", 1), ERR_FULL);
    messages_connected(&m, now_ms);
    assert_true(strncmp(step(), "a=x", 3) == 0);
    assert_int_equal(put_qos("c", "", 1), ERR_FULL); /* not acknowledged yet */
    ack(1);
    put("c", "");
    assert_int_equal(m.counters.refused, 3);
    assert_int_equal(m.counters.taken, 3);
}

/* --- M4: jobs go first: a window, and half of the port's places */

static void window(void **state)
{
    (void)state;
    messages_connected(&m, now_ms);
    for (int i = 0; i < MESSAGES_WINDOW + 1; i++) {
        put("t", "");
    }
    for (int i = 0; i < MESSAGES_WINDOW; i++) {
        assert_string_equal(step(), "t=");
    }
    assert_string_equal(step(), "");
    ack(3);
    assert_string_equal(step(), "t=");
    assert_string_equal(step(), "");
}

static void paced_and_not_dropped(void **state)
{
    unsigned in_second[20] = {0};
    (void)state;
    messages_connected(&m, now_ms);
    for (unsigned ms = 0; ms < 20000; ms++, now_ms++) {
        while (put_qos("t", "1", 0) == ERR_OK) {
        }
        while (*step()) {
            in_second[ms / 1000]++;
        }
    }
    for (unsigned i = 0; i < 20; i++) {
        assert_in_range(in_second[i], 84, 96);
    }
}

static void bytes_are_paced_too(void **state)
{
    static char large[4 * 131072];
    struct pace pace = {0};
    size_t sent = 0;
    (void)state, (void)large;
    for (uint64_t at = 5000; at < 6000; at++) { /* any second */
        while (pace_at_ms(&pace, at) <= at) {
            pace_take(&pace, 131072, at);
            sent += 131072;
        }
    }
    assert_in_range(sent, 3 * 131072, 524288);
    assert_true(pace_at_ms(&pace, 6000) > 6000);
}

/* --- M5: a message that ends connections is given up, and no other one */

static void message_that_ends_connections(void **state)
{
    (void)state;
    put("good", "1");
    put("bad", "2");
    put("fine", "3");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "good=1");
    assert_string_equal(step(), "bad=2");
    assert_string_equal(step(), "fine=3");
    end(false); /* it is not clear which one */
    assert_int_equal(refusal.what, MESSAGES_NOTHING);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "good=1");
    ack(4);
    for (int i = 0; i < MESSAGES_STRIKES; i++) {
        assert_int_equal(refusal.what, MESSAGES_NOTHING);
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "bad=2");
        assert_string_equal(step(), "");
        end(false);
    }
    assert_int_equal(refusal.what, MESSAGES_PUBLISH);
    assert_string_equal(refusal.text, "bad");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "fine=3");
    ack(last_id);
    assert_int_equal(m.counters.dropped, 1);
    assert_int_equal(m.counters.acknowledged, 2);
}

/* A network that breaks is no refusal: not when the end comes late, not when the device has ended it, not when it may have been
 * something else. */
static void ends_that_say_nothing(void **state)
{
    (void)state;
    put("a", "1");
    for (int i = 0; i < 20; i++) {
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "a=1");
        now_ms += i % 2 ? 0 : 5000;
        end(i % 2);
    }
    assert_int_equal(put_qos("z", "0", 0), ERR_OK);
    for (int i = 0; i < 20; i++) {
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "a=1");
        assert_int_equal(put_qos("z", "0", 0), ERR_OK);
        m.careful = 0;
        assert_string_equal(step(), "z=0");
        end(false);
    }
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_int_equal(m.counters.dropped, 0);
}

static void nothing_is_acknowledged_any_more(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    messages_connected(&m, now_ms);
    now_ms += 3600000; /* idle: nobody waits for anything */
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), "b=2");
    now_ms += MESSAGES_ACK_MS - 1;
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) == now_ms + 1);
    ack(1);
    now_ms += MESSAGES_ACK_MS;
    assert_string_equal(step_with(ERR_OFFLINE), "reconnect");
    end(true);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "b=2");
}

static void port_without_room(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    messages_connected(&m, now_ms);
    assert_string_equal(step_with(ERR_FULL), "a=1");
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) > now_ms);
    now_ms = messages_wake_at_ms(&m, now_ms);
    assert_string_equal(step(), "a=1");
    ack(1);
    for (int i = 0; i < MESSAGES_STRIKES; i++) { /* more than the port's memory: for ever */
        assert_string_equal(step_with(ERR_FULL), "b=2");
        now_ms += MESSAGES_ACK_MS;
        assert_string_equal(step_with(ERR_FULL), "b=2");
        now_ms += 1000;
    }
    assert_int_equal(refusal.what, MESSAGES_PUBLISH);
    assert_true(messages_are_sent(&m));
    put("c", "3");
    now_ms += 1000;
    assert_string_equal(step_with(ERR_ARG), "c=3"); /* what the port never takes */
    assert_int_equal(m.counters.dropped, 2);
}

/* --- Filters */

static void one_filter_at_a_time_and_before_messages(void **state)
{
    (void)state;
    subscribe("a/#");
    subscribe("b/+");
    put("t", "1");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+a/#@1");
    assert_string_equal(step(), "t=1"); /* while the SUBACK is awaited */
    granted(1, true);
    assert_string_equal(step(), "+b/+@1");
    granted(3, true);
    assert_int_equal(refusal.what, MESSAGES_NOTHING);
    end(false);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+a/#@1");
}

static void refused_filter_is_left_out_for_a_day(void **state)
{
    (void)state;
    subscribe("a");
    subscribe("b");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+a@1");
    granted(1, false);
    assert_int_equal(refusal.what, MESSAGES_SUBSCRIBE);
    assert_string_equal(refusal.text, "a");
    assert_string_equal(step(), "+b@1");
    granted(2, true);
    end(true);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+b@1");
    granted(3, true);
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) == now_ms + 86400000);
    now_ms += 86400000;
    assert_string_equal(step(), "+a@1");
    granted(4, false);
    subscribe("a"); /* the application asks again, perhaps because somebody has mended the policy */
    assert_string_equal(step(), "+a@1");
    granted(5, true);
}

/* AWS IoT ends the connection on a SUBSCRIBE without permission. */
static void filter_that_ends_connections(void **state)
{
    (void)state;
    subscribe("bad");
    subscribe("good");
    for (int i = 0; i < 2; i++) {
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "+bad@1");
        end(false);
    }
    assert_int_equal(refusal.what, MESSAGES_SUBSCRIBE);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+good@1");
    granted(last_id, true);
    assert_string_equal(step(), "");
}

static void unsubscribing(void **state)
{
    unsigned index;
    (void)state;
    subscribe("a");
    subscribe("b");
    assert_int_equal(filters_remove(&m.filters, slice_from("b"), &index), ERR_OK);
    assert_int_equal(filters_remove(&m.filters, slice_from("b"), &index), ERR_NOT_FOUND);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+a@1");
    granted(1, true);
    assert_true(filters_matches(&m.filters, 0, slice_from("a")));
    assert_int_equal(filters_remove(&m.filters, slice_from("a"), &index), ERR_OK);
    assert_false(filters_matches(&m.filters, 0, slice_from("a")));
    assert_string_equal(step(), "-a");
    assert_string_equal(step(), "");
    subscribe("c");
    assert_string_equal(step(), "+c@1");
    assert_int_equal(filters_remove(&m.filters, slice_from("c"), &index), ERR_OK);
    subscribe(
        "c"); /* before the UNSUBSCRIBE went out: the same SUBSCRIBE again, once the first is answered */
    assert_string_equal(step(), "");
    granted(last_id, true);
    assert_string_equal(step(), "+c@1");
    assert_false(messages_subscribed(&m, last_id - 1, true, now_ms, &refusal)); /* answered before */
    granted(last_id, true);
}

#define LAST (CONFIG_DEVICE_JOBS_SUBSCRIPTIONS - 1)

static unsigned add(const char *filter, uint8_t qos)
{
    unsigned index = UINT_MAX;
    assert_int_equal(filters_add(&m.filters, slice_from(filter), qos, &index), ERR_OK);
    return index;
}

static unsigned drop(const char *filter)
{
    unsigned index = UINT_MAX;
    assert_int_equal(filters_remove(&m.filters, slice_from(filter), &index), ERR_OK);
    return index;
}

/* A filter that is asked for or granted already is left alone, unless its QoS is another one now. */
static void subscribed_twice(void **state)
{
    (void)state;
    assert_int_equal(add("a", 1), 0);
    assert_int_equal(add("b", 1), 1);
    assert_int_equal(add("a", 1), 0);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "+a@1");
    assert_int_equal(add("a", 1), 0);
    assert_string_equal(step(), ""); /* its SUBACK is awaited */
    granted(1, true);
    assert_string_equal(step(), "+b@1");
    granted(2, true);
    assert_int_equal(add("b", 1), 1);
    assert_string_equal(step(), "");
    assert_int_equal(add("b", 0), 1);
    assert_string_equal(step(), "+b@0");
    granted(3, true);
    assert_int_equal(drop("b"), 1);
    assert_string_equal(step(), "-b");
}

static void unsubscribed_in_each_state(void **state)
{
    unsigned index;
    (void)state;
    messages_connected(&m, now_ms);
    add("wanted", 1);
    drop("wanted");
    assert_string_equal(step(), ""); /* the broker does not know it */
    add("asked", 1);
    assert_string_equal(step(), "+asked@1");
    drop("asked");
    assert_int_equal(filters_remove(&m.filters, slice_from("asked"), &index), ERR_NOT_FOUND);
    assert_string_equal(step(), "-asked");
    granted(subscribe_id, true); /* late: nobody wants it any more */
    add("granted", 1);
    assert_string_equal(step(), "+granted@1");
    granted(last_id, true);
    drop("granted"); /* and the connection ends before the broker hears of it */
    end(true);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "");
    add("granted", 1);
    assert_string_equal(step(), "+granted@1");
    granted(last_id, true);
    end(true);
    drop("granted");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "");
}

/* Which SUBSCRIBE ends a connection must be clear, also when the application no longer wants what the first one asks for. */
static void one_subscribe_at_a_time(void **state)
{
    (void)state;
    add("bad", 1);
    messages_connected(&m, now_ms);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(step(), "+bad@1");
        drop("bad");
        add("good", 1);
        if (i == 0) { /* from then on each packet goes alone */
            assert_string_equal(step(), "-bad");
        }
        assert_string_equal(step(), ""); /* whether or not another one is wanted meanwhile */
        end(false);                      /* under the SUBSCRIBE of what is gone: nobody is to blame */
        assert_int_equal(refusal.what, MESSAGES_NOTHING);
        drop("good");
        add("bad", 1);
        messages_connected(&m, now_ms);
    }
    assert_string_equal(step(), "+bad@1");
    add("bad", 0); /* otherwise than it was asked for */
    assert_string_equal(step(), "");
    granted(last_id, true);
    assert_string_equal(step(), "+bad@0");
    granted(last_id, false); /* the day counts from the last answer */
    assert_int_equal(refusal.what, MESSAGES_SUBSCRIBE);
    assert_string_equal(step(), "");
}

/* What the broker may have granted is taken back, whatever the application wished in between. */
static void the_broker_is_told_what_it_knows(void **state)
{
    (void)state;
    messages_connected(&m, now_ms);
    add("a", 1);
    assert_string_equal(step(), "+a@1");
    granted(last_id, true);
    add("a", 0); /* wanted otherwise, and not asked for yet */
    drop("a");
    assert_string_equal(step(), "-a");
    add("a", 1);
    assert_string_equal(step(), "+a@1");
    granted(last_id, false);
    drop("a"); /* left out: the broker never had it */
    assert_string_equal(step(), "");
}

static struct messages_order taken(void)
{
    struct messages_order order;
    messages_next(&m, now_ms, &order);
    return order;
}

static void given(const struct messages_order *order)
{
    messages_given(&m, order, ERR_OK, ++last_id, now_ms, &refusal);
    messages_check(&m);
}

/* The port is called without the lock: the application may change its mind meanwhile. */
static void mind_changed_on_the_way_to_the_port(void **state)
{
    (void)state;
    messages_connected(&m, now_ms);
    add("a", 1);
    struct messages_order order = taken();
    drop("a");
    given(&order);
    granted(last_id, true);
    assert_string_equal(step(), "-a");
    add("a", 1);
    order = taken();
    add("a", 0);
    given(&order);
    assert_string_equal(step(), "");
    granted(last_id, true);
    assert_string_equal(step(), "+a@0");
    granted(last_id, true);
    drop("a");
    order = taken();
    add("a", 1); /* behind the UNSUBSCRIBE */
    given(&order);
    assert_string_equal(step(), "+a@1");
}

/* Removed, and added again to another place, before the port has its SUBSCRIBE: one place has it afterwards. */
static void added_again_elsewhere_on_the_way_to_the_port(void **state)
{
    (void)state;
    messages_connected(&m, now_ms);
    add("first", 1);
    assert_string_equal(step(), "+first@1");
    granted(last_id, true);
    assert_int_equal(add("a", 1), 1);
    struct messages_order order = taken();
    drop("a");
    drop("first");
    assert_string_equal(step(), "-first");
    assert_int_equal(add("a", 1), 0);
    given(&order);
    granted(last_id, true);
    assert_string_equal(step(), "");
    drop("a");
    assert_string_equal(step(), "-a");
    assert_string_equal(step(), "");
}

/* The last place is one like the others, and each filter that was left out has its own day. */
static void every_place_counts(void **state)
{
    char text[8];
    (void)state;
    messages_connected(&m, now_ms);
    for (unsigned i = 0; i <= LAST; i++) {
        snprintf(text, sizeof(text), "f%u", i);
        assert_int_equal(add(text, 1), i);
        assert_int_equal(step()[1], 'f');
        granted(last_id, i != 0 && i != LAST);
        now_ms += 1000;
    }
    assert_true(messages_wake_at_ms(&m, now_ms) == now_ms - 1000 * (LAST + 1) + 86400000);
    end(true);
    messages_connected(&m, now_ms);
    for (unsigned i = 1; i < LAST; i++) {
        assert_int_equal(step()[0], '+');
        granted(last_id, true);
    }
    assert_string_equal(step(), "");
    now_ms += 86400000;
    assert_string_equal(step(), "+f0@1");
    granted(last_id, true);
    snprintf(text, sizeof(text), "+f%u@1", LAST);
    assert_string_equal(step(), text);
    granted(last_id, true);
    end(true);
    messages_connected(&m, now_ms);
    for (unsigned i = 0; i <= LAST; i++) {
        assert_int_equal(step()[0], '+');
        granted(last_id, true);
    }
}

static void table_of_filters_is_full(void **state)
{
    char text[CONFIG_DEVICE_JOBS_FILTER_SIZE + 1];
    unsigned index;
    (void)state;
    for (int i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        snprintf(text, sizeof(text), "f%d", i);
        subscribe(text);
    }
    subscribe("f0"); /* is there already */
    assert_int_equal(filters_add(&m.filters, slice_from("one more"), 1, &index), ERR_FULL);
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(filters_add(&m.filters, slice_from(text), 1, &index), ERR_TOO_LONG);
    assert_int_equal(filters_remove(&m.filters, slice_from("f3"), &index), ERR_OK);
    subscribe("one more");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_out_before_there_is_a_connection),
        TEST(sent_again_over_the_next_connection),
        TEST(qos_0_goes_out_once),
        TEST(order_is_kept_over_connections),
        TEST(the_newest_is_refused),
        TEST(window),
        TEST(paced_and_not_dropped),
        TEST(bytes_are_paced_too),
        TEST(message_that_ends_connections),
        TEST(ends_that_say_nothing),
        TEST(nothing_is_acknowledged_any_more),
        TEST(port_without_room),
        TEST(one_filter_at_a_time_and_before_messages),
        TEST(refused_filter_is_left_out_for_a_day),
        TEST(filter_that_ends_connections),
        TEST(unsubscribing),
        TEST(subscribed_twice),
        TEST(unsubscribed_in_each_state),
        TEST(one_subscribe_at_a_time),
        TEST(the_broker_is_told_what_it_knows),
        TEST(mind_changed_on_the_way_to_the_port),
        TEST(added_again_elsewhere_on_the_way_to_the_port),
        TEST(every_place_counts),
        TEST(table_of_filters_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
