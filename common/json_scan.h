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

/* `at` stands behind the opening quote; afterwards behind the closing one. *inside is what stands between. */
enum err json_scan_string(struct json_scan *scan, struct slice *inside);

enum err json_scan_number(struct json_scan *scan);

/* true, false, null */
enum err json_scan_word(struct json_scan *scan, const char *word);

/* The error for a byte that does not fit: it is missing, or it is wrong. */
static inline enum err json_scan_refuse(const struct json_scan *scan)
{
    return scan->at == scan->end ? ERR_JSON_INCOMPLETE : ERR_JSON_SYNTAX;
}

/* Skips white space; the next byte stays unread. 0 at the end of the text: NUL is no token, so nobody takes it. */
static inline unsigned char json_scan_peek(struct json_scan *scan)
{
    while (scan->at < scan->end) {
        unsigned char c = (unsigned char)*scan->at;
        if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return c;
        scan->at++;
    }
    return 0;
}

#endif
