/* SPDX-License-Identifier: MIT */
/* CONFIG_DEVICE_JOBS_NO_PROVISIONING in a program that has its certificate changed: rotation is there, and nothing of the claim. */
// LINK: no_provisioning device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_aws.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

void runtime_claim(void) __attribute__((weak)); /* NULL: it is not linked */

/* What is wrong in the end is this program's certificate, which is none. */
static void test_rotation_is_there(void **state)
{
    (void)state;
    struct fake_request request;
    systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "localhost",
                                                  .port_u16 = 8883,
                                                  .pRootCaStr = CERT,
                                                  .pThingCertStr = CERT,
                                                  .pThingPrivateKeyStr = KEY,
                                                  .pThingNameStr = FAKE_THING}};
    assert_null(runtime_claim);
    fake_reset();
    assert_true(SYSTEM_init(&config));
    assert_true(AWS_registerCertificateRotation("fleet"));
    SYSTEM_start();
    fake_offer_job(1, "r1", "{\"action\":\"rotate-certificate\"}");
    fake_accept_claim("r1");
    fake_accept_until(&request, "r1", "FAILED");
    assert_non_null(strstr(request.payload, "certificate of this device cannot be read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotation_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
