/* SPDX-License-Identifier: MIT */
/* The TCP/IP stack and its interfaces, over esp_netif: see netif.h. */
#include "ports/esp_idf/netif.h"

#include "esp_netif.h"
#include "sdkconfig.h"

#include <stdatomic.h>
#include <stdio.h>

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

/* An address's bytes stand in the order of the network, whatever the chip's own is. `out` may be NULL. */
static bool find_ip4(esp_netif_t *netif, char *out)
{
#if CONFIG_LWIP_IPV4
    esp_netif_ip_info_t info;
    if (esp_netif_get_ip_info(netif, &info) != ESP_OK || info.ip.addr == 0) {
        return false;
    }
    if (out) {
        const uint8_t *bytes = (const uint8_t *)&info.ip.addr;
        snprintf(out, NETIF_ADDRESS_CAP, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
    return true;
#else
    (void)netif, (void)out;
    return false;
#endif
}

#if CONFIG_LWIP_IPV6
/* Eight groups, none left out: longer than need be, and right. */
static void write_ip6(const esp_ip6_addr_t *address, char *out)
{
    const uint8_t *bytes = (const uint8_t *)address->addr;
    size_t len = 0;
    for (unsigned i = 0; i < 16; i += 2) {
        unsigned group = (unsigned)bytes[i] << 8 | bytes[i + 1];
        len += (size_t)snprintf(out + len, NETIF_ADDRESS_CAP - len, "%s%x", i > 0 ? ":" : "", group);
    }
}
#endif

static bool find_ip6(esp_netif_t *netif, char *out)
{
#if CONFIG_LWIP_IPV6
    esp_ip6_addr_t addresses[CONFIG_LWIP_IPV6_NUM_ADDRESSES];
    int count = esp_netif_get_all_ip6(netif, addresses);
    for (int i = 0; i < count; i++) {
        if (esp_netif_ip6_get_addr_type(&addresses[i]) == ESP_IP6_ADDR_IS_LINK_LOCAL) {
            continue;
        }
        if (out) {
            write_ip6(&addresses[i], out);
        }
        return true;
    }
#endif
    (void)netif, (void)out;
    return false;
}

/* On the stack's task, so that no interface goes away meanwhile. */
static bool leads_further(esp_netif_t *netif, void *ctx)
{
    char *out = ctx;
    bool gives_addresses = esp_netif_get_flags(netif) & ESP_NETIF_DHCP_SERVER;
    return esp_netif_is_netif_up(netif) && !gives_addresses && (find_ip4(netif, out) || find_ip6(netif, out));
}

bool netif_has_address(void)
{
    return esp_netif_find_if(leads_further, NULL) != NULL;
}

bool netif_address(char out[NETIF_ADDRESS_CAP])
{
    return esp_netif_find_if(leads_further, out) != NULL;
}
