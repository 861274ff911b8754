/* SPDX-License-Identifier: MIT */
/* The system owns the network; programs find it there. What it is like stands in port_interfaces.c. */
#include "device/port/port_network.h"

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
