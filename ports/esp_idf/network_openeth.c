/* SPDX-License-Identifier: MIT */
/* The Ethernet card of Espressif's emulator, for firmware without a board. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_NETWORK_OPENETH
#include "ports/esp_idf/network.h"

#include "esp_eth.h"
#include "esp_eth_mac_openeth.h"
#include "esp_idf_version.h"
#include "esp_netif.h"

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
#define NEW_PHY esp_eth_phy_new_generic
#else
#define NEW_PHY esp_eth_phy_new_dp83848
#endif

static void on_address(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base, (void)id, (void)data;
    network_tell(true);
}

static void on_lost(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base, (void)id, (void)data;
    network_tell(false);
}

static bool listen_to_events(void)
{
    return !network_failed("address events", esp_event_handler_instance_register(
                                                 IP_EVENT, IP_EVENT_ETH_GOT_IP, on_address, NULL, NULL)) &&
           !network_failed("Ethernet events",
                           esp_event_handler_instance_register(ETH_EVENT, ETHERNET_EVENT_DISCONNECTED,
                                                               on_lost, NULL, NULL));
}

enum err network_start(const char *ssid, const char *password)
{
    (void)ssid, (void)password;
    const eth_mac_config_t mac_config = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy_config = ETH_PHY_DEFAULT_CONFIG();
    phy_config.autonego_timeout_ms = 100; /* the emulated one needs no time */
    const esp_netif_config_t netif_config = ESP_NETIF_DEFAULT_ETH();
    const esp_eth_config_t config =
        ETH_DEFAULT_CONFIG(esp_eth_mac_new_openeth(&mac_config), NEW_PHY(&phy_config));
    esp_netif_t *netif = esp_netif_new(&netif_config);
    esp_eth_handle_t card = NULL;
    if (!netif || network_failed("Ethernet driver", esp_eth_driver_install(&config, &card)) ||
        network_failed("Ethernet", esp_netif_attach(netif, esp_eth_new_netif_glue(card))) ||
        !listen_to_events() || network_failed("Ethernet start", esp_eth_start(card))) {
        return ERR_FULL;
    }
    return ERR_OK;
}
#endif
