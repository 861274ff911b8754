/* SPDX-License-Identifier: MIT */
/* SYSTEM_init checks the whole configuration and names each bad field (include/lib_system.h); false leaves IDLE, and the
 * call may be repeated. Modes and states before, between and after. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static systemInitConfig_st good_config(void)
{
    systemInitConfig_st config = {
        .pDeviceNamePrefixStr = "lamp",
        .s_awsConfig = {.hostNameStr = "a1b2-ats.iot.us-east-1.amazonaws.com",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = "lamp-1"},
    };
    return config;
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

/* Each spoils one field of a good configuration. */
static char long_name[200];
static logLevels_et *no_levels;

static void host_empty(systemInitConfig_st *c)
{
    c->s_awsConfig.hostNameStr[0] = '\0';
}
static void host_no_nul(systemInitConfig_st *c)
{
    memset(c->s_awsConfig.hostNameStr, 'a', LENGTH_HOST_NAME);
}
static void host_scheme(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, "https://example.com");
}
static void host_mqtts(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, "mqtts://example.com");
}
static void host_port(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, "example.com:8883");
}
static void host_path(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, "example.com/mqtt");
}
static void host_blank(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, "example .com");
}
static void host_newline(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, "example.com\n");
}
static void port_zero(systemInitConfig_st *c)
{
    c->s_awsConfig.port_u16 = 0;
}
static void ca_null(systemInitConfig_st *c)
{
    c->s_awsConfig.pRootCaStr = NULL;
}
static void ca_empty(systemInitConfig_st *c)
{
    c->s_awsConfig.pRootCaStr = "";
}
static void ca_name(systemInitConfig_st *c)
{
    c->s_awsConfig.pRootCaStr = "/etc/root_ca.pem";
}
static void ca_key(systemInitConfig_st *c)
{
    c->s_awsConfig.pRootCaStr = KEY;
}
static void cert_null(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = NULL;
}
static void cert_key(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = KEY;
}
static void key_null(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingPrivateKeyStr = NULL;
}
static void host_only_colon(systemInitConfig_st *c)
{
    strcpy(c->s_awsConfig.hostNameStr, ":8883");
}
static void ca_reference(systemInitConfig_st *c)
{
    c->s_awsConfig.pRootCaStr = "pkcs11:object=ca";
}
static void cert_empty(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = "";
}
static void cert_name(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = "certificate.pem";
}
static void key_empty(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingPrivateKeyStr = "";
}
static void key_name(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingPrivateKeyStr = "C:\\lamp\\private_key.pem";
}
static void key_two_lines(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingPrivateKeyStr = "pkcs11:token=lamps\nobject=lamp";
}
static void claim_template_only(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = "";
    c->s_awsConfig.pClaimTemplateStr = "fleet";
}
static void key_cert(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingPrivateKeyStr = CERT;
}
static void key_in_words_only(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingPrivateKeyStr = CERT "its key is not here: -----BEGIN PRIVATE KEY-----\n";
}
static void cert_in_a_comment(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = KEY "# -----BEGIN CERTIFICATE-----\n";
}
static void thing_null(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingNameStr = NULL;
}
static void thing_empty(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingNameStr = "";
}
static void thing_chars(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingNameStr = "lamp/1";
}
static void thing_utf8(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingNameStr = "l\xc3\xa4mp";
}
static void thing_long(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingNameStr = long_name;
}
static void prefix_long(systemInitConfig_st *c)
{
    c->pDeviceNamePrefixStr = "0123456789abcdef";
}
static void prefix_chars(systemInitConfig_st *c)
{
    c->pDeviceNamePrefixStr = "my lamp";
}
static void ssid_long(systemInitConfig_st *c)
{
    c->pWifiSsidStr = long_name;
}
static void password_long(systemInitConfig_st *c)
{
    c->pWifiPwdStr = long_name;
}
static void version_long(systemInitConfig_st *c)
{
    c->pAppVersionStr = long_name;
}
static void levels_null(systemInitConfig_st *c)
{
    c->logModulesCount_u8 = 3, c->pLogLevels_e = no_levels;
}
static void claim_cert_only(systemInitConfig_st *c)
{
    c->s_awsConfig.pThingCertStr = c->s_awsConfig.pThingPrivateKeyStr = NULL;
    c->s_awsConfig.pClaimCertStr = CERT;
}
static void claim(systemInitConfig_st *c)
{
    claim_cert_only(c);
    c->s_awsConfig.pClaimPrivateKeyStr = KEY;
    c->s_awsConfig.pClaimTemplateStr = "fleet";
}
static void claim_template_long(systemInitConfig_st *c)
{
    claim(c);
    c->s_awsConfig.pClaimTemplateStr = "a-name-of-37-characters-is-one-too-ma";
}
static void claim_template_chars(systemInitConfig_st *c)
{
    claim(c);
    c->s_awsConfig.pClaimTemplateStr = "fleet/1";
}
static void claim_key_name(systemInitConfig_st *c)
{
    claim(c);
    c->s_awsConfig.pClaimPrivateKeyStr = "claim_key.pem";
}
static void claim_without_host(systemInitConfig_st *c)
{
    claim(c);
    c->s_awsConfig.hostNameStr[0] = '\0';
}

static const struct {
    void (*spoil)(systemInitConfig_st *config);
    const char *field;
    const char *word; /* of what is wrong */
} bad_fields[] = {
    {host_empty, "s_awsConfig.hostNameStr", "empty"},
    {host_no_nul, "s_awsConfig.hostNameStr", "too long"},
    {host_scheme, "s_awsConfig.hostNameStr", "scheme"},
    {host_mqtts, "s_awsConfig.hostNameStr", "scheme"},
    {host_port, "s_awsConfig.hostNameStr", "port_u16"},
    {host_path, "s_awsConfig.hostNameStr", "path"},
    {host_blank, "s_awsConfig.hostNameStr", "character"},
    {host_newline, "s_awsConfig.hostNameStr", "character"},
    {host_only_colon, "s_awsConfig.hostNameStr", "port_u16"},
    {port_zero, "s_awsConfig.port_u16", "8883"},
    {ca_null, "s_awsConfig.pRootCaStr", "missing"},
    {ca_empty, "s_awsConfig.pRootCaStr", "missing"},
    {ca_name, "s_awsConfig.pRootCaStr", "not PEM"},
    {ca_key, "s_awsConfig.pRootCaStr", "not PEM"},
    {ca_reference, "s_awsConfig.pRootCaStr", "not PEM"},
    {cert_null, "s_awsConfig.pThingCertStr", "missing"},
    {cert_empty, "s_awsConfig.pThingCertStr", "missing"},
    {cert_name, "s_awsConfig.pThingCertStr", "not PEM"},
    {cert_key, "s_awsConfig.pThingCertStr", "not PEM"},
    {key_null, "s_awsConfig.pThingPrivateKeyStr", "missing"},
    {key_empty, "s_awsConfig.pThingPrivateKeyStr", "missing"},
    {key_name, "s_awsConfig.pThingPrivateKeyStr", "not PEM"},
    {key_two_lines, "s_awsConfig.pThingPrivateKeyStr", "not PEM"},
    {key_cert, "s_awsConfig.pThingPrivateKeyStr", "not PEM"},
    {key_in_words_only, "s_awsConfig.pThingPrivateKeyStr", "not PEM"},
    {cert_in_a_comment, "s_awsConfig.pThingCertStr", "not PEM"},
    {thing_null, "s_awsConfig.pThingNameStr", "missing"},
    {thing_empty, "s_awsConfig.pThingNameStr", "missing"},
    {thing_chars, "s_awsConfig.pThingNameStr", "character"},
    {thing_utf8, "s_awsConfig.pThingNameStr", "character"},
    {thing_long, "s_awsConfig.pThingNameStr", "too long"},
    {prefix_long, "pDeviceNamePrefixStr", "too long"},
    {prefix_chars, "pDeviceNamePrefixStr", "character"},
    {ssid_long, "pWifiSsidStr", "too long"},
    {password_long, "pWifiPwdStr", "too long"},
    {version_long, "pAppVersionStr", "too long"},
    {levels_null, "pLogLevels_e", "missing"},
    {claim_cert_only, "s_awsConfig.pClaimTemplateStr", "missing"},
    {claim_cert_only, "s_awsConfig.pClaimPrivateKeyStr", "missing"},
    {claim_template_only, "s_awsConfig.pClaimCertStr", "missing"},
    {claim_template_long, "s_awsConfig.pClaimTemplateStr", "too long"},
    {claim_template_chars, "s_awsConfig.pClaimTemplateStr", "character"},
    {claim_key_name, "s_awsConfig.pClaimPrivateKeyStr", "is not PEM text"},
    {claim_without_host, "s_awsConfig.hostNameStr", "empty"},
};

static void test_each_bad_field_is_named(void **state)
{
    (void)state;
    memset(long_name, 'n', sizeof(long_name) - 1);
    for (size_t i = 0; i < sizeof(bad_fields) / sizeof(bad_fields[0]); i++) {
        fake_reset();
        systemInitConfig_st config = good_config();
        bad_fields[i].spoil(&config);
        assert_false(SYSTEM_init(&config));
        assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_IDLE);
        char wanted[100];
        snprintf(wanted, sizeof(wanted), "SYSTEM_init: %s: ", bad_fields[i].field);
        if (!fake_log_has(wanted) || !fake_log_has(bad_fields[i].word)) {
            fail_msg("row %zu: no log line with '%s' and '%s'", i, wanted, bad_fields[i].word);
        }
    }
}

static void test_all_bad_fields_in_one_go(void **state)
{
    (void)state;
    systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "https://x", .pThingNameStr = "a b"}};
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("hostNameStr"));
    assert_true(fake_log_has("port_u16"));
    assert_true(fake_log_has("pThingNameStr"));
    assert_true(fake_log_has("pRootCaStr"));
    assert_true(fake_log_has("pThingCertStr"));
    assert_true(fake_log_has("pThingPrivateKeyStr"));
}

/* What the TLS library says goes to the field that it is about; no byte of a key is logged. */
static void test_credentials_are_read_before_anything_connects(void **state)
{
    (void)state;
    systemInitConfig_st config = good_config();
    fake_mqtt_refuse_credential(PORT_MQTT_KEY, "does not belong to the certificate");
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("s_awsConfig.pThingPrivateKeyStr: does not belong to the certificate"));
    fake_mqtt_refuse_credential(PORT_MQTT_CERT, "holds no certificate that can be read");
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("s_awsConfig.pThingCertStr: holds no certificate"));
    fake_mqtt_refuse_credential(PORT_MQTT_ROOT_CA, "is damaged after its first certificate");
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("s_awsConfig.pRootCaStr: is damaged"));
    assert_false(fake_log_has("MII="));
}

/* A key that signs and is not read is the port's affair: it is asked, its answer goes to the field, and no PIN is logged. */
static void test_references_are_judged_by_the_port(void **state)
{
    (void)state;
    systemInitConfig_st config = good_config();
    config.s_awsConfig.pThingPrivateKeyStr = "pkcs11:token=lamps;object=lamp?pin-value=s3cret\n";
    config.s_awsConfig.pThingCertStr = "pkcs11:token=lamps;object=lamp?pin-value=s3cret";
    fake_mqtt_refuse_credential(PORT_MQTT_KEY, "names a token that refuses the PIN of the URI");
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("s_awsConfig.pThingPrivateKeyStr: names a token that refuses the PIN"));
    assert_false(fake_log_has("not PEM"));
    fake_mqtt_refuse_credential(PORT_MQTT_CERT, "names something that is not there");
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("s_awsConfig.pThingCertStr: names something"));
    assert_false(fake_log_has("s3cret"));
}

static void test_no_configuration(void **state)
{
    (void)state;
    assert_false(SYSTEM_init(NULL));
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_IDLE);
}

static void test_storage_that_cannot_be_used(void **state)
{
    (void)state;
    systemInitConfig_st config = good_config();
    fake_store_fail(ERR_STORAGE);
    assert_false(SYSTEM_init(&config));
    assert_true(fake_log_has("storage"));
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_IDLE);
    assert_string_equal(AWS_getThingName(), "");
}

static jobsStatus_et any_handler(job_st *ps_job)
{
    (void)ps_job;
    return JOB_STATUS_SUCCESSED;
}

/* Every function may be called before SYSTEM_init; what cannot be done says so. */
static void test_calls_before_init(void **state)
{
    (void)state;
    assert_string_equal(SYSTEM_getModeString(), "IDLE");
    assert_string_equal(SYSTEM_getDeviceName(), "");
    assert_int_equal(AWS_getState(), STATE_AWS_IDLE);
    assert_string_equal(AWS_getStateString(), "IDLE");
    assert_false(AWS_isConnected());
    SYSTEM_start();
    assert_true(fake_log_has("SYSTEM_start: SYSTEM_init has not succeeded yet"));
    assert_false(JOBS_register("blink", 0, any_handler));
    assert_true(fake_log_has("JOBS_register: SYSTEM_init has not succeeded yet"));
    JOBS_updateStatus("j1", JOB_STATUS_SUCCESSED);
    JOBS_updateProgress("j1", 10);
    assert_false(JOBS_report(1, JOB_STATUS_SUCCESSED, NULL, 0));
    AWS_suspend();
    AWS_resume();
    AWS_restart();
    jobsCounters_st counters;
    JOBS_getCounters(&counters);
    assert_int_equal(counters.run_u32, 0);
    assert_int_equal(fake_open_count(), 0);
}

/* The last one: from here on the library is configured. */
static void test_good_configuration(void **state)
{
    (void)state;
    systemInitConfig_st config = good_config();
    config.s_awsConfig.pThingPrivateKeyStr = "pkcs11:token=lamps;object=lamp";
    assert_true(SYSTEM_init(&config));
    memset(&config, 0x5A, sizeof(config)); /* the struct may go away */
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_NORMAL);
    assert_string_equal(SYSTEM_getModeString(), "NORMAL");
    assert_string_equal(SYSTEM_getDeviceName(), "lamp_table1");
    assert_string_equal(AWS_getThingName(), "lamp-1");
    assert_int_equal(AWS_getState(), STATE_AWS_INIT);
    assert_int_equal(fake_open_count(), 0);
    config = good_config();
    assert_false(SYSTEM_init(&config));
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_NORMAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_calls_before_init, setup),
        cmocka_unit_test_setup(test_no_configuration, setup),
        cmocka_unit_test_setup(test_each_bad_field_is_named, setup),
        cmocka_unit_test_setup(test_all_bad_fields_in_one_go, setup),
        cmocka_unit_test_setup(test_credentials_are_read_before_anything_connects, setup),
        cmocka_unit_test_setup(test_references_are_judged_by_the_port, setup),
        cmocka_unit_test_setup(test_storage_that_cannot_be_used, setup),
        cmocka_unit_test_setup(test_good_configuration, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
