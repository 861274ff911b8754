/* SPDX-License-Identifier: MIT */
#include "common/json_text.h"

#include "common/json_scan.h"

#include <string.h>

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
    static const char codes[] = {
        ['b' - 'b'] = '\b', ['f' - 'b'] = '\f', ['n' - 'b'] = '\n', ['r' - 'b'] = '\r', ['t' - 'b'] = '\t'};

    if (scan->at == scan->end) {
        return -1;
    }
    char name = *scan->at++;
    if (name == 'u') {
        return read_code_point(scan);
    }
    if (name == '"' || name == '\\' || name == '/') {
        return name;
    }
    return name >= 'b' && name <= 't' ? codes[name - 'b'] : -1;
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

static bool has_byte(struct slice text, char byte)
{
    return memchr(text.ptr, byte, text.len) != NULL;
}

enum err json_decode(struct slice escaped, char *out, size_t cap, size_t *len)
{
    size_t needed = escaped.len;
    bool is_plain = needed == 0 || (!has_byte(escaped, '\\') && !has_byte(escaped, '\0'));
    enum err err = is_plain ? ERR_OK : decode(escaped, NULL, &needed);
    if (err != ERR_OK) {
        return err;
    }
    if (len != NULL) {
        *len = needed;
    }
    if (is_plain || needed >= cap) {
        return slice_copy(escaped, out, cap); /* too long when decoded is too long as it stands */
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

static uint32_t add_to_tail(uint32_t tail, uint32_t byte)
{
    return tail >> 8 | byte << 24;
}

static uint16_t make_shape(uint32_t tail, size_t len)
{
    return (uint16_t)((tail ^ (uint32_t)len) * 2654435761u >>
                      16); /* 2^32 by the golden ratio spreads every bit */
}

uint16_t json_text_shape(struct slice plain)
{
    uint32_t tail = 0;

    if (plain.len >= 4) {
        return make_shape(json_scan_load(plain.ptr + plain.len - 4), plain.len);
    }
    for (size_t i = 0; i < plain.len; i++) {
        tail = add_to_tail(tail, (unsigned char)plain.ptr[i]);
    }
    return make_shape(tail, plain.len);
}

uint16_t json_text_shape_decoded(struct slice escaped)
{
    struct json_scan scan = json_scan_begin(escaped);
    uint32_t tail = 0;
    size_t len = 0;

    while (scan.at < scan.end) {
        for (uint32_t bytes = next_bytes(&scan); bytes != 0; bytes >>= 8) {
            tail = add_to_tail(tail, bytes);
            len++;
        }
    }
    return make_shape(tail, len);
}
