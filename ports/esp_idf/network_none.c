/* SPDX-License-Identifier: MIT */
/* The application brings the network up itself. Network time starts with the first address that any interface gets. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_NETWORK_NONE
#include "ports/esp_idf/network.h"

#include "esp_netif.h"

static void on_ip_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base, (void)data;
    if (id == IP_EVENT_STA_GOT_IP || id == IP_EVENT_ETH_GOT_IP || id == IP_EVENT_PPP_GOT_IP) {
        network_tell(true);
    }
}

enum err network_start(const char *ssid, const char *password)
{
    (void)ssid, (void)password;
    return network_failed("address events", esp_event_handler_instance_register(IP_EVENT, ESP_EVENT_ANY_ID,
                                                                                on_ip_event, NULL, NULL))
               ? ERR_FULL
               : ERR_OK;
}
#endif
