/* SPDX-License-Identifier: MIT */
/* Whether there is a network, for port_network.h, and what follows: the application is told, and the network time is asked
 * for. Every interface counts, whoever has brought it up and whether before the start or after it. Bringing one up is left to
 * the way to the network that this firmware takes (network.h). */
#include "device/port/port_network.h"
#include "ports/esp_idf/clock.h"
#include "ports/esp_idf/log_line.h"
#include "ports/esp_idf/netif.h"
#include "ports/esp_idf/network.h"

#include "esp_event.h"
#include "esp_netif.h"
#include "sdkconfig.h"

#include <stddef.h>

_Static_assert(PORT_NETWORK_ADDRESS_CAP == NETIF_ADDRESS_CAP, "two opinions on the length of an address");

static void (*changed_hook)(bool is_up); /* what port_network_start was given; NULL: it was not called yet */

static void on_address(void)
{
    clock_start_network_time();
    changed_hook(true);
}

/* ESP-IDF has taken the interface down before it tells of the loss. */
static void on_lost(void)
{
    if (!netif_has_address()) {
        changed_hook(false);
    }
}

static bool failed(const char *what, esp_err_t result)
{
    return log_line_failed("network", what, result);
}

/* A link-local IPv6 address leads nowhere: asking for the time with it would be in vain, and the next try late. */
static bool is_link_local(const ip_event_got_ip6_t *event)
{
#if CONFIG_LWIP_IPV6
    esp_ip6_addr_t address = event->ip6_info.ip;
    return esp_netif_ip6_get_addr_type(&address) == ESP_IP6_ADDR_IS_LINK_LOCAL;
#else
    (void)event;
    return true;
#endif
}

static void on_ip_event(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx, (void)base;
    switch (id) {
    case IP_EVENT_STA_GOT_IP:
    case IP_EVENT_ETH_GOT_IP:
    case IP_EVENT_PPP_GOT_IP:
        on_address();
        break;
    case IP_EVENT_GOT_IP6:
        if (!is_link_local(data)) {
            on_address();
        }
        break;
    case IP_EVENT_STA_LOST_IP:
    case IP_EVENT_ETH_LOST_IP:
    case IP_EVENT_PPP_LOST_IP:
        on_lost();
        break;
    default:
        break;
    }
}

/* The application may have made the event loop before. */
static bool prepare(void)
{
    esp_err_t result = esp_event_loop_create_default();
    if (result != ESP_ERR_INVALID_STATE && failed("event loop", result)) {
        return false;
    }
    if (failed("network interfaces", netif_prepare())) {
        return false;
    }
    clock_prepare_network_time(); /* the first lease may name servers */
    return !failed("address events",
                   esp_event_handler_instance_register(IP_EVENT, ESP_EVENT_ANY_ID, on_ip_event, NULL, NULL));
}

/* An interface may have got its address before we listened to events. So they are listened to first, and then the interfaces are
 * looked at: an address that comes between the two is told twice, which does no harm. */
enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    if (changed_hook) {
        return ERR_BUSY;
    }
    changed_hook = changed;
    if (!prepare()) {
        return ERR_FULL;
    }
    if (netif_has_address()) {
        on_address();
    }
    return network_start(ssid, password, on_lost);
}

bool port_network_needs_ssid(void)
{
    return network_needs_ssid();
}

enum err port_network_look(struct port_network_state *out)
{
    *out = (struct port_network_state){0};
    if (netif_is_ready() && netif_address(out->address)) {
        out->is_up = true;
        out->rssi_dbm = network_rssi();
    }
    return ERR_OK;
}
