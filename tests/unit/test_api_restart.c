/* SPDX-License-Identifier: MIT */
/* JOBS_registerRestart: its handler restarts the device once, when the start is in storage; what the next boot makes of it is in
 * test_engine_restart and tests/e2e/test_device_run.py. A program of its own: the fake restart ends the engine task. */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_jobs.h"
#include "lib_system.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static jobsStatus_et never(job_st *ps_job)
{
    (void)ps_job;
    fail_msg("this handler is not registered");
    return JOB_STATUS_FAILED;
}

static void init_library(void)
{
    systemInitConfig_st config = {
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = FAKE_THING},
    };
    assert_true(SYSTEM_init(&config));
}

static void test_restart_job(void **state)
{
    (void)state;
    fake_reset();
    assert_int_equal(port_store_put("jobs", "JOBJ", 4),
                     ERR_OK);                 /* torn: told, counted, and in nobody's way */
    assert_false(JOBS_registerRestart(NULL)); /* before SYSTEM_init */
    init_library();
    assert_true(JOBS_registerRestart(NULL));
    assert_false(JOBS_registerRestart("restart"));
    assert_true(fake_log_has("JOBS_registerRestart: action 'restart' has a handler already"));
    assert_false(JOBS_register("restart", 0, never));
    assert_false(JOBS_registerRestart(""));
    assert_true(JOBS_registerRestart("reboot")); /* another name for it */
    unsigned puts = fake_put_count();
    SYSTEM_start();
    jobsCounters_st counters;
    FAKE_WAIT((JOBS_getCounters(&counters), counters.journalDamaged_u32 == 1));
    assert_false(SYSTEM_isWaitingForRestart());
    fake_offer_job(1, "r1", "{\"action\":\"restart\"}");
    fake_accept_claim("r1");
    fake_wait_restart();
    assert_int_equal(fake_restart_count(), 1);
    assert_true(SYSTEM_isWaitingForRestart());
    assert_int_equal(fake_puts_at_restart(), puts + 1); /* the start */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_restart_job)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
