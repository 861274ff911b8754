/* SPDX-License-Identifier: MIT */
#include "device/port/port_network.h"
#include "ports/template/missing.h"

enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    (void)ssid, (void)password, (void)changed;
    MISSING();
}

enum err port_network_look(struct port_network_state *out)
{
    (void)out;
    MISSING();
}

bool port_network_needs_ssid(void)
{
    MISSING();
}
