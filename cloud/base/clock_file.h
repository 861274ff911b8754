/* SPDX-License-Identifier: MIT */
/* The file that says how far the service's time is ahead of the machine's: one number, in milliseconds. The daemon writes it
 * (service_clock.c) before anybody is told that the clock was advanced; the broker plugin reads it. */
#ifndef CLOUD_BASE_CLOCK_FILE_H
#define CLOUD_BASE_CLOCK_FILE_H

#include <stdint.h>

#define CLOCK_FILE_NAME "virtual-clock" /* in the data directory */

/* 1: read; 0: there is none; -1: it cannot be opened, and errno says why; -2: it holds no such number. *by_ms changes with 1 only. */
int clock_file_read(const char *path, int64_t *by_ms);

#endif
