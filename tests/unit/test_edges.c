/* SPDX-License-Identifier: MIT */
/* Edges that wait for their handler (device/core/edges.h): in order, the newest state wins, none is lost uncounted, also with a writer that
 * the reader cannot stop. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/edges.h"

#include <pthread.h>
#include <string.h>

static struct edges edges;

static int setup(void **state)
{
    (void)state;
    memset(&edges, 0, sizeof(edges));
    return 0;
}

static struct edge take(uint32_t now_ms)
{
    struct edge edge = {0};
    assert_true(edges_take(&edges, now_ms, &edge));
    return edge;
}

static void expect_none(void)
{
    struct edge edge = {.at_ms = 77};
    assert_false(edges_take(&edges, 0, &edge));
    assert_int_equal(edge.at_ms, 77);
}

static void test_edges_come_in_order(void **state)
{
    (void)state;
    expect_none();
    for (uint32_t i = 0; i < EDGES_WAITING; i++) {
        edges_put(&edges, i & 1, 1000 + i, 0);
    }
    for (uint32_t i = 0; i < EDGES_WAITING; i++) {
        struct edge edge = take(2000);
        assert_int_equal(edge.level, i & 1);
        assert_int_equal(edge.at_ms, 1000 + i);
        assert_int_equal(edge.lost, 0);
    }
    expect_none();
}

static void test_newest_state_wins(void **state)
{
    (void)state;
    for (uint32_t count = 1; count < 100; count++) {
        memset(&edges, 0, sizeof(edges));
        for (uint32_t i = 1; i <= count; i++) {
            edges_put(&edges, i & 1, i, 0);
        }
        uint32_t kept = count < EDGES_WAITING ? count : EDGES_WAITING;
        for (uint32_t i = count - kept + 1; i <= count; i++) {
            struct edge edge = take(count);
            assert_int_equal(edge.at_ms, i);
            assert_int_equal(edge.level, i & 1);
            assert_int_equal(edge.lost, i == count - kept + 1 ? count - kept : 0);
        }
        expect_none();
    }
}

static void test_what_the_system_missed_is_counted(void **state)
{
    (void)state;
    edges_put(&edges, true, 1, 5);
    assert_int_equal(take(1).lost, 5);
    edges_put(&edges, false, 2, 0);
    assert_int_equal(take(2).lost, 0);
    for (uint32_t i = 0; i < EDGES_WAITING + 3; i++) {
        edges_put(&edges, true, 3, 1);
    }
    uint32_t lost = 0;
    for (uint32_t i = 0; i < EDGES_WAITING; i++) {
        lost += take(3).lost;
    }
    assert_int_equal(lost, 3 + EDGES_WAITING + 3);
}

static void test_what_was_cleared_is_not_told(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        edges_put(&edges, true, i, 2);
    }
    edges_clear(&edges);
    expect_none();
    edges_put(&edges, false, 30, 0);
    struct edge edge = take(30);
    assert_int_equal(edge.lost, 0);
    assert_int_equal(edge.at_ms, 30);
}

/* The counters wrap after 4294967296 edges, the clock after 49.7 days. */
static void test_counters_and_clock_wrap(void **state)
{
    (void)state;
    atomic_store(&edges.put, UINT32_MAX - 3);
    edges.taken = UINT32_MAX - 3;
    for (uint32_t i = 0; i < EDGES_WAITING + 2; i++) {
        edges_put(&edges, i & 1, UINT32_MAX - 2 + i, 0);
    }
    struct edge edge = take(100);
    assert_int_equal(edge.lost, 2);
    assert_int_equal(edge.at_ms, UINT32_MAX);
    assert_int_equal(take(100).at_ms, 0);
    edges_clear(&edges);
    edges_put(&edges, true, 0x80000010u, 0); /* the bit that a slot has no room for */
    assert_int_equal(take(0x80000020u).at_ms, 0x80000010u);
    edges_put(&edges, true, 0x7ffffff0u, 0);
    assert_int_equal(take(0x80000020u).at_ms, 0x7ffffff0u);
}

/* ---- a writer that does not wait: the level and the time of an edge say its number */

#define MANY 2000000u

static void *write_many(void *ctx)
{
    for (uint32_t i = 1; i <= MANY; i++) {
        edges_put(&edges, i & 1, i, 0);
    }
    return ctx;
}

static void test_writer_that_the_reader_cannot_stop(void **state)
{
    (void)state;
    pthread_t writer;
    uint32_t last = 0;
    assert_int_equal(pthread_create(&writer, NULL, write_many, NULL), 0);
    while (last < MANY) {
        struct edge edge;
        if (edges_take(&edges, MANY, &edge)) {
            assert_int_equal(edge.level, edge.at_ms & 1);
            assert_int_equal(edge.at_ms, last + edge.lost + 1); /* in order, and each lost one counted */
            last = edge.at_ms;
        }
    }
    pthread_join(writer, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_edges_come_in_order, setup),
        cmocka_unit_test_setup(test_newest_state_wins, setup),
        cmocka_unit_test_setup(test_what_the_system_missed_is_counted, setup),
        cmocka_unit_test_setup(test_what_was_cleared_is_not_told, setup),
        cmocka_unit_test_setup(test_counters_and_clock_wrap, setup),
        cmocka_unit_test_setup(test_writer_that_the_reader_cannot_stop, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
