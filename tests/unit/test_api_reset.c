/* SPDX-License-Identifier: MIT */
/* SYSTEM_factoryReset of a library that runs: the engine task erases as the last thing it does, so that nothing of a job that runs is
 * written afterwards. A program of its own: the fake restart ends the engine task. */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_flash.h"
#include "lib_jobs.h"
#include "lib_system.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static atomic_bool is_waiting;

static jobsStatus_et reset(job_st *ps_job)
{
    (void)ps_job;
    assert_false(SYSTEM_isWaitingForRestart());
    SYSTEM_factoryReset(false, true);
    atomic_store(&is_waiting, SYSTEM_isWaitingForRestart());
    return JOB_STATUS_SUCCEEDED; /* journaled, before the end of it all */
}

static bool has(const char *key)
{
    static char record[8192];
    size_t len = 0;
    return port_store_get(key, record, sizeof(record), &len) == ERR_OK;
}

static void test_reset_as_a_job(void **state)
{
    (void)state;
    char byte = 1;
    fake_reset();
    systemInitConfig_st config = {
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = FAKE_THING},
    };
    assert_true(SYSTEM_init(&config));
    assert_true(JOBS_register("reset", 0, reset));
    assert_true(FLASH_appDataWrite(&byte, 1));
    SYSTEM_start();
    fake_offer_job(1, "r1", "{\"action\":\"reset\"}");
    fake_accept_claim("r1");
    fake_wait_restart();
    assert_int_equal(fake_close_count(), 1); /* in good order */
    assert_true(fake_log_has("job r1: SUCCEEDED"));
    assert_true(
        fake_log_has("reset: identity, configuration and journal are erased, and the application's data"));
    assert_true(atomic_load(&is_waiting));
    assert_false(has("jobs") || has("app"));
    assert_int_equal(fake_puts_at_restart(), fake_put_count());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reset_as_a_job)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
