/* SPDX-License-Identifier: MIT */
#include "cloud/http/chunk_line.h"

#include "cloud/base/hex.h"

#include <string.h>

#define SIZE_DIGITS_MAX 8

bool chunk_line_next(struct slice *rest, struct slice *line)
{
    const char *end = rest->len > 0 ? memmem(rest->ptr, rest->len, "\r\n", 2) : NULL;
    if (!end) {
        return false;
    }
    size_t len = (size_t)(end - rest->ptr);
    *line = (struct slice){rest->ptr, len};
    *rest = (struct slice){rest->ptr + len + 2, rest->len - len - 2};
    return true;
}

bool chunk_line_size(struct slice digits, size_t *size)
{
    size_t sum = 0;
    if (digits.len == 0 || digits.len > SIZE_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        int digit = hex_digit(digits.ptr[i]);
        if (digit < 0) {
            return false;
        }
        sum = sum * 16 + (size_t)digit;
    }
    *size = sum;
    return true;
}
