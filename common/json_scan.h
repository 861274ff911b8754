/* SPDX-License-Identifier: MIT */
/* Inside of the JSON reader: the tokens that have a grammar of their own. Each function starts at its token's first
 * byte and leaves `at` behind the token, or on the byte to blame. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include "common/json.h"

struct json_scan {
    const char *at;
    const char *end;
};

/* The empty slice has no address, and nothing may be added to that, not even 0. */
static inline struct json_scan json_scan_begin(struct slice text)
{
    return (struct json_scan){text.ptr, text.len > 0 ? text.ptr + text.len : text.ptr};
}

/* A string of ASCII without escapes. False, and nothing is taken: the string is another one, or none. */
bool json_scan_plain(struct json_scan *scan);

/* Any string, byte by byte where it is not plain. */
enum err json_scan_text(struct json_scan *scan);

static inline enum err json_scan_string(struct json_scan *scan)
{
    return json_scan_plain(scan) ? ERR_OK : json_scan_text(scan);
}

enum err json_scan_number(struct json_scan *scan);
enum err json_scan_word(struct json_scan *scan, const char *word); /* true, false, null */

/* Four bytes, the first in the lowest bits, whatever the machine; compilers make one load of it where they can. */
static inline uint32_t json_scan_load(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

/* The error for a byte that does not fit: it is missing, or it is wrong. */
static inline enum err json_scan_refuse(const struct json_scan *scan)
{
    return scan->at == scan->end ? ERR_JSON_INCOMPLETE : ERR_JSON_SYNTAX;
}

/* Skips white space; the next byte stays unread. 0 at the end of the text: NUL is no token, so nobody takes it. */
static inline char json_scan_peek(struct json_scan *scan)
{
    for (; scan->at < scan->end; scan->at++) {
        char c = *scan->at;
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return c;
        }
    }
    return 0;
}

/* -1: not a hexadecimal digit */
static inline int json_scan_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
