/* SPDX-License-Identifier: MIT */
/* A Wi-Fi station that connects again for ever, with growing pauses: an access point that restarts is found soon, one that is
 * gone costs little. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_NETWORK_WIFI
#include "device/port/port_board.h"
#include "ports/esp_idf/network.h"

#include "esp_timer.h"
#include "esp_wifi.h"

#include <string.h>

#define PAUSE_FIRST_MS 500
#define PAUSE_LAST_MS  30000
#define US_PER_MS      1000

static esp_timer_handle_t again;
static uint32_t pause_ms = PAUSE_FIRST_MS;
static bool is_up;

static void connect_again(void *ctx)
{
    (void)ctx;
    esp_wifi_connect();
}

static void on_lost(const wifi_event_sta_disconnected_t *event)
{
    char line[80];
    snprintf(line, sizeof(line), "Wi-Fi: not connected (reason %u); next try in %u ms",
             (unsigned)event->reason, (unsigned)pause_ms);
    port_board_log(LOG_LEVEL_INFO, line);
    esp_timer_start_once(again, (uint64_t)pause_ms * US_PER_MS);
    pause_ms = pause_ms < PAUSE_LAST_MS / 2 ? pause_ms * 2 : PAUSE_LAST_MS;
    if (is_up) {
        is_up = false;
        network_tell(false);
    }
}

static void on_wifi_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base;
    if (id == WIFI_EVENT_STA_START) {
        esp_wifi_connect();
    } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
        on_lost(data);
    }
}

static void on_address(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base, (void)id, (void)data;
    pause_ms = PAUSE_FIRST_MS;
    is_up = true;
    network_tell(true);
}

/* An ssid of 32 bytes and a password of 64 have no room for a NUL; the driver knows. */
static void fill(wifi_config_t *config, const char *ssid, const char *password)
{
    memcpy(config->sta.ssid, ssid, strnlen(ssid, sizeof(config->sta.ssid)));
    memcpy(config->sta.password, password, strnlen(password, sizeof(config->sta.password)));
    config->sta.threshold.authmode = password[0] ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN;
}

static bool listen_to_events(void)
{
    const esp_timer_create_args_t timer = {.callback = connect_again, .name = "dj_wifi"};
    return !network_failed("timer", esp_timer_create(&timer, &again)) &&
           !network_failed("Wi-Fi events", esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID,
                                                                               on_wifi_event, NULL, NULL)) &&
           !network_failed("address events", esp_event_handler_instance_register(
                                                 IP_EVENT, IP_EVENT_STA_GOT_IP, on_address, NULL, NULL));
}

enum err network_start(const char *ssid, const char *password)
{
    if (!ssid || !ssid[0]) {
        port_board_log(LOG_LEVEL_ERROR, "network: pWifiSsidStr is empty");
        return ERR_ARG;
    }
    wifi_config_t config = {0};
    fill(&config, ssid, password ? password : "");
    const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    if (!esp_netif_create_default_wifi_sta() || network_failed("Wi-Fi driver", esp_wifi_init(&init)) ||
        !listen_to_events() ||
        network_failed("Wi-Fi storage",
                       esp_wifi_set_storage(WIFI_STORAGE_RAM)) || /* the password stays with the caller */
        network_failed("Wi-Fi mode", esp_wifi_set_mode(WIFI_MODE_STA)) ||
        network_failed("Wi-Fi configuration", esp_wifi_set_config(WIFI_IF_STA, &config)) ||
        network_failed("Wi-Fi start", esp_wifi_start())) {
        return ERR_FULL;
    }
    return ERR_OK;
}
#endif
