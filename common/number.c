/* SPDX-License-Identifier: MIT */
#include "common/number.h"

/* Reads to the end even when the value is too large already: "9999999999x" is no integer, rather than a large one. */
static enum err read_digits(struct slice digits, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    bool is_too_large = false;

    if (digits.len == 0)
        return ERR_ARG;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned char c = (unsigned char)digits.ptr[i];
        if (c < '0' || c > '9')
            return ERR_ARG;
        unsigned digit = (unsigned)c - '0';
        is_too_large = is_too_large || sum > (UINT64_MAX - 9) / 10;
        sum = sum * 10 + digit;
        is_too_large = is_too_large || sum > max;
    }
    if (is_too_large)
        return ERR_RANGE;
    *value = sum;
    return ERR_OK;
}

enum err number_to_u32(struct slice text, uint32_t *value)
{
    uint64_t wide;
    enum err err = read_digits(text, UINT32_MAX, &wide);
    if (err == ERR_OK)
        *value = (uint32_t)wide;
    return err;
}

enum err number_to_i64(struct slice text, int64_t *value)
{
    uint64_t size;
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    if (is_negative)
        text = (struct slice){text.ptr + 1, text.len - 1};

    enum err err = read_digits(text, (uint64_t)INT64_MAX + is_negative, &size);
    if (err != ERR_OK)
        return err;
    if (!is_negative)
        *value = (int64_t)size;
    else
        *value = size == 0 ? 0 : -(int64_t)(size - 1) - 1; /* 2^63 itself is no int64_t, only its negative */
    return ERR_OK;
}

size_t number_from_i64(int64_t value, char out[NUMBER_TEXT_CAP])
{
    char reversed[NUMBER_TEXT_CAP];
    size_t digits = 0;
    size_t len = 0;
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        reversed[digits++] = (char)('0' + (char)(size % 10));
        size /= 10;
    } while (size > 0);

    if (value < 0)
        out[len++] = '-';
    while (digits > 0)
        out[len++] = reversed[--digits];
    out[len] = '\0';
    return len;
}
