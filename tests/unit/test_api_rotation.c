/* SPDX-License-Identifier: MIT */
/* AWS_registerCertificateRotation (lib_aws.h): when it may be called and with what, and which documents it takes. What follows is
 * test_runtime_rotation.c's. */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_aws.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static systemInitConfig_st config = {
    .pDeviceNamePrefixStr = "lamp",
    .s_awsConfig = {.hostNameStr = "localhost",
                    .port_u16 = 8883,
                    .pRootCaStr = CERT,
                    .pThingCertStr = CERT,
                    .pThingPrivateKeyStr = KEY,
                    .pThingNameStr = FAKE_THING},
};

/* In this order: the library is configured once in a program. */
static void test_before_system_init(void **state)
{
    (void)state;
    fake_reset();
    assert_false(AWS_registerCertificateRotation("fleet"));
    assert_true(SYSTEM_init(&config));
}

static void test_what_is_no_template(void **state)
{
    (void)state;
    char longer[38];
    memset(longer, 'x', sizeof(longer));
    longer[37] = '\0';
    assert_false(AWS_registerCertificateRotation(""));
    assert_false(AWS_registerCertificateRotation("a/b"));
    assert_false(AWS_registerCertificateRotation(longer));
    assert_true(fake_log_has("AWS_registerCertificateRotation: this is no template's name"));
}

static void test_once(void **state)
{
    (void)state;
    assert_true(AWS_registerCertificateRotation(NULL));
    assert_false(AWS_registerCertificateRotation(NULL));
    assert_true(fake_log_has("'rotate-certificate' has a handler already"));
}

static void expect_end(const char *job_id, const char *status, const char *words)
{
    struct fake_request request;
    fake_accept_claim(job_id);
    fake_accept_until(&request, job_id, status);
    if (!strstr(request.payload, words)) {
        fail_msg("'%s' instead of '%s'", request.payload, words);
    }
}

static void test_documents(void **state)
{
    (void)state;
    SYSTEM_start();
    assert_false(AWS_registerCertificateRotation("fleet"));
    assert_true(fake_log_has("is called too late"));
    fake_offer_job(1, "r1", "{\"action\":\"rotate-certificate\"}");
    expect_end("r1", "REJECTED", "names no template, and this device knows none");
    static const char *const bad[] = {"\"\"", "\"a b\"", "7", "\"0123456789012345678901234567890123456\"",
                                      "null"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char job_id[8], document[200];
        snprintf(job_id, sizeof(job_id), "b%zu", i);
        snprintf(document, sizeof(document), "{\"action\":\"rotate-certificate\",\"template\":%s}", bad[i]);
        fake_answer_next(job_id, document);
        expect_end(job_id, "REJECTED", "is no name: 1 to 36 of");
    }
    /* taken: what is wrong is this program's certificate, which is none */
    fake_answer_next("good", "{\"template\":\"fl\\u0065et\",\"action\":\"rotate-certificate\"}");
    expect_end("good", "FAILED", "certificate of this device cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_system_init),
        cmocka_unit_test(test_what_is_no_template),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
