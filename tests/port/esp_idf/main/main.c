/* SPDX-License-Identifier: MIT */
/* The on-device self-test: every check of the port suite, one line each, and 'N passed, N failed' at the end. */
#include "world.h"

#include "device/port/port_network.h"
#include "sdkconfig.h"

#include <stdio.h>
#include <stdlib.h>

#define STACK_BYTES 8192
#define NETWORK_MS  20000

static unsigned passed, failed;
static struct port_signal network_is_up;

static void on_network(bool is_up)
{
    if (is_up) {
        port_signal_set(&network_is_up);
    }
}

/* Before a chip's first connection. */
static bool bring_network_up(void)
{
    port_signal_init(&network_is_up);
#if CONFIG_IDF_TARGET_LINUX
    on_network(true); /* the host's is up, and its port tells nothing */
#endif
    return port_network_start(NULL, NULL, on_network) == 0 && port_signal_wait(&network_is_up, NETWORK_MS);
}

static void run_checks(const struct port_check *checks, unsigned count, const struct port_world *world)
{
    for (unsigned i = 0; i < count; i++) {
        const char *why = checks[i].run(world);
        port_mqtt_close();
        printf("%-6s %s%s%s\n", why ? "FAILED" : "ok", checks[i].name, why ? ": " : "", why ? why : "");
        fflush(stdout);
        passed += !why;
        failed += why != NULL;
    }
}

static void run_suite(void *ctx)
{
    static struct port_world world;
    (void)ctx;
    bool has_world = world_load(&world);
    run_checks(port_checks_local, port_checks_local_count, &world);
    if (has_world && !bring_network_up()) {
        printf("FAILED no network\n");
        failed++;
    } else if (has_world) {
        run_checks(port_checks_mqtt, port_checks_mqtt_count, &world);
        run_checks(port_checks_messages, port_checks_messages_count, &world);
    } else {
        printf("no world: the checks of the connection are left out\n");
    }
    printf("%u passed, %u failed\n", passed, failed);
    fflush(stdout);
#if CONFIG_IDF_TARGET_LINUX
    _Exit(failed > 0);
#endif
}

void app_main(void)
{
    if (port_task_start("suite", STACK_BYTES, 4, run_suite, NULL)) {
        printf("no memory for the suite's task\n0 passed, 1 failed\n");
    }
}
