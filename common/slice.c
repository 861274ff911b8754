/* SPDX-License-Identifier: MIT */
#include "common/slice.h"

#include <string.h>

struct slice slice_from(const char *text)
{
    if (text == NULL) {
        return SLICE_EMPTY;
    }
    return (struct slice){text, strlen(text)};
}

bool slice_equals(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0; /* the pointers of empty slices may be NULL */
}

bool slice_is(struct slice a, const char *text)
{
    return slice_equals(a, slice_from(text));
}

bool slice_starts_with(struct slice a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && slice_equals((struct slice){a.ptr, len}, (struct slice){prefix, len});
}

bool slice_ends_with(struct slice a, const char *suffix)
{
    size_t len = strlen(suffix);
    return a.len >= len &&
           slice_equals((struct slice){a.ptr + a.len - len, len}, (struct slice){suffix, len});
}

enum err slice_copy(struct slice a, char *out, size_t cap)
{
    if (a.len >= cap) {
        return ERR_TOO_LONG;
    }
    if (a.len > 0) {
        memcpy(out, a.ptr, a.len);
    }
    out[a.len] = '\0';
    return ERR_OK;
}

struct slice slice_cut(struct slice *rest, char separator)
{
    struct slice all = *rest;
    const char *cut = all.len > 0 ? memchr(all.ptr, separator, all.len) : NULL;
    if (cut == NULL) {
        *rest = SLICE_EMPTY;
        return all;
    }
    size_t head_len = (size_t)(cut - all.ptr);
    *rest = (struct slice){cut + 1, all.len - head_len - 1};
    return (struct slice){all.ptr, head_len};
}
