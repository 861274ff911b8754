/* SPDX-License-Identifier: MIT */
/* The system owns the network; programs find it there. What it is like, interfaces.c asks the kernel. */
#include "device/port/port_network.h"
#include "ports/linux/interfaces.h"

#include <string.h>

enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    (void)ssid, (void)password, (void)changed;
    return ERR_OK;
}

enum err port_network_look(struct port_network_state *out)
{
    struct interfaces_found found;
    *out = (struct port_network_state){0};
    if (interfaces_find(&found) == ERR_OK) {
        out->is_up = true;
        memcpy(out->address, found.address, sizeof(out->address));
        out->rssi_dbm = interfaces_rssi("/proc/net/wireless", found.name);
    }
    return ERR_OK;
}
