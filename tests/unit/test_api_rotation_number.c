/* SPDX-License-Identifier: MIT */
/* AWS_registerCertificateRotation (lib_aws.h) on a device that is configured afterwards: the number of the board that a template gets is the same
 * whatever name the device gets then. The runtime's rotation is this program's. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/rotation.h"
#include "fakes/fake_ports.h"
#include "lib_aws.h"
#include "lib_system.h"

#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\\nMII=\\n-----END CERTIFICATE-----\\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\\nMII=\\n-----END PRIVATE KEY-----\\n"

static const char *number;

void runtime_rotation_init(const char *serial_number)
{
    number = serial_number;
}

enum err runtime_rotation_begin(const struct runtime_rotation_job *job, const char *template_name)
{
    (void)job, (void)template_name;
    return ERR_BUSY;
}

void runtime_rotation_cancel(uint32_t run_id)
{
    (void)run_id;
}

static void test_name_that_comes_later(void **state)
{
    (void)state;
    char answer[1024], before[LENGTH_DEVICE_NAME];
    systemInitConfig_st config = {.pAppVersionStr = "1.0.0"};
    fake_reset();
    fake_configure_set(true, false, false);
    assert_true(SYSTEM_init(&config));
    assert_true(AWS_registerCertificateRotation("fleet"));
    assert_true(strlen(number) > 0 && strlen(number) < sizeof(before));
    strcpy(before, number);
    SYSTEM_start();
    assert_true(fake_configure("{\"endpoint\":\"localhost\",\"rootCa\":\"" CERT
                               "\",\"thingName\":\"" FAKE_THING "\",\"certificate\":\"" CERT
                               "\",\"privateKey\":\"" KEY "\",\"deviceNamePrefix\":\"lighthouse\"}",
                               answer, sizeof(answer)));
    assert_memory_equal(SYSTEM_getDeviceName(), "lighthouse_", 11);
    assert_string_equal(number, before);
    assert_string_equal(number, SYSTEM_getDeviceName() + 11);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_that_comes_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
