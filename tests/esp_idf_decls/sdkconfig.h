/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md: menuconfig's answers. Every way to the network, so that each is compiled. */
#ifndef TESTS_ESP_IDF_DECLS_SDKCONFIG_H
#define TESTS_ESP_IDF_DECLS_SDKCONFIG_H

#define CONFIG_DEVICE_JOBS_CLOCK_WAIT_S     60
#define CONFIG_DEVICE_JOBS_DETAILS_SIZE     1024
#define CONFIG_DEVICE_JOBS_LEAST_TASK_STACK 3072
#define CONFIG_DEVICE_JOBS_MQTT_STACK       6144
#ifndef CONFIG_IDF_TARGET_LINUX
#define CONFIG_ESP_SECURE_CERT_DS_PERIPHERAL 1
#define CONFIG_ESP_TLS_USE_DS_PERIPHERAL     1
#define CONFIG_ESP_TLS_USE_SECURE_ELEMENT    1
#define CONFIG_DEVICE_JOBS_KEY_REFERENCES    1
#define CONFIG_LWIP_IPV4                     1
#define CONFIG_LWIP_IPV6                     1
#define CONFIG_LWIP_IPV6_NUM_ADDRESSES       3
#define CONFIG_DEVICE_JOBS_NETWORK_NONE      1
#define CONFIG_DEVICE_JOBS_NETWORK_OPENETH   1
#define CONFIG_DEVICE_JOBS_NETWORK_WIFI      1
#define CONFIG_DEVICE_JOBS_SNTP              1
#define CONFIG_DEVICE_JOBS_SNTP_SERVER       "pool.ntp.org"
#define CONFIG_DEVICE_JOBS_SNTP_SERVER_2     "time.example"
#define CONFIG_DEVICE_JOBS_SNTP_DHCP         1
#endif
#define CONFIG_LWIP_SNTP_MAX_SERVERS 2

#endif
