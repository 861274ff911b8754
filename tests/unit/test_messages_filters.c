/* SPDX-License-Identifier: MIT */
/* What the application listens to: filters are asked for one at a time on each connection, and what the broker refuses is left out for a day
 * (docs/guarantees.md M5). */
// LINK: device_core
#include "unit/messages_table.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
