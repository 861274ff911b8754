/* SPDX-License-Identifier: MIT */
/* What is on its way over the Linux port (device/port/port_mqtt.h, port_mqtt_outgoing): against a broker that stands still, as a server that
 * throttles does, so that no acknowledgement comes; and the table by itself. */
// LINK: port_linux tls_world common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_mqtt.h"
#include "device/port/port_time.h"
#include "fakes/tls_world.h"
#include "ports/linux/mqtt_outgoing.h"

#include <signal.h>
#include <stdatomic.h>

static struct tls_identity authority, server, device;
static struct tls_broker broker;
static struct tls_listener listener = {.server = &server};
static atomic_bool is_connected, has_ended;
static atomic_int acknowledged[65536]; /* how often, by message id */

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    if (event->type == PORT_MQTT_PUBLISHED) {
        atomic_fetch_add(&acknowledged[event->message_id], 1);
        return;
    }
    atomic_store(event->type == PORT_MQTT_DISCONNECTED ? &has_ended : &is_connected, true);
}

/* Other tasks change what is waited for without telling. */
static void wait_for_count(unsigned wanted)
{
    while (port_mqtt_outgoing().count != wanted && !atomic_load(&has_ended)) {
        port_time_sleep_ms(1);
    }
    assert_false(atomic_load(&has_ended));
}

static enum err publish(int *id)
{
    const struct port_mqtt_message message = {.topic = "lamp", .payload = "on", .len = 2, .qos = 1};
    return port_mqtt_publish(&message, id);
}

static void connect_to_broker(void)
{
    const struct port_mqtt_config config = {
        .host = "localhost",
        .port = listener.port,
        .client_id = "lamp",
        .keepalive_s = 60,
        .root_ca_pem = authority.cert,
        .cert_pem = device.cert,
        .key_pem = device.key,
    };
    assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_OK);
    while (!atomic_load(&is_connected)) {
        assert_false(atomic_load(&has_ended));
        port_time_sleep_ms(1);
    }
}

static void test_server_that_withholds_acknowledgements(void **state)
{
    (void)state;
    int id = 0, ids[PORT_MQTT_OUTGOING_CAP + 1] = {0};
    assert_int_equal(port_mqtt_outgoing().count, 0); /* no connection */
    connect_to_broker();
    assert_int_equal(port_mqtt_subscribe("lamp", 1, &id), ERR_OK);
    assert_int_equal(publish(NULL), ERR_OK);
    wait_for_count(0);
    assert_int_equal(kill(broker.pid, SIGSTOP), 0);
    const uint64_t since_ms = port_time_monotonic_ms();
    for (unsigned i = 1; i <= PORT_MQTT_OUTGOING_CAP; i++) {
        enum err err = i == 2 ? port_mqtt_subscribe("other", 1, &id) : publish(&ids[i]);
        assert_int_equal(err, ERR_OK);
        assert_int_equal(port_mqtt_outgoing().count, i);
    }
    const uint64_t until_ms = port_time_monotonic_ms();
    assert_int_equal(publish(NULL), ERR_FULL);
    assert_int_equal(port_mqtt_subscribe("more", 1, &id), ERR_FULL);
    assert_in_range(port_mqtt_outgoing().oldest_ms, since_ms, until_ms);
    for (unsigned i = 1; i <= PORT_MQTT_OUTGOING_CAP; i++) {
        assert_int_equal(atomic_load(&acknowledged[ids[i]]), 0);
    }
    assert_int_equal(kill(broker.pid, SIGCONT), 0);
    for (unsigned i = 1; i <= PORT_MQTT_OUTGOING_CAP; i++) {
        while (i != 2 && atomic_load(&acknowledged[ids[i]]) == 0) {
            assert_false(atomic_load(&has_ended));
            port_time_sleep_ms(1);
        }
    }
    wait_for_count(0);
    assert_int_equal(publish(NULL), ERR_OK);
    port_mqtt_close();
    assert_int_equal(port_mqtt_outgoing().count, 0);
    for (unsigned i = 1; i <= PORT_MQTT_OUTGOING_CAP; i++) {
        assert_int_equal(atomic_load(&acknowledged[ids[i]]),
                         i != 2); /* that was the SUBSCRIBE, without an id here */
    }
}

static void take(struct outgoing *outgoing, int id)
{
    assert_true(outgoing_begin(outgoing));
    outgoing_end(outgoing, id, true);
}

/* An acknowledgement frees its own slot, whichever that is; the oldest of the rest is the oldest. */
static void test_table(void **state)
{
    (void)state;
    struct outgoing outgoing;
    outgoing_init(&outgoing);
    for (int id = 1; id <= PORT_MQTT_OUTGOING_CAP; id++) {
        take(&outgoing, id);
        outgoing.packets[id - 1].taken_ms = (uint64_t)id * 100;
    }
    assert_false(outgoing_begin(&outgoing));
    assert_false(outgoing_acknowledge(&outgoing, 99)); /* of nobody */
    assert_true(outgoing_acknowledge(&outgoing, 2));
    assert_false(outgoing_acknowledge(&outgoing, 2)); /* nobody waits for it any more */
    assert_int_equal(outgoing_look(&outgoing).count, PORT_MQTT_OUTGOING_CAP - 1);
    assert_int_equal(outgoing_look(&outgoing).oldest_ms, 100);
    outgoing_acknowledge(&outgoing, 1);
    assert_int_equal(outgoing_look(&outgoing).oldest_ms, 300);
    assert_true(outgoing_begin(&outgoing));
    outgoing_end(&outgoing, 0, false); /* libmosquitto has refused it */
    assert_int_equal(outgoing_look(&outgoing).count, PORT_MQTT_OUTGOING_CAP - 2);
    outgoing_deinit(&outgoing);
}

static void take_unwritten(struct outgoing *outgoing, int id, size_t len)
{
    assert_true(outgoing_begin_unwritten(outgoing, len));
    outgoing_end_unwritten(outgoing, id, len, true);
}

/* What needs no acknowledgement has places of its own, until it is written: so many, and so many bytes. Ids begin anew after 65535, so
 * that both kinds may have the same. */
static void test_table_of_the_unwritten(void **state)
{
    (void)state;
    struct outgoing outgoing;
    outgoing_init(&outgoing);
    take(&outgoing, 3);
    for (int id = 1; id <= PORT_MQTT_OUTGOING_CAP; id++) {
        take_unwritten(&outgoing, id, 0);
    }
    assert_false(outgoing_begin_unwritten(&outgoing, 0));
    outgoing_written(&outgoing, 99);
    assert_false(outgoing_begin_unwritten(&outgoing, 0));
    outgoing_written(&outgoing, 3);
    assert_int_equal(outgoing_look(&outgoing).count, 1);
    take_unwritten(&outgoing, 17, PORT_MQTT_UNWRITTEN_BYTES - 1);
    outgoing_written(&outgoing, 1);
    assert_false(outgoing_begin_unwritten(&outgoing, 2));
    take_unwritten(&outgoing, 18, 1);
    outgoing_written(&outgoing, 2);
    assert_false(outgoing_begin_unwritten(&outgoing, 1));
    outgoing_written(&outgoing, 17);
    assert_false(outgoing_begin_unwritten(&outgoing, PORT_MQTT_UNWRITTEN_BYTES));
    outgoing_written(&outgoing, 18);
    take_unwritten(&outgoing, 19, PORT_MQTT_PAYLOAD_CAP); /* alone */
    assert_true(outgoing_begin_unwritten(&outgoing, 0));
    outgoing_end_unwritten(&outgoing, 0, 0, false); /* libmosquitto has refused it */
    outgoing_deinit(&outgoing);
}

static int setup(void **state)
{
    (void)state;
    tls_make_authority(&authority, "outgoing");
    tls_make_identity(&server, &authority, "localhost", "DNS:localhost", -1, 30);
    tls_make_identity(&device, &authority, "lamp", NULL, -1, 30);
    tls_broker_start(&broker, &authority, &listener, 1, NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kill(broker.pid, SIGCONT);
    tls_broker_stop(&broker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_that_withholds_acknowledgements),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_of_the_unwritten),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
