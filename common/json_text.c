/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

/* UTF-8, first byte in the lowest bits; a code point above 0 has no byte that is 0. */
static uint32_t pack_utf8(uint32_t code)
{
    uint32_t packed = 0;
    uint32_t lead = 0x80;
    uint32_t room = 0x40; /* the lead byte has one bit less for each byte that follows it */

    if (code < 0x80) {
        return code;
    }
    do {
        packed = (packed | 0x80 | (code & 0x3F)) << 8;
        code >>= 6;
        lead = lead >> 1 | 0x80;
        room >>= 1;
    } while (code >= room);
    return packed | lead | code;
}

/* The four digits behind `\u`, or -1. */
static int32_t read_hex4(struct json_scan *scan)
{
    int32_t value = 0;

    if (scan->end - scan->at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = json_scan_hex(*scan->at++);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Behind `\u`, the second half of a pair included. -1: half a pair. */
static int32_t read_code_point(struct json_scan *scan)
{
    int32_t high = read_hex4(scan);
    if (high < 0xD800 || high > 0xDFFF) {
        return high;
    }
    if (high > 0xDBFF || scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u') {
        return -1;
    }
    scan->at += 2;
    int32_t low = read_hex4(scan);
    return low >= 0xDC00 && low <= 0xDFFF ? 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00) : -1;
}

/* The code point of an escape, `at` behind its backslash; 0 or less when it has no text form. */
static int32_t read_escape(struct json_scan *scan)
{
    static const char names[] = {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'};
    static const char codes[] = {'"', '\\', '/', '\b', '\f', '\n', '\r', '\t'};

    if (scan->at == scan->end) {
        return -1;
    }
    char name = *scan->at++;
    if (name == 'u') {
        return read_code_point(scan);
    }
    for (size_t i = 0; i < sizeof(names); i++) {
        if (names[i] == name) {
            return codes[i];
        }
    }
    return -1;
}

/* The next bytes of the decoded string, packed; 0 when there is no text form. */
static uint32_t next_bytes(struct json_scan *scan)
{
    unsigned char c = (unsigned char)*scan->at++;
    if (c != '\\') {
        return c;
    }
    int32_t code = read_escape(scan);
    return code > 0 ? pack_utf8((uint32_t)code) : 0;
}

/* Without `out` only measures. */
static enum err decode(struct slice escaped, char *out, size_t *len)
{
    struct json_scan scan = json_scan_begin(escaped);
    size_t sum = 0;

    while (scan.at < scan.end) {
        uint32_t bytes = next_bytes(&scan);
        if (bytes == 0) {
            return ERR_JSON_STRING;
        }
        for (; bytes != 0; bytes >>= 8) {
            if (out != NULL) {
                out[sum] = (char)bytes;
            }
            sum++;
        }
    }
    *len = sum;
    return ERR_OK;
}

enum err json_decode(struct slice escaped, char *out, size_t cap, size_t *len)
{
    size_t needed;
    enum err err = decode(escaped, NULL, &needed);
    if (err != ERR_OK) {
        return err;
    }
    if (len != NULL) {
        *len = needed;
    }
    if (needed >= cap) {
        return ERR_TOO_LONG;
    }
    decode(escaped, out, &needed);
    out[needed] = '\0';
    return ERR_OK;
}

bool json_string_is(struct slice escaped, const char *text)
{
    struct json_scan scan = json_scan_begin(escaped);

    while (scan.at < scan.end) {
        uint32_t bytes = next_bytes(&scan);
        if (bytes == 0) {
            return false;
        }
        for (; bytes != 0; bytes >>= 8) {
            if (*text++ != (char)bytes) { /* at the text's NUL they differ */
                return false;
            }
        }
    }
    return *text == '\0';
}
