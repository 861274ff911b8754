/* SPDX-License-Identifier: MIT */
#include "common/number.h"

#include <string.h>

/* `max` is at most 2^63. Reads to the end even when the value is too large already: "99999999999x" is no integer,
 * rather than a large one. */
static enum err read_digits(struct slice digits, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    bool is_too_large = false;

    if (digits.len == 0) {
        return ERR_ARG;
    }
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned char)(digits.ptr[i] - '0');
        if (digit > 9) {
            return ERR_ARG;
        }
        is_too_large =
            is_too_large || sum >> 60 != 0; /* ten times 2^60 is above 2^63, and still below 2^64 */
        sum = sum * 10 + digit;
    }
    if (is_too_large || sum > max) {
        return ERR_RANGE;
    }
    *value = sum;
    return ERR_OK;
}

enum err number_to_u32(struct slice text, uint32_t *value)
{
    uint64_t wide;
    enum err err = read_digits(text, UINT32_MAX, &wide);
    if (err == ERR_OK) {
        *value = (uint32_t)wide;
    }
    return err;
}

enum err number_to_i64(struct slice text, int64_t *value)
{
    uint64_t size;
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    if (is_negative) {
        text = (struct slice){text.ptr + 1, text.len - 1};
    }

    enum err err = read_digits(text, (uint64_t)INT64_MAX + is_negative, &size);
    if (err != ERR_OK) {
        return err;
    }
    if (!is_negative) {
        *value = (int64_t)size;
    } else {
        *value = size == 0 ? 0 : -(int64_t)(size - 1) - 1; /* 2^63 itself is no int64_t, only its negative */
    }
    return ERR_OK;
}

size_t number_from_i64(int64_t value, char out[NUMBER_TEXT_CAP])
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t start = NUMBER_TEXT_CAP - 1;

    out[start] = '\0';
    do {
        out[--start] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    if (value < 0) {
        out[--start] = '-';
    }
    memmove(out, out + start, NUMBER_TEXT_CAP - start);
    return NUMBER_TEXT_CAP - 1 - start;
}
