/* SPDX-License-Identifier: MIT */
/* The log lines of device/api, built by device/core/text.h in one buffer for the whole program, because the calling task is the
 * application's and its stack is small. One line at a time: line_open waits for its turn, line_log ends it. The lock serves the
 * other small tables of device/api as well. */
#ifndef DEVICE_API_LINE_H
#define DEVICE_API_LINE_H

#include "device/port/port_board.h"

#include <stddef.h>
#include <stdint.h>

/* A whole line, "who: what the format says" (text_append_format). */
__attribute__((format(printf, 3, 4))) void line_write(const char *who, enum log_level level,
                                                      const char *format, ...);

/* One error line of fixed words. */
void line_error(const char *who, const char *text);

/* The same in steps, for a line that somebody else wants to read (line_text). */
void line_open(const char *who); /* "who: " */
__attribute__((format(printf, 1, 2))) void line_add(const char *format, ...);
__attribute__((format(printf, 1, 0))) void line_add_list(const char *format, va_list args);
void line_log(enum log_level level);

/* The line so far, behind "who: "; between line_open and line_log. */
const char *line_text(void);

void line_lock(void);
void line_unlock(void);

#endif
