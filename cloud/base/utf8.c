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

/* A sequence of this length at `text`: C0, DEL, or C1 (U+0080 to U+009F, which are C2 80 to C2 9F). */
static bool is_control(const char *text, size_t len)
{
    unsigned char first = (unsigned char)text[0];
    return len == 1 ? first < ' ' || first == 0x7f
                    : first == 0xc2 && (unsigned char)text[1] < 0xa0;
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
