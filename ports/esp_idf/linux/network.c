/* SPDX-License-Identifier: MIT */
/* The network of IDF's linux target is the host's, which has brought it up: there is nothing to do. */
#include "device/port/port_network.h"
#include "ports/esp_idf/netif.h"

#include <stddef.h>

enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    (void)ssid, (void)password, (void)changed;
    return ERR_OK;
}

bool port_network_needs_ssid(void)
{
    return false;
}

enum err port_network_look(struct port_network_state *out)
{
    *out = (struct port_network_state){0};
    return ERR_NOT_FOUND;
}

bool netif_is_ready(void)
{
    return true;
}
