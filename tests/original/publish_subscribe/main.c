/* SPDX-License-Identifier: MIT */
/* A device with thing certificates that says something every second and prints what it is told. */
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "lib_aws.h"
#include "lib_delay.h"
#include "lib_msg.h"
#include "lib_print.h"
#include "lib_system.h"
#include "lib_utils.h"

#include "app_config.h"

#define thisModule APP_MODULE_MAIN

extern const uint8_t aws_root_ca_pem_start[] asm("_binary_aws_root_ca_pem_start");
extern const uint8_t thing_certificate_pem_crt_start[] asm("_binary_thing_certificate_pem_crt_start");
extern const uint8_t thing_private_pem_key_start[] asm("_binary_thing_private_pem_key_start");

static logLevels_et gLogLevels_ae[MODULES_MAX] = DEFAULT_LOG_LEVELS;
static mqttMsg_st gPubMsg_s = {0};
static mqttMsg_st gSubMsg_s = {0};

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

void app_publish()
{
    static uint32_t nextTime_u32 = 0;
    static uint16_t counter_u16 = 0;

    if (millis() > nextTime_u32) {
        nextTime_u32 = millis() + PUBLISH_TIME_MS;
        gPubMsg_s.payloadLen_u16 = sprintf(gPubMsg_s.payloadStr, "hello %d", counter_u16++);
        gPubMsg_s.topicLen_u8 = sprintf(gPubMsg_s.topicStr, PUBLISH_TOPIC);
        gPubMsg_s.qos_e = QOS1_AT_LEASET_ONCE;
        if (AWS_publish(&gPubMsg_s)) {
            print_info("published %s: %s", gPubMsg_s.topicStr, gPubMsg_s.payloadStr);
        } else {
            print_error("publish failed");
        }
    }
}

void app_task(void *param)
{
    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_NORMAL:
            if (AWS_isConnected()) {
                app_publish();
                if (AWS_subMsgAvailable() && AWS_subMsgRead(&gSubMsg_s)) {
                    print_info("received %s: %.*s", gSubMsg_s.topicStr, gSubMsg_s.payloadLen_u16,
                               gSubMsg_s.payloadStr);
                }
            }
            break;
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
        .pDeviceNamePrefixStr = DEVICE_NAME_PREFIX,
        .pAppVersionStr = APP_VERSION,
        .pWifiSsidStr = TEST_WIFI_SSID,
        .pWifiPwdStr = TEST_WIFI_PASSWORD,
        .systemEventCallBack = app_eventHandler,
        .s_awsConfig = {.hostNameStr = AWS_IOT_MQTT_HOST,
                        .port_u16 = AWS_IOT_MQTT_PORT,
                        .pThingNameStr = MY_THING_NAME,
                        .pRootCaStr = (char *)aws_root_ca_pem_start,
                        .pThingCertStr = (char *)thing_certificate_pem_crt_start,
                        .pThingPrivateKeyStr = (char *)thing_private_pem_key_start},
    };

    if (SYSTEM_init(&s_config)) {
        SYSTEM_start();
        if (AWS_subscribe(SUBSCRIBE_TOPIC, QOS0_AT_MOST_ONCE)) {
            print_info("subscribed %s", SUBSCRIBE_TOPIC);
        } else {
            print_error("subscribe failed");
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
