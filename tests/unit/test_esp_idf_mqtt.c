/* SPDX-License-Identifier: MIT */
/* The MQTT half of the ESP-IDF port, its own sources, with esp-mqtt and esp-tls played on the host (port_mqtt.h; R-16, R-54, R-64). */
// LINK: port_esp_idf_chip fake_idf fake_esp_mqtt -Wl,--wrap=gettimeofday,--wrap=settimeofday,--wrap=malloc common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "fakes/fake_esp_mqtt.h"
#include "fakes/fake_idf.h"
#include "ports/esp_idf/netif.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP         100
#define PATIENCE_MS 20000
#define EVENTS      64

static const char root_ca[] = "-----BEGIN CERTIFICATE-----", cert[] = "-----BEGIN CERTIFICATE----- mine",
                  key[] = "-----BEGIN PRIVATE KEY-----";

static struct port_mqtt_event events[EVENTS];
static char texts[EVENTS][200], topics[EVENTS][64], payloads[EVENTS][CAP + 1];
static unsigned count, taken;
static struct port_mutex mutex;
static struct port_signal arrived;

/* The block of memory that is not there: of this size at least, behind so many that are. */
static atomic_size_t short_from;
static atomic_int short_after;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    size_t from = atomic_load(&short_from);
    if (from > 0 && size >= from && atomic_fetch_sub(&short_after, 1) == 0) {
        return NULL;
    }
    return __real_malloc(size);
}

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    assert_ptr_equal(ctx, &count);
    port_mutex_lock(&mutex);
    events[count] = *event;
    snprintf(texts[count], sizeof(texts[0]), "%s", event->text ? event->text : "");
    snprintf(topics[count], sizeof(topics[0]), "%.*s", (int)event->topic.len,
             event->topic.ptr ? event->topic.ptr : "");
    snprintf(payloads[count], sizeof(payloads[0]), "%.*s", (int)event->payload.len,
             event->payload.ptr ? event->payload.ptr : "");
    count++;
    port_mutex_unlock(&mutex);
    port_signal_set(&arrived);
}

static unsigned events_so_far(void)
{
    port_mutex_lock(&mutex);
    unsigned result = count;
    port_mutex_unlock(&mutex);
    return result;
}

/* The index of the next event, which must be of this type. */
static unsigned expect(enum port_mqtt_event_type type)
{
    while (events_so_far() <= taken) {
        assert_true(port_signal_wait(&arrived, PATIENCE_MS));
    }
    assert_int_equal(events[taken].type, type);
    return taken++;
}

static int setup(void **state)
{
    (void)state;
    idf_reset();
    mqtt_reset();
    assert_int_equal(netif_prepare(), ESP_OK);
    port_mutex_init(&mutex);
    port_signal_init(&arrived);
    atomic_store(&short_from, 0);
    count = taken = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    port_mqtt_close();
    struct mqtt_seen seen = mqtt_get_seen();
    return seen.starts == seen.ends ? 0 : -1;
}

static struct port_mqtt_config config_for(uint16_t port)
{
    return (struct port_mqtt_config){.host = "endpoint.example",
                                     .port = port,
                                     .client_id = "lamp",
                                     .keepalive_s = 60,
                                     .root_ca_pem = root_ca,
                                     .cert_pem = cert,
                                     .key_pem = key};
}

static void open_port(uint16_t port)
{
    struct port_mqtt_config config = config_for(port);
    assert_int_equal(port_mqtt_open(&config, on_event, &count), ERR_OK);
}

static void connect(void)
{
    open_port(8883);
    expect(PORT_MQTT_CONNECTED);
}

static enum err publish_as(const char *topic, const void *payload, size_t len, uint8_t qos, int *id)
{
    const struct port_mqtt_message message = {.topic = topic, .payload = payload, .len = len, .qos = qos};
    return port_mqtt_publish(&message, id);
}

static enum err publish(const char *topic, const void *payload, size_t len)
{
    return publish_as(topic, payload, len, 1, NULL);
}

/* lwIP ends the program when a socket is asked for before it is there: the engine's first try may come that early. */
static void test_nothing_is_opened_before_the_network_is_prepared(void **state)
{
    (void)state;
    idf_reset();
    mqtt_reset();
    struct port_mqtt_config config = config_for(8883);
    assert_int_equal(port_mqtt_open(&config, on_event, &count), ERR_OFFLINE);
    assert_int_equal(mqtt_get_seen().starts, 0);
    assert_int_equal(setup(state), 0);
    connect();
}

static void test_esp_mqtt_is_told_not_to_own_the_connection(void **state)
{
    (void)state;
    connect();
    struct mqtt_seen seen = mqtt_get_seen();
    assert_false(seen.has_auto_reconnect);
    assert_int_equal(seen.protocol, 2 /* MQTT_PROTOCOL_V_3_1_1 */);
    assert_int_equal(seen.keepalive_s, 60);
    assert_string_equal(seen.client_id, "lamp");
    assert_string_equal(seen.host, "endpoint.example");
    assert_true(seen.verifies);
    assert_true(seen.in_buffer >= CAP + 263); /* the longest message, with its topic, in one piece */
    assert_false(seen.has_alpn);
    struct port_mqtt_config config = config_for(8883);
    assert_int_equal(port_mqtt_open(&config, on_event, &count), ERR_BUSY);
    port_mqtt_close();
    open_port(443);
    expect(PORT_MQTT_CONNECTED);
    assert_true(mqtt_get_seen().has_alpn);
    assert_int_equal(mqtt_get_seen().port, 443);
}

/* SUBACKs come in any order and carry esp-mqtt's numbers, not ours. */
static void test_subscriptions(void **state)
{
    (void)state;
    char what[100];
    int first = 0, second = 0;
    connect();
    assert_int_equal(port_mqtt_subscribe("a/#", 1, &first), ERR_OK);
    assert_int_equal(port_mqtt_subscribe("b/#", 1, &second), ERR_OK);
    assert_int_not_equal(first, second);
    int first_id = mqtt_wait_sent(what, sizeof(what));
    assert_string_equal(what, "SUB a/#");
    int second_id = mqtt_wait_sent(what, sizeof(what));
    assert_string_equal(what, "SUB b/#");
    mqtt_suback(second_id, 0x80);
    unsigned at = expect(PORT_MQTT_SUBSCRIBED);
    assert_int_equal(events[at].message_id, second);
    assert_false(events[at].is_granted);
    mqtt_suback(first_id, 1);
    at = expect(PORT_MQTT_SUBSCRIBED);
    assert_int_equal(events[at].message_id, first);
    assert_true(events[at].is_granted);
    mqtt_suback(first_id, 1); /* nobody asked */
    assert_int_equal(events_so_far(), taken);
}

static void test_publishes_go_out_in_order_and_are_bounded(void **state)
{
    (void)state;
    char what[100], expected[100];
    int ids[20];
    connect();
    for (int i = 0; i < 16; i++) {
        char payload[8];
        int len = snprintf(payload, sizeof(payload), "%d", i);
        assert_int_equal(publish("t", payload, (size_t)len), ERR_OK);
    }
    assert_int_equal(publish("t", "x", 1), ERR_FULL);
    for (int i = 0; i < 16; i++) {
        ids[i] = mqtt_wait_sent(what, sizeof(what));
        snprintf(expected, sizeof(expected), "PUB t %d", i);
        assert_string_equal(what, expected);
    }
    assert_int_equal(publish("t", "x", 1), ERR_FULL); /* sent is not acknowledged */
    mqtt_puback(ids[0]);
    expect(PORT_MQTT_PUBLISHED);
    assert_int_equal(publish("t", "", 0), ERR_OK);
    mqtt_wait_sent(what, sizeof(what));
    assert_string_equal(what, "PUB t");
}

static void expect_on_its_way(unsigned on_its_way, uint64_t oldest_ms)
{
    struct port_mqtt_outgoing outgoing = port_mqtt_outgoing();
    assert_int_equal(outgoing.count, on_its_way);
    if (on_its_way > 0) {
        assert_int_equal(outgoing.oldest_ms, oldest_ms);
    }
}

/* Whatever acknowledgement is withheld holds its slot; which of the two kinds of packet it is does not matter. */
static void test_peer_that_withholds_acknowledgements(void **state)
{
    (void)state;
    char what[100];
    int ids[PORT_MQTT_OUTGOING_CAP], numbers[PORT_MQTT_OUTGOING_CAP], number;
    expect_on_its_way(0, 0);
    connect();
    expect_on_its_way(0, 0);
    for (int i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) {
        idf_set_uptime_s(100 + i);
        assert_int_equal(i < 10 ? publish("t", "x", 1) : port_mqtt_subscribe("f", 1, &numbers[i]), ERR_OK);
        expect_on_its_way((unsigned)i + 1, 100000);
    }
    assert_int_equal(publish("t", "x", 1), ERR_FULL);
    assert_int_equal(port_mqtt_subscribe("f", 1, &number), ERR_FULL);
    for (int i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) {
        ids[i] = mqtt_wait_sent(what, sizeof(what));
    }
    expect_on_its_way(PORT_MQTT_OUTGOING_CAP, 100000); /* sent is not acknowledged */
    mqtt_puback(ids[5]);
    expect_on_its_way(PORT_MQTT_OUTGOING_CAP - 1, 100000);
    mqtt_puback(ids[0]);
    expect(PORT_MQTT_PUBLISHED);
    expect(PORT_MQTT_PUBLISHED);
    mqtt_puback(ids[0]); /* nobody has sent it any more */
    expect_on_its_way(PORT_MQTT_OUTGOING_CAP - 2, 101000);
    mqtt_suback(ids[12], 1);
    assert_int_equal(events[expect(PORT_MQTT_SUBSCRIBED)].message_id, numbers[12]);
    expect_on_its_way(PORT_MQTT_OUTGOING_CAP - 3, 101000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(publish("t", "y", 1), ERR_OK);
    }
    assert_int_equal(publish("t", "y", 1), ERR_FULL);
    expect_on_its_way(PORT_MQTT_OUTGOING_CAP, 101000);
    mqtt_drop();
    expect(PORT_MQTT_DISCONNECTED);
    expect_on_its_way(0, 0);
    connect();
    expect_on_its_way(0, 0);
    assert_int_equal(publish("t", "z", 1), ERR_OK);
}

/* What the application's own messages need of esp-mqtt; all in the order in which it was taken. */
static void test_kinds_of_packets(void **state)
{
    (void)state;
    static const char *const expected[] = {"PUB0 t a", "SUB0 f", "PUBR t b", "UNSUB f", "PUB0R t", "PUB t c"};
    enum { COUNT = sizeof(expected) / sizeof(expected[0]) };
    char what[100];
    int ids[COUNT], first = -7, none = -7, number = 0;
    connect();
    const struct port_mqtt_message kept = {"t", "b", 1, .qos = 1, .is_retained = true};
    const struct port_mqtt_message forget = {"t", NULL, 0, .qos = 0, .is_retained = true};
    assert_int_equal(publish_as("t", "a", 1, 0, &none), ERR_OK);
    assert_int_equal(port_mqtt_subscribe("f", 0, &number), ERR_OK);
    assert_int_equal(port_mqtt_publish(&kept, &first), ERR_OK);
    assert_int_equal(port_mqtt_unsubscribe("f"), ERR_OK);
    assert_int_equal(port_mqtt_publish(&forget, &none), ERR_OK);
    assert_int_equal(publish("t", "c", 1), ERR_OK); /* nobody asks for its id */
    for (int i = 0; i < COUNT; i++) {
        ids[i] = mqtt_wait_sent(what, sizeof(what));
        assert_string_equal(what, expected[i]);
    }
    assert_int_equal(none, -7);
    assert_int_equal(port_mqtt_outgoing().count, 3); /* one SUBSCRIBE, two publishes with QoS 1 */
    mqtt_unsuback(ids[3]);
    mqtt_puback(ids[5]);
    unsigned at = expect(PORT_MQTT_PUBLISHED);
    assert_int_not_equal(events[at].message_id, first);
    mqtt_puback(ids[2]);
    at = expect(PORT_MQTT_PUBLISHED);
    assert_int_equal(events[at].message_id, first);
    mqtt_suback(ids[1], 0);
    at = expect(PORT_MQTT_SUBSCRIBED);
    assert_int_equal(events[at].message_id, number);
    assert_true(events[at].is_granted);
    assert_int_equal(port_mqtt_outgoing().count, 0);
    assert_int_equal(events_so_far(), taken);
}

static char long_payload[PORT_MQTT_PAYLOAD_CAP];

/* esp-mqtt's task stands in a publish as long as the server reads nothing. */
static void connect_to_deaf_server(void)
{
    mqtt_set_script(&(struct mqtt_script){.hangs_in_publish = true});
    connect();
}

static void test_packets_without_acknowledgement_are_bounded(void **state)
{
    (void)state;
    char what[100];
    int number;
    connect_to_deaf_server();
    assert_int_equal(publish_as("t", "x", 1, 0, NULL), ERR_OK);
    mqtt_wait_hanging(); /* it is being sent, and holds its place */
    for (int i = 1; i < PORT_MQTT_OUTGOING_CAP; i++) {
        assert_int_equal(i % 2 ? publish_as("t", "x", 1, 0, NULL) : port_mqtt_unsubscribe("f"), ERR_OK);
    }
    assert_int_equal(publish_as("t", "x", 1, 0, NULL), ERR_FULL);
    assert_int_equal(port_mqtt_unsubscribe("f"), ERR_FULL);
    assert_int_equal(port_mqtt_outgoing().count, 0);
    for (int i = 0; i < PORT_MQTT_OUTGOING_CAP; i++) { /* nor do they take room from the others */
        assert_int_equal(i % 2 ? publish("t", "x", 1) : port_mqtt_subscribe("f", 1, &number), ERR_OK);
    }
    mqtt_release();
    for (int i = 0; i < 2 * PORT_MQTT_OUTGOING_CAP; i++) {
        mqtt_wait_sent(what, sizeof(what));
    }
    enum err err;
    while ((err = publish_as("t", "last", 4, 0, NULL)) == ERR_FULL) {
        port_time_sleep_ms(1); /* it is counted until esp-mqtt's task has come back from sending */
    }
    assert_int_equal(err, ERR_OK);
    mqtt_wait_sent(what, sizeof(what));
    assert_string_equal(what, "PUB0 t last");
}

static void test_bytes_without_acknowledgement_are_bounded(void **state)
{
    (void)state;
    const size_t kb = 1024;
    connect_to_deaf_server();
    assert_int_equal(publish_as("t", long_payload, 10 * kb, 0, NULL), ERR_OK);
    assert_int_equal(publish_as("t", long_payload, 6 * kb + 1, 0, NULL), ERR_FULL);
    assert_int_equal(publish_as("t", long_payload, 6 * kb, 0, NULL), ERR_OK);
    assert_int_equal(publish_as("t", "x", 1, 0, NULL), ERR_FULL);
    assert_int_equal(publish_as("t", NULL, 0, 0, NULL), ERR_OK);
    assert_int_equal(publish("t", long_payload, 10 * kb), ERR_OK);
    mqtt_release();
    mqtt_drop();
    expect(PORT_MQTT_DISCONNECTED);
    mqtt_set_script(&(struct mqtt_script){0});
    connect(); /* nothing of the connection before is counted */
    assert_int_equal(publish_as("t", long_payload, PORT_MQTT_PAYLOAD_CAP, 0, NULL), ERR_OK); /* alone */
    assert_int_equal(publish_as("t", long_payload, PORT_MQTT_PAYLOAD_CAP + 1, 0, NULL), ERR_TOO_LONG);
    assert_int_equal(publish("t", long_payload, PORT_MQTT_PAYLOAD_CAP + 1), ERR_TOO_LONG);
}

/* esp-mqtt copies what it may have to send again; if only that copy had no room, the connection would end for it. */
static void test_no_memory_for_a_long_message(void **state)
{
    (void)state;
    char what[300];
    connect();
    for (int good = 0; good < 2; good++) {
        atomic_store(&short_after, good);
        atomic_store(&short_from, sizeof(long_payload));
        assert_int_equal(publish("t", long_payload, sizeof(long_payload)), ERR_FULL);
        atomic_store(&short_from, 0);
    }
    assert_int_equal(port_mqtt_outgoing().count, 0);
    atomic_store(&short_after, 1);
    atomic_store(&short_from, sizeof(long_payload));
    assert_int_equal(publish_as("t", long_payload, sizeof(long_payload), 0, NULL), ERR_OK); /* no copy */
    atomic_store(&short_from, 0);
    mqtt_wait_sent(what, sizeof(what));
    assert_int_equal(publish("t", "small", 5), ERR_OK);
    mqtt_wait_sent(what, sizeof(what));
    assert_string_equal(what, "PUB t small");
    assert_int_equal(events_so_far(), taken);
}

/* The engine would leave out a filter that the server has refused, for a day. */
static void test_subscribe_that_was_not_sent_is_not_told_as_refused(void **state)
{
    (void)state;
    int number = 0;
    mqtt_set_script(&(struct mqtt_script){.refuses_subscribe = true});
    connect();
    assert_int_equal(port_mqtt_subscribe("f", 1, &number), ERR_OK);
    unsigned at = expect(PORT_MQTT_DISCONNECTED);
    assert_int_equal(events[at].reason, ERR_OFFLINE);
    assert_string_equal(texts[at], "esp-mqtt did not take a packet: is memory short?");
}

/* An idle esp-mqtt waits for the socket for a second at a time. */
static void test_publish_wakes_the_client(void **state)
{
    (void)state;
    char what[100];
    connect();
    port_time_sleep_ms(50); /* it is in its wait by now */
    uint64_t before_ms = port_time_monotonic_ms();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(publish("t", "x", 1), ERR_OK);
        mqtt_wait_sent(what, sizeof(what));
    }
    assert_true(port_time_monotonic_ms() - before_ms < 10 * 1000 / 2);
}

static void test_messages(void **state)
{
    (void)state;
    static char large[3 * CAP];
    memset(large, 'x', sizeof(large));
    connect();
    mqtt_message("topic", "hello", 5, 5);
    unsigned at = expect(PORT_MQTT_MESSAGE);
    assert_int_equal(events[at].qos, 0);
    assert_false(events[at].is_retained);
    assert_string_equal(topics[at], "topic");
    assert_string_equal(payloads[at], "hello");
    mqtt_message("topic", "", 0, 0);
    at = expect(PORT_MQTT_MESSAGE);
    assert_int_equal(events[at].payload.len, 0);
    mqtt_message("topic", large, CAP, CAP);
    at = expect(PORT_MQTT_MESSAGE);
    assert_int_equal(events[at].payload.len, CAP);
    mqtt_mark_messages(1, true);
    mqtt_message("other", large, CAP / 2, 3 * CAP);
    for (size_t i = 0; i < 6; i++) {
        at = expect(PORT_MQTT_MESSAGE);
        assert_int_equal(events[at].offset, i * (CAP / 2));
        assert_int_equal(events[at].payload.len, CAP / 2);
        assert_int_equal(events[at].total, 3 * CAP);
        assert_int_equal(events[at].qos, 1);
        assert_true(events[at].is_retained);
        assert_string_equal(topics[at], i == 0 ? "other" : "");
    }
}

/* What would follow is not the next packet. */
static void test_silence_in_the_middle_of_a_message_ends_the_connection(void **state)
{
    (void)state;
    static char large[3 * CAP];
    memset(large, 'x', sizeof(large));
    connect();
    mqtt_message("topic", large, CAP, -3 * CAP);
    expect(PORT_MQTT_MESSAGE);
    unsigned at = expect(PORT_MQTT_DISCONNECTED);
    assert_int_equal(events[at].reason, ERR_TIMEOUT);
    assert_string_equal(texts[at], "the server stopped in the middle of a message");
}

static void test_end_is_told_once_and_nothing_is_taken_any_more(void **state)
{
    (void)state;
    int id = 0;
    connect();
    mqtt_drop_twice();
    unsigned at = expect(PORT_MQTT_DISCONNECTED);
    assert_int_equal(events[at].reason, ERR_OFFLINE);
    assert_string_equal(texts[at], "server closed the connection");
    assert_int_equal(events_so_far(), taken);
    assert_int_equal(publish("t", "x", 1), ERR_OFFLINE);
    assert_int_equal(port_mqtt_subscribe("t", 1, &id), ERR_OFFLINE);
    assert_int_equal(port_mqtt_unsubscribe("t"), ERR_OFFLINE);
    assert_int_equal(publish_as("t", "x", 1, 0, NULL), ERR_OFFLINE);
    open_port(8883); /* without a close between */
    expect(PORT_MQTT_CONNECTED);
    mqtt_go_silent();
    at = expect(PORT_MQTT_DISCONNECTED);
    assert_int_equal(events[at].reason, ERR_TIMEOUT);
    assert_non_null(strstr(texts[at], "60 s"));
}

static void test_publish_that_breaks_the_connection(void **state)
{
    (void)state;
    mqtt_set_script(&(struct mqtt_script){.refuses_publish = true});
    connect();
    assert_int_equal(publish("t", "x", 1), ERR_OK);
    expect(PORT_MQTT_DISCONNECTED);
    assert_int_equal(publish("t", "x", 1), ERR_OFFLINE);
    assert_int_equal(mqtt_sent_count(), 0);
}

static void test_no_event_after_close(void **state)
{
    (void)state;
    connect();
    assert_int_equal(publish("t", "x", 1), ERR_OK);
    port_mqtt_close();
    unsigned before = events_so_far();
    port_time_sleep_ms(50);
    assert_int_equal(events_so_far(), before);
    assert_int_equal(publish("t", "x", 1), ERR_OFFLINE);
    port_mqtt_close(); /* there is none */
}

/* A resolver that hangs holds nobody up; what hangs ends on its own, later. */
static void test_close_of_a_connection_that_hangs(void **state)
{
    (void)state;
    mqtt_set_script(&(struct mqtt_script){.hangs = true});
    open_port(8883);
    mqtt_wait_hanging();
    uint64_t before_ms = port_time_monotonic_ms();
    port_mqtt_close();
    assert_true(port_time_monotonic_ms() - before_ms < 5500);
    assert_int_equal(mqtt_get_seen().ends, 0);
    mqtt_release();
    while (mqtt_get_seen().ends == 0) {
        port_time_sleep_ms(10);
    }
    assert_int_equal(events_so_far(), 0);
}

static void test_why_it_did_not_connect(void **state)
{
    (void)state;
    static const struct {
        struct mqtt_script script;
        enum err reason;
        const char *text;
    } rows[] = {
        {{.tls_error = 0x8001}, ERR_OFFLINE, "the name 'endpoint.example' cannot be resolved"},
        {{.tls_error = 0x8004, .native_error = 111}, ERR_OFFLINE, "Connection refused"},
        {{.tls_error = 0x8006}, ERR_TIMEOUT, "no answer from endpoint.example port 8883"},
        {{.tls_error = 0x801a, .tls_code = 0x2700, .verify_flags = 0x01},
         ERR_TLS,
         "has expired: this device's clock says 2"},
        {{.tls_error = 0x801a, .tls_code = 0x2700, .verify_flags = 0x04},
         ERR_TLS,
         "not for 'endpoint.example'"},
        {{.tls_error = 0x801a, .tls_code = 0x2700, .verify_flags = 0x08}, ERR_TLS, "root CA"},
        {{.tls_error = 0x801a, .tls_code = 0x2700, .verify_flags = 0x0200}, ERR_TLS, "clock"},
        {{.tls_error = 0x801a, .tls_code = 0x7780}, ERR_TLS, "server refused this device"},
        {{.tls_error = 0x801a, .tls_code = 0x7280, .verify_flags = UINT32_MAX}, ERR_TLS, "0x7280"},
        {{.tls_error = -1}, ERR_OFFLINE, "endpoint.example port 8883"},
        {{.connack = 5}, ERR_REFUSED, "client 'lamp': not authorized (CONNACK 5)"},
        {{.connack = 99}, ERR_REFUSED, "unknown reason"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mqtt_set_script(&rows[i].script);
        open_port(8883);
        unsigned at = expect(PORT_MQTT_DISCONNECTED);
        if (events[at].reason != rows[i].reason || !strstr(texts[at], rows[i].text)) {
            fail_msg("row %zu: reason %d, '%s'", i, (int)events[at].reason, texts[at]);
        }
        port_mqtt_close();
        assert_int_equal(events_so_far(), taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_is_opened_before_the_network_is_prepared,
                                  teardown), /* the first */
        cmocka_unit_test_setup_teardown(test_esp_mqtt_is_told_not_to_own_the_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subscriptions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_publishes_go_out_in_order_and_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_peer_that_withholds_acknowledgements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kinds_of_packets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_packets_without_acknowledgement_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_without_acknowledgement_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory_for_a_long_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subscribe_that_was_not_sent_is_not_told_as_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_publish_wakes_the_client, setup, teardown),
        cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silence_in_the_middle_of_a_message_ends_the_connection, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_end_is_told_once_and_nothing_is_taken_any_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_publish_that_breaks_the_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_event_after_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_of_a_connection_that_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_why_it_did_not_connect, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
