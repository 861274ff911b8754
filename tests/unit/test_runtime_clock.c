/* SPDX-License-Identifier: MIT */
/* device/runtime, the time by which TLS judges certificates: the floor under the clock, what is stored and how often, what happens where nothing
 * sets the clock (docs/clock.md; R-50). */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/store/record.h"
#include "device/port/port_store.h"
#include "device/runtime/state.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <string.h>

#define DAY_S   86400
#define WALL_S  1800000000
#define WAIT_MS (CONFIG_DEVICE_JOBS_CLOCK_WAIT_S * 1000)

/* What stands in the storage; 0: nothing that is whole. */
static int64_t stored_s(void)
{
    char record[100];
    struct slice payload;
    size_t len;
    int64_t seconds;
    if (port_store_get("clock", record, sizeof(record), &len) ||
        record_open(RECORD_CLOCK, (struct slice){record, len}, &payload) != RECORD_GOOD) {
        return 0;
    }
    assert_int_equal(payload.len, sizeof(seconds));
    memcpy(&seconds, payload.ptr, sizeof(seconds));
    return seconds;
}

static void put_known(int64_t seconds, int damage)
{
    char record[RECORD_BYTES(sizeof(seconds))];
    memcpy(record + RECORD_HEADER_BYTES, &seconds, sizeof(seconds));
    size_t len = record_seal(RECORD_CLOCK, record, sizeof(seconds));
    record[RECORD_HEADER_BYTES] = (char)(record[RECORD_HEADER_BYTES] ^ damage);
    assert_int_equal(port_store_put("clock", record, len), ERR_OK);
}

/* The device starts anew with what is stored now. */
static void boot(void)
{
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    table_init();
    assert_int_equal(runtime_start(), ERR_OK);
}

static void connect(unsigned opens)
{
    struct fake_request request;
    fake_wait_open(opens);
    fake_connect();
    fake_expect_request(&request, "$next/get");
}

/* ---- what is stored */

static void test_time_is_stored_with_the_first_connection(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    assert_int_equal(fake_clock_put_count(), 0); /* nobody has shown a certificate yet */
    connect(1);
    FAKE_WAIT(fake_clock_put_count() == 1);
    assert_int_equal(stored_s(), WALL_S);
}

/* Flash wears out: at most one write a day, however often the connection is made anew. */
static void test_time_is_stored_once_a_day(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    connect(1);
    for (unsigned i = 0; i < 4; i++) {
        fake_set_wall_s(WALL_S + DAY_S - 1);
        runtime_reconnect();
        connect(2 + i);
    }
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    assert_int_equal(fake_clock_put_count(), 1);
    fake_set_wall_s(WALL_S + DAY_S);
    runtime_suspend(false);
    connect(6);
    FAKE_WAIT(fake_clock_put_count() == 2);
    assert_int_equal(stored_s(), WALL_S + DAY_S);
}

static void test_time_is_stored_before_a_stop(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    connect(1);
    FAKE_WAIT(fake_clock_put_count() == 1);
    fake_set_wall_s(WALL_S + 3599);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(fake_clock_put_count(), 1);
    assert_int_equal(runtime_start(), ERR_OK);
    connect(2);
    fake_set_wall_s(WALL_S + 3600);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(stored_s(), WALL_S + 3600);
}

/* A clock that no server has confirmed is not stored: a stop without a connection writes nothing. */
static void test_time_that_no_certificate_has_proven_is_not_stored(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_set_wall_s(WALL_S + 10 * DAY_S);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(fake_clock_put_count(), 0);
}

/* A storage that fails costs no connection, is told, and is not tried with each turn. */
static void test_storage_that_fails(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_store_fail(ERR_STORAGE);
    connect(1);
    fake_wait_log("storage: the time cannot be stored");
    fake_store_fail(ERR_OK);
    assert_int_equal(fake_clock_put_count(), 0);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_UP);
}

/* ---- what is believed */

static void test_clock_before_the_build(void **state)
{
    (void)state;
    fake_set_wall_s(FAKE_BUILT_S - 1);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("the clock is wrong: it says 2025-12-31T23:59:59Z, but this program was built at "
                  "2026-01-01T00:00:00Z");
    assert_int_equal(fake_open_count(), 0);
    fake_set_wall_s(FAKE_BUILT_S);
    fake_advance_ms(1000);
    fake_wait_open(1);
}

static void test_clock_before_the_last_connection(void **state)
{
    (void)state;
    put_known(WALL_S, 0);
    fake_set_wall_s(WALL_S - DAY_S - 1);
    boot();
    fake_wait_log("but this device was connected at 2027-01-15T08:00:00Z");
    assert_int_equal(fake_open_count(), 0);
    fake_set_wall_s(WALL_S - DAY_S);
    fake_advance_ms(1000);
    fake_wait_open(1);
}

/* The clock was ahead by hours (a time zone), and was put right: nothing waits for that. */
static void test_clock_that_was_put_right(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    connect(1);
    FAKE_WAIT(fake_clock_put_count() == 1);
    fake_set_wall_s(WALL_S - DAY_S);
    runtime_reconnect();
    connect(2);
    assert_false(fake_log_has("the clock is wrong"));
    assert_int_equal(stored_s(), WALL_S);
}

/* Any bit: it counts as absent, nothing waits for it, and the next connection replaces it. */
static void test_stored_time_that_is_damaged(void **state)
{
    (void)state;
    put_known(WALL_S + DAY_S, 1);
    boot();
    connect(1);
    FAKE_WAIT(stored_s() == WALL_S);
}

/* ---- where nothing sets it */

static void test_nothing_sets_the_clock(void **state)
{
    (void)state;
    put_known(WALL_S, 0);
    fake_set_wall_s(30);
    boot();
    fake_wait_log("the clock is not set (30 s since 1970)");
    fake_advance_ms(WAIT_MS);
    fake_wait_open(1);
    assert_int_equal(fake_clock_begun_s(), WALL_S);
    assert_true(fake_log_has("is NTP blocked in this network?"));
    assert_true(fake_log_has("2027-01-15T08:00:00Z, at which this device was connected"));
}

/* Nothing is stored either: the day of the build is better than 1970. */
static void test_nothing_sets_the_clock_of_a_new_device(void **state)
{
    (void)state;
    fake_set_wall_s(30);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("the clock is not set");
    fake_advance_ms(WAIT_MS);
    fake_wait_open(1);
    assert_int_equal(fake_clock_begun_s(), FAKE_BUILT_S);
    assert_true(fake_log_has("2026-01-01T00:00:00Z, at which this program was built"));
}

/* The network time that comes in the meantime counts, and nothing is begun. */
static void test_network_time_comes_late(void **state)
{
    (void)state;
    fake_set_wall_s(30);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("the clock is not set");
    fake_advance_ms(WAIT_MS / 2);
    fake_set_wall_s(WALL_S);
    fake_wait_open(1);
    assert_int_equal(fake_clock_begun_s(), 0);
}

static void test_clock_that_is_not_the_library_s(void **state)
{
    (void)state;
    fake_fix_clock();
    fake_set_wall_s(30);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("the clock is not set");
    fake_advance_ms(WAIT_MS);
    fake_wait_log("set the system's clock (NTP)");
    assert_int_equal(fake_open_count(), 0);
    fake_set_wall_s(WALL_S);
    fake_advance_ms(1000);
    fake_wait_open(1);
}

static void answer_with_time(const struct fake_request *request, int64_t timestamp_s)
{
    char answer[200], topic[300], token[80] = "";
    const char *found = strstr(request->payload, "\"clientToken\":\"");
    assert_non_null(found);
    sscanf(found + strlen("\"clientToken\":\""), "%64[0-9a-f]", token);
    snprintf(answer, sizeof(answer), "{\"clientToken\":\"%s\",\"timestamp\":%lld}", token,
             (long long)timestamp_s);
    snprintf(topic, sizeof(topic), "%s/accepted", request->topic);
    assert_true(fake_deliver(topic, answer));
}

/* The server was proven by its certificate: what it says of the time sets a clock that was begun at the last known one, and what is stored with
 * it is the better start of the next boot. */
static void test_service_s_answer_sets_a_clock_that_was_begun(void **state)
{
    (void)state;
    struct fake_request request;
    put_known(WALL_S, 0);
    fake_set_wall_s(30);
    boot();
    fake_wait_log("the clock is not set");
    fake_advance_ms(WAIT_MS);
    fake_wait_open(1);
    fake_connect();
    fake_expect_request(&request, "$next/get");
    answer_with_time(&request, WALL_S + 40 * DAY_S);
    fake_wait_log("the clock is set to 2027-02-24T08:00:00Z, which the service has said");
    assert_int_equal(fake_clock_begun_s(), WALL_S + 40 * DAY_S);
    FAKE_WAIT(stored_s() == WALL_S + 40 * DAY_S);
}

/* Whoever sets the clock knows better than a service: it is left alone. An answer never sets a clock back either. */
static void test_service_s_answer_does_not_touch_a_clock_that_is_set(void **state)
{
    (void)state;
    struct fake_request request;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_connect();
    fake_expect_request(&request, "$next/get");
    answer_with_time(&request, WALL_S + 40 * DAY_S);
    fake_expect_request(&request, "$next/get"); /* the second look, behind the notify topics */
    answer_with_time(&request, WALL_S + 40 * DAY_S + 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS); /* a turn of the engine task */
    }
    assert_int_equal(fake_clock_begun_s(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_time_is_stored_with_the_first_connection),
        TEST(test_time_is_stored_once_a_day),
        TEST(test_time_is_stored_before_a_stop),
        TEST(test_time_that_no_certificate_has_proven_is_not_stored),
        TEST(test_storage_that_fails),
        TEST(test_clock_before_the_build),
        TEST(test_clock_before_the_last_connection),
        TEST(test_clock_that_was_put_right),
        TEST(test_stored_time_that_is_damaged),
        TEST(test_nothing_sets_the_clock),
        TEST(test_nothing_sets_the_clock_of_a_new_device),
        TEST(test_network_time_comes_late),
        TEST(test_clock_that_is_not_the_library_s),
        TEST(test_service_s_answer_sets_a_clock_that_was_begun),
        TEST(test_service_s_answer_does_not_touch_a_clock_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
