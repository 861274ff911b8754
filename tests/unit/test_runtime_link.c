/* SPDX-License-Identifier: MIT */
/* device/runtime, the connection and its messages: nothing is lost without a resync, the end of a connection is always heard
 * (docs/architecture.md; ). */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/state.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <string.h>

static unsigned resyncs(void)
{
    struct jobs_counters counters;
    runtime_get_counters(&counters);
    return counters.resyncs;
}

/* While the engine task waits for the storage, nobody empties the queue. */
static void test_dropped_messages_lead_to_a_resync(void **state)
{
    (void)state;
    table_start_job();
    fake_store_hold();
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    fake_wait_held();
    static char filler[700];
    memset(filler, ' ', sizeof(filler) - 1);
    for (int i = 0; i < 10; i++) {
        fake_deliver("notify", filler);
    }
    unsigned before = resyncs();
    fake_store_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
    fake_expect_request(&request, "$next/get");
    /* shown at the end of the engine's turn; the request leaves in the middle of it */
    FAKE_WAIT(resyncs() > before);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS); /* a turn of the engine task */
    }
    assert_int_equal(resyncs(), before + 1);
}

/* The queue is full of messages, and the connection breaks: the news gets through. */
static void test_end_of_the_connection_is_heard_behind_a_flood(void **state)
{
    (void)state;
    table_start_job();
    fake_store_hold();
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    fake_wait_held();
    for (int i = 0; i < 2000; i++) {
        fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}");
    }
    fake_disconnect("the cable is out");
    fake_store_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    fake_wait_log("disconnected from localhost: the cable is out");
    fake_wait_open(2);
}

/* More news of a connection than the queue takes, which no port of ours sends: the connection is made anew. */
static void test_lost_news_of_a_connection_lead_to_a_new_one(void **state)
{
    (void)state;
    table_start_job();
    fake_store_hold();
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    fake_wait_held();
    for (int i = 0; i < 2000; i++) {
        fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}");
    }
    for (int i = 0; i < 50; i++) {
        fake_answer_subscribe(1000 + i); /* takes what was reserved */
    }
    fake_disconnect("nobody hears this");
    fake_store_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    fake_wait_open(2);
    fake_connect();
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_UP);
    assert_false(fake_log_has("nobody hears this"));
}

/* 1,000 notifications in one burst. */
static void test_burst_of_notifications(void **state)
{
    (void)state;
    table_start_job();
    for (int i = 0; i < 1000; i++) {
        assert_true(
            fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\"}]}}"));
    }
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    struct fake_request request;
    for (;;) {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        if (fake_serve_job(&request, "j1") && strstr(request.payload, "SUCCEEDED")) {
            break;
        }
    }
}

static void test_connection_comes_and_goes(void **state)
{
    (void)state;
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_IDLE);
    assert_int_equal(runtime_start(), ERR_OK);
    assert_int_equal(runtime_start(), ERR_BUSY);
    fake_wait_open(1);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_STARTING);
    fake_connect();
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_UP);
    fake_wait_log("connected to localhost:8883 as 'lamp'");
    FAKE_WAIT(atomic_load(&table.ups) == 1); /* of what came and went meanwhile only the last state is told */
    fake_disconnect("test");
    fake_wait_open(2);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_DOWN);
    FAKE_WAIT(atomic_load(&table.downs) == 1);
    fake_connect();
    fake_expect_request(&request, "$next/get");
}

static void test_failed_attempt_says_why_and_when_it_tries_again(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_disconnect("server certificate is not for 'localhost'");
    fake_wait_log(
        "cannot connect to localhost:8883: server certificate is not for 'localhost'; next try in ");
    fake_wait_open(2);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_STARTING);
    assert_int_equal(atomic_load(&table.ups) + atomic_load(&table.downs), 0);
}

static void test_open_that_fails_is_tried_again(void **state)
{
    (void)state;
    fake_mqtt_fail_open(ERR_FULL);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(2);
    fake_mqtt_fail_open(ERR_OK);
    fake_wait_open(fake_open_count() + 1);
    fake_connect();
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
}

/* After many failures the next try is 45 s away at least. An address is a reason to try at once. */
static void test_network_that_comes_ends_the_pause(void **state)
{
    (void)state;
    fake_mqtt_fail_open(ERR_OFFLINE);
    assert_int_equal(runtime_start(), ERR_OK);
    for (unsigned tries = 1; tries < 10; tries++) {
        fake_wait_open(tries);
        runtime_network_changed(false);
        runtime_network_changed(true);
    }
    fake_mqtt_fail_open(ERR_OK);
    fake_wait_open(10);
}

static void test_suspend_and_resume(void **state)
{
    (void)state;
    table_start_job();
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK); /* stored, sent later */
    unsigned opens = fake_open_count();
    runtime_suspend(false);
    fake_wait_open(opens + 1);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_RESUMING);
    fake_connect();
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
}

static void test_reconnect_on_demand(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_connect();
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
    runtime_reconnect();
    fake_wait_open(2);
    assert_int_equal(fake_close_count(), 1);
}

/* a clock at 1970 is named, and nothing connects before it is set. */
static void test_no_tls_before_the_clock_is_set(void **state)
{
    (void)state;
    fake_set_wall_s(42);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("the clock is not set (42 s since 1970)");
    assert_int_equal(fake_open_count(), 0);
    fake_set_wall_s(1800000000);
    fake_wait_open(1);
}

/* Suspended while the clock is not set: the engine task sleeps. One turn reads the clock some ten times. */
static void test_suspended_before_the_clock_is_set(void **state)
{
    (void)state;
    static struct port_signal nobody;
    port_signal_init(&nobody);
    fake_set_wall_s(42);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("the clock is not set (42 s since 1970)");
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    fake_advance_ms(2000);         /* past the next look at the clock, */
    runtime_network_changed(true); /* and the engine task is awake */
    unsigned before = fake_clock_reads();
    port_signal_wait(&nobody, 200); /* that nothing happens can only be waited for */
    assert_in_range(fake_clock_reads() - before, 0, 100);
    fake_set_wall_s(1800000000);
    runtime_suspend(false);
    fake_wait_open(1);
}

/* The peer answers and acknowledges nothing: 8 of the 16 slots are taken, the oldest for a request timeout, and the connection is made
 * anew before the port must refuse anything. Each job ends. */
static void test_peer_that_withholds_acknowledgements(void **state)
{
    (void)state;
    struct fake_request request;
    atomic_store(&table.return_status, JOBS_STATUS_SUCCEEDED);
    fake_withhold_acknowledgements(true);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", TABLE_DOCUMENT);
    fake_accept_claim("j1");
    fake_accept_until(&request, "j1", "SUCCEEDED");
    fake_answer_next("j2", TABLE_DOCUMENT);
    atomic_store(&table.may_return, false);
    fake_accept_claim("j2"); /* four SUBSCRIBEs, two questions, three updates so far */
    fake_advance_ms(CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
    runtime_network_changed(true); /* the engine task looks at the clock */
    fake_wait_log("messages to localhost were not acknowledged for 5 s");
    fake_wait_open(2);
    fake_connect();
    atomic_store(&table.may_return, true);
    fake_accept_until(&request, "j2", "SUCCEEDED");
    assert_int_equal(fake_full_count(), 0);
}

/* AWS closes the connection on a SUBSCRIBE that the policy does not allow. Twice in a row is a refusal, and the job runs (docs/protocol.md 1.11). */
static void test_peer_closes_on_subscribe(void **state)
{
    (void)state;
    fake_refuse_subscribe("/notify", FAKE_CLOSED);
    assert_int_equal(runtime_start(), ERR_OK);
    for (unsigned connection = 1; connection <= 2; connection++) {
        fake_wait_open(connection);
        fake_connect_only();
    }
    fake_wait_open(3);
    fake_connect_only();
    fake_wait_log("refuses SUBSCRIBE notify (24 h)");
    struct fake_request request;
    for (int i = 0; i < 3; i++) { /* those of the first two are lost */
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    }
    static char payload[FAKE_ANSWER_CAP];
    fake_write_next(&request, "j1", TABLE_DOCUMENT, payload, sizeof(payload));
    fake_deliver("$next/get/accepted", payload);
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
    assert_int_equal(fake_open_count(), 3);
}

/* What this side ends says nothing about a SUBSCRIBE that has no answer yet: suspended, or made anew as somebody wished. */
static void test_own_ends_are_no_refusals(void **state)
{
    (void)state;
    fake_refuse_subscribe("/notify", FAKE_SILENT);
    assert_int_equal(runtime_start(), ERR_OK);
    for (unsigned connection = 1; connection <= 4; connection++) {
        unsigned before = fake_subscribe_count();
        fake_wait_open(connection);
        fake_connect_only();
        FAKE_WAIT(fake_subscribe_count() == before + 2); /* notify-next, and notify that waits */
        if (connection % 2) {
            runtime_reconnect();
        } else {
            runtime_suspend(true);
            FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
            runtime_suspend(false);
        }
    }
    fake_wait_open(5);
    assert_false(fake_log_has("refuses SUBSCRIBE"));
}

/* A connection over which no answers come is given up, and was no stable one, however long it stood: the pauses go on growing. */
static void test_silent_connection_is_given_up_and_does_not_count_as_stable(void **state)
{
    (void)state;
    fake_mqtt_fail_open(ERR_OFFLINE);
    assert_int_equal(runtime_start(), ERR_OK);
    for (unsigned tries = 1; tries <= 3; tries++) {
        fake_wait_open(tries);
    }
    fake_mqtt_fail_open(ERR_OK);
    fake_wait_open(4);
    fake_connect();
    unsigned closes = fake_close_count();
    fake_advance_ms(CONFIG_DEVICE_JOBS_LINK_STABLE_MS);
    while (!fake_log_has("three requests in a row without an answer")) {
        unsigned asked = fake_publish_count();
        fake_advance_ms(CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
        runtime_network_changed(false); /* the engine task looks at the clock */
        runtime_network_changed(true);
        FAKE_WAIT(fake_publish_count() > asked || fake_close_count() > closes);
    }
    FAKE_WAIT(fake_close_count() > closes);
    runtime_stop();
    assert_in_range(device_runtime.own.link.failures, 4, 10);
}

/* The engine task has looked at everything that it was told before. */
static void let_engine_turn(void)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS);
    }
}

/* The pause is a minute or two by now, and somebody has announced a network once: one try, then the pause again. */
static void test_network_that_comes_is_one_reason(void **state)
{
    (void)state;
    fake_mqtt_fail_open(ERR_OFFLINE);
    device_runtime.own.link.failures = 20; /* no task runs */
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    runtime_network_changed(true);
    fake_wait_open(2);
    fake_wait_log("cannot connect");
    let_engine_turn();
    runtime_stop();
    assert_int_equal(fake_open_count(), 2);
    assert_in_range(device_runtime.own.link.next_ms - port_time_monotonic_ms(), 30000,
                    CONFIG_DEVICE_JOBS_LINK_CAP_MS);
}

/* A connection that ended because of a SUBSCRIBE is made anew at once, whatever the failures before it. */
static void test_end_on_subscribe_is_no_reason_for_a_pause(void **state)
{
    (void)state;
    fake_refuse_subscribe("/notify", FAKE_CLOSED);
    device_runtime.own.link.failures = 20;
    assert_int_equal(runtime_start(), ERR_OK);
    for (unsigned connection = 1; connection <= 3; connection++) {
        fake_wait_open(connection);
        fake_connect_only();
    }
    fake_wait_log("refuses SUBSCRIBE notify (24 h)");
}

static void test_reconnect_on_demand_while_connecting(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    runtime_reconnect();
    fake_wait_open(2);
    assert_int_equal(fake_close_count(), 1);
}

/* The connection was made when nobody wanted it any more: it stays suspended. */
static void test_connected_while_being_suspended(void **state)
{
    (void)state;
    table_start_job();
    fake_disconnect("gone");
    fake_wait_open(2);
    fake_store_hold();
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    fake_wait_held(); /* the engine task has looked at its queue */
    fake_connect_only();
    runtime_suspend(true);
    fake_store_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    let_engine_turn();
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_SUSPENDED);
}

static unsigned times_in_log(const char *text)
{
    unsigned count = 0;
    for (const char *at = fake_log(); (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

static void test_suspended_once(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    let_engine_turn();
    runtime_stop();
    assert_int_equal(times_in_log("disconnected: suspended"), 1);
}

/* Half of a document does not outlive its connection, whoever ends that. */
static void test_message_whose_connection_is_ended_here(void **state)
{
    static char payload[FAKE_ANSWER_CAP];
    struct fake_request request;
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_connect();
    fake_expect_request(&request, "$next/get");
    fake_write_next(&request, "j1", TABLE_DOCUMENT, payload, sizeof(payload));
    fake_deliver_piece("$next/get/accepted", payload, 0, strlen(payload) - 20);
    port_mutex_lock(&device_runtime.lock);
    assert_int_equal(device_runtime.incoming.document, RUNTIME_DOCUMENT_ARRIVING);
    port_mutex_unlock(&device_runtime.lock);
    runtime_reconnect();
    fake_wait_open(2);
    port_mutex_lock(&device_runtime.lock);
    assert_int_equal(device_runtime.incoming.document, RUNTIME_DOCUMENT_FREE);
    port_mutex_unlock(&device_runtime.lock);
}

/* Numbers of SUBSCRIBEs mean something on their connection only. */
static void test_subscriptions_of_an_older_connection(void **state)
{
    (void)state;
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        device_runtime.own.subscription_ids[i] = 77;
    }
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    runtime_stop();
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        assert_int_equal(device_runtime.own.subscription_ids[i], -1);
    }
}

/* Everybody knows of the end: the engine, the link, and who asks. */
static void test_end_of_the_tasks_is_the_end_of_the_connection(void **state)
{
    (void)state;
    table_start_job();
    runtime_stop();
    assert_int_equal(fake_close_count(), 1);
    assert_false(device_runtime.own.engine.is_online);
    assert_int_equal(device_runtime.own.link.state, LINK_STOPPED);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_IDLE);
    for (int i = 0; i < JOBS_SUB_COUNT; i++) {
        assert_int_equal(device_runtime.own.subscription_ids[i], -1); /* each was answered once */
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dropped_messages_lead_to_a_resync),
        TEST(test_end_of_the_connection_is_heard_behind_a_flood),
        TEST(test_lost_news_of_a_connection_lead_to_a_new_one),
        TEST(test_burst_of_notifications),
        TEST(test_connection_comes_and_goes),
        TEST(test_failed_attempt_says_why_and_when_it_tries_again),
        TEST(test_open_that_fails_is_tried_again),
        TEST(test_network_that_comes_ends_the_pause),
        TEST(test_suspend_and_resume),
        TEST(test_reconnect_on_demand),
        TEST(test_no_tls_before_the_clock_is_set),
        TEST(test_suspended_before_the_clock_is_set),
        TEST(test_peer_that_withholds_acknowledgements),
        TEST(test_peer_closes_on_subscribe),
        TEST(test_own_ends_are_no_refusals),
        TEST(test_silent_connection_is_given_up_and_does_not_count_as_stable),
        TEST(test_network_that_comes_is_one_reason),
        TEST(test_end_on_subscribe_is_no_reason_for_a_pause),
        TEST(test_reconnect_on_demand_while_connecting),
        TEST(test_connected_while_being_suspended),
        TEST(test_suspended_once),
        TEST(test_message_whose_connection_is_ended_here),
        TEST(test_subscriptions_of_an_older_connection),
        TEST(test_end_of_the_tasks_is_the_end_of_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
