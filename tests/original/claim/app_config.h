/* SPDX-License-Identifier: MIT */
/* What a user of this program edits. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib_config.h"

typedef enum { APP_MODULE_MAIN = LIB_MODULE_MAX, MODULES_MAX } appModules_et;

#define DEFAULT_LOG_LEVELS                                                                                   \
    {                                                                                                        \
        PRINT_LEVEL_ERROR,     /* LIB_MODULE_MAIN_MENU */                                                    \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_SYSTEM */                                                       \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_BLE */                                                          \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_WIFI */                                                         \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_MQTT */                                                         \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_AWS */                                                          \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_JOBS */                                                         \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_GPIO */                                                         \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_FLASH */                                                        \
            PRINT_LEVEL_ERROR, /* DRV_MODULE_BLE */                                                          \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_JSON */                                                         \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_HTTP */                                                         \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_OTA */                                                          \
            PRINT_LEVEL_ERROR, /* LIB_MODULE_UART */                                                         \
            PRINT_LEVEL_INFO   /* APP_MODULE_MAIN */                                                         \
    }

#define AWS_IOT_MQTT_HOST "your-endpoint.amazonaws.com"
#define AWS_IOT_MQTT_PORT 8883
#define CLAIM_TEMPLATE    "your-template"

#define DEVICE_NAME_PREFIX "original"
#define APP_VERSION        "1.0.0"
#define TEST_WIFI_SSID     "your network"
#define TEST_WIFI_PASSWORD "its password"

#define TASK_APP_STACK_SIZE (5 * 1024)
#define TASK_APP_PRIORITY   4
#define LED_PIN             2

#define BLINK_MAX 20

#endif
