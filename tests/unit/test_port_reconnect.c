/* SPDX-License-Identifier: MIT */
/* ten thousand failed connects, then success. R-46: ten thousand reconnects, and over each a message that comes back as it was sent,
 * and its PUBACK. Neither leaves a byte, a file descriptor or a
 * thread behind: what the allocator has in use is the same after the first hundred and after the last, as are the other two.
 * DEVICE_JOBS_LONG=1 plays all of them; else as many as take a few seconds. */
// LINK: port_linux tls_world common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"
#include "fakes/tls_world.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a sanitizer's allocator; not there without one. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

#define LONG_ROUNDS      10000
#define SHORT_REFUSED    1000
#define SHORT_RECONNECTS 250
#define WARM_UP          100
#define PACKET_MAX       2000 /* the broker ends the connection of who sends more */
#define TUNABLES         "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0:glibc.malloc.arena_max=1"

struct footprint {
    size_t bytes, files, threads;
};

static struct tls_identity authority, server, device;
static struct tls_broker broker;
static struct tls_listener listener;

static struct port_mutex mutex;
static struct port_signal arrived;
static struct {
    bool has_connected, is_subscribed, is_acknowledged, has_message, has_ended;
    enum err reason;
    int acknowledged_id;
    size_t len; /* of `payload`: what has come of the message */
    char payload[PACKET_MAX];
} seen;

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    port_mutex_lock(&mutex);
    seen.has_connected = seen.has_connected || event->type == PORT_MQTT_CONNECTED;
    seen.is_subscribed = seen.is_subscribed || (event->type == PORT_MQTT_SUBSCRIBED && event->is_granted);
    if (event->type == PORT_MQTT_PUBLISHED) {
        seen.is_acknowledged = true;
        seen.acknowledged_id = event->message_id;
    }
    if (event->type == PORT_MQTT_MESSAGE && event->total <= sizeof(seen.payload)) {
        memcpy(seen.payload + event->offset, event->payload.ptr, event->payload.len);
        seen.len = event->offset + event->payload.len;
        seen.has_message = seen.len == event->total;
    }
    if (event->type == PORT_MQTT_DISCONNECTED) {
        seen.has_ended = true;
        seen.reason = event->reason;
    }
    port_mutex_unlock(&mutex);
    port_signal_set(&arrived);
}

static void wait_for(const bool *what)
{
    for (;;) {
        port_mutex_lock(&mutex);
        bool is_there = *what;
        bool is_over = seen.has_ended;
        port_mutex_unlock(&mutex);
        if (is_there) {
            return;
        }
        if (is_over || !port_signal_wait(&arrived, 60000)) {
            fail_msg("did not come: %s", err_text(seen.reason));
        }
    }
}

static void open_at(uint16_t port)
{
    const struct port_mqtt_config config = {
        .host = "localhost",
        .port = port,
        .client_id = "lamp",
        .keepalive_s = 30,
        .root_ca_pem = authority.cert,
        .cert_pem = device.cert,
        .key_pem = device.key,
    };
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_OK);
}

static void be_refused(uint16_t port)
{
    open_at(port);
    wait_for(&seen.has_ended);
    assert_int_equal(seen.reason, ERR_OFFLINE);
    port_mqtt_close();
}

static enum err publish(const char *payload, size_t len, int *id)
{
    const struct port_mqtt_message message = {.topic = "lamp", .payload = payload, .len = len, .qos = 1};
    return port_mqtt_publish(&message, id);
}

/* Another one in each round, of another length. */
static void send_and_get_back(unsigned round)
{
    char payload[PACKET_MAX / 2];
    size_t len = 1 + round % sizeof(payload);
    int id = -1;
    for (size_t i = 0; i < len; i++) {
        payload[i] = (char)((round + 1) * (i + 7) >> 2);
    }
    assert_int_equal(publish(payload, len, &id), ERR_OK);
    wait_for(&seen.has_message);
    wait_for(&seen.is_acknowledged);
    assert_int_equal(seen.acknowledged_id, id);
    assert_int_equal(seen.len, len);
    assert_memory_equal(seen.payload, payload, len);
}

/* Connected, heard and lost again: by us, or by the broker in every second round. */
static void connect_and_lose(unsigned round)
{
    static const char large[2 * PACKET_MAX];
    int id;

    open_at(listener.port);
    wait_for(&seen.has_connected);
    assert_int_equal(port_mqtt_subscribe("lamp", 1, &id), ERR_OK);
    wait_for(&seen.is_subscribed);
    send_and_get_back(round);
    if (round % 2 == 1) {
        assert_int_equal(publish(large, sizeof(large), &id), ERR_OK);
        wait_for(&seen.has_ended);
    }
    port_mqtt_close();
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

static struct footprint measure(void)
{
    struct footprint now = {.files = count_entries("/proc/self/fd"),
                            .threads = count_entries("/proc/self/task")};
    now.bytes = __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes()
                                                        : mallinfo2().uordblks;
    return now;
}

/* A sanitizer's allocator counts bytes; glibc counts chunks, which are now and then 16 bytes larger than asked for. What is lost
 * in each round is found all the same. */
static void expect_same(struct footprint before, struct footprint after, unsigned count)
{
    size_t slack = __sanitizer_get_current_allocated_bytes ? 0 : count - WARM_UP;

    assert_int_equal(after.files, before.files);
    assert_int_equal(after.threads, before.threads);
    assert_in_range(after.bytes + slack, before.bytes, before.bytes + 2 * slack);
}

static unsigned rounds(unsigned short_form)
{
    return getenv("DEVICE_JOBS_LONG") != NULL ? LONG_ROUNDS : short_form;
}

static void test_r45_refused_connects_then_success(void **state)
{
    struct footprint before = {0};
    uint16_t nobody = tls_closed_port();
    unsigned count = rounds(SHORT_REFUSED);
    (void)state;

    connect_and_lose(1);
    for (unsigned round = 0; round < count; round++) {
        if (round == WARM_UP) {
            before = measure();
        }
        be_refused(nobody);
    }
    expect_same(before, measure(), count);
    connect_and_lose(1);
    expect_same(before, measure(), count);
    printf("measured: %u refused connects, %zu bytes in use before and after\n", count, before.bytes);
}

static void test_r46_reconnects(void **state)
{
    struct footprint before = {0};
    unsigned count = rounds(SHORT_RECONNECTS);
    (void)state;

    for (unsigned round = 0; round < count; round++) {
        if (round == WARM_UP) {
            before = measure();
        }
        connect_and_lose(round);
    }
    expect_same(before, measure(), count);
    printf("measured: %u reconnects, %zu bytes in use before and after\n", count, before.bytes);
}

static int start_world(void **state)
{
    char more[64];
    (void)state;
    port_mutex_init(&mutex);
    port_signal_init(&arrived);
    tls_make_authority(&authority, "world authority");
    tls_make_identity(&server, &authority, "server", "DNS:localhost", -1, 30);
    tls_make_identity(&device, &authority, "device", NULL, -1, 30);
    listener.server = &server;
    snprintf(more, sizeof(more), "max_packet_size %d\n", PACKET_MAX);
    tls_broker_start(&broker, &authority, &listener, 1, NULL, more);
    return 0;
}

static int stop_world(void **state)
{
    (void)state;
    tls_broker_stop(&broker);
    return 0;
}

/* glibc counts as in use what its caches hold, so the program starts itself again without them. */
static void start_exact(char **argv)
{
    if (__sanitizer_get_current_allocated_bytes || getenv("GLIBC_TUNABLES")) {
        return;
    }
    setenv("GLIBC_TUNABLES", TUNABLES, 1);
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r45_refused_connects_then_success),
        cmocka_unit_test(test_r46_reconnects),
    };
    (void)argc;
    start_exact(argv);
    return cmocka_run_group_tests(tests, start_world, stop_world);
}
