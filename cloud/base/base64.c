/* SPDX-License-Identifier: MIT */
#include "cloud/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three bytes as the bits of a number, the first one in front. */
static uint32_t read_group(const unsigned char *bytes, size_t len)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++) {
        bits = bits << 8 | (i < len ? bytes[i] : 0u);
    }
    return bits;
}

static void write_group(uint32_t bits, size_t len, char out[4])
{
    for (size_t i = 0; i < 4; i++) {
        out[i] = i <= len ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
}

void base64_write(const void *bytes, size_t len, char *out)
{
    const unsigned char *in = bytes;
    for (size_t at = 0; at < len; at += 3, out += 4) {
        size_t left = len - at < 3 ? len - at : 3;
        write_group(read_group(in + at, left), left, out);
    }
    *out = '\0';
}

/* What is no digit counts as 0: the text is then not what write_group makes of it. */
static uint32_t digits_of(const char text[4])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *found = text[i] ? strchr(digits, text[i]) : NULL;
        bits = bits << 6 | (found ? (uint32_t)(found - digits) : 0u);
    }
    return bits;
}

bool base64_read(const char *text, size_t len, void *bytes)
{
    unsigned char *out = bytes;
    if (strlen(text) != BASE64_CAP(len) - 1) {
        return false;
    }
    for (size_t at = 0; at < len; at += 3, text += 4) {
        char again[4];
        size_t left = len - at < 3 ? len - at : 3;
        uint32_t bits = digits_of(text);
        for (size_t i = 0; i < left; i++) {
            out[at + i] = (unsigned char)(bits >> (16 - 8 * i));
        }
        write_group(read_group(out + at, left), left, again);
        if (memcmp(again, text, 4) != 0) {
            return false;
        }
    }
    return true;
}
