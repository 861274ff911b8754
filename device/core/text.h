/* SPDX-License-Identifier: MIT */
/* Text for people, from anywhere: what comes in may be hostile, what goes out is UTF-8 that AWS IoT takes as a value of
 * statusDetails. AWS's class is "no Unicode class C": controls, formats, private use, non-characters. */
#ifndef DEVICE_CORE_TEXT_H
#define DEVICE_CORE_TEXT_H

#include "common/slice.h"

#include <stdarg.h>
#include <stdint.h>

#define TEXT_STEP_MAX 4

/* Takes the first code point off *rest, which is not empty, and gives it in clean form: itself, a blank for one that is
 * not wanted, '?' for a byte that is not UTF-8. Returns the length of the clean form. */
size_t text_step(struct slice *rest, char clean[TEXT_STEP_MAX]);

/* The one way to build a line, for the log or for statusDetails. These append to NUL-terminated text in a buffer, clean, and cut between
 * code points where it does not fit. Quotes and backslashes are replaced, so that the result never grows by escaping. */
void text_append(char *out, size_t cap, const char *text);
void text_append_number(char *out, size_t cap, int64_t value);

/* Of printf's conversions those that our lines use: %s, %.20s, %.*s, %d, %u, %ld, %lu, %zu, %%. Not printf itself: that takes
 * kilobytes of the calling task's stack with some C libraries. The caller's function has the compiler check the format. */
void text_append_format(char *out, size_t cap, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
