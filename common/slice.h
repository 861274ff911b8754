/* SPDX-License-Identifier: MIT */
/* Text that is not NUL-terminated: a `char *` in this code base is, a slice is not. Slices never own memory. */
#ifndef COMMON_SLICE_H
#define COMMON_SLICE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE_EMPTY ((struct slice){0, 0})

/* `text` may be NULL: gives the empty slice. */
struct slice slice_from(const char *text);

bool slice_equals(struct slice a, struct slice b);

/* Compares with NUL-terminated text. */
bool slice_is(struct slice a, const char *text);

bool slice_starts_with(struct slice a, const char *prefix);
bool slice_ends_with(struct slice a, const char *suffix);

/* Copies and NUL-terminates. ERR_TOO_LONG when a.len >= cap; then `out` is unchanged. */
enum err slice_copy(struct slice a, char *out, size_t cap);

/* Cuts at the first `separator`: returns what stands before it, and moves *rest behind it. Without a separator returns
 * everything and leaves *rest empty with ptr NULL. Used to walk topics and paths level by level. */
struct slice slice_cut(struct slice *rest, char separator);

#endif
