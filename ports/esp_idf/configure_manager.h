/* SPDX-License-Identifier: MIT */
/* Espressif's provisioning manager under one set of names: ESP-IDF 5 has it as a component (wifi_provisioning), for ESP-IDF 6 it comes from the
 * component registry (espressif/network_provisioning), where it knows other networks as well. */
#ifndef PORTS_ESP_IDF_CONFIGURE_MANAGER_H
#define PORTS_ESP_IDF_CONFIGURE_MANAGER_H

#include "esp_idf_version.h"
#include "sdkconfig.h"

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
#include "network_provisioning/manager.h"
#define MANAGER(name)           network_prov_##name
#define MANAGER_RETRY           network_prov_mgr_reset_wifi_sm_state_on_failure
#define MANAGER_EVENT_RECEIVED  NETWORK_PROV_WIFI_CRED_RECV
#define MANAGER_EVENT_FAILED    NETWORK_PROV_WIFI_CRED_FAIL
#define MANAGER_EVENT_CONNECTED NETWORK_PROV_WIFI_CRED_SUCCESS
#define MANAGER_EVENT_ENDED     NETWORK_PROV_END
#define MANAGER_SECURITY        NETWORK_PROV_SECURITY_2
#if CONFIG_DEVICE_JOBS_CONFIGURE_BLE
#include "network_provisioning/scheme_ble.h"
#else
#include "network_provisioning/scheme_softap.h"
#endif
#else
#include "wifi_provisioning/manager.h"
#define MANAGER(name)           wifi_prov_##name
#define MANAGER_RETRY           wifi_prov_mgr_reset_sm_state_on_failure
#define MANAGER_EVENT_RECEIVED  WIFI_PROV_CRED_RECV
#define MANAGER_EVENT_FAILED    WIFI_PROV_CRED_FAIL
#define MANAGER_EVENT_CONNECTED WIFI_PROV_CRED_SUCCESS
#define MANAGER_EVENT_ENDED     WIFI_PROV_END
#define MANAGER_SECURITY        WIFI_PROV_SECURITY_2
#if CONFIG_DEVICE_JOBS_CONFIGURE_BLE
#include "wifi_provisioning/scheme_ble.h"
#else
#include "wifi_provisioning/scheme_softap.h"
#endif
#endif

#if CONFIG_DEVICE_JOBS_CONFIGURE_BLE
#define MANAGER_SCHEME MANAGER(scheme_ble)
#else
#define MANAGER_SCHEME MANAGER(scheme_softap)
#endif

#endif
