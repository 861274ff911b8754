/* SPDX-License-Identifier: MIT */
/* Holds our own declarations (tests/esp_idf_decls) against the real ones: a prototype that differs does not compile. */
#include "sdkconfig.h"

#include "esp_err.h"
#include "esp_event.h"
#include "esp_idf_version.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_tls.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/version.h"
#include "mbedtls/x509_crt.h"
#include "mqtt_client.h"
#include "nvs.h"
#include "nvs_flash.h"
#if MBEDTLS_VERSION_MAJOR >= 4
#include "psa/crypto.h"
#endif

#if CONFIG_IDF_TARGET_LINUX
#include "esp_private/partition_linux.h"
#else
#include "driver/gpio.h"
#include "esp_eth.h"
#include "esp_eth_mac_openeth.h"
#include "esp_mac.h"
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "esp_sntp.h"
#include "esp_system.h"
#include "esp_vfs_eventfd.h"
#include "esp_wifi.h"
#endif

#include "esp_idf_decls/functions.h"
