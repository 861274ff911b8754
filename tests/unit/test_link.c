/* SPDX-License-Identifier: MIT */
/* Backoff of the connection: R-19 (kicked at once after each connect), R-20 (everybody at once after a restart of the
 * broker). */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/config.h"
#include "device/core/link/backoff.h"
#include "device/core/link/link.h"

#include <string.h>

#define DEVICES 10000

static uint64_t seed = 1;

static uint32_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

static enum link_wish poll_at(struct link *link, uint64_t now_ms)
{
    return link_poll(link, now_ms, LINK_CLOCK_FLOOR_S);
}

static void connect_now(struct link *link, uint64_t now_ms)
{
    assert_true(link_wake_at_ms(link) <= now_ms);
    assert_int_equal(poll_at(link, now_ms), LINK_OPEN);
    assert_int_equal(link->state, LINK_CONNECTING);
}

static void test_start_connects_at_once_and_only_once(void **state)
{
    struct link link;
    (void)state;
    link_init(&link);
    assert_int_equal(poll_at(&link, 1000), LINK_NOTHING);
    assert_true(link_wake_at_ms(&link) == UINT64_MAX);
    link_start(&link, 5000);
    assert_true(link_wake_at_ms(&link) == 5000);
    assert_int_equal(poll_at(&link, 4999), LINK_NOTHING);
    connect_now(&link, 5000);
    assert_int_equal(poll_at(&link, 6000), LINK_NOTHING);
    assert_true(link_wake_at_ms(&link) == UINT64_MAX);
    link_start(&link, 6000); /* wanted already */
    assert_int_equal(link.state, LINK_CONNECTING);
    link_up(&link, 7000);
    assert_int_equal(link.state, LINK_UP);
    assert_int_equal(poll_at(&link, 8000), LINK_NOTHING);
    assert_true(link_wake_at_ms(&link) == UINT64_MAX);
    link_stop(&link);
    link_down(&link, 9000, 0); /* the last event of the connection that was stopped */
    assert_int_equal(link.state, LINK_STOPPED);
    link_up(&link, 9000);
    assert_int_equal(link.state, LINK_STOPPED);
}

static void test_window_doubles_up_to_the_cap(void **state)
{
    uint64_t window_ms = CONFIG_DEVICE_JOBS_LINK_BASE_MS;
    struct link link;
    uint64_t now_ms = 0;
    (void)state;
    link_init(&link);
    link_start(&link, 0);
    for (int i = 0; i < 100; i++) {
        connect_now(&link, now_ms);
        link_down(&link, now_ms, i % 2 ? UINT32_MAX : 0);
        uint64_t wait_ms = link_wake_at_ms(&link) - now_ms;
        assert_in_range(wait_ms, window_ms / 8, window_ms);
        now_ms += wait_ms;
        window_ms =
            window_ms * 2 < CONFIG_DEVICE_JOBS_LINK_CAP_MS ? window_ms * 2 : CONFIG_DEVICE_JOBS_LINK_CAP_MS;
    }
}

/* A second event about the same loss changes nothing. */
static void test_down_twice(void **state)
{
    struct link link;
    (void)state;
    link_init(&link);
    link_start(&link, 0);
    connect_now(&link, 0);
    link_down(&link, 100, 5);
    uint64_t next_ms = link_wake_at_ms(&link);
    link_down(&link, 200, 77);
    assert_true(link_wake_at_ms(&link) == next_ms);
    assert_int_equal(link.failures, 1);
}

static void test_reset_only_after_a_stable_connection(void **state)
{
    struct link link;
    (void)state;
    link_init(&link);
    link_start(&link, 0);
    for (int i = 0; i < 5; i++) {
        uint64_t now_ms = link_wake_at_ms(&link);
        connect_now(&link, now_ms);
        link_up(&link, now_ms);
        link_down(&link, now_ms + CONFIG_DEVICE_JOBS_LINK_STABLE_MS - 1, next_random());
    }
    assert_int_equal(link.failures, 5);
    uint64_t now_ms = link_wake_at_ms(&link);
    connect_now(&link, now_ms);
    link_up(&link, now_ms);
    now_ms += CONFIG_DEVICE_JOBS_LINK_STABLE_MS;
    link_down(&link, now_ms, UINT32_MAX);
    assert_in_range(link_wake_at_ms(&link) - now_ms, 1, CONFIG_DEVICE_JOBS_LINK_BASE_MS);
    link_stop(&link);
    link_start(&link, now_ms);
    assert_int_equal(link.failures, 1); /* a stop does not reset it */
}

/* whatever the dice say, also the worst of them. */
static void test_ten_connects_in_the_first_minute_of_kicks(void **state)
{
    (void)state;
    for (int device = 0; device < DEVICES; device++) {
        struct link link;
        int connects = 0;
        link_init(&link);
        link_start(&link, 0);
        while (link_wake_at_ms(&link) < 60000) {
            uint64_t now_ms = link_wake_at_ms(&link);
            connect_now(&link, now_ms);
            connects++;
            link_up(&link, now_ms);
            link_down(&link, now_ms, device == 0 ? 0 : next_random()); /* 0: the shortest wait, each time */
        }
        assert_in_range(connects, 4, 10);
    }
}

/* ten thousand devices lose the broker in one moment, and it stays away for a while. */
static void test_spread_of_ten_thousand_devices(void **state)
{
    (void)state;
    for (uint32_t failures = 4; failures <= 8; failures++) {
        uint32_t buckets[CONFIG_DEVICE_JOBS_LINK_CAP_MS / 1000 + 1] = {0};
        uint32_t window_s = ((uint32_t)CONFIG_DEVICE_JOBS_LINK_BASE_MS << failures) / 1000;
        if (window_s > CONFIG_DEVICE_JOBS_LINK_CAP_MS / 1000) {
            window_s = CONFIG_DEVICE_JOBS_LINK_CAP_MS / 1000;
        }
        for (int device = 0; device < DEVICES; device++) {
            struct link link = {.state = LINK_CONNECTING, .failures = failures};
            link_down(&link, 0, next_random());
            buckets[(link_wake_at_ms(&link) - 1) / 1000]++;
        }
        for (uint32_t second = 0; second < window_s; second++) {
            assert_true(buckets[second] <= 2 * DEVICES / window_s);
        }
        assert_int_equal(buckets[window_s], 0);
    }
}

/* One device that loses the broker at 0; when it connects, after `outage_ms` without one. */
static uint64_t connects_at_ms(uint64_t outage_ms)
{
    struct link link;
    uint64_t now_ms = 1000 + CONFIG_DEVICE_JOBS_LINK_STABLE_MS; /* lost, after a stable connection */
    uint64_t lost_ms = now_ms;

    link_init(&link);
    link_start(&link, 1000);
    connect_now(&link, 1000);
    link_up(&link, 1000);
    for (;;) {
        link_down(&link, now_ms, next_random());
        now_ms = link_wake_at_ms(&link);
        connect_now(&link, now_ms);
        if (now_ms >= lost_ms + outage_ms) {
            return now_ms - lost_ms;
        }
    }
}

/* The most connects in one second after the broker is back, per fleet of DEVICES. */
static uint32_t worst_second(uint32_t outage_s, uint32_t fleets)
{
    static uint32_t buckets[CONFIG_DEVICE_JOBS_LINK_CAP_MS / 1000 + 1];
    uint32_t worst = 0;

    memset(buckets, 0, sizeof(buckets));
    for (uint32_t device = 0; device < fleets * DEVICES; device++) {
        uint64_t after_ms = connects_at_ms(outage_s * 1000u) - outage_s * 1000u;
        assert_true(after_ms <= CONFIG_DEVICE_JOBS_LINK_CAP_MS); /* nobody is forgotten */
        uint32_t *bucket = &buckets[after_ms / 1000];
        ++*bucket;
        worst = *bucket > worst ? *bucket : worst;
    }
    return worst / fleets;
}

/* the fleet comes back over a window as long as the outage was (at most the longest backoff), and no second of it has more
 * than twice the mean. An outage of a second has a window of a second. Some fleets are laid over each other, so that the
 * law is measured and not the dice: 83 devices per second are 83 +- 27 by chance alone. */
static void test_fleet_comes_back_over_the_length_of_the_outage(void **state)
{
    static const uint32_t outages_s[] = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 3600};
    const uint32_t cap_s = CONFIG_DEVICE_JOBS_LINK_CAP_MS / 1000;
    (void)state;

    for (size_t i = 0; i < sizeof(outages_s) / sizeof(outages_s[0]); i++) {
        uint32_t window_s = outages_s[i] < cap_s ? outages_s[i] : cap_s;
        uint32_t worst = worst_second(outages_s[i], 10);
        if (worst > 2 * DEVICES / window_s) {
            fail_msg("%u connects in one second after an outage of %u s, twice the mean is %u", worst,
                     outages_s[i], 2 * DEVICES / window_s);
        }
    }
}

/* R-20 to the letter, one fleet and its dice: no second has more than twice the mean of the window. It holds for outages from
 * five minutes on. Shorter ones meet devices that are still in their short windows, which is what brings a single device
 * back within seconds: then the test above is all that holds. */
static void test_single_fleet_after_a_long_outage(void **state)
{
    const uint32_t mean = DEVICES / (CONFIG_DEVICE_JOBS_LINK_CAP_MS / 1000);
    (void)state;
    for (uint32_t outage_s = 300; outage_s <= 1500; outage_s += 60) {
        uint32_t worst = worst_second(outage_s, 1);
        if (worst > 2 * mean) {
            fail_msg("%u connects in one second after an outage of %u s, the mean is %u", worst, outage_s,
                     mean);
        }
    }
}

/* A network that comes back shortens the pause to the first window, and to nothing shorter than what is left; failures stay. */
static void test_network_up(void **state)
{
    (void)state;
    struct link link;
    link_init(&link);
    link_network_up(&link, 5, 0);
    assert_int_equal(link_wake_at_ms(&link), UINT64_MAX); /* nobody wants a connection */
    link_start(&link, 5);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(poll_at(&link, link_wake_at_ms(&link)), LINK_OPEN);
        link_down(&link, 1000, UINT32_MAX);
    }
    link_network_up(&link, 2000, CONFIG_DEVICE_JOBS_LINK_BASE_MS + 7);
    assert_int_equal(link_wake_at_ms(&link), 2007);
    link_network_up(&link, 2000, 100);
    assert_int_equal(link_wake_at_ms(&link), 2007);
    assert_int_equal(link.failures, 10);
    assert_int_equal(poll_at(&link, 2007), LINK_OPEN);
    link_network_up(&link, 2008, 0);
    assert_int_equal(link.state, LINK_CONNECTING);
    link_down(&link, 2010, UINT32_MAX);
    assert_true(link_wake_at_ms(&link) > 2010 + CONFIG_DEVICE_JOBS_LINK_CAP_MS / 4); /* as slow as before */
}

/* nothing connects before the clock was set, it is said once, and nobody looks more than once a second. */
static void test_clock_that_was_never_set(void **state)
{
    (void)state;
    struct link link;
    link_init(&link);
    link_start(&link, 0);
    assert_int_equal(link_poll(&link, 0, LINK_CLOCK_FLOOR_S - 1), LINK_NO_CLOCK);
    assert_int_equal(link_wake_at_ms(&link), 1000);
    assert_int_equal(link_poll(&link, 999, LINK_CLOCK_FLOOR_S), LINK_NOTHING);
    assert_int_equal(link_poll(&link, 1000, 0), LINK_NOTHING);
    assert_int_equal(link_wake_at_ms(&link), 2000);
    assert_int_equal(link.failures, 0);
    assert_int_equal(link_poll(&link, 2000, LINK_CLOCK_FLOOR_S), LINK_OPEN);
    link_down(&link, 2000, 0);
    assert_int_equal(link_poll(&link, 10000, 0), LINK_NO_CLOCK); /* it was lost again: said again */
}

/* Clock "2026": what a device that was connected in 2027 does not believe. The floor is only ever raised. */
static void test_clock_before_the_last_known_time(void **state)
{
    (void)state;
    struct link link;
    link_init(&link);
    link_raise_floor(&link, 1800000000);
    link_raise_floor(&link, LINK_CLOCK_FLOOR_S + 1);
    link_start(&link, 0);
    assert_int_equal(link_poll(&link, 0, 1799999999), LINK_NO_CLOCK);
    assert_int_equal(link_poll(&link, 1000, 1800000000), LINK_OPEN);
}

/* SNTP is blocked: after CONFIG_DEVICE_JOBS_CLOCK_WAIT_S the caller begins a clock at the floor, and connects at once. */
static void test_clock_that_nothing_sets(void **state)
{
    (void)state;
    const uint64_t wait_ms = CONFIG_DEVICE_JOBS_CLOCK_WAIT_S * 1000;
    struct link link;
    link_init(&link);
    link_raise_floor(&link, 1800000000);
    link_start(&link, 500);
    assert_int_equal(link_poll(&link, 500, 0), LINK_NO_CLOCK);
    for (uint64_t at_ms = 1500; at_ms < 500 + wait_ms; at_ms += 1000) {
        assert_int_equal(link_poll(&link, at_ms, 1), LINK_NOTHING);
    }
    assert_int_equal(link_poll(&link, 500 + wait_ms, 61), LINK_BEGIN_CLOCK);
    assert_true(link_wake_at_ms(&link) <= 500 + wait_ms);
    assert_int_equal(link_poll(&link, 500 + wait_ms, link.floor_s), LINK_OPEN);
}

/* A platform that cannot begin one is asked once, and the clock is looked at each second for ever after. */
static void test_clock_that_cannot_be_begun(void **state)
{
    (void)state;
    uint64_t now_ms = CONFIG_DEVICE_JOBS_CLOCK_WAIT_S * 1000;
    struct link link;
    link_init(&link);
    link_start(&link, 0);
    assert_int_equal(link_poll(&link, 0, 0), LINK_NO_CLOCK);
    assert_int_equal(link_poll(&link, now_ms, 0), LINK_BEGIN_CLOCK);
    for (int i = 0; i < 200; i++, now_ms += 1000) {
        assert_int_equal(link_poll(&link, now_ms, 0), LINK_NOTHING);
        assert_int_equal(link_wake_at_ms(&link), now_ms + 1000);
    }
    assert_int_equal(link_poll(&link, now_ms, LINK_CLOCK_FLOOR_S), LINK_OPEN);
    link_down(&link, now_ms, 0);
    now_ms = link_wake_at_ms(&link);
    assert_int_equal(link_poll(&link, now_ms, 0), LINK_NO_CLOCK); /* lost again: all from the beginning */
    now_ms += CONFIG_DEVICE_JOBS_CLOCK_WAIT_S * 1000;
    assert_int_equal(link_poll(&link, now_ms, 0), LINK_BEGIN_CLOCK);
}

/* Suspended while the clock is not set: there is nothing to wait for, and no time at which somebody looks. */
static void test_stopped_link_does_not_look_at_the_clock(void **state)
{
    (void)state;
    struct link link;
    link_init(&link);
    link_start(&link, 0);
    assert_int_equal(link_poll(&link, 0, 0), LINK_NO_CLOCK);
    link_stop(&link);
    assert_int_equal(link_wake_at_ms(&link), UINT64_MAX);
    assert_int_equal(link_poll(&link, 5000, 0), LINK_NOTHING);
    link_start(&link, 6000);
    assert_int_equal(link_poll(&link, 6000, 0), LINK_NOTHING); /* said already */
    assert_int_equal(link_wake_at_ms(&link), 7000);
}

/* Half of the slots taken, and the oldest waits for a request timeout. */
static void test_connection_that_acknowledges_nothing(void **state)
{
    (void)state;
    struct link link;
    link_init(&link);
    assert_int_equal(link_stuck_at_ms(&link, 16, 100), UINT64_MAX); /* none stands */
    link_start(&link, 0);
    connect_now(&link, 0);
    assert_int_equal(link_stuck_at_ms(&link, 16, 100), UINT64_MAX);
    link_up(&link, 50);
    assert_int_equal(link_stuck_at_ms(&link, 0, 0), UINT64_MAX);
    assert_int_equal(link_stuck_at_ms(&link, 7, 100), UINT64_MAX);
    assert_int_equal(link_stuck_at_ms(&link, 8, 100), 100 + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
    assert_int_equal(link_stuck_at_ms(&link, 16, 200), 200 + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
}

static void test_failures_are_counted_to_the_end(void **state)
{
    struct link link = {.state = LINK_CONNECTING, .failures = UINT32_MAX};
    (void)state;
    link_down(&link, 0, UINT32_MAX);
    assert_int_equal(link.failures, UINT32_MAX);
    assert_in_range(link_wake_at_ms(&link), 1, CONFIG_DEVICE_JOBS_LINK_CAP_MS);
}

/* The window is the base doubled for each failure, and the cap from the one on that is longer. With a base of 0 there is no window. */
static void test_window_of_each_failure(void **state)
{
    (void)state;
    for (uint32_t failures = 0; failures < 100; failures++) {
        uint32_t window = failures < 7 ? 1000u << failures : 120000;
        uint32_t floor = failures < 7 ? window / 8 : window / 8 * 3;
        assert_int_equal(backoff_ms(1000, 120000, failures, 0), floor + 1);
        assert_int_equal(backoff_ms(1000, 120000, failures, window - floor - 1), window);
        assert_int_equal(backoff_ms(0, 120000, failures, UINT32_MAX), 1);
        window = failures < 32 ? 1u << failures : UINT32_MAX;
        assert_int_equal(backoff_ms(1, UINT32_MAX, failures, 0),
                         failures < 32 ? window / 8 + 1 : window / 8 * 3 + 1);
    }
}

static void test_backoff_at_its_edges(void **state)
{
    (void)state;
    assert_in_range(backoff_ms(0, 0, 0, 7), 1, 1);
    assert_in_range(backoff_ms(1, 1, UINT32_MAX, UINT32_MAX), 1, 1);
    assert_in_range(backoff_ms(5000, 1000, 0, UINT32_MAX), 125, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_in_range(backoff_ms(UINT32_MAX / 3, UINT32_MAX, (uint32_t)i, next_random()), 1, UINT32_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_connects_at_once_and_only_once),
        cmocka_unit_test(test_window_doubles_up_to_the_cap),
        cmocka_unit_test(test_down_twice),
        cmocka_unit_test(test_reset_only_after_a_stable_connection),
        cmocka_unit_test(test_ten_connects_in_the_first_minute_of_kicks),
        cmocka_unit_test(test_spread_of_ten_thousand_devices),
        cmocka_unit_test(test_fleet_comes_back_over_the_length_of_the_outage),
        cmocka_unit_test(test_single_fleet_after_a_long_outage),
        cmocka_unit_test(test_network_up),
        cmocka_unit_test(test_clock_that_was_never_set),
        cmocka_unit_test(test_clock_before_the_last_known_time),
        cmocka_unit_test(test_clock_that_nothing_sets),
        cmocka_unit_test(test_clock_that_cannot_be_begun),
        cmocka_unit_test(test_stopped_link_does_not_look_at_the_clock),
        cmocka_unit_test(test_connection_that_acknowledges_nothing),
        cmocka_unit_test(test_failures_are_counted_to_the_end),
        cmocka_unit_test(test_window_of_each_failure),
        cmocka_unit_test(test_backoff_at_its_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
