/* SPDX-License-Identifier: MIT */
/* Time. Every function may be called from any task. */
#ifndef DEVICE_PORT_TIME_H
#define DEVICE_PORT_TIME_H

#include "common/err.h"

#include <stdint.h>

/* Milliseconds since some fixed moment before the program started; never goes back, not touched by clock changes. */
uint64_t port_time_monotonic_ms(void);

/* The same in microseconds. */
uint64_t port_time_monotonic_us(void);

/* Seconds since 1970, UTC, as the platform's clock has them, also when nobody has set it yet (42 s after the start of a chip: 42). What TLS
 * judges certificates by. Never used for intervals. */
int64_t port_time_wall_s(void);

/* From now on port_time_wall_s says this and what has passed since, and TLS goes by it, until the platform learns the time by itself:
 * nothing has set the clock, and the device's last known time is better than none. ERR_UNSUPPORTED: the platform's clock is not the
 * library's to set, and the port has no other. */
enum err port_time_begin_wall(int64_t wall_s);

/* Seconds since 1970 at which this program was built: no clock that is right says less. The same in each build of one source where the
 * build is reproducible. */
int64_t port_time_built_s(void);

/* Blocks the calling task for at least this long. 0 yields. */
void port_time_sleep_ms(uint32_t ms);

#endif
