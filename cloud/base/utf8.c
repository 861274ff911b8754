/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_step(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char first = at[0];
    if (first < 0x80) {
        return 1;
    }
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || left < len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_bad = (first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ||
                  (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f);
    return is_bad ? 0 : len;
}

uint32_t utf8_character(const char *text, size_t step)
{
    unsigned char first = (unsigned char)text[0];
    uint32_t value = step == 1 ? first : first & (0x7fU >> step);
    for (size_t i = 1; i < step; i++) {
        value = (value << 6) | ((unsigned char)text[i] & 0x3fU);
    }
    return value;
}

bool utf8_is_other(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0, 0x1f},
        {0x7f, 0x9f},
        /* format characters */
        {0xad, 0xad},
        {0x600, 0x605},
        {0x61c, 0x61c},
        {0x6dd, 0x6dd},
        {0x70f, 0x70f},
        {0x890, 0x891},
        {0x8e2, 0x8e2},
        {0x180e, 0x180e},
        {0x200b, 0x200f},
        {0x202a, 0x202e},
        {0x2060, 0x206f},
        {0xfeff, 0xfeff},
        {0xfff9, 0xfffb},
        {0x110bd, 0x110bd},
        {0x110cd, 0x110cd},
        {0x13430, 0x1343f},
        {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a},
        {0xe0000, 0xe007f},
        /* surrogates and private use */
        {0xd800, 0xf8ff},
        {0xf0000, 0x10ffff},
        /* never to be assigned; so are the last two of each plane, below */
        {0xfdd0, 0xfdef},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last) {
            return true;
        }
    }
    return (character & 0xfffe) == 0xfffe;
}

int utf8_fit(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);
    if (len <= max) {
        return (int)len;
    }
    size_t at = max;
    while (at > 0 && max - at < 3 && ((unsigned char)text[at] & 0xc0) == 0x80) {
        at--;
    }
    return (int)(((unsigned char)text[at] & 0xc0) == 0x80 ? max : at);
}

/* A sequence of this length at `text`: C0, DEL, or C1 (U+0080 to U+009F, which are C2 80 to C2 9F). */
static bool is_control(const char *text, size_t len)
{
    unsigned char first = (unsigned char)text[0];
    return len == 1 ? first < ' ' || first == 0x7f : first == 0xc2 && (unsigned char)text[1] < 0xa0;
}

void utf8_clean(char *line)
{
    char *out = line;
    size_t left = strlen(line);
    for (const char *at = line; left > 0;) {
        size_t len = utf8_step(at, left);
        size_t used = len > 0 ? len : 1;
        if (len == 0 || is_control(at, len)) {
            *out++ = '?';
        } else {
            memmove(out, at, len);
            out += len;
        }
        at += used;
        left -= used;
    }
    *out = '\0';
}
