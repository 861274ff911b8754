/* SPDX-License-Identifier: MIT */
/* Short lines for people: log lines and the message of a final status. Each call appends to NUL-terminated text in a
 * fixed buffer and cuts what does not fit. What comes in may be hostile: only printable ASCII goes out, without quotes
 * and backslashes, so the result needs no escaping anywhere. */
#ifndef DEVICE_CORE_TEXT_H
#define DEVICE_CORE_TEXT_H

#include "common/slice.h"

#include <stdint.h>

void text_append(char *out, size_t cap, const char *text);
void text_append_slice(char *out, size_t cap, struct slice text);
void text_append_number(char *out, size_t cap, int64_t value);

#endif
