/* SPDX-License-Identifier: MIT */
/* The host owns the network. */
#include "device/port/port_network.h"
#include "ports/esp_idf/netif.h"

#include <stddef.h>

enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    (void)ssid, (void)password, (void)changed;
    return ERR_OK;
}

bool netif_is_ready(void)
{
    return true;
}
