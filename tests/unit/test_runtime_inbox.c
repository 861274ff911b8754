/* SPDX-License-Identifier: MIT */
/* The bounded queue between network and engine task (the network task only posts to it; a dropped message sets
 * a resync flag): order, whole items, refusal when full, the reserve for news of the connection. */
// LINK: device_runtime common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/inbox.h"

#include <stdlib.h>
#include <string.h>

static struct inbox inbox;
static char bytes[INBOX_CAP];
static char big[2 * INBOX_CAP];

static struct inbox_item message(const char *topic, const char *payload, size_t len)
{
    return (struct inbox_item){.type = 3, .topic = slice_from(topic), .payload = {payload, len}};
}

static int setup(void **state)
{
    (void)state;
    memset(&inbox, 0xA5, sizeof(inbox));
    inbox_init(&inbox, bytes, sizeof(bytes));
    memset(big, 'x', sizeof(big));
    return 0;
}

static void test_all_members_come_back(void **state)
{
    (void)state;
    struct inbox_item put = {
        .type = 7, .flag = true, .number = -5, .topic = slice_from("a/b"), .payload = slice_from("payload")};
    assert_true(inbox_put(&inbox, &put, 0));
    struct inbox_item got;
    assert_true(inbox_peek(&inbox, &got));
    assert_int_equal(got.type, 7);
    assert_true(got.flag);
    assert_int_equal(got.number, -5);
    assert_true(slice_is(got.topic, "a/b"));
    assert_true(slice_is(got.payload, "payload"));
    inbox_pop(&inbox);
    assert_false(inbox_peek(&inbox, &got));
}

static void test_largest_message_fits_with_the_reserve(void **state)
{
    (void)state;
    char topic[DEVICE_TOPIC_CAP];
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    struct inbox_item item = message(topic, big, DEVICE_MESSAGE_CAP);
    assert_true(inbox_put(&inbox, &item, INBOX_RESERVE));
    struct inbox_item news = message("", big, 200);
    assert_true(inbox_put(&inbox, &news, 0));
}

static void test_full_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct inbox_item item = message("t", big, 400);
    unsigned count = 0;
    while (inbox_put(&inbox, &item, INBOX_RESERVE)) {
        count++;
    }
    assert_in_range(count, 2, INBOX_CAP / 400);
    struct inbox_item news = message("", "", 0);
    assert_true(inbox_put(&inbox, &news, 0));
    for (unsigned i = 0; i < count; i++) {
        struct inbox_item got;
        assert_true(inbox_peek(&inbox, &got));
        assert_int_equal(got.payload.len, 400);
        inbox_pop(&inbox);
    }
    struct inbox_item got;
    assert_true(inbox_peek(&inbox, &got));
    assert_int_equal(got.payload.len, 0);
}

static void test_sizes_that_no_sum_can_hold_are_refused(void **state)
{
    (void)state;
    struct inbox_item item = message("t", big, SIZE_MAX - 8);
    assert_false(inbox_put(&inbox, &item, 0));
    item = message("t", big, 8);
    assert_false(inbox_put(&inbox, &item, SIZE_MAX - 8));
    item.topic = (struct slice){big, SIZE_MAX};
    assert_false(inbox_put(&inbox, &item, 0));
}

/* Piece by piece: nobody sees it before it is closed, and one that is dropped leaves no trace. */
static void test_item_in_pieces(void **state)
{
    (void)state;
    struct inbox_item got, first = message("first", "1", 1);
    const struct inbox_item open = {.type = 9, .topic = slice_from("topic"), .payload = slice_from("a")};
    assert_true(inbox_put(&inbox, &first, 0));
    assert_true(inbox_open(&inbox, &open, 0));
    assert_true(inbox_is_open(&inbox));
    assert_true(inbox_append(&inbox, slice_from("bc"), 0));
    inbox_drop(&inbox);
    assert_false(inbox_is_open(&inbox));

    assert_true(inbox_open(&inbox, &open, 0));
    const struct inbox_item large = {.topic = slice_from("t"), .payload = {big, INBOX_CAP}};
    assert_false(inbox_open(&inbox, &large, 0));
    assert_false(inbox_is_open(&inbox)); /* nothing of it stays */
    assert_true(inbox_open(&inbox, &open, 0));
    assert_true(inbox_open(&inbox, &open, 0)); /* forgets the one before */
    assert_true(inbox_append(&inbox, slice_from("bc"), 0));
    assert_false(inbox_append(&inbox, (struct slice){big, INBOX_CAP}, 0));
    assert_true(inbox_peek(&inbox, &got));
    assert_true(slice_is(got.topic, "first"));
    inbox_pop(&inbox); /* moves the open one */
    assert_false(inbox_peek(&inbox, &got));
    assert_true(inbox_append(&inbox, slice_from("d"), 0));
    inbox_close(&inbox, true, 77);
    assert_true(inbox_peek(&inbox, &got));
    assert_int_equal(got.type, 9);
    assert_true(got.flag);
    assert_int_equal(got.number, 77);
    assert_true(slice_is(got.topic, "topic"));
    assert_true(slice_is(got.payload, "abcd"));
    inbox_pop(&inbox);
    assert_false(inbox_peek(&inbox, &got));
}

static void test_cleared_with_an_open_item(void **state)
{
    (void)state;
    struct inbox_item got, first = message("first", "1", 1);
    assert_true(inbox_put(&inbox, &first, 0));
    assert_true(inbox_open(&inbox, &first, 0));
    inbox_clear(&inbox);
    assert_false(inbox_is_open(&inbox));
    assert_false(inbox_peek(&inbox, &got));
}

/* Against a plain list: a long random walk of puts and pops, every item checked byte for byte. */
static void test_random_walk_equals_a_list(void **state)
{
    (void)state;
    enum { LIST = 4096 };
    static struct {
        size_t len;
        char fill;
    } list[LIST];
    size_t first = 0, last = 0;
    uint32_t seed = 1;
    for (int step = 0; step < 200000; step++) {
        seed = seed * 1664525u + 1013904223u;
        size_t len = (seed >> 8) % ((seed >> 4) % 3 == 0 ? sizeof(big) : 80);
        if ((seed >> 28) < 9 && last - first < LIST) {
            char fill = (char)('a' + step % 26);
            memset(big, fill, len);
            struct inbox_item item = message("topic", big, len);
            if (inbox_put(&inbox, &item, step % 2 ? INBOX_RESERVE : 0)) {
                list[last % LIST].len = len;
                list[last++ % LIST].fill = fill;
            }
            continue;
        }
        struct inbox_item got;
        assert_int_equal(inbox_peek(&inbox, &got), last > first);
        if (last > first) {
            assert_true(slice_is(got.topic, "topic"));
            assert_int_equal(got.payload.len, list[first % LIST].len);
            for (size_t i = 0; i < got.payload.len; i++) {
                assert_int_equal(got.payload.ptr[i], list[first % LIST].fill);
            }
            assert_true(got.topic.ptr >= inbox.bytes);
            assert_true(got.payload.ptr + got.payload.len <= inbox.bytes + INBOX_CAP);
            first++;
            inbox_pop(&inbox);
        }
    }
    assert_true(first > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_members_come_back, setup),
        cmocka_unit_test_setup(test_largest_message_fits_with_the_reserve, setup),
        cmocka_unit_test_setup(test_full_refuses_and_keeps_what_it_has, setup),
        cmocka_unit_test_setup(test_sizes_that_no_sum_can_hold_are_refused, setup),
        cmocka_unit_test_setup(test_item_in_pieces, setup),
        cmocka_unit_test_setup(test_cleared_with_an_open_item, setup),
        cmocka_unit_test_setup(test_random_walk_equals_a_list, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
