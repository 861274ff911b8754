/* SPDX-License-Identifier: MIT */
/* The TCP/IP stack and its interfaces, over esp_netif: see netif.h. */
#include "ports/esp_idf/netif.h"

#include "esp_netif.h"
#include "sdkconfig.h"

#include <stdatomic.h>

static atomic_bool is_ready; /* the stack is prepared */

esp_err_t netif_prepare(void)
{
    esp_err_t result = esp_netif_init();
    atomic_store(&is_ready, result == ESP_OK);
    return result;
}

bool netif_is_ready(void)
{
    return atomic_load(&is_ready);
}

static bool has_ip4(esp_netif_t *netif)
{
#if CONFIG_LWIP_IPV4
    esp_netif_ip_info_t info;
    return esp_netif_get_ip_info(netif, &info) == ESP_OK && info.ip.addr != 0;
#else
    (void)netif;
    return false;
#endif
}

static bool has_ip6(esp_netif_t *netif)
{
#if CONFIG_LWIP_IPV6
    esp_ip6_addr_t addresses[CONFIG_LWIP_IPV6_NUM_ADDRESSES];
    int count = esp_netif_get_all_ip6(netif, addresses);
    for (int i = 0; i < count; i++) {
        if (esp_netif_ip6_get_addr_type(&addresses[i]) != ESP_IP6_ADDR_IS_LINK_LOCAL) {
            return true;
        }
    }
#endif
    (void)netif;
    return false;
}

/* On the stack's task, so that no interface goes away meanwhile. */
static bool leads_further(esp_netif_t *netif, void *ctx)
{
    (void)ctx;
    bool gives_addresses = esp_netif_get_flags(netif) & ESP_NETIF_DHCP_SERVER;
    return esp_netif_is_netif_up(netif) && !gives_addresses && (has_ip4(netif) || has_ip6(netif));
}

bool netif_has_address(void)
{
    return esp_netif_find_if(leads_further, NULL) != NULL;
}
