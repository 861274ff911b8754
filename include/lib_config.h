/* SPDX-License-Identifier: MIT */
/* Sizes that an application and the library must agree on. On ESP-IDF they come from Kconfig; on a host build give another
 * value with -D, to the application and to the library alike. */
#ifndef LIB_CONFIG_H
#define LIB_CONFIG_H

/* Bytes of a job document with its NUL, 256..32769, written as a plain number (it becomes part of a symbol's name).
 * AWS IoT Jobs allows documents of 32768 characters. */
#ifndef CONFIG_DEVICE_JOBS_DOCUMENT_SIZE
#define CONFIG_DEVICE_JOBS_DOCUMENT_SIZE 4096
#endif

/* Bytes of a value buffer whose size JSON_processString cannot know (lib_json.h): the buffers of the original library's page have
 * that many. */
#ifndef CONFIG_DEVICE_JOBS_UNSIZED_VALUE
#define CONFIG_DEVICE_JOBS_UNSIZED_VALUE 4
#endif

#define LENGTH_HOST_NAME          254 /* a DNS name has at most 253 characters */
#define LENGTH_THING_NAME         129 /* AWS IoT: 1..128 characters */
#define LENGTH_DEVICE_NAME        64
#define LENGTH_DEVICE_NAME_PREFIX 16
#define LENGTH_WIFI_CRED_SSID     33 /* IEEE 802.11: up to 32 bytes */
#define LENGTH_WIFI_CRED_PASSWORD 65 /* WPA2: up to 64 characters */
#define LENGTH_MQTT_TOPIC         100 /* 99 bytes and NUL, as the original library has it; AWS IoT allows 256 bytes */
#define LENGTH_MQTT_PAYLOAD       1024
#define LENGTH_AWS_SHADOW_KEY     16 /* 15 bytes and NUL */
#define LENGTH_AWS_SHADOW_BUFFER  24 /* 23 bytes and NUL */

/* How much print_error, print_info and print_debug print: lines of this level and of every level before it in this list. */
typedef enum {
    PRINT_LEVEL_NONE = 0,
    PRINT_LEVEL_ERROR = 1,
    PRINT_LEVEL_INFO = 2,
    PRINT_LEVEL_DEBUG = 3,
    PRINT_LEVEL_MAX = 4
} logLevels_et;

/* The original library's modules. An application goes on from the last one (`APP_MODULE_MAIN = LIB_MODULE_MAX`) and gives SYSTEM_init a
 * level for each; of the levels the highest counts (lib_system.h). */
typedef enum {
    LIB_MODULE_MAIN_MENU,
    LIB_MODULE_SYSTEM,
    LIB_MODULE_BLE,
    LIB_MODULE_WIFI,
    LIB_MODULE_MQTT,
    LIB_MODULE_AWS,
    LIB_MODULE_JOBS,
    LIB_MODULE_GPIO,
    LIB_MODULE_FLASH,
    DRV_MODULE_BLE,
    LIB_MODULE_JSON,
    LIB_MODULE_HTTP,
    LIB_MODULE_OTA,
    LIB_MODULE_UART,
    LIB_MODULE_MAX
} menusLibModule_et;

#endif
