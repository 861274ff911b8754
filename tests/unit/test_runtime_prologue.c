/* SPDX-License-Identifier: MIT */
/* device/runtime before there is an identity, and while it is changed (device/runtime/prologue.h): a device that does not know who it is takes
 * registrations and waits; with a claim jobs have no part in the connection; with a thing's certificate they begin. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/state.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <string.h>

static const struct runtime_identity claim = {.host = "localhost",
                                              .port = 8883,
                                              .client_id = "claimer",
                                              .root_ca_pem = "ca",
                                              .cert_pem = "claim",
                                              .key_pem = "key",
                                              .is_claim = true};
static const struct runtime_identity thing = {.host = "localhost",
                                              .port = 8883,
                                              .client_id = FAKE_THING,
                                              .root_ca_pem = "ca",
                                              .cert_pem = "thing",
                                              .key_pem = "key"};

/* A prologue that does what the test says, and notes what it hears. */
static struct {
    const struct runtime_identity *_Atomic wanted; /* used at the next turn */
    atomic_uint starts, connects, ends, refusals, own_ends, acknowledgements, messages, told;
    atomic_uint subscribes_at_connect; /* what the port had been asked when `connected` was called */
    atomic_bool has_memory;
    atomic_bool is_busy;
    atomic_bool must_tell;
    char topic[128];
} seen;

static char *memory; /* on the engine task's stack */

static void task(void *ctx)
{
    char bytes[20000];
    memset(bytes, 1, sizeof(bytes));
    memory = bytes;
    runtime_engine_task(ctx);
}

static void started(uint64_t now_ms)
{
    (void)now_ms;
    atomic_fetch_add(&seen.starts, 1);
    atomic_store(&seen.has_memory, memory && memory[19999] == 1);
}

static void serve(uint64_t now_ms)
{
    (void)now_ms;
    const struct runtime_identity *identity = atomic_exchange(&seen.wanted, NULL);
    if (identity) {
        runtime_use_identity(identity);
    }
}

static uint64_t wake_at_ms(void)
{
    return RUNTIME_NEVER;
}

static void connected(uint64_t now_ms)
{
    (void)now_ms;
    atomic_store(&seen.subscribes_at_connect, fake_subscribe_count());
    atomic_fetch_add(&seen.connects, 1);
}

static void disconnected(bool was_up, enum err reason, bool is_own_doing, uint64_t now_ms)
{
    (void)now_ms;
    atomic_fetch_add(is_own_doing ? &seen.own_ends : &seen.ends, 1);
    atomic_fetch_add(&seen.refusals, !was_up && reason == ERR_REFUSED);
}

static void answered(const struct inbox_item *item, uint64_t now_ms)
{
    (void)item, (void)now_ms;
    atomic_fetch_add(&seen.acknowledgements, 1);
}

static bool receive(const struct port_mqtt_event *event)
{
    if (!slice_starts_with(event->topic, "$aws/certificates/")) {
        return false;
    }
    snprintf(seen.topic, sizeof(seen.topic), "%.*s", (int)event->topic.len, event->topic.ptr);
    atomic_fetch_add(&seen.messages, 1);
    return true;
}

static bool deliver(void)
{
    bool has_told = atomic_exchange(&seen.must_tell, false);
    atomic_fetch_add(&seen.told, has_told);
    return has_told;
}

static bool is_idle(void)
{
    return !atomic_load(&seen.is_busy);
}

static const struct runtime_prologue prologue = {
    .task = task,
    .stack_bytes = 20000,
    .started = started,
    .serve = serve,
    .wake_at_ms = wake_at_ms,
    .connected = connected,
    .disconnected = disconnected,
    .answered = answered,
    .receive = receive,
    .deliver = deliver,
    .is_idle = is_idle,
};

static void use(const struct runtime_identity *identity)
{
    atomic_store(&seen.wanted, identity);
    port_signal_set(&device_runtime.wake);
}

static int setup(void **state)
{
    int result = table_setup(state);
    memset(&seen, 0, sizeof(seen));
    table_init_without_thing();
    runtime_set_prologue(&prologue);
    assert_int_equal(table_register_blink(), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
    FAKE_WAIT(atomic_load(&seen.starts) == 1);
    return result;
}

static void connect_as(const struct runtime_identity *identity, unsigned count)
{
    use(identity);
    fake_wait_open(count);
    assert_true(fake_is_opened_as(identity->client_id, identity->cert_pem));
}

/* A turn of the engine task, and what it had to do is done. */
static void await_turn(void)
{
    assert_int_equal(table_register_blink(), ERR_EXISTS);
}

static void test_nothing_connects_before_there_is_an_identity(void **state)
{
    (void)state;
    assert_true(atomic_load(&seen.has_memory));
    runtime_reconnect();
    await_turn();
    fake_advance_ms(600000);
    await_turn();
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    runtime_suspend(false);
    await_turn();
    assert_int_equal(fake_open_count(), 0);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(runtime_start(), ERR_OK);
    FAKE_WAIT(atomic_load(&seen.starts) == 2);
    assert_int_equal(fake_open_count(), 0);
}

static void test_jobs_have_no_part_in_a_claim(void **state)
{
    (void)state;
    connect_as(&claim, 1);
    fake_connect_only();
    FAKE_WAIT(atomic_load(&seen.connects) == 1);
    fake_wait_log("connected to localhost:8883 as 'claimer', by claim");
    await_turn();
    assert_int_equal(fake_subscribe_count(), 0);
    assert_int_equal(fake_publish_count(), 0);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_STARTING);
    fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}"); /* nobody's */
    await_turn();
    fake_deliver_own("$aws/certificates/create-from-csr/json/accepted", slice_from("{}"), 1, false);
    FAKE_WAIT(atomic_load(&seen.messages) == 1);
    assert_string_equal(seen.topic, "$aws/certificates/create-from-csr/json/accepted");
    fake_answer_subscribe(77);
    FAKE_WAIT(atomic_load(&seen.acknowledgements) == 1);
    assert_int_equal(atomic_load(&table.ups), 0);
}

static void test_jobs_begin_with_the_thing(void **state)
{
    (void)state;
    connect_as(&claim, 1);
    fake_connect_only();
    FAKE_WAIT(atomic_load(&seen.connects) == 1);
    connect_as(&thing, 2);
    assert_int_equal(atomic_load(&seen.own_ends), 1);
    unsigned before = fake_subscribe_count();
    fake_connect();
    assert_int_equal(atomic_load(&seen.connects), 2);
    assert_int_equal(atomic_load(&seen.subscribes_at_connect), before); /* it heard of it before jobs did */
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_UP);
    FAKE_WAIT(atomic_load(&table.ups) == 1);
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
}

static void test_why_a_connection_did_not_come_is_told(void **state)
{
    (void)state;
    connect_as(&thing, 1);
    fake_disconnect_for(ERR_REFUSED, "not authorised");
    FAKE_WAIT(atomic_load(&seen.refusals) == 1);
    fake_advance_ms(600000);
    runtime_network_changed(true);
    fake_wait_open(2); /* the link tries again by itself */
}

/* Rotation: the thing stays the same, and jobs go on over the new connection. */
static void test_an_identity_is_changed_while_connected(void **state)
{
    (void)state;
    connect_as(&thing, 1);
    fake_connect();
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
    static const struct runtime_identity rotated = {.host = "localhost",
                                                    .port = 8883,
                                                    .client_id = FAKE_THING,
                                                    .root_ca_pem = "ca",
                                                    .cert_pem = "new",
                                                    .key_pem = "key"};
    connect_as(&rotated, 2);
    fake_connect();
    fake_expect_request(&request, "$next/get");
    assert_true(fake_log_has("disconnected from localhost: another identity is used"));
}

static void test_stop_forgets_an_identity_that_was_not_given(void **state)
{
    (void)state;
    connect_as(&claim, 1);
    fake_connect_only();
    FAKE_WAIT(atomic_load(&seen.connects) == 1);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(runtime_start(), ERR_OK);
    FAKE_WAIT(atomic_load(&seen.starts) == 2);
    await_turn();
    assert_int_equal(fake_open_count(), 1);
    connect_as(&thing, 2);
}

/* Suspended: the change waits for the application's resume. */
static void test_change_while_suspended(void **state)
{
    (void)state;
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    use(&claim);
    await_turn();
    await_turn();
    assert_int_equal(fake_open_count(), 0);
    runtime_suspend(false);
    fake_wait_open(1);
    assert_true(fake_is_opened_as("claimer", "claim"));
}

static void test_rest_waits_for_the_prologue(void **state)
{
    (void)state;
    FAKE_WAIT(runtime_is_at_rest());
    atomic_store(&seen.is_busy, true);
    assert_false(runtime_is_at_rest());
    atomic_store(&seen.is_busy, false);
    FAKE_WAIT(runtime_is_at_rest());
}

static void test_the_application_is_told_on_the_event_task(void **state)
{
    (void)state;
    atomic_store(&seen.must_tell, true);
    port_signal_set(&device_runtime.event);
    FAKE_WAIT(atomic_load(&seen.told) == 1);
    assert_int_equal(runtime_provisioning_state(), RUNTIME_PROVISIONING_NOT);
    runtime_set_provisioning(RUNTIME_PROVISIONING_FAILED);
    assert_int_equal(runtime_provisioning_state(), RUNTIME_PROVISIONING_FAILED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_connects_before_there_is_an_identity),
        TEST(test_jobs_have_no_part_in_a_claim),
        TEST(test_jobs_begin_with_the_thing),
        TEST(test_why_a_connection_did_not_come_is_told),
        TEST(test_an_identity_is_changed_while_connected),
        TEST(test_stop_forgets_an_identity_that_was_not_given),
        TEST(test_change_while_suspended),
        TEST(test_rest_waits_for_the_prologue),
        TEST(test_the_application_is_told_on_the_event_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
