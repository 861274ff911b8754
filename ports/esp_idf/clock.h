/* SPDX-License-Identifier: MIT */
/* The time of day. A chip wakes up in 1970, and TLS cannot check a certificate then. Noticing that there is a network, without
 * which nobody can be asked for the time, is left to port_network.c. */
#ifndef PORTS_ESP_IDF_CLOCK_H
#define PORTS_ESP_IDF_CLOCK_H

#include <stdint.h>

/* Seconds since 1970, UTC; 0: not known yet. When the network time does not come within CONFIG_DEVICE_JOBS_CLOCK_WAIT_S, the
 * day on which this firmware was built is taken: the true time is later than that for sure. Any task. */
int64_t clock_wall_s(void);

/* Asks for the time over the network, again and again, unless somebody does it already (the application, or an earlier call).
 * To be called whenever there is an address. Waits for the stack's task; any task. */
void clock_start_network_time(void);

#endif
