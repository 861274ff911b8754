/* SPDX-License-Identifier: MIT */
/* The third way to configure a device (include/lib_aws.h): nothing is given: the device waits in DEVICE CONFIG, takes handlers meanwhile, and goes
 * on when somebody has configured it; at the next start it needs nobody. WIFI CONFIG while the network's name alone is missing. What
 * SYSTEM_init is given comes first. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_configure.h"
#include "device/runtime/local_config.h"
#include "fakes/fake_ports.h"
#include "fakes/in_child.h"
#include "lib_flash.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define CERT      "-----BEGIN CERTIFICATE-----\\nMII=\\n-----END CERTIFICATE-----\\n"
#define KEY       "-----BEGIN PRIVATE KEY-----\\nMII=\\n-----END PRIVATE KEY-----\\n"
#define PLACE     "\"endpoint\":\"localhost\",\"rootCa\":\"" CERT "\","
#define THING     PLACE "\"thingName\":\"" FAKE_THING "\",\"certificate\":\"" CERT "\",\"privateKey\":\"" KEY "\""
#define CLAIM     PLACE "\"claimCertificate\":\"" CERT "\",\"claimPrivateKey\":\"" KEY "\",\"template\":\"fleet\""
#define CERT_TEXT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY_TEXT  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static char answer[1024];

static jobsStatus_et any_handler(job_st *ps_job)
{
    (void)ps_job;
    return JOB_STATUS_SUCCESSED;
}

static bool init(const char *ssid)
{
    systemInitConfig_st config = {.pAppVersionStr = "1.0.0", .pWifiSsidStr = ssid, .pWifiPwdStr = ssid};
    return SYSTEM_init(&config);
}

static bool init_thing(const char *ssid)
{
    systemInitConfig_st config = {.pWifiSsidStr = ssid, .pDeviceNamePrefixStr = "given"};
    config.s_awsConfig = (awsConfig_st){.hostNameStr = "localhost",
                                        .port_u16 = 8883,
                                        .pRootCaStr = CERT_TEXT,
                                        .pThingCertStr = CERT_TEXT,
                                        .pThingPrivateKeyStr = KEY_TEXT,
                                        .pThingNameStr = "given-thing"};
    return SYSTEM_init(&config);
}

static void expect_mode(systemMode_et mode)
{
    EXPECT(SYSTEM_getMode() == mode);
    EXPECT(strcmp(SYSTEM_getModeString(), mode == SYSTEM_MODE_NORMAL          ? "NORMAL"
                                          : mode == SYSTEM_MODE_DEVICE_CONFIG ? "DEVICE CONFIG"
                                                                              : "WIFI CONFIG") == 0);
}

static void reset(bool ends_by_restart, bool needs_ssid)
{
    fake_reset();
    fake_configure_set(true, ends_by_restart, needs_ssid);
}

/* ---- the way through */

static void configured_while_it_waits(void)
{
    reset(false, false);
    EXPECT(init(NULL));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);
    EXPECT(JOBS_register("before", 0, any_handler));
    SYSTEM_start();
    EXPECT(fake_is_configurable(NULL));
    SYSTEM_start();
    EXPECT(fake_log_has("SYSTEM_start: the library runs already"));
    EXPECT(JOBS_register("meanwhile", 0, any_handler));
    EXPECT(!(FLASH_isDeviceRegistered()));
    EXPECT(strcmp(AWS_getThingName(), "") == 0);
    EXPECT(fake_open_count() == 0);
    EXPECT(!(fake_network_ssid()));

    EXPECT(!(fake_configure("{\"endpoint\":\"https://x\"}", answer, sizeof(answer))));
    EXPECT(strstr(answer, "\"result\":\"refused\""));
    EXPECT(fake_log_has("configuration: endpoint has a scheme"));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);

    EXPECT(fake_configure("{" THING ",\"deviceNamePrefix\":\"lamp\"}", answer, sizeof(answer)));
    EXPECT(strcmp(answer, "{\"result\":\"ok\"}") == 0);
    expect_mode(SYSTEM_MODE_NORMAL);
    fake_wait_open(1);
    fake_connect();
    EXPECT(strcmp(AWS_getThingName(), FAKE_THING) == 0);
    EXPECT(FLASH_isDeviceRegistered());
    EXPECT(strcmp(FLASH_getCertificate(FLASH_CERT_PRIVATE_KEY), KEY_TEXT) == 0);
    EXPECT(strncmp(SYSTEM_getDeviceName(), "lamp_", 5) == 0);
    EXPECT(!(fake_log_has("MII=")));
    EXPECT(fake_log_has("connected to localhost:8883 as '" FAKE_THING "'"));
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
    SYSTEM_start();
    fake_wait_open(2);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

/* What a life before has stored. */
static void store(const char *text)
{
    static char room[LOCAL_CONFIG_ROOM];
    struct local_config config = {.room = room};
    memcpy(room + LOCAL_CONFIG_TEXT, text, strlen(text));
    EXPECT(local_config_take(&config, strlen(text), answer, sizeof(answer)));
}

/* Configured once, the device needs nobody at its next start. */
static void stored_is_used_at_the_next_start(void)
{
    reset(false, true);
    store("{" THING ",\"wifiSsid\":\"home\",\"deviceNamePrefix\":\"lamp\"}");
    EXPECT(init(NULL));
    expect_mode(SYSTEM_MODE_NORMAL);
    EXPECT(strcmp(AWS_getThingName(), FAKE_THING) == 0);
    EXPECT(strncmp(SYSTEM_getDeviceName(), "lamp_", 5) == 0);
    SYSTEM_start();
    EXPECT(!(fake_is_configurable(NULL)));
    fake_wait_open(1);
    EXPECT(strcmp(fake_network_ssid(), "home") == 0);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

static void given_comes_first(void)
{
    reset(false, false);
    store("{" THING ",\"deviceNamePrefix\":\"lamp\"}");
    EXPECT(init_thing(NULL));
    expect_mode(SYSTEM_MODE_NORMAL);
    EXPECT(strcmp(AWS_getThingName(), "given-thing") == 0);
    EXPECT(strncmp(SYSTEM_getDeviceName(), "given_", 6) == 0);
    EXPECT(!(fake_configure_has(FAKE_THING))); /* nobody has even looked */
}

/* The network's name is stored, and the rest is not. */
static void a_part_is_stored(void)
{
    reset(false, true);
    bool wants_wifi = true;
    store("{\"wifiSsid\":\"home\"}");
    EXPECT(init(NULL));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);
    SYSTEM_start();
    EXPECT(fake_is_configurable(&wants_wifi));
    EXPECT(!(wants_wifi));
    EXPECT(fake_configure("{" THING "}", answer, sizeof(answer)));
    EXPECT(strcmp(fake_network_ssid(), "home") == 0);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

/* Bluetooth's memory comes back by a restart only. */
static void the_way_ends_by_a_restart(void)
{
    reset(true, false);
    EXPECT(init(NULL));
    SYSTEM_start();
    fake_configure("{" THING "}", answer, sizeof(answer));
}

static void *configure_and_restart(void *ctx)
{
    (void)ctx;
    the_way_ends_by_a_restart();
    return NULL;
}

static void restarts_and_is_configured(void)
{
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, configure_and_restart, NULL) == 0);
    fake_wait_restart(); /* only ends the task */
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(strcmp(answer, "{\"result\":\"ok\"}") == 0);
    EXPECT(fake_open_count() == 0);
    EXPECT(fake_put_count() == 1);
}

/* ---- the network */

static void wifi_is_awaited(void)
{
    reset(false, true);
    bool wants_wifi = false;
    EXPECT(init(NULL));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);
    SYSTEM_start();
    EXPECT(fake_is_configurable(&wants_wifi));
    EXPECT(wants_wifi);
    EXPECT(!(fake_configure("{" THING "}", answer, sizeof(answer))));
    EXPECT(strcmp(answer, "{\"result\":\"ok\"}") == 0);
    expect_mode(SYSTEM_MODE_WIFI_CONFIG);
    EXPECT(fake_is_configurable(NULL));
    EXPECT(!(fake_configure("{\"endpoint\":", answer, sizeof(answer)))); /* pushes the good one out */
    expect_mode(SYSTEM_MODE_WIFI_CONFIG);
    EXPECT(fake_configure_wifi("home", "secret"));
    expect_mode(SYSTEM_MODE_NORMAL);
    EXPECT(strcmp(fake_network_ssid(), "home") == 0);
    EXPECT(strcmp(fake_network_password(), "secret") == 0);
    fake_wait_open(1);
    EXPECT(strcmp(AWS_getThingName(), FAKE_THING) == 0);
    EXPECT(!(fake_log_has("secret")));
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

static void wifi_comes_first(void)
{
    reset(false, true);
    EXPECT(init(NULL));
    SYSTEM_start();
    EXPECT(!(fake_configure_wifi("home", "")));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);
    EXPECT(fake_configure("{" THING "}", answer, sizeof(answer)));
    EXPECT(strcmp(fake_network_ssid(), "home") == 0);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

/* The identity is in the firmware; the network is not. */
static void only_wifi_is_missing(void)
{
    reset(false, true);
    EXPECT(init_thing(NULL));
    expect_mode(SYSTEM_MODE_WIFI_CONFIG);
    EXPECT(FLASH_isDeviceRegistered());
    SYSTEM_start();
    EXPECT(fake_open_count() == 0);
    EXPECT(fake_configure("{\"wifiSsid\":\"home\",\"wifiPassword\":\"pw\"}", answer, sizeof(answer)));
    expect_mode(SYSTEM_MODE_NORMAL);
    EXPECT(strcmp(fake_network_ssid(), "home") == 0);
    fake_wait_open(1);
    EXPECT(strcmp(AWS_getThingName(), "given-thing") == 0);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

/* A firmware without a way to be configured works offline, as before. */
static void no_way_and_no_wifi(void)
{
    fake_reset();
    fake_configure_set(false, false, true);
    EXPECT(init_thing(NULL));
    expect_mode(SYSTEM_MODE_NORMAL);
    SYSTEM_start();
    fake_wait_open(1);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

static void given_wifi_stays(void)
{
    reset(false, true);
    EXPECT(init("mine"));
    SYSTEM_start();
    EXPECT(fake_configure("{" THING ",\"wifiSsid\":\"other\"}", answer, sizeof(answer)));
    EXPECT(strcmp(fake_network_ssid(), "mine") == 0);
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
}

/* ---- ends */

static void stop_while_it_waits(void)
{
    reset(false, false);
    EXPECT(init(NULL));
    SYSTEM_start();
    FAKE_WAIT(SYSTEM_stop()); /* a callback may be out */
    EXPECT(!(fake_is_configurable(NULL)));
    EXPECT(SYSTEM_isIdle());
    SYSTEM_start();
    EXPECT(fake_is_configurable(NULL));
    fake_shut_down();
    EXPECT(!(fake_is_configurable(NULL)));
}

static void a_way_that_cannot_begin(void)
{
    reset(false, false);
    fake_configure_fail(ERR_STORAGE);
    EXPECT(init(NULL));
    SYSTEM_start();
    EXPECT(fake_log_has("SYSTEM_start: the device cannot be configured; the line above says why"));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);
}

static void storage_that_takes_nothing(void)
{
    reset(false, false);
    EXPECT(init(NULL));
    SYSTEM_start();
    fake_store_fail(ERR_STORAGE);
    EXPECT(!(fake_configure("{" THING "}", answer, sizeof(answer))));
    EXPECT(strstr(answer, "cannot be stored"));
    expect_mode(SYSTEM_MODE_DEVICE_CONFIG);
}

static void by_claim(void)
{
    reset(false, false);
    EXPECT(init(NULL));
    SYSTEM_start();
    EXPECT(fake_configure("{" CLAIM "}", answer, sizeof(answer)));
    expect_mode(SYSTEM_MODE_NORMAL);
    fake_wait_open(1);
    EXPECT(AWS_getState() == STATE_AWS_PROVISIONING);
    SYSTEM_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(configured_while_it_waits),  IN_CHILD(stored_is_used_at_the_next_start),
        IN_CHILD(given_comes_first),          IN_CHILD(a_part_is_stored),
        IN_CHILD(restarts_and_is_configured), IN_CHILD(wifi_is_awaited),
        IN_CHILD(wifi_comes_first),           IN_CHILD(only_wifi_is_missing),
        IN_CHILD(no_way_and_no_wifi),         IN_CHILD(given_wifi_stays),
        IN_CHILD(stop_while_it_waits),        IN_CHILD(a_way_that_cannot_begin),
        IN_CHILD(storage_that_takes_nothing), IN_CHILD(by_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
