/* SPDX-License-Identifier: MIT */
/* The Linux port and a resolver that does not answer: a connection's verdict comes within 60 s (device/port/port_mqtt.h), closing is
 * quick, and what hangs leaves nothing behind. getaddrinfo is the test's here. */
// LINK: port_linux tls_world fake_wait common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_mqtt.h"
#include "device/port/port_time.h"
#include "fakes/tls_world.h"
#include "ports/linux/resolver.h"

#include <dirent.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the resolver of this program */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hangs;
static bool has_many_addresses;
static unsigned asked, answered;

#define ADDRESSES 8
typedef int resolve_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int find_many(resolve_fn *real, const struct addrinfo *hints, struct addrinfo **found)
{
    *found = NULL;
    for (int i = ADDRESSES; i >= 1; i--) {
        char host[24];
        struct addrinfo *one = NULL;
        snprintf(host, sizeof(host), "127.0.0.%d", i);
        if (real(host, NULL, hints, &one)) {
            return EAI_FAIL;
        }
        one->ai_next = *found;
        *found = one;
    }
    return 0;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    resolve_fn *real = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    pthread_mutex_lock(&lock);
    asked++;
    pthread_cond_broadcast(&changed);
    while (hangs) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    int code = has_many_addresses && strcmp(host, "localhost") == 0 ? find_many(real, hints, found)
                                                                    : real(host, service, hints, found);
    pthread_mutex_lock(&lock);
    answered++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return code;
}

static void let_hang(bool value)
{
    pthread_mutex_lock(&lock);
    hangs = value;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_count(const unsigned *count, unsigned wanted)
{
    pthread_mutex_lock(&lock);
    while (*count < wanted) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

static void wait_files(unsigned wanted)
{
    while (open_files() != wanted) {
        port_time_sleep_ms(1);
    }
}

/* ---- resolver_find */

static int setup(void **state)
{
    (void)state;
    let_hang(false);
    asked = answered = 0;
    return 0;
}

static void test_addresses_of_a_name(void **state)
{
    (void)state;
    struct addrinfo *found = NULL;
    const char *why = NULL;
    assert_int_equal(resolver_find("127.0.0.1", -1, port_time_monotonic_ms() + 10000, &found, &why), ERR_OK);
    assert_int_equal(found->ai_family, AF_INET);
    freeaddrinfo(found);
    assert_int_equal(
        resolver_find("no-such-host.invalid", -1, port_time_monotonic_ms() + 10000, &found, &why),
        ERR_OFFLINE);
    assert_non_null(why);
}

/* Asked for no longer than allowed; the answer that comes later is freed by nobody but its thread. */
static void test_resolver_that_hangs(void **state)
{
    (void)state;
    struct addrinfo *found = NULL;
    const char *why = NULL;
    const unsigned files = open_files();
    let_hang(true);
    assert_int_equal(resolver_find("127.0.0.1", -1, port_time_monotonic_ms() + 30, &found, &why),
                     ERR_TIMEOUT);
    wait_count(&asked, 1);
    assert_null(found);
    let_hang(false);
    wait_count(&answered, 1);
    wait_files(files);
}

static void test_resolver_that_hangs_is_left_at_once(void **state)
{
    (void)state;
    struct addrinfo *found = NULL;
    const char *why = NULL;
    const int stop_fd = eventfd(1, 0);
    const unsigned files = open_files();
    let_hang(true);
    assert_int_equal(resolver_find("127.0.0.1", stop_fd, UINT64_MAX, &found, &why), ERR_STALE);
    let_hang(false);
    wait_count(&answered, 1);
    wait_files(files);
    close(stop_fd);
}

static void test_name_that_is_too_long(void **state)
{
    (void)state;
    struct addrinfo *found = NULL;
    const char *why = NULL;
    char host[RESOLVER_HOST_CAP + 1];
    memset(host, 'a', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    assert_int_equal(resolver_find(host, -1, UINT64_MAX, &found, &why), ERR_FULL);
    assert_int_equal(asked, 0);
}

/* ---- the seam */

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx, (void)event;
    fail_msg("an event of a connection that was closed while it looked for its host");
}

static struct port_mqtt_config make_config(void)
{
    static struct tls_identity authority, device;
    tls_make_authority(&authority, "resolver");
    tls_make_identity(&device, &authority, "lamp", NULL, -1, 30);
    return (struct port_mqtt_config){
        .host = "localhost",
        .port = 8883,
        .client_id = "lamp",
        .keepalive_s = 30,
        .root_ca_pem = authority.cert,
        .cert_pem = device.cert,
        .key_pem = device.key,
    };
}

static void test_close_while_the_resolver_hangs(void **state)
{
    (void)state;
    const struct port_mqtt_config config = make_config();
    let_hang(true);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_OK);
        wait_count(&asked, i);
        assert_int_equal(port_mqtt_open(&config, on_event, NULL), ERR_BUSY);
        port_mqtt_close(); /* does not wait for the resolver: else this test never ends */
    }
    let_hang(false);
    wait_count(&answered, 3);
}

/* ---- the long form */

static struct port_mqtt_event verdict;
static uint64_t verdict_ms;

static void keep_verdict(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    pthread_mutex_lock(&lock);
    verdict = *event;
    verdict_ms = port_time_monotonic_ms();
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* A port on every loopback address that answers no SYN: its queue is full. */
static uint16_t open_deaf_port(int fds[3])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    for (int i = 0; i < 3; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | (i ? SOCK_NONBLOCK : 0), 0);
    }
    assert_int_equal(bind(fds[0], (struct sockaddr *)&address, len) | listen(fds[0], 0), 0);
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&address, &len), 0);
    connect(fds[1], (struct sockaddr *)&address, len);
    connect(fds[2], (struct sockaddr *)&address, len);
    return ntohs(address.sin_port);
}

/* "On ERR_OK exactly one CONNECTED or DISCONNECTED follows, within 60 s": also for a name with eight addresses that all say nothing. */
static void test_verdict_within_60_s(void **state)
{
    (void)state;
    if (!getenv("DEVICE_JOBS_LONG")) {
        skip();
    }
    int fds[3];
    struct port_mqtt_config config = make_config();
    config.port = open_deaf_port(fds);
    has_many_addresses = true;
    verdict = (struct port_mqtt_event){.type = PORT_MQTT_MESSAGE};
    const uint64_t since_ms = port_time_monotonic_ms();
    assert_int_equal(port_mqtt_open(&config, keep_verdict, NULL), ERR_OK);
    pthread_mutex_lock(&lock);
    while (verdict.type != PORT_MQTT_DISCONNECTED) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    port_mqtt_close();
    has_many_addresses = false;
    printf("measured: eight deaf addresses: no connection after %u ms\n", (unsigned)(verdict_ms - since_ms));
    assert_int_equal(verdict.reason, ERR_TIMEOUT);
    assert_true(verdict_ms - since_ms < 60000);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_addresses_of_a_name, setup),
        cmocka_unit_test_setup(test_resolver_that_hangs, setup),
        cmocka_unit_test_setup(test_resolver_that_hangs_is_left_at_once, setup),
        cmocka_unit_test_setup(test_name_that_is_too_long, setup),
        cmocka_unit_test_setup(test_close_while_the_resolver_hangs, setup),
        cmocka_unit_test_setup(test_verdict_within_60_s, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
