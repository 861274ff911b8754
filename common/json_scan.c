/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#define EACH_BYTE(value) (0x01010101u * (value))

/* Marks the top bit of each byte that needs a closer look: quote, backslash, below 0x20, above 0x7F. A subtraction
 * sets it where the byte was too small. Borrows reach only bytes above such a byte, so the lowest mark is exact. */
static uint32_t mark_special(uint32_t word)
{
    uint32_t control_or_quote = (word ^ EACH_BYTE('"' ^ 0x20)) - EACH_BYTE(0x21);
    uint32_t backslash = (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
    return (word | control_or_quote | backslash) & EACH_BYTE(0x80);
}

/* Up to the first byte that needs a closer look, or to the last three, which make no word. */
static inline const char *skip_plain(const char *at, const char *end)
{
    for (const char *last = end - ((size_t)(end - at) & 3); at != last; at += 4) {
        uint32_t marks = mark_special(json_scan_load(at));
        if (marks == 0) {
            continue;
        }
        for (; (marks & 0x80) == 0; marks >>= 8) {
            at++;
        }
        return at;
    }
    return at;
}

static enum err scan_hex4(struct json_scan *scan)
{
    for (int i = 0; i < 4; i++) {
        if (scan->at == scan->end || json_scan_hex(*scan->at) < 0) {
            return json_scan_refuse(scan);
        }
        scan->at++;
    }
    return ERR_OK;
}

static enum err scan_escape(struct json_scan *scan)
{
    scan->at++;
    if (scan->at == scan->end) {
        return ERR_JSON_INCOMPLETE;
    }
    switch (*scan->at) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        scan->at++;
        return ERR_OK;
    case 'u':
        scan->at++;
        return scan_hex4(scan);
    default:
        return ERR_JSON_SYNTAX;
    }
}

/* RFC 3629, section 4: the range of the second byte keeps out overlong forms, surrogates and all above U+10FFFF. On
 * ERR_JSON_UTF8 `at` stays on the lead byte. */
static enum err scan_utf8(struct json_scan *scan)
{
    unsigned char lead = (unsigned char)*scan->at;
    if (lead < 0xC2 || lead > 0xF4) {
        return ERR_JSON_UTF8;
    }

    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    int len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (int i = 1; i < len; i++) {
        if (scan->at + i == scan->end) {
            scan->at = scan->end;
            return ERR_JSON_INCOMPLETE;
        }
        unsigned char c = (unsigned char)scan->at[i];
        if (c < low || c > high) {
            return ERR_JSON_UTF8;
        }
        low = 0x80;
        high = 0xBF;
    }
    scan->at += len;
    return ERR_OK;
}

static enum err scan_char(struct json_scan *scan)
{
    unsigned char c = (unsigned char)*scan->at;
    if (c == '\\') {
        return scan_escape(scan);
    }
    if (c > 0x7F) {
        return scan_utf8(scan);
    }
    if (c < 0x20) {
        return ERR_JSON_SYNTAX;
    }
    scan->at++;
    return ERR_OK;
}

bool json_scan_plain(struct json_scan *scan)
{
    const char *at = skip_plain(scan->at + 1, scan->end);
    bool is_plain = at < scan->end && *at == '"';
    if (is_plain) {
        scan->at = at + 1;
    }
    return is_plain;
}

enum err json_scan_text(struct json_scan *scan)
{
    scan->at++;
    for (;;) {
        scan->at = skip_plain(scan->at, scan->end);
        if (scan->at == scan->end) {
            return ERR_JSON_INCOMPLETE;
        }
        if (*scan->at == '"') {
            scan->at++;
            return ERR_OK;
        }
        enum err err = scan_char(scan);
        if (err != ERR_OK) {
            return err;
        }
    }
}

static enum err scan_digits(struct json_scan *scan)
{
    const char *at = scan->at;
    const char *end = scan->end;

    while (at < end && (unsigned char)(*at - '0') <= 9) {
        at++;
    }
    if (at == scan->at) {
        return json_scan_refuse(scan);
    }
    scan->at = at;
    return ERR_OK;
}

static bool skip_if(struct json_scan *scan, char c)
{
    bool is_there = scan->at < scan->end && *scan->at == c;
    if (is_there) {
        scan->at++;
    }
    return is_there;
}

/* A digit behind a leading zero is left to the reader, which refuses it as the byte after a value. */
enum err json_scan_number(struct json_scan *scan)
{
    skip_if(scan, '-');
    enum err err = skip_if(scan, '0') ? ERR_OK : scan_digits(scan);
    if (err == ERR_OK && skip_if(scan, '.')) {
        err = scan_digits(scan);
    }
    if (err == ERR_OK && (skip_if(scan, 'e') || skip_if(scan, 'E'))) {
        if (!skip_if(scan, '+')) {
            skip_if(scan, '-');
        }
        err = scan_digits(scan);
    }
    return err;
}

enum err json_scan_word(struct json_scan *scan, const char *word)
{
    for (; *word != '\0'; word++) {
        if (!skip_if(scan, *word)) {
            return json_scan_refuse(scan);
        }
    }
    return ERR_OK;
}
