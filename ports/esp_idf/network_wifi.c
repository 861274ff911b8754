/* SPDX-License-Identifier: MIT */
/* A way to the network: a Wi-Fi station that connects again for ever, with growing pauses, so that an access point that
 * restarts is found soon and one that is gone costs little. Wi-Fi that the application has brought up is left to the
 * application. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_NETWORK_WIFI
#include "ports/esp_idf/log_line.h"
#include "ports/esp_idf/network.h"

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_timer.h"
#include "esp_wifi.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define PAUSE_FIRST_MS 500
#define PAUSE_LAST_MS  30000
#define US_PER_MS      1000
#define LINE_CAP       100
#define REASONS        0x10000 /* above every error of the driver */

static void (*tell_lost)(void);  /* what network_start was given; set before the first event */
static esp_timer_handle_t again; /* runs try_connect after a pause; runs at most once at a time */
/* The pause before the next try; grows with each one, and begins anew with an address. */
static atomic_uint pause_ms = PAUSE_FIRST_MS;
/* An access point has taken the station: no try is wanted. */
static atomic_bool is_associated;
/* Why the station is not connected, as the log has said last: an esp_err_t, or REASONS plus the driver's reason; 0: nothing
 * said. */
static atomic_int cause;
static bool has_address; /* IP_EVENT_STA_GOT_IP came and no loss since; the event loop's task alone */

static bool failed(const char *what, esp_err_t result)
{
    return log_line_failed("network", what, result);
}

/* One line when the cause is another one than that of the try before: an access point that is gone for days makes one line. */
static void log_cause(int next, const char *name)
{
    if (atomic_exchange(&cause, next) == next) {
        return;
    }
    char line[LINE_CAP];
    snprintf(line, sizeof(line), "Wi-Fi: not connected (%s); tries again at least every %u s", name,
             PAUSE_LAST_MS / 1000u);
    log_line(LOG_LEVEL_INFO, line);
}

/* The timer may be running already: then that try is the next one. */
static void try_later(void)
{
    unsigned now_ms = atomic_load(&pause_ms);
    atomic_store(&pause_ms, now_ms < PAUSE_LAST_MS / 2 ? now_ms * 2 : PAUSE_LAST_MS);
    esp_timer_start_once(again, (uint64_t)now_ms * US_PER_MS);
}

/* On the event loop's task or the timer's. When the driver takes the wish to connect, an event tells what becomes of it; when
 * the driver refuses the wish, no event follows, and the next try has to be arranged here. */
static void try_connect(void)
{
    if (atomic_load(&is_associated)) {
        return;
    }
    esp_err_t result = esp_wifi_connect();
    if (result != ESP_OK) {
        log_cause(result, esp_err_to_name(result));
        try_later();
    }
}

static void on_pause_over(void *ctx)
{
    (void)ctx;
    try_connect();
}

static void on_disconnected(const wifi_event_sta_disconnected_t *event)
{
    atomic_store(&is_associated, false);
    char name[16];
    snprintf(name, sizeof(name), "reason %u", (unsigned)event->reason);
    log_cause(REASONS + event->reason, name);
    try_later();
    if (has_address) {
        has_address = false;
        tell_lost();
    }
}

static void on_wifi_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base;
    if (id == WIFI_EVENT_STA_START) {
        try_connect();
    } else if (id == WIFI_EVENT_STA_CONNECTED) {
        atomic_store(&is_associated, true);
    } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
        on_disconnected(data);
    }
}

static void on_address(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base, (void)id, (void)data;
    atomic_store(&pause_ms, PAUSE_FIRST_MS);
    atomic_store(&cause, 0);
    has_address = true;
}

/* An ssid of 32 bytes and a password of 64 leave no room for a NUL, and the driver does not need one then. */
static void fill(wifi_config_t *config, const char *ssid, const char *password)
{
    memcpy(config->sta.ssid, ssid, strnlen(ssid, sizeof(config->sta.ssid)));
    memcpy(config->sta.password, password, strnlen(password, sizeof(config->sta.password)));
    config->sta.threshold.authmode = password[0] ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN;
}

static bool listen_to_events(void)
{
    const esp_timer_create_args_t timer = {.callback = on_pause_over, .name = "dj_wifi"};
    return !failed("timer", esp_timer_create(&timer, &again)) &&
           !failed("Wi-Fi events", esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID,
                                                                       on_wifi_event, NULL, NULL)) &&
           !failed("address events", esp_event_handler_instance_register(IP_EVENT, IP_EVENT_STA_GOT_IP,
                                                                         on_address, NULL, NULL));
}

/* ESP-IDF ends the program when a second station is made. */
static bool application_has_station(void)
{
    if (!esp_netif_get_handle_from_ifkey("WIFI_STA_DEF")) {
        return false;
    }
    log_line(LOG_LEVEL_INFO,
             "Wi-Fi: the application has its own; CONFIG_DEVICE_JOBS_NETWORK_NONE leaves the library's out");
    return true;
}

enum err network_start(const char *ssid, const char *password, void (*on_lost)(void))
{
    if (application_has_station()) {
        return ERR_OK;
    }
    if (!ssid || !ssid[0]) {
        log_line(LOG_LEVEL_ERROR, "network: pWifiSsidStr is empty");
        return ERR_ARG;
    }
    tell_lost = on_lost;
    wifi_config_t config = {0};
    fill(&config, ssid, password ? password : "");
    const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    if (!esp_netif_create_default_wifi_sta() || failed("Wi-Fi driver", esp_wifi_init(&init)) ||
        !listen_to_events() ||
        failed("Wi-Fi storage",
               esp_wifi_set_storage(WIFI_STORAGE_RAM)) || /* the application keeps the password */
        failed("Wi-Fi mode", esp_wifi_set_mode(WIFI_MODE_STA)) ||
        failed("Wi-Fi configuration", esp_wifi_set_config(WIFI_IF_STA, &config)) ||
        failed("Wi-Fi start", esp_wifi_start())) {
        return ERR_FULL;
    }
    return ERR_OK;
}

/* The driver says -127 to 0 and, next to an access point, now and then a little more. */
int8_t network_rssi(void)
{
    wifi_ap_record_t info;
    if (!atomic_load(&is_associated) || esp_wifi_sta_get_ap_info(&info) != ESP_OK) {
        return 0;
    }
    return info.rssi < 0 ? info.rssi : -1;
}

bool network_needs_ssid(void)
{
    return true;
}
#endif
