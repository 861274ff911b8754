/* SPDX-License-Identifier: MIT */
/* Time. Every function may be called from any task; none fails. */
#ifndef DEVICE_PORT_TIME_H
#define DEVICE_PORT_TIME_H

#include <stdint.h>

/* Milliseconds since some fixed moment before the program started; never goes back, not touched by clock changes. */
uint64_t port_time_monotonic_ms(void);

/* The same in microseconds. */
uint64_t port_time_monotonic_us(void);

/* Seconds since 1970, UTC; 0 when the platform does not know the time yet. Never used for intervals. */
int64_t port_time_wall_s(void);

/* Blocks the calling task for at least this long. 0 yields. */
void port_time_sleep_ms(uint32_t ms);

#endif
