/* SPDX-License-Identifier: MIT */
/* The time of day. A chip wakes up in 1970, and TLS cannot check a certificate then. Noticing that there is a network, without
 * which nobody can be asked for the time, is left to port_network.c. */
#ifndef PORTS_ESP_IDF_CLOCK_H
#define PORTS_ESP_IDF_CLOCK_H

#include "common/err.h"

#include <stdint.h>

/* port_time.h says what these do. */
int64_t clock_wall_s(void);
enum err clock_begin_wall(int64_t wall_s);
int64_t clock_built_s(void);

/* Lets the servers that the network names (DHCP, option 42) be taken, where the firmware is built for that. Before an address is asked for, with the
 * stack prepared. Waits for the stack's task; any task. */
void clock_prepare_network_time(void);

/* Asks for the time over the network, again and again, unless somebody does it already (the application, or an earlier call).
 * To be called whenever there is an address. Waits for the stack's task; any task. */
void clock_start_network_time(void);

#endif
