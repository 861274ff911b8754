/* SPDX-License-Identifier: MIT */
/* CONFIG_DEVICE_JOBS_NO_PROVISIONING (docs/provisioning.md): a claim is refused wherever it comes from, the rest is as it was, and nothing of
 * the way to an identity is linked. */
// LINK: no_provisioning device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "fakes/in_child.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <string.h>

#define CERT      "-----BEGIN CERTIFICATE-----\\nMII=\\n-----END CERTIFICATE-----\\n"
#define KEY       "-----BEGIN PRIVATE KEY-----\\nMII=\\n-----END PRIVATE KEY-----\\n"
#define CERT_TEXT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY_TEXT  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

/* A weak name of what nobody else calls is NULL: it links nothing. */
#define NAMED(name) void name(void) __attribute__((weak))
NAMED(runtime_claim);
NAMED(api_claim);
NAMED(runtime_rotation_init);
NAMED(provision_start);
NAMED(port_key_make);

static void test_nothing_of_it_is_linked(void **state)
{
    (void)state;
    assert_null(runtime_claim);
    assert_null(api_claim);
    assert_null(runtime_rotation_init);
    assert_null(provision_start);
    assert_null(port_key_make);
}

static void claim_is_refused(void)
{
    systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "localhost",
                                                  .port_u16 = 8883,
                                                  .pRootCaStr = CERT_TEXT,
                                                  .pClaimCertStr = CERT_TEXT,
                                                  .pClaimPrivateKeyStr = KEY_TEXT,
                                                  .pClaimTemplateStr = "fleet"}};
    fake_reset();
    EXPECT(!SYSTEM_init(&config));
    EXPECT(fake_log_has("s_awsConfig.pClaimCertStr: fleet provisioning is left out of this program"));
    EXPECT(SYSTEM_getMode() == SYSTEM_MODE_IDLE);
}

static void thing_connects(void)
{
    systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "localhost",
                                                  .port_u16 = 8883,
                                                  .pRootCaStr = CERT_TEXT,
                                                  .pThingCertStr = CERT_TEXT,
                                                  .pThingPrivateKeyStr = KEY_TEXT,
                                                  .pThingNameStr = FAKE_THING}};
    fake_reset();
    EXPECT(SYSTEM_init(&config));
    SYSTEM_start();
    fake_wait_open(1);
    EXPECT(fake_is_opened_as(FAKE_THING, CERT_TEXT));
    EXPECT(SYSTEM_stop());
}

/* Handed in at a device that waits: what is stored stays as it was. */
static void claim_is_refused_on_the_spot(void)
{
    char answer[1024];
    systemInitConfig_st config = {.pAppVersionStr = "1.0.0"};
    fake_reset();
    fake_configure_set(true, false, false);
    EXPECT(SYSTEM_init(&config));
    SYSTEM_start();
    EXPECT(!fake_configure("{\"endpoint\":\"localhost\",\"rootCa\":\"" CERT "\",\"claimCertificate\":\"" CERT
                           "\",\"claimPrivateKey\":\"" KEY "\",\"template\":\"fleet\"}",
                           answer, sizeof(answer)));
    EXPECT(strstr(answer, "fleet provisioning is left out of this program"));
    EXPECT(fake_put_count() == 0);
    EXPECT(SYSTEM_stop());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_of_it_is_linked),
        IN_CHILD(claim_is_refused),
        IN_CHILD(thing_connects),
        IN_CHILD(claim_is_refused_on_the_spot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
