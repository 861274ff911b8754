/* SPDX-License-Identifier: MIT */
/* The way to the network, on a platform where a program has to bring it up itself. From any task. */
#ifndef DEVICE_PORT_NETWORK_H
#define DEVICE_PORT_NETWORK_H

#include "common/err.h"

#include <stdbool.h>

/* Starts to bring the network up and returns without waiting for it; from then on the port keeps it up, without end and on
 * its own. A port whose system does that already, or leaves it to the application, returns ERR_OK and does nothing.
 * `ssid` and `password` are the Wi-Fi's; NULL or empty: none was given. They must live as long as the program.
 * `changed` runs on the port's network task when there is an address (true) or no longer one (false), and within this call
 * when there is one already: it notes that and returns. ERR_BUSY: it was started before. ERR_ARG: there has to be an ssid.
 * ERR_FULL: no memory. The port logs why. */
enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up));

#endif
