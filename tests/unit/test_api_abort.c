/* SPDX-License-Identifier: MIT */
/* SYSTEM_abort says what is wrong, sets the mode and restarts the device; SYSTEM_isWaitingForRestart is true until that has happened
 * (lib_system.h). */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_jobs.h"
#include "lib_system.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static void test_abort_restarts_the_device(void **state)
{
    (void)state;
    systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "localhost",
                                                  .port_u16 = 8883,
                                                  .pRootCaStr = CERT,
                                                  .pThingCertStr = CERT,
                                                  .pThingPrivateKeyStr = KEY,
                                                  .pThingNameStr = FAKE_THING}};
    fake_reset();
    assert_true(SYSTEM_init(&config));
    SYSTEM_start();
    fake_wait_open(1);
    assert_false(SYSTEM_isWaitingForRestart());
    SYSTEM_abort("the sensor does not answer", "app_task", 4294967295u);
    assert_true(SYSTEM_isWaitingForRestart());
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_ABORT);
    assert_string_equal(SYSTEM_getModeString(), "ABORT");
    fake_wait_restart();
    assert_true(fake_log_has("app_task: the sensor does not answer (error 4294967295): the device restarts"));
    assert_int_equal(fake_restart_count(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_abort_restarts_the_device)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
