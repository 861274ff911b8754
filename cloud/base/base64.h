/* SPDX-License-Identifier: MIT */
/* Bytes as base64 (RFC 4648, section 4), with padding. */
#ifndef CLOUD_BASE_BASE64_H
#define CLOUD_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Of so many bytes, with the NUL. */
#define BASE64_CAP(len) (4 * (((len) + 2) / 3) + 1)

/* `out` has room for BASE64_CAP(len). */
void base64_write(const void *bytes, size_t len, char *out);

/* false: `text` is not what base64_write makes of `len` bytes; then *bytes may have changed. One text for each value: no other
 * padding, no blanks, no bits behind the end. */
bool base64_read(const char *text, size_t len, void *bytes);

#endif
