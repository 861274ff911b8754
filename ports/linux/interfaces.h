/* SPDX-License-Identifier: MIT */
/* The interfaces of this machine: which of them leads to the world, its address, its MAC, its radio. Any task; nothing waits for the
 * network. */
#ifndef PORTS_LINUX_INTERFACES_H
#define PORTS_LINUX_INTERFACES_H

#include "device/port/port_network.h"

#include <net/if.h>

struct interfaces_found {
    char name[IFNAMSIZ];
    char address[PORT_NETWORK_ADDRESS_CAP]; /* numeric, without a zone */
};

/* The interface of the default route, IPv4 before IPv6; without one, the first that is up, is not the loopback and has an address that is
 * not a link-local one. ERR_NOT_FOUND: there is none. */
enum err interfaces_find(struct interfaces_found *out);

/* The hardware address of this interface; NULL: of the first one that has one. ERR_NOT_FOUND: it has none. */
enum err interfaces_mac(const char *name, uint8_t out[6]);

/* The signal's level in dBm of `name` in a table like that of /proc/net/wireless; 0: it does not stand there. */
int8_t interfaces_rssi(const char *table_path, const char *name);

#endif
