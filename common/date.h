/* SPDX-License-Identifier: MIT */
/* A time as people read it. */
#ifndef COMMON_DATE_H
#define COMMON_DATE_H

#include <stdint.h>

#define DATE_CAP 21 /* "2026-11-30T22:14:21Z" and NUL */

/* seconds since 1970, UTC. Before 1970 and after the year 9999: the nearest time that is in between. */
void date_write(int64_t seconds, char out[DATE_CAP]);

#endif
