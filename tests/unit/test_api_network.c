/* SPDX-License-Identifier: MIT */
/* SYSTEM_start brings the network up with what SYSTEM_init was given, and the application hears of it as EVENT_WIFI_... on the
 * library's event task (lib_system.h; device/port/port_network.h). */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/runtime.h"
#include "fakes/fake_ports.h"
#include "lib_system.h"

#include <stdatomic.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static atomic_uint ups, downs;

static void on_event(systemEvents_et event)
{
    atomic_fetch_add(&ups, event == EVENT_WIFI_CONNECTED);
    atomic_fetch_add(&downs, event == EVENT_WIFI_DISCONNECTED);
}

static void test_wifi_from_init_to_event(void **state)
{
    (void)state;
    char ssid[] = "a network", password[] = "its password";
    systemInitConfig_st config = {
        .pWifiSsidStr = ssid,
        .pWifiPwdStr = password,
        .systemEventCallBack = on_event,
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = "lamp"},
    };
    fake_reset();
    assert_true(SYSTEM_init(&config));
    assert_null(fake_network_ssid()); /* the network comes with SYSTEM_start, not before */
    memset(ssid, 'x', sizeof(ssid));  /* the struct and its texts may go away */
    memset(password, 'x', sizeof(password));
    SYSTEM_start();
    assert_string_equal(fake_network_ssid(), "a network");
    assert_string_equal(fake_network_password(), "its password");
    assert_false(fake_log_has("its password"));

    fake_network_change(true);
    FAKE_WAIT(atomic_load(&ups) == 1);
    fake_network_change(true); /* no news */
    fake_network_change(false);
    FAKE_WAIT(atomic_load(&downs) == 1);
    assert_int_equal(atomic_load(&ups), 1);
    assert_int_equal(runtime_stop(), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wifi_from_init_to_event)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
