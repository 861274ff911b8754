/* SPDX-License-Identifier: MIT */
/* The third way to configure a device (include/lib_aws.h) on a platform that has no way to be configured: nothing is given and nothing stored:
 * DEVICE CONFIG, handlers can be registered, nothing connects, and the log says that nobody can change that. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_jobs.h"
#include "lib_system.h"

static jobsStatus_et any_handler(job_st *ps_job)
{
    (void)ps_job;
    return JOB_STATUS_SUCCESSED;
}

static void test_nothing_given(void **state)
{
    (void)state;
    fake_reset();
    systemInitConfig_st config = {.pDeviceNamePrefixStr = "esp32", .pAppVersionStr = "1.0.0"};
    assert_true(SYSTEM_init(&config));
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_DEVICE_CONFIG);
    assert_string_equal(SYSTEM_getModeString(), "DEVICE CONFIG");
    assert_true(fake_log_has("s_awsConfig is empty and nothing is stored"));
    SYSTEM_start();
    assert_true(fake_log_has("SYSTEM_start: nothing can configure this device"));
    assert_true(JOBS_register("blink", 0, any_handler));
    assert_true(SYSTEM_isIdle());
    assert_true(SYSTEM_stop());
    assert_int_equal(AWS_getState(), STATE_AWS_IDLE);
    assert_int_equal(fake_open_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
