/* SPDX-License-Identifier: MIT */
/* device/runtime before runtime_init: each call answers and none waits. A program of its own: lock and signals are made once and stay. */
// LINK: device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/state.h"
#include "fakes/fake_ports.h"

#include <pthread.h>
#include <string.h>

static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];

static void *restart(void *ctx)
{
    (void)ctx;
    runtime_restart(50);
    fail_msg("a restart came back");
    return NULL;
}

static void restart_on_thread(void)
{
    pthread_t thread;
    const unsigned before = fake_restart_count();
    const uint64_t since_ms = port_time_monotonic_ms();
    assert_int_equal(pthread_create(&thread, NULL, restart, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(fake_restart_count(), before + 1);
    assert_true(port_time_monotonic_ms() - since_ms >= 50);
}

static void test_before_init(void **state)
{
    (void)state;
    struct jobs_counters counters, none = {0};
    struct jobs_run run;
    char job_id[DEVICE_JOB_ID_CAP];
    const struct jobs_action action = {.name = "blink", .max_attempts = 1};
    const struct jobs_report report = {.run_id = 1, .status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
    fake_reset();
    memset(&counters, 0xFF, sizeof(counters));
    runtime_get_counters(&counters);
    assert_memory_equal(&counters, &none, sizeof(none));
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_IDLE);
    assert_false(runtime_get_waiting(&run, job_id, document, sizeof(document)));
    assert_false(runtime_is_started());
    assert_int_equal(runtime_stop(), ERR_OK);
    assert_int_equal(runtime_start(), ERR_BUSY);
    assert_int_equal(runtime_register(&action), ERR_BUSY);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_BUSY);
    assert_int_equal(runtime_refresh_document(1), ERR_BUSY);
    runtime_network_changed(true);
    runtime_suspend(true);
    runtime_reconnect();
    assert_false(device_runtime.wishes.suspend || device_runtime.wishes.reconnect);
    assert_false(device_runtime.wishes.has_network_come || device_runtime.events.is_network_up);
    restart_on_thread(); /* at once: there is no engine task that could do it */
}

/* A signal that nobody sets is waited for as long as was said. */
static void test_objects_are_made(void **state)
{
    (void)state;
    const struct runtime_config config = {
        .thing_name = "lamp", .document = document, .document_cap = sizeof(document)};
    struct port_signal *const signals[] = {
        &device_runtime.wake,       &device_runtime.gate,  &device_runtime.replied, &device_runtime.refreshed,
        &device_runtime.work_given, &device_runtime.event, &device_runtime.ended,
    };
    assert_int_equal(runtime_init(&config), ERR_OK);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        const uint64_t since_ms = port_time_monotonic_ms();
        assert_false(port_signal_wait(signals[i], 20));
        assert_true(port_time_monotonic_ms() - since_ms >= 20);
    }
    restart_on_thread(); /* before the start, too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_init),
        cmocka_unit_test(test_objects_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
