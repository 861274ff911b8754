/* SPDX-License-Identifier: MIT */
/* The second way to configure a device, a claim certificate, as the application sees it (include/lib_aws.h): states, event, names, the application's
 * own parameters. */
// LINK: claim_service device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/claim_service.h"
#include "fakes/fake_service.h"
#include "lib_flash.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static atomic_uint provisioned, connected, connected_before;

static void on_event(systemEvents_et event)
{
    if (event == EVENT_THING_PROVISIONED) {
        atomic_store(&connected_before, atomic_load(&connected));
        atomic_fetch_add(&provisioned, 1);
    }
    atomic_fetch_add(&connected, event == EVENT_AWS_CONNECTED);
}

static jobsStatus_et work(job_st *job)
{
    (void)job;
    return JOB_STATUS_SUCCEEDED;
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

static void init(void)
{
    systemInitConfig_st config = {
        .pDeviceNamePrefixStr = "lamp",
        .pAppVersionStr = "1.2.3",
        .systemEventCallBack = on_event,
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pClaimCertStr = CERT,
                        .pClaimPrivateKeyStr = KEY,
                        .pClaimTemplateStr = "fleet"},
    };
    assert_true(SYSTEM_init(&config));
}

/* What the application may ask before the tasks run. */
static void test_before_the_start(void **state)
{
    (void)state;
    init();
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_NORMAL);
    assert_int_equal(AWS_getState(), STATE_AWS_INIT);
    assert_string_equal(AWS_getThingName(), "");
    assert_false(FLASH_isDeviceRegistered());
    assert_null(FLASH_getCertificate(FLASH_CERT_PRIVATE_KEY));
    assert_true(JOBS_register("work", 0, work));
    assert_true(AWS_setProvisioningParameter("Room", "cellar"));
    assert_false(AWS_setProvisioningParameter("SerialNumber", "mine"));
    assert_true(fake_log_has("AWS_setProvisioningParameter: the key is not 1 to 128 of"));
    assert_false(AWS_setProvisioningParameter(NULL, "x"));
    FLASH_printConfig();
    assert_true(fake_log_has("thing '' (not registered), endpoint 'localhost'"));
}

static void test_states_on_the_way(void **state)
{
    (void)state;
    SYSTEM_start();
    fake_wait_open(1);
    assert_true(
        fake_is_opened_as(SYSTEM_getDeviceName(), CERT)); /* every device has a client id of its own */
    fake_connect_only();
    claim_take_csr();
    assert_int_equal(AWS_getState(), STATE_AWS_PROVISIONING);
    assert_string_equal(AWS_getStateString(), "PROVISIONING");
    assert_false(AWS_isConnected());
    assert_false(SYSTEM_isIdle());
    assert_false(AWS_setProvisioningParameter("Room", "attic"));
    assert_true(fake_log_has("AWS_setProvisioningParameter: is called too late"));
    claim_reject(CLAIM_CSR_TOPIC, "InternalError", "later");
    FAKE_WAIT(AWS_getState() == STATE_AWS_PROVISION_FAILED);
    assert_string_equal(AWS_getStateString(), "PROVISION_FAILED");
    fake_advance_ms(3600000);
    SYSTEM_start();            /* refused, and nothing is changed by it */
    fake_network_change(true); /* wakes the engine task */
    fake_wait_open(2);
    fake_connect_only();
    claim_take_csr();
    AWS_suspend();
    FAKE_WAIT(AWS_getState() == STATE_AWS_SUSPENDED);
    AWS_resume();
    FAKE_WAIT(AWS_getState() != STATE_AWS_SUSPENDED);
    fake_advance_ms(3600000);
    fake_network_change(true);
    fake_wait_open(3);
}

static bool is_asked(void)
{
    if (!fake_is_next_publish(CLAIM_CSR_TOPIC)) {
        return false;
    }
    claim_take_csr();
    return true;
}

static void test_provisioned(void **state)
{
    (void)state;
    fake_connect_only();
    FAKE_WAIT(is_asked());
    claim_accept_csr("token");
    claim_take_registration("token");
    assert_true(claim_has_parameter("Room", "cellar"));
    assert_true(claim_has_parameter("DeviceNamePrefix", "lamp"));
    assert_true(claim_has_parameter("AppVersion", "1.2.3"));
    assert_true(claim_has_parameter("SerialNumber", SYSTEM_getDeviceName() + strlen("lamp_")));
    unsigned connections = fake_open_count();
    claim_accept_registration(FAKE_THING);
    fake_wait_open(connections + 1);
    fake_connect();
    FAKE_WAIT(atomic_load(&provisioned) == 1);
    assert_int_equal(atomic_load(&connected_before), 0); /* told before the connection */
    FAKE_WAIT(atomic_load(&connected) == 1);
    assert_int_equal(AWS_getState(), STATE_AWS_CONNECTED);
    assert_string_equal(AWS_getThingName(), FAKE_THING);
    assert_string_equal(FLASH_getThingName(), FAKE_THING);
    assert_true(FLASH_isDeviceRegistered());
    assert_string_equal(FLASH_getCertificate(FLASH_CERT_CERTIFICATE_PEM), claim_certificate());
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
    assert_false(fake_log_has("PRIVATE KEY"));
}

/* OpenSSL's own end is left out: it would meet what the threads of tasks do when they have ended. */
int main(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_before_the_start, setup),
        cmocka_unit_test(test_states_on_the_way),
        cmocka_unit_test(test_provisioned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
