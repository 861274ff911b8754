/* SPDX-License-Identifier: MIT */
/* The way to the network, on a platform where a program has to bring it up itself. From any task. */
#ifndef DEVICE_PORT_NETWORK_H
#define DEVICE_PORT_NETWORK_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Starts to bring the network up and returns without waiting for it; from then on the port keeps it up, without end and on
 * its own. A port whose system does that already, or leaves it to the application, returns ERR_OK and does nothing.
 * `ssid` and `password` are the Wi-Fi's; NULL or empty: none was given. They must live as long as the program.
 * `changed` runs on the port's network task when there is an address (true) or no longer one (false), and within this call
 * when there is one already: it notes that and returns. ERR_BUSY: it was started before. ERR_ARG: there has to be an ssid.
 * ERR_FULL: no memory. The port logs why. */
enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up));

/* true: port_network_start wants an ssid, because the port brings a Wi-Fi up and nobody has done so before. */
bool port_network_needs_ssid(void);

/* What the network is like at this moment: of the interface that the way to the service goes by, as far as the port can tell. */
#define PORT_NETWORK_ADDRESS_CAP 46 /* an IPv6 address and NUL */
struct port_network_state {
    bool is_up; /* the interface has an address that leads further than its own cable */
    char address[PORT_NETWORK_ADDRESS_CAP]; /* IPv4 before IPv6; empty when it is not up */
    int8_t rssi_dbm;                        /* of its radio, negative; 0: there is none, or it is not known */
};

/* ERR_NOT_FOUND: this port cannot tell, and *out is that of no network. May wait for the task of the TCP/IP stack, not for the network. */
enum err port_network_look(struct port_network_state *out);

#endif
