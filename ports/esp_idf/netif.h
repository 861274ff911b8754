/* SPDX-License-Identifier: MIT */
/* The TCP/IP stack of a chip, and whether one of its interfaces has an address. The stack ends the program when it is used
 * before it is prepared, and the engine task may be the first to use it: after a restart the clock is right at once, and
 * nothing else holds that task back until the application's task has prepared the stack. Bringing an interface up is left to
 * network_*.c or to the application. */
#ifndef PORTS_ESP_IDF_NETIF_H
#define PORTS_ESP_IDF_NETIF_H

#include "esp_err.h"

#include <stdbool.h>

/* Prepares the stack; good as well when the application has done it before. */
esp_err_t netif_prepare(void);

/* Whether sockets can be opened. From any task. */
bool netif_is_ready(void);

/* Whether an interface is up and has an address that leads further than its own cable: IPv4, or IPv6 but for a link-local one.
 * An interface that gives addresses to others (an access point of this device) does not count. Waits for the stack's task, so
 * not before netif_prepare. */
bool netif_has_address(void);

#define NETIF_ADDRESS_CAP 46 /* an IPv6 address and NUL */

/* The address of the first interface for which netif_has_address is true, as text, IPv4 before IPv6. false: there is none. */
bool netif_address(char out[NETIF_ADDRESS_CAP]);

#endif
