/* SPDX-License-Identifier: MIT */
/* A way to the network: the Ethernet card of Espressif's emulator, for firmware without a board. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_NETWORK_OPENETH
#include "ports/esp_idf/log_line.h"
#include "ports/esp_idf/network.h"

#include "esp_eth.h"
#include "esp_eth_mac_openeth.h"
#include "esp_event.h"
#include "esp_idf_version.h"
#include "esp_netif.h"

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
#define NEW_PHY esp_eth_phy_new_generic
#else
#define NEW_PHY esp_eth_phy_new_dp83848
#endif

static bool failed(const char *what, esp_err_t result)
{
    return log_line_failed("network", what, result);
}

static void (*tell_lost)(void); /* what network_start was given; set before the first event */

static void on_disconnected(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base, (void)id, (void)data;
    tell_lost();
}

static bool listen_to_events(void)
{
    return !failed("Ethernet events",
                   esp_event_handler_instance_register(ETH_EVENT, ETHERNET_EVENT_DISCONNECTED,
                                                       on_disconnected, NULL, NULL));
}

enum err network_start(const char *ssid, const char *password, void (*on_lost)(void))
{
    (void)ssid, (void)password;
    if (esp_netif_get_handle_from_ifkey("ETH_DEF")) {
        return ERR_OK; /* the application has brought the card up */
    }
    tell_lost = on_lost;
    const eth_mac_config_t mac_config = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy_config = ETH_PHY_DEFAULT_CONFIG();
    phy_config.autonego_timeout_ms = 100; /* the emulated one needs no time */
    const esp_netif_config_t netif_config = ESP_NETIF_DEFAULT_ETH();
    const esp_eth_config_t config =
        ETH_DEFAULT_CONFIG(esp_eth_mac_new_openeth(&mac_config), NEW_PHY(&phy_config));
    esp_netif_t *netif = esp_netif_new(&netif_config);
    esp_eth_handle_t card = NULL;
    if (!netif || failed("Ethernet driver", esp_eth_driver_install(&config, &card)) ||
        failed("Ethernet", esp_netif_attach(netif, esp_eth_new_netif_glue(card))) || !listen_to_events() ||
        failed("Ethernet start", esp_eth_start(card))) {
        return ERR_FULL;
    }
    return ERR_OK;
}

int8_t network_rssi(void)
{
    return 0;
}

bool network_needs_ssid(void)
{
    return false;
}
#endif
