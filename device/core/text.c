/* SPDX-License-Identifier: MIT */
#include "device/core/text.h"

#include "common/number.h"

#include <string.h>

static char plain(char c)
{
    if (c == '"')
        return '\'';
    if (c == '\\')
        return '/';
    return c < ' ' || c > '~' ? '?' : c;
}

void text_append_slice(char *out, size_t cap, struct slice text)
{
    size_t len = strlen(out);

    for (size_t i = 0; i < text.len && len + 1 < cap; i++)
        out[len++] = plain(text.ptr[i]);
    out[len] = '\0';
}

void text_append(char *out, size_t cap, const char *text)
{
    text_append_slice(out, cap, slice_from(text));
}

void text_append_number(char *out, size_t cap, int64_t value)
{
    char digits[NUMBER_TEXT_CAP];
    number_from_i64(value, digits);
    text_append(out, cap, digits);
}
