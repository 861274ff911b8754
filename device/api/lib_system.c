/* SPDX-License-Identifier: MIT */
/* Takes the configuration, keeps what must stay of it, and starts the runtime. Stands above the rest of device/api. */
#include "lib_system.h"
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/port/port_network.h"
#include "device/port/port_time.h"
#include "device/runtime/prologue.h"

#include <string.h>

static systemEventCb_t event_callback;
static char host_name[LENGTH_HOST_NAME];
static char thing_name[LENGTH_THING_NAME];
static char device_name[LENGTH_DEVICE_NAME];
static char wifi_ssid[LENGTH_WIFI_CRED_SSID];
static char wifi_password[LENGTH_WIFI_CRED_PASSWORD];

_Static_assert(LENGTH_THING_NAME == DEVICE_THING_NAME_CAP, "two opinions on the length of a thing name");

static void set_print_level(const systemInitConfig_st *config)
{
    if (!config->pLogLevels_e || config->logModulesCount_u8 == 0) {
        return;
    }
    logLevels_et highest = PRINT_LEVEL_NONE;
    for (uint8_t i = 0; i < config->logModulesCount_u8; i++) {
        if (config->pLogLevels_e[i] > highest) {
            highest = config->pLogLevels_e[i];
        }
    }
    print_setLevel(highest);
}

static void make_device_name(const char *prefix)
{
    strcpy(device_name, prefix && prefix[0] ? prefix : "device");
    strcat(device_name, "_");
    size_t len = strlen(device_name);
    if (port_board_device_id(device_name + len, sizeof(device_name) - len)) {
        strcpy(device_name + len, "unknown");
        line_error("SYSTEM_init", "this board gives no device id");
    }
}

static void link_changed(bool is_up)
{
    if (event_callback) {
        event_callback(is_up ? EVENT_MQTT_CONNECTED : EVENT_MQTT_DISCONNECTED);
        event_callback(is_up ? EVENT_AWS_CONNECTED : EVENT_AWS_DISCONNECTED);
    }
}

static void network_changed(bool is_up)
{
    if (event_callback) {
        event_callback(is_up ? EVENT_WIFI_CONNECTED : EVENT_WIFI_DISCONNECTED);
    }
}

/* api_check_config has seen that both fit. */
static void keep_wifi(const systemInitConfig_st *config)
{
    strcpy(wifi_ssid, config->pWifiSsidStr ? config->pWifiSsidStr : "");
    strcpy(wifi_password, config->pWifiPwdStr ? config->pWifiPwdStr : "");
}

static bool init_runtime(void)
{
    struct runtime_config config = {
        .link_changed = link_changed,
        .network_changed = network_changed,
    };
    api_jobs_fill(&config);
    enum err err = runtime_init(&config);
    if (err) {
        line_error("SYSTEM_init",
                   err == ERR_STORAGE ? "the storage for the journal of jobs cannot be used" : err_text(err));
    }
    return !err;
}

#ifndef CONFIG_DEVICE_JOBS_NO_PROVISIONING
static void provisioned(void)
{
    if (event_callback) {
        event_callback(EVENT_THING_PROVISIONED);
    }
}

static void init_claim(const systemInitConfig_st *config)
{
    api_claim(config, host_name, device_name, thing_name, provisioned);
}
#else
static void init_claim(const systemInitConfig_st *config)
{
    (void)config;
}
#endif

/* Who the device is, for a runtime whose tasks do not run. With a claim it learns its name later, and with nothing it is nobody. */
static void identify(const systemInitConfig_st *config, enum api_way way)
{
    const awsConfig_st *aws = &config->s_awsConfig;
    bool is_thing = way == API_WAY_THING;

    strcpy(host_name, aws->hostNameStr);
    strcpy(thing_name, is_thing ? aws->pThingNameStr : "");
    const struct runtime_identity identity = {
        .host = host_name,
        .port = aws->port_u16,
        .client_id = is_thing ? thing_name : NULL,
        .root_ca_pem = aws->pRootCaStr,
        .cert_pem = is_thing ? aws->pThingCertStr : NULL,
        .key_pem = is_thing ? aws->pThingPrivateKeyStr : NULL,
    };
    runtime_identify(&identity);
    if (way == API_WAY_CLAIM) {
        init_claim(config);
    }
}

static void log_start(const systemInitConfig_st *config)
{
    const char *version = config->pAppVersionStr;
    line_write("device-jobs", LOG_LEVEL_INFO, "%s%s%s", device_name, version ? ", application " : "",
               version ? version : "");
}

static void log_mode(systemMode_et mode)
{
    if (mode == SYSTEM_MODE_DEVICE_CONFIG) {
        line_error("SYSTEM_init",
                   "s_awsConfig is empty and nothing is stored: waiting in mode DEVICE CONFIG");
    } else if (mode == SYSTEM_MODE_WIFI_CONFIG) {
        line_error("SYSTEM_init",
                   "pWifiSsidStr is empty and no network is stored: waiting in mode WIFI CONFIG");
    }
}

/* What a configuration says beside s_awsConfig. */
static void keep_rest(const systemInitConfig_st *config)
{
    make_device_name(config->pDeviceNamePrefixStr);
    keep_wifi(config);
}

bool SYSTEM_init(systemInitConfig_st *s_pConfig)
{
    if (!s_pConfig) {
        line_error("SYSTEM_init", "no configuration was given");
        return false;
    }
    if (api_mode() != SYSTEM_MODE_IDLE) {
        line_error("SYSTEM_init", "was called before; restart the device to configure it anew");
        return false;
    }
    enum api_way way = api_check_config(s_pConfig);
    if (way == API_WAY_BAD) {
        return false;
    }
    set_print_level(s_pConfig);
    event_callback = s_pConfig->systemEventCallBack;
    api_set_subscribe_callback(s_pConfig->s_awsConfig.subscribeCallbackHandler);
    const systemInitConfig_st *config = api_configure_fill(s_pConfig, &way);
    keep_rest(config);
    if (!init_runtime()) {
        return false;
    }
    identify(config, way);
    systemMode_et mode = api_configure_mode(config, way);
    log_mode(mode);
    log_start(config);
    api_set_mode(mode);
    return true;
}

static void start(const char *who)
{
    enum err err = runtime_start();
    if (err) {
        line_error(who, err == ERR_FULL ? "no memory for the library's tasks" : "the library runs already");
        return;
    }
    static bool is_network_started; /* it stays up over SYSTEM_stop */
    bool is_first = !is_network_started;
    is_network_started = true;
    if (is_first && port_network_start(wifi_ssid, wifi_password, runtime_network_changed)) {
        line_error(who, "the network cannot be brought up; the device works offline");
    }
}

/* Somebody has configured the device. */
static void go_on(const systemInitConfig_st *config, enum api_way way)
{
    keep_rest(config);
    identify(config, way);
    api_set_mode(SYSTEM_MODE_NORMAL);
    start("SYSTEM_start");
}

void SYSTEM_start(void)
{
    if (!api_is_ready(__func__)) {
        return;
    }
    if (api_mode() == SYSTEM_MODE_DEVICE_CONFIG || api_mode() == SYSTEM_MODE_WIFI_CONFIG) {
        api_configure_start(__func__, go_on);
        return;
    }
    start(__func__);
}

systemMode_et SYSTEM_getMode(void)
{
    return api_mode();
}

const char *SYSTEM_getModeString(void)
{
    static const char *const names[SYSTEM_MODE_MAX] = {
        [SYSTEM_MODE_IDLE] = "IDLE",
        [SYSTEM_MODE_TEST] = "TEST",
        [SYSTEM_MODE_DEVICE_CONFIG] = "DEVICE CONFIG",
        [SYSTEM_MODE_WIFI_CONFIG] = "WIFI CONFIG",
        [SYSTEM_MODE_NORMAL] = "NORMAL",
        [SYSTEM_MODE_OTA] = "OTA",
        [SYSTEM_MODE_ABORT] = "ABORT",
    };
    return names[SYSTEM_getMode()];
}

const char *SYSTEM_getDeviceName(void)
{
    return device_name;
}

const char *AWS_getThingName(void)
{
    return runtime_thing_name();
}
