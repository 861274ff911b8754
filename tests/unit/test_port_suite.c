/* SPDX-License-Identifier: MIT */
/* The conformance suite of ports (tests/port) on Linux: real files, real threads, a real mosquitto with TLS.. */
// LINK: port_suite tls_world port_linux common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/tls_world.h"
#include "port/port_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct tls_identity authority, other_authority, server, other_server, expired_server, device,
    other_device;
static struct tls_broker broker;
static struct port_world world;
static char store_folder[] = "/tmp/port-store-XXXXXX";
static int silent_fd;
static pid_t deaf_pid;

static int start_world(void **state)
{
    (void)state;
    tls_make_authority(&authority, "suite authority");
    tls_make_authority(&other_authority, "other authority");
    tls_make_identity(&server, &authority, "server", "DNS:localhost", -1, 30);
    tls_make_identity(&other_server, &authority, "server", "DNS:other.example", -1, 30);
    tls_make_identity(&expired_server, &authority, "server", "DNS:localhost", -60, -30);
    tls_make_identity(&device, &authority, "device", NULL, -1, 30);
    tls_make_identity(&other_device, &authority, "device", NULL, -1, 30);
    struct tls_listener listeners[] = {{&server, 0}, {&other_server, 0}, {&expired_server, 0}};
    tls_broker_start(&broker, &authority, listeners, 3, FORBID_PLUGIN, NULL);
    uint16_t silent_port = 0;
    silent_fd = tls_silent_socket(&silent_port);
    uint16_t deaf_port = 0;
    deaf_pid = tls_deaf_start(&server, &authority, &deaf_port);
    world = (struct port_world){
        .host = "localhost",
        .good_port = listeners[0].port,
        .wrong_name_port = listeners[1].port,
        .expired_port = listeners[2].port,
        .closed_port = tls_closed_port(),
        .silent_port = silent_port,
        .deaf_port = deaf_port,
        .largest_payload = PORT_MQTT_PAYLOAD_CAP,
        .root_ca_pem = authority.cert,
        .other_ca_pem = other_authority.cert,
        .cert_pem = device.cert,
        .key_pem = device.key,
        .other_key_pem = other_device.key,
        .forbidden_filter = "suite/forbidden",
    };
    assert_non_null(mkdtemp(store_folder));
    setenv("DEVICE_STATE_DIR", store_folder, 1);
    return 0;
}

static int stop_world(void **state)
{
    (void)state;
    tls_broker_stop(&broker);
    tls_deaf_stop(deaf_pid);
    close(silent_fd);
    char path[100];
    snprintf(path, sizeof(path), "%s/suite", store_folder);
    unlink(path);
    return rmdir(store_folder); /* nothing else was left behind */
}

static void run_check(void **state)
{
    const struct port_check *check = *state;
    const char *failed = check->run(&world);
    port_mqtt_close();
    if (failed) {
        fail_msg("%s", failed);
    }
}

static unsigned add(struct CMUnitTest *tests, const struct port_check *checks, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        tests[i] = (struct CMUnitTest){checks[i].name, run_check, NULL, NULL, (void *)&checks[i]};
    }
    return count;
}

int main(void)
{
    struct CMUnitTest tests[64];
    unsigned count = add(tests, port_checks_local, port_checks_local_count);
    count += add(tests + count, port_checks_mqtt, port_checks_mqtt_count);
    count += add(tests + count, port_checks_messages, port_checks_messages_count);
    return _cmocka_run_group_tests("port suite", tests, count, start_world, stop_world);
}
