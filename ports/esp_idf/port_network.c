/* SPDX-License-Identifier: MIT */
/* Which way to the network this firmware takes: CONFIG_DEVICE_JOBS_NETWORK_... */
#include "device/port/port_network.h"
#include "device/port/port_board.h"
#include "ports/esp_idf/netif.h"
#include "ports/esp_idf/network.h"

static void (*changed_hook)(bool is_up);

void network_tell(bool is_up)
{
    if (is_up) {
        clock_start_network_time();
    }
    changed_hook(is_up);
}

bool network_failed(const char *what, esp_err_t result)
{
    if (result == ESP_OK) {
        return false;
    }
    char line[100];
    snprintf(line, sizeof(line), "network: %s: %s", what, esp_err_to_name(result));
    port_board_log(LOG_LEVEL_ERROR, line);
    return true;
}

/* The application may have made both before. */
static bool prepare(void)
{
    esp_err_t result = esp_event_loop_create_default();
    if (result != ESP_ERR_INVALID_STATE && network_failed("event loop", result)) {
        return false;
    }
    return !network_failed("network interfaces", netif_prepare());
}

enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    if (changed_hook) {
        return ERR_BUSY;
    }
    changed_hook = changed;
    return prepare() ? network_start(ssid, password) : ERR_FULL;
}
