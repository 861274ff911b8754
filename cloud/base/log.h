/* SPDX-License-Identifier: MIT */
/* What the daemon tells on standard error: one line each, with time and level, for people or (as JSON) for programs. The
 * process has one log. Words of strangers may be in a line: what could steer a terminal becomes '?' (utf8_clean). */
#ifndef CLOUD_BASE_LOG_H
#define CLOUD_BASE_LOG_H

#include "cloud/base/clock.h"

#include <stdbool.h>
#include <stddef.h>

enum log_level {
    LOG_LEVEL_ERROR,   /* the daemon ends, or cannot do what it is for */
    LOG_LEVEL_WARNING, /* somebody is refused, or something was lost */
    LOG_LEVEL_INFO,    /* life of the daemon */
    LOG_LEVEL_DEBUG,   /* every request and connection (--verbose) */
};

/* Until then lines carry no time, and those of LOG_LEVEL_DEBUG are left out. The clock lives as long as the process. */
void log_open(const struct clock *clock, enum log_level last, bool is_json);

/* Would a line of this level be written? To save the work of making one. */
bool log_wants(enum log_level level);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What stands in the line, once more by name: only JSON has it. */
struct log_field {
    const char *name;
    const char *text; /* NULL: the number */
    int64_t number;
};
void log_event(enum log_level level, const struct log_field fields[], size_t count, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
