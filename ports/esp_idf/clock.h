/* SPDX-License-Identifier: MIT */
/* The time of day. A chip wakes up in 1970, and TLS cannot check a certificate then. */
#ifndef PORTS_ESP_IDF_CLOCK_H
#define PORTS_ESP_IDF_CLOCK_H

#include <stdint.h>

/* Seconds since 1970, UTC; 0: not known yet. When the network time does not come within CONFIG_DEVICE_JOBS_CLOCK_WAIT_S, the
 * day on which this firmware was built is taken: later than that it is for sure. */
int64_t clock_wall_s(void);

/* Asks for the time over the network, again and again. Once there is a network; more often does no harm. */
void clock_start_network_time(void);

#endif
