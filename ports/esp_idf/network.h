/* SPDX-License-Identifier: MIT */
/* The way to the network that this firmware takes: network_wifi.c, network_openeth.c or network_none.c, by menuconfig. It
 * brings its interface up and keeps it up. Whether there is an address, on this interface or on another one, and what follows
 * from that, is left to port_network.c, which calls it. */
#ifndef PORTS_ESP_IDF_NETWORK_H
#define PORTS_ESP_IDF_NETWORK_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* true: network_start wants an ssid. */
bool network_needs_ssid(void);

/* After netif_prepare, with ESP-IDF's default event loop. `ssid` and `password` as in port_network.h. `on_lost` is called on
 * the event loop's task when the interface had an address and its link is gone; ESP-IDF itself reports the loss of the address
 * minutes later, if at all. ERR_ARG: there has to be an ssid. ERR_FULL: the interface cannot be started. Logs why. */
enum err network_start(const char *ssid, const char *password, void (*on_lost)(void));

/* The signal of the way's own radio in dBm, negative; 0: it has none, or is not connected. From any task. */
int8_t network_rssi(void);

#endif
