/* SPDX-License-Identifier: MIT */
/* lib_wifi.h over what the port sees, and what lib_system.h asks the board. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_system.h"
#include "lib_wifi.h"

#include <string.h>

static void set(bool is_up, const char *address, int8_t rssi)
{
    struct port_network_state state = {.is_up = is_up, .rssi_dbm = rssi};
    strcpy(state.address, address);
    fake_network_set(&state, ERR_OK);
}

static void test_network_that_is_up(void **state)
{
    (void)state;
    set(true, "192.0.2.7", -60);
    assert_true(WIFI_isConnected());
    assert_string_equal(WIFI_getIpAddress(), "192.0.2.7");
    assert_int_equal(WIFI_getRssi(), -60);
    assert_int_equal(WIFI_getSignalStrength(), 80);
    set(true, "2001:db8:1111:2222:3333:4444:5555:6666", -127);
    assert_string_equal(WIFI_getIpAddress(), "2001:db8:1111:2222:3333:4444:5555:6666");
    set(false, "", 0);
    assert_false(WIFI_isConnected());
    assert_string_equal(WIFI_getIpAddress(), "");
}

static void test_strength_from_end_to_end(void **state)
{
    (void)state;
    static const struct {
        int8_t rssi;
        uint8_t percent;
    } rows[] = {{-1, 100}, {-49, 100}, {-50, 100}, {-51, 98}, {-75, 50}, {-99, 2}, {-100, 0}, {-127, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set(true, "192.0.2.7", rows[i].rssi);
        assert_int_equal(WIFI_getSignalStrength(), rows[i].percent);
    }
    assert_string_equal(fake_log(), "");
}

static void test_without_a_radio_it_is_said_once(void **state)
{
    (void)state;
    set(false, "", 0);
    assert_int_equal(WIFI_getRssi(), 0); /* no network: nothing is missing yet */
    assert_string_equal(fake_log(), "");
    set(true, "192.0.2.7", 0);
    for (int times = 0; times < 3; times++) {
        assert_int_equal(WIFI_getRssi(), 0);
        assert_int_equal(WIFI_getSignalStrength(), 0);
        assert_int_equal(fake_log_count("WIFI_getRssi: the network has no radio"), 1);
    }
}

static void test_platform_that_cannot_tell(void **state)
{
    (void)state;
    const struct port_network_state none = {0};
    fake_network_set(&none, ERR_NOT_FOUND);
    for (int times = 0; times < 3; times++) {
        assert_false(WIFI_isConnected());
        assert_string_equal(WIFI_getIpAddress(), "");
        assert_int_equal(fake_log_count("WIFI_getIpAddress: this platform does not tell its address"), 1);
    }
}

static void test_state_string_before_init(void **state)
{
    (void)state;
    set(true, "192.0.2.7", -60);
    assert_string_equal(WIFI_getStateString(), "IDLE");
    systemInitConfig_st nothing = {0}; /* mode DEVICE CONFIG */
    assert_true(SYSTEM_init(&nothing));
    assert_string_equal(WIFI_getStateString(), "CONNECTED");
    set(false, "", 0);
    assert_string_equal(WIFI_getStateString(), "DISCONNECTED");
}

static void test_mac(void **state)
{
    (void)state;
    fake_board_set(ERR_NOT_FOUND, PORT_BOARD_RESET_UNKNOWN);
    for (int times = 0; times < 3; times++) {
        assert_string_equal(SYSTEM_getMacAddr(), "");
        assert_int_equal(fake_log_count("SYSTEM_getMacAddr: this device has no MAC address"), 1);
    }
    fake_board_set(ERR_OK, PORT_BOARD_RESET_UNKNOWN);
    assert_string_equal(SYSTEM_getMacAddr(), "0a1b2c3d4eff");
}

static void test_reset_causes(void **state)
{
    (void)state;
    static const char *const names[] = {
        [PORT_BOARD_RESET_UNKNOWN] = "NO_MEAN",
        [PORT_BOARD_RESET_POWER_ON] = "POWERON_RESET",
        [PORT_BOARD_RESET_EXTERNAL] = "EXT_CPU_RESET",
        [PORT_BOARD_RESET_SOFTWARE] = "SW_CPU_RESET",
        [PORT_BOARD_RESET_CRASH] = "PANIC_RESET",
        [PORT_BOARD_RESET_WATCHDOG] = "RTCWDT_RTC_RESET",
        [PORT_BOARD_RESET_DEEP_SLEEP] = "DEEPSLEEP_RESET",
        [PORT_BOARD_RESET_BROWN_OUT] = "RTCWDT_BROWN_OUT_RESET",
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        fake_board_set(ERR_OK, (enum port_board_reset)i);
        assert_string_equal(SYSTEM_getResetCause(), names[i]);
    }
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_network_that_is_up, setup),
        cmocka_unit_test_setup(test_strength_from_end_to_end, setup),
        cmocka_unit_test_setup(test_without_a_radio_it_is_said_once, setup),
        cmocka_unit_test_setup(test_platform_that_cannot_tell, setup),
        cmocka_unit_test_setup(test_state_string_before_init, setup),
        cmocka_unit_test_setup(test_mac, setup),
        cmocka_unit_test_setup(test_reset_causes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
