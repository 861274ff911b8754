/* SPDX-License-Identifier: MIT */
/* A device that is provisioned by claim at its first start, and blinks when a job asks for it, with three keys of its document. */
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
#include "lib_print.h"
#include "lib_system.h"
#include "lib_utils.h"
#include "lib_wifi.h"

#include "app_config.h"

#define thisModule APP_MODULE_MAIN

extern const uint8_t aws_root_ca_pem_start[] asm("_binary_aws_root_ca_pem_start");
extern const uint8_t claim_certificate_pem_crt_start[] asm("_binary_claim_certificate_pem_crt_start");
extern const uint8_t claim_private_pem_key_start[] asm("_binary_claim_private_pem_key_start");

static logLevels_et gLogLevels_ae[MODULES_MAX] = DEFAULT_LOG_LEVELS;

static bool gJobReceived_b8 = false;
static char gJobIdStr[LENGTH_JOB_ID] = {0};
static char gJobDocumentStr[LENGTH_JOB_DOCUMENT] = {0};

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
        print_info("aws connected as %s, registered: %d", AWS_getThingName(), FLASH_isDeviceRegistered());
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

jobsStatus_et app_blinkHandler(job_st *ps_job)
{
    print_info("%s : %s", ps_job->idStr, ps_job->documentStr);
    print_info("q:%u c:%u", ps_job->queuedAt_u32, ps_job->currentTimeStamp_u32);
    strcpy(gJobIdStr, ps_job->idStr);
    strcpy(gJobDocumentStr, ps_job->documentStr);
    gJobReceived_b8 = TRUE;
    return JOB_STATUS_IN_PROGRESS;
}

void app_blink(uint32_t count_u32, uint32_t onTime_u32, uint32_t offTime_u32)
{
    for (uint32_t i = 0; i < count_u32; i++) {
        if (onTime_u32) {
            GPIO_pinWrite(LED_PIN, HIGH);
            TASK_DELAY_MS(onTime_u32);
        }
        if (offTime_u32) {
            GPIO_pinWrite(LED_PIN, LOW);
            TASK_DELAY_MS(offTime_u32);
        }
    }
}

void app_jobCheck()
{
    char countStr[4] = {0};
    char onTimeStr[4] = {0};
    char offTimeStr[4] = {0};
    tagStructure_st keys[3] = {{"count", countStr}, {"onTime", onTimeStr}, {"offTime", offTimeStr}};

    if (!gJobReceived_b8) {
        return;
    }
    if (JSON_processString(gJobDocumentStr, keys, 3)) {
        uint32_t count_u32 = util_getNumFromString(countStr);
        uint32_t onTime_u32 = util_getNumFromString(onTimeStr);
        uint32_t offTime_u32 = util_getNumFromString(offTimeStr);

        print_info("blink %d times => ON:%dms OFF:%dms", count_u32, onTime_u32, offTime_u32);
        if (count_u32 <= BLINK_MAX) {
            app_blink(count_u32, onTime_u32, offTime_u32);
            JOBS_updateStatus(gJobIdStr, JOB_STATUS_SUCCESSED);
        } else {
            print_error("%d is more than %d", count_u32, BLINK_MAX);
            JOBS_updateStatus(gJobIdStr, JOB_STATUS_REJECTED);
        }
    } else {
        print_error("no such document: %s", gJobDocumentStr);
        JOBS_updateStatus(gJobIdStr, JOB_STATUS_FAILED);
    }
    gJobReceived_b8 = FALSE;
}

void app_task(void *param)
{
    uint32_t nextMsgTime_u32 = 0;

    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_DEVICE_CONFIG:
            if (millis() > nextMsgTime_u32) {
                nextMsgTime_u32 = millis() + 2000;
                if (FLASH_isDeviceRegistered()) {
                    print_info("the device is provisioned");
                } else {
                    print_info("the device is not provisioned");
                }
            }
            break;
        case SYSTEM_MODE_NORMAL:
            if (AWS_isConnected()) {
                app_jobCheck();
            }
            break;
        case SYSTEM_MODE_OTA:
            break;
        default:
            break;
        }
        TASK_DELAY_MS(200);
    }
}

void app_main()
{
    systemInitConfig_st s_config = {
        .pLogLevels_e = gLogLevels_ae,
        .logModulesCount_u8 = MODULES_MAX,
        .systemEventCallBack = app_eventHandler,
        .pDeviceNamePrefixStr = DEVICE_NAME_PREFIX,
        .pAppVersionStr = APP_VERSION,
        .pWifiSsidStr = TEST_WIFI_SSID,
        .pWifiPwdStr = TEST_WIFI_PASSWORD,
        .s_awsConfig = {.hostNameStr = AWS_IOT_MQTT_HOST,
                        .port_u16 = AWS_IOT_MQTT_PORT,
                        .pRootCaStr = (char *)aws_root_ca_pem_start,
                        .pClaimCertStr = (char *)claim_certificate_pem_crt_start,
                        .pClaimPrivateKeyStr = (char *)claim_private_pem_key_start,
                        .pClaimTemplateStr = CLAIM_TEMPLATE},
    };

    GPIO_pinMode(LED_PIN, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL);
    GPIO_pinWrite(LED_PIN, LOW);

    bool initSuccess = SYSTEM_init(&s_config);
    print_info("registered: %d, thing: %s", FLASH_isDeviceRegistered(), AWS_getThingName());
    if (initSuccess) {
        SYSTEM_start();
        if (JOBS_register("blink", 1, app_blinkHandler)) {
            print_info("blink registered");
        } else {
            print_error("blink not registered");
        }
    }

    BaseType_t result =
        xTaskCreate(&app_task, "app_task", TASK_APP_STACK_SIZE, NULL, TASK_APP_PRIORITY, NULL);
    if (result != pdPASS) {
        print_error("\n no task: 0x%X \n restarting\r\n", result);
        fflush(stdout);
        esp_restart();
    }
}
