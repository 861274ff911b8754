/* SPDX-License-Identifier: MIT */
#include "cloud/base/text.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_copy(const char *text)
{
    return text ? text_copy_n(text, strlen(text)) : NULL;
}

char *text_copy_n(const char *text, size_t len)
{
    return memory_copy(text, len);
}

char *text_shell_quote(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
    size_t len = strlen(text);
    size_t at = 0;
    if (len > 0 && strspn(text, plain) == len) {
        return text_copy(text);
    }
    char *quoted = memory_zeroed(4 * len + sizeof "''");
    quoted[at++] = '\'';
    for (const char *next = text; *next; next++) {
        const char *piece = *next == '\'' ? "'\\''" : (const char[]){*next, '\0'};
        for (; *piece; piece++) {
            quoted[at++] = *piece;
        }
    }
    quoted[at] = '\'';
    return quoted;
}

char *text_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        memory_out();
    }
    return text;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = utf8_step(text + at, len - at);
        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}

long text_decode_percent(const char *text, size_t len, bool plus_is_blank, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0) {
                return -1;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0') {
            return -1;
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return text_is_utf8(out, used) ? (long)used : -1;
}

bool text_has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    const char *at = words;
    while (at && *at && len > 0) {
        size_t span = strcspn(at, " ");
        if (span == len && memcmp(at, word, len) == 0) {
            return true;
        }
        at += span + (at[span] == ' ');
    }
    return false;
}

unsigned long long text_hash(unsigned long long seed, const char *text)
{
    uint64_t hash = seed ? seed : 0xcbf29ce484222325ULL;
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
    }
    return hash;
}
