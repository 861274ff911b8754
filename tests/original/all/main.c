/* SPDX-License-Identifier: MIT */
/* Everything at once: jobs of several kinds, one of them a restart and one a firmware update, application data in flash, a shadow, messages,
 * Bluetooth, and what the system tells of itself. */
#include <string.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "lib_aws.h"
#include "lib_ble.h"
#include "lib_delay.h"
#include "lib_flash.h"
#include "lib_gpio.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_msg.h"
#include "lib_ota.h"
#include "lib_print.h"
#include "lib_system.h"
#include "lib_utils.h"
#include "lib_wifi.h"

#include "app_config.h"

#define thisModule APP_MODULE_MAIN

typedef struct {
    uint16_t counter_u16;
    char messageStr[32];
} appData_st;

extern const uint8_t aws_root_ca_pem_start[] asm("_binary_aws_root_ca_pem_start");
extern const uint8_t thing_certificate_pem_crt_start[] asm("_binary_thing_certificate_pem_crt_start");
extern const uint8_t thing_private_pem_key_start[] asm("_binary_thing_private_pem_key_start");

static logLevels_et gLogLevels_ae[MODULES_MAX] = DEFAULT_LOG_LEVELS;

static mqttMsg_st gSubMsg_s = {0};
static jsonArray_st gSteps_s = {0};
static uint32_t gDesiredLed_u32 = LOW;
static char gColorStr[LENGTH_AWS_SHADOW_BUFFER] = "GREY";
static char gLongJobIdStr[LENGTH_JOB_ID] = {0};
static char gUpdateJobIdStr[LENGTH_JOB_ID] = {0};
static char gUrlStr[256] = {0};

void app_eventHandler(systemEvents_et event_e)
{
    switch (event_e) {
    case EVENT_WIFI_CONNECTED:
        print_info("wifi connected");
        break;
    case EVENT_WIFI_DISCONNECTED:
        print_info("wifi disconnected");
        break;
    case EVENT_AWS_CONNECTED:
        print_info("aws connected");
        break;
    case EVENT_AWS_DISCONNECTED:
        print_info("aws disconnected");
        break;
    case EVENT_BLE_CONNECTED:
    case EVENT_BLE_AUTHENTICATED:
    case EVENT_BLE_DISCONNECTED:
        print_info("ble event %d", event_e);
        break;
    default:
        break;
    }
}

/* ---- jobs: done at once, refused, done later, and a firmware update */

jobsStatus_et app_stepsHandler(job_st *ps_job)
{
    char stepsStr[1600] = {0};
    char nameStr[4] = {0};
    tagStructure_st keys[1] = {{"steps", stepsStr}};
    tagStructure_st names[1] = {{"do", nameStr}};

    if (!JSON_processString(ps_job->documentStr, keys, 1) || !JSON_processArrayObjs(stepsStr, &gSteps_s)) {
        return JOB_STATUS_FAILED;
    }
    for (uint8_t i = 0; i < gSteps_s.numOfJosnObjs_u8; i++) {
        if (JSON_processString(gSteps_s.jsonObjs[i], names, 1)) {
            print_info("step %d of %d: %s", i + 1, gSteps_s.numOfJosnObjs_u8, nameStr);
        }
    }
    return JOB_STATUS_SUCCESSED;
}

jobsStatus_et app_refusingHandler(job_st *ps_job)
{
    print_info("%s : %s", ps_job->idStr, ps_job->documentStr);
    return JOB_STATUS_REJECTED;
}

jobsStatus_et app_longHandler(job_st *ps_job)
{
    strcpy(gLongJobIdStr, ps_job->idStr);
    return JOB_STATUS_IN_PROGRESS;
}

jobsStatus_et app_updateHandler(job_st *ps_job)
{
    tagStructure_st keys[1] = {{"url", gUrlStr}};

    JSON_processString(ps_job->documentStr, keys, 1);
    strcpy(gUpdateJobIdStr, ps_job->idStr);
    return JOB_STATUS_IN_PROGRESS;
}

jobsStatus_et app_restartHandler(job_st *ps_job)
{
    SYSTEM_restart(100);
    print_info("waits for a restart: %d", SYSTEM_isWaitingForRestart());
    return JOB_STATUS_SUCCESSED;
}

void app_jobCheck()
{
    if (gLongJobIdStr[0]) {
        TASK_DELAY_MS(300);
        JOBS_updateStatus(gLongJobIdStr, JOB_STATUS_SUCCESSED);
        gLongJobIdStr[0] = 0;
    } else if (gUpdateJobIdStr[0]) {
        bool isStarted_b8 = SYSTEM_startFirmwareUpdate(OTA_UPDATE_TYPE_WEB, gUrlStr);
        print_info("update from %s: %d, %d%%", gUrlStr, isStarted_b8, OTA_getProgressPercentage());
        JOBS_updateStatus(gUpdateJobIdStr, isStarted_b8 ? JOB_STATUS_SUCCESSED : JOB_STATUS_FAILED);
        gUpdateJobIdStr[0] = 0;
    }
}

/* ---- shadow and Bluetooth */

void app_ledShadowHandler(char *pKeyStr, void *pValue)
{
    gDesiredLed_u32 = *(uint32_t *)pValue;
    print_info("%s: %d", pKeyStr, gDesiredLed_u32);
}

void app_blePacket(char *pPacketStr, char *pDataStr)
{
    print_info("%s:%s", pPacketStr, pDataStr);
}

void app_publishShadow()
{
    awsThingShadow_st as_shadow[3] = {
        {.keyStr = "thing_name", .valType_e = SHADOW_VALUE_TYPE_STRING},
        {.keyStr = "firmware_ver", .valType_e = SHADOW_VALUE_TYPE_STRING, .value_e.str = APP_VERSION},
        {.keyStr = SHADOW_KEY_LED, .valType_e = SHADOW_VALUE_TYPE_UINT, .value_e.val_u32 = gDesiredLed_u32}};

    strncpy(as_shadow[0].value_e.str, AWS_getThingName(), LENGTH_AWS_SHADOW_BUFFER - 1);
    AWS_shadowDocumentUpdate(as_shadow, 3, SHADOW_UPDATE_TYPE_ALL);
}

/* ---- application data */

void app_countStarts()
{
    appData_st s_data = {0};

    if (!FLASH_appDataRead((void *)&s_data, sizeof(appData_st))) {
        print_error("no application data yet");
    }
    s_data.counter_u16++;
    strcpy(s_data.messageStr, s_data.counter_u16 % 2 ? "odd" : "even");
    if (FLASH_appDataWrite((void *)&s_data, sizeof(appData_st))) {
        print_info("start number %d, %s", s_data.counter_u16, s_data.messageStr);
    } else {
        print_error("application data not written");
    }
}

void app_register()
{
    awsShadow_st ledShadow = {.keyStr = SHADOW_KEY_LED,
                              .valType_e = SHADOW_VALUE_TYPE_UINT,
                              .callBackHandler = &app_ledShadowHandler,
                              .value_e.val_u32 = gDesiredLed_u32};
    uint32_t made_u32 = 0;

    if (!AWS_shadowDeltaRegister(&ledShadow)) {
        print_error("no shadow");
    }
    if (!AWS_subscribe(SUBSCRIBE_TOPIC, QOS1_AT_LEASET_ONCE)) {
        print_error("not subscribed");
    }
    util_UpdateBit(made_u32, 0, JOBS_register("STEPS", 0, app_stepsHandler));
    util_UpdateBit(made_u32, 1, JOBS_register("REFUSED", 0, app_refusingHandler));
    util_UpdateBit(made_u32, 2, JOBS_register("LONG", 2, app_longHandler));
    util_UpdateBit(made_u32, 3, JOBS_register("OTA", 0, app_updateHandler));
    util_UpdateBit(made_u32, 4, JOBS_register("RESTART", 0, app_restartHandler));
    print_info("handlers: 0x%02x, all: %d", made_u32, util_AreAllBitsSet(made_u32, 0x1f));
}

void app_tell()
{
    print_info("mac %s, reset %s, mode %s", SYSTEM_getMacAddr(), SYSTEM_getResetCause(),
               SYSTEM_getModeString());
    print_info("wifi %s, %s, %d dBm, %d%%", WIFI_getStateString(), WIFI_getIpAddress(), WIFI_getRssi(),
               WIFI_getSignalStrength());
    print_info("network %d, ble %d, ota %d", WIFI_isConnected(), BLE_isConnected(), OTA_inProgress());
    print_verbose("up for %u ms, %u us", millis(), micros());
    print_debug("not shown");
    OTA_printStatus();
}

void app_task(void *param)
{
    bool isTold_b8 = false;

    SYSTEM_start();
    BLE_packetRegister("led", app_blePacket);
    app_countStarts();
    if (util_isValidString(AWS_getThingName())) {
        app_publishShadow();
    }
    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_DEVICE_CONFIG:
            print_info("registered: %d", FLASH_isDeviceRegistered());
            TASK_DELAY_MS(2000);
            break;
        case SYSTEM_MODE_NORMAL:
            if (AWS_isConnected()) {
                if (!isTold_b8) {
                    isTold_b8 = true;
                    app_tell();
                }
                if (AWS_subMsgRead(&gSubMsg_s)) {
                    print_info("received %s: %s", gSubMsg_s.topicStr, gSubMsg_s.payloadStr);
                }
                app_jobCheck();
            }
            break;
        case SYSTEM_MODE_WIFI_CONFIG:
        case SYSTEM_MODE_OTA:
            break;
        case SYSTEM_MODE_ABORT:
        default:
            break;
        }
        TASK_DELAY_MS(100);
    }
}

void app_main()
{
    systemInitConfig_st s_config = {
        .pLogLevels_e = gLogLevels_ae,
        .logModulesCount_u8 = MODULES_MAX,
        .systemEventCallBack = app_eventHandler,
        .pDeviceNamePrefixStr = DEVICE_NAME_PREFIX,
        .pLicenseIdStr = LICENSE_ID,
        .pWifiSsidStr = TEST_WIFI_SSID,
        .pWifiPwdStr = TEST_WIFI_PASSWORD,
        .s_awsConfig = {.hostNameStr = AWS_IOT_MQTT_HOST,
                        .port_u16 = AWS_IOT_MQTT_PORT,
                        .pThingNameStr = MY_THING_NAME,
                        .pRootCaStr = (char *)aws_root_ca_pem_start,
                        .pThingCertStr = (char *)thing_certificate_pem_crt_start,
                        .pThingPrivateKeyStr = (char *)thing_private_pem_key_start},
    };

    if (SYSTEM_init(&s_config)) {
        GPIO_pinMode(LED_PIN, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL);
        GPIO_pinWrite(LED_PIN, gDesiredLed_u32);
        app_register();
        print_info("color %s", gColorStr);
    } else {
        BLE_init();
    }

    BaseType_t result =
        xTaskCreate(&app_task, "app_task", TASK_APP_STACK_SIZE, NULL, TASK_APP_PRIORITY, NULL);
    if (result != pdPASS) {
        print_error("\n no task: 0x%X \n restarting\r\n", result);
        fflush(stdout);
        esp_restart();
    }
}
