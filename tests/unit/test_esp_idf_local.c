/* SPDX-License-Identifier: MIT */
/* The local half of the ESP-IDF port, the chip's own sources, with ESP-IDF played on the host: the port suite's checks of time,
 * tasks, storage and board, and what an ESP-IDF that fails makes of them (port_store.h, port_time.h, R-50, R-55). */
// LINK: port_esp_idf_chip fake_idf -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_idf.h"
#include "port/port_suite_local.c" /* with the sizes of this port's locks */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NO_FREE_PAGES 0x110d
#define BUILT_AT_S    1767225600 /* ports/esp_idf/CMakeLists.txt */

static int setup(void **state)
{
    (void)state;
    idf_reset();
    return 0;
}

static void run_check(void **state)
{
    static const struct port_world no_world;
    const struct port_check *check = *state;
    idf_reset();
    const char *failed = check->run(&no_world);
    if (failed) {
        fail_msg("%s", failed);
    }
}

/* ---- storage */

static void test_partition_that_cannot_be_used_is_told_and_not_erased(void **state)
{
    (void)state;
    idf_nvs_fail(NO_FREE_PAGES, 0, 0, 0, 0);
    assert_int_equal(port_store_open(), ERR_STORAGE);
    assert_true(idf_log_has("NO_FREE_PAGES"));
    assert_true(idf_log_has("nvs_flash_erase()"));
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_STORAGE); /* it is not open */
    idf_nvs_fail(0, -1, 0, 0, 0);
    assert_int_equal(port_store_open(), ERR_STORAGE);
}

static void test_put_is_good_after_the_commit_only(void **state)
{
    (void)state;
    assert_int_equal(port_store_open(), ERR_OK);
    unsigned before = idf_nvs_commits();
    assert_int_equal(port_store_put("jobs", "one", 3), ERR_OK);
    assert_int_equal(idf_nvs_commits(), before + 1);
    idf_nvs_fail(0, 0, -1, 0, 0);
    assert_int_equal(port_store_put("jobs", "two", 3), ERR_STORAGE);
    idf_nvs_fail(0, 0, 0, -1, 0);
    assert_int_equal(port_store_put("jobs", "two", 3), ERR_STORAGE);
    assert_true(idf_log_has("storage: cannot write 'jobs'"));
}

static void test_get_that_fails_changes_nothing(void **state)
{
    (void)state;
    char text[4] = "abc";
    size_t len = 77;
    assert_int_equal(port_store_open(), ERR_OK);
    assert_int_equal(port_store_put("jobs", "one", 3), ERR_OK);
    idf_nvs_fail(0, 0, 0, 0, -1);
    assert_int_equal(port_store_get("jobs", text, sizeof(text), &len), ERR_STORAGE);
    assert_string_equal(text, "abc");
    assert_int_equal(len, 77);
}

/* ---- clock: R-50 */

static void test_clock_that_was_never_set_says_so(void **state)
{
    (void)state;
    idf_set_wall_s(12);
    assert_int_equal(port_time_wall_s(), 12);
    assert_int_equal(idf_clock_was_set_to(), 0);
    assert_int_equal(port_time_built_s(), BUILT_AT_S);
}

/* The chip's clock is set, so that mbedTLS goes by it, and SNTP may still set it right. */
static void test_clock_is_begun_for_a_chip_that_nobody_tells_the_time(void **state)
{
    (void)state;
    idf_set_wall_s(60);
    assert_int_equal(port_time_begin_wall(BUILT_AT_S + 86400), ERR_OK);
    assert_int_equal(idf_clock_was_set_to(), BUILT_AT_S + 86400);
    assert_int_equal(port_time_wall_s(), BUILT_AT_S + 86400);
}

/* ---- board */

static void test_device_id_is_the_mac(void **state)
{
    (void)state;
    char id[13] = "";
    assert_int_equal(port_board_device_id(id, sizeof(id)), ERR_OK);
    assert_string_equal(id, "240ac4000110");
    assert_int_equal(port_board_device_id(id, 12), ERR_TOO_LONG);
}

static void test_mac_and_reset_cause(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x24, 0x0a, 0xc4, 0x00, 0x01, 0x10};
    uint8_t mac[PORT_BOARD_MAC_LEN];
    assert_int_equal(port_board_mac(mac), ERR_OK);
    assert_memory_equal(mac, expected, sizeof(mac));
    static const struct {
        esp_reset_reason_t reason;
        enum port_board_reset cause;
    } rows[] = {
        {ESP_RST_UNKNOWN, PORT_BOARD_RESET_UNKNOWN},      {ESP_RST_POWERON, PORT_BOARD_RESET_POWER_ON},
        {ESP_RST_EXT, PORT_BOARD_RESET_EXTERNAL},         {ESP_RST_SW, PORT_BOARD_RESET_SOFTWARE},
        {ESP_RST_PANIC, PORT_BOARD_RESET_CRASH},          {ESP_RST_INT_WDT, PORT_BOARD_RESET_WATCHDOG},
        {ESP_RST_TASK_WDT, PORT_BOARD_RESET_WATCHDOG},    {ESP_RST_WDT, PORT_BOARD_RESET_WATCHDOG},
        {ESP_RST_DEEPSLEEP, PORT_BOARD_RESET_DEEP_SLEEP}, {ESP_RST_BROWNOUT, PORT_BOARD_RESET_BROWN_OUT}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        idf_set_reset_reason((int)rows[i].reason);
        assert_int_equal(port_board_reset_cause(), rows[i].cause);
    }
}

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    port_board_print(LOG_LEVEL_INFO, "blink_led", format, args);
    va_end(args);
}

static void test_lines(void **state)
{
    (void)state;
    port_board_log(LOG_LEVEL_ERROR, "a name\nfrom the\x1b[31m network");
    assert_true(idf_log_has("device_jobs: a name?from the?[31m network\n"));
    print("blink %d times\r\n", 3);
    assert_true(idf_log_has("blink_led: blink 3 times\n"));
    char longer[1000];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    print("%s", longer);
    assert_true(idf_log_has("xxxx\n"));
}

static unsigned hooks;
static void hook(void)
{
    hooks++;
}

static void *restart(void *ctx)
{
    (void)ctx;
    port_board_restart();
}

/* The hook waits for the engine task, which is the one that restarts: it must not be called then. */
static void test_shutdown_hook(void **state)
{
    (void)state;
    port_board_on_shutdown(hook);
    idf_call_shutdown_handlers();
    assert_int_equal(hooks, 1);
    idf_call_shutdown_handlers();
    assert_int_equal(hooks, 1); /* once */
    port_board_on_shutdown(hook);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, restart, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(idf_restarts(), 1);
    assert_int_equal(hooks, 1);
}

/* ---- tasks */

static void end(void *ctx)
{
    port_signal_set(ctx);
}

/* The seed's 1024 bytes; the tasks of ESP-IDF, made before ours, are left alone. The first one. */
static void test_small_stacks_are_raised_once_the_library_runs(void **state)
{
    (void)state;
    static struct port_signal ended;
    assert_true(idf_create_task(1024));
    assert_int_equal(idf_last_stack(), 1024);
    port_signal_init(&ended);
    assert_int_equal(port_task_start("dj_engine", 4096, 5, end, &ended), ERR_OK);
    assert_int_equal(idf_last_stack(), 4096);
    assert_true(port_signal_wait(&ended, UINT32_MAX));
    assert_true(idf_create_task(1024));
    assert_int_equal(idf_last_stack(), 3072);
    assert_true(idf_create_task(5000));
    assert_int_equal(idf_last_stack(), 5000);
}

int main(void)
{
    static const struct CMUnitTest own[] = {
        cmocka_unit_test_setup(test_small_stacks_are_raised_once_the_library_runs, setup),
        cmocka_unit_test_setup(test_partition_that_cannot_be_used_is_told_and_not_erased, setup),
        cmocka_unit_test_setup(test_put_is_good_after_the_commit_only, setup),
        cmocka_unit_test_setup(test_get_that_fails_changes_nothing, setup),
        cmocka_unit_test_setup(test_clock_that_was_never_set_says_so, setup),
        cmocka_unit_test_setup(test_clock_is_begun_for_a_chip_that_nobody_tells_the_time, setup),
        cmocka_unit_test_setup(test_device_id_is_the_mac, setup),
        cmocka_unit_test_setup(test_mac_and_reset_cause, setup),
        cmocka_unit_test_setup(test_lines, setup),
        cmocka_unit_test_setup(test_shutdown_hook, setup),
    };
    struct CMUnitTest tests[64];
    unsigned count = 0;
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        tests[count++] = own[i];
    }
    for (unsigned i = 0; i < port_checks_local_count; i++) {
        tests[count++] = (struct CMUnitTest){port_checks_local[i].name, run_check, NULL, NULL,
                                             (void *)&port_checks_local[i]};
    }
    return _cmocka_run_group_tests("ESP-IDF port, local", tests, count, NULL, NULL);
}
