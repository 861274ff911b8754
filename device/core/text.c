/* SPDX-License-Identifier: MIT */
#include "device/core/text.h"

#include "common/number.h"

#include <string.h>

/* Unassigned code points are not listed: the service refuses what it does not know, and the final status then goes
 * without details. */
static const struct {
    uint16_t first, last;
} unwanted[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
    {0xE000, 0xF8FF}, {0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF},
};
#define UNWANTED_FROM 0xE0000 /* tags and private planes */

static bool is_unwanted(uint32_t code)
{
    if (code >= UNWANTED_FROM) {
        return true;
    }
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (code >= unwanted[i].first && code <= unwanted[i].last) {
            return code != 0xFFFC && code != 0xFFFD; /* the two replacement characters are symbols */
        }
    }
    return false;
}

/* The length of the code point in front, 0: not UTF-8 (RFC 3629: no overlong forms, no surrogates). */
static size_t read_code(struct slice text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;

    if (len == 0 || len > text.len) {
        return 0;
    }
    *code = len == 1 ? lead : lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (c & 0x3Fu);
    }
    return *code < least[len] || *code > 0x10FFFF || *code >> 11 == 0xD800 >> 11 ? 0 : len;
}

size_t text_step(struct slice *rest, char clean[TEXT_STEP_MAX])
{
    uint32_t code = 0;
    size_t len = read_code(*rest, &code);
    size_t count = len;

    if (len == 0 || is_unwanted(code)) {
        clean[0] = len == 0 ? '?' : ' ';
        count = 1;
    } else {
        memcpy(clean, rest->ptr, len);
    }
    if (len == 0) {
        len = 1;
    }
    *rest = (struct slice){rest->ptr + len, rest->len - len};
    return count;
}

void text_append(char *out, size_t cap, const char *text)
{
    struct slice rest = slice_from(text);
    size_t len = strlen(out);

    while (rest.len > 0) {
        char clean[TEXT_STEP_MAX];
        size_t count = text_step(&rest, clean);
        if (cap - len <= count) {
            break;
        }
        if (clean[0] == '"') {
            clean[0] = '\'';
        }
        if (clean[0] == '\\') {
            clean[0] = '/';
        }
        memcpy(out + len, clean, count);
        len += count;
    }
    out[len] = '\0';
}

void text_append_number(char *out, size_t cap, int64_t value)
{
    char digits[NUMBER_TEXT_CAP];
    number_from_i64(value, digits);
    text_append(out, cap, digits);
}
