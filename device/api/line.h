/* SPDX-License-Identifier: MIT */
/* Log lines that are put together without printf, because the calling task is the application's and its stack is small.
 * One line at a time in the whole program: line_open waits for its turn, line_log ends it. The lock serves the other
 * small tables of device/api as well. */
#ifndef DEVICE_API_LINE_H
#define DEVICE_API_LINE_H

#include "device/port/port_board.h"

#include <stddef.h>
#include <stdint.h>

void line_open(const char *who); /* "who: " */
void line_add(const char *text);
void line_add_name(const char *name, size_t max); /* 'name', cut to max characters */
void line_add_number(int64_t number);
void line_log(enum log_level level);

void line_lock(void);
void line_unlock(void);

/* The line so far, behind "who: "; between line_open and line_log. */
const char *line_text(void);

/* One line of fixed words. */
void line_error(const char *who, const char *text);

#endif
