/* SPDX-License-Identifier: MIT */
#include "device/core/details.h"

#include <string.h>

#define KEY_MAX   128
#define VALUE_MAX 1024

static const char *const reserved_keys[] = {"state", "attempt", "reason", "message", "progress"};

/* Code points that AWS IoT does not take in a value (Unicode class C: controls, formats, private use, non-characters),
 * and the two line separators. Unassigned code points are not listed: the service refuses what it does not know. */
static const struct {
    uint32_t first, last;
} unwanted[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xE000, 0xF8FF}, {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
};

static bool is_unwanted(uint32_t code)
{
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (code >= unwanted[i].first && code <= unwanted[i].last)
            return true;
    }
    return false;
}

void details_clear(struct details *details)
{
    details->len = 0;
    details->pairs = 0;
    details->text[0] = '\0';
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '-';
}

static bool is_key_good(const char *key)
{
    size_t len = 0;

    for (; key[len] != '\0'; len++) {
        if (len == KEY_MAX || !is_key_char(key[len]))
            return false;
    }
    for (size_t i = 0; i < sizeof(reserved_keys) / sizeof(reserved_keys[0]); i++) {
        if (strcmp(key, reserved_keys[i]) == 0)
            return false;
    }
    return len > 0;
}

/* The text behind a string, which starts behind its opening quote. */
static const char *skip_string(const char *at)
{
    for (; *at != '"'; at++) {
        if (*at == '\\')
            at++;
    }
    return at + 1;
}

static bool has_key(const struct details *details, const char *key)
{
    const char *at = details->text;
    const char *end = at + details->len;
    size_t key_len = strlen(key);

    while (at < end) {
        at++; /* the quote in front of the key */
        if (strncmp(at, key, key_len) == 0 && at[key_len] == '"')
            return true;
        at = skip_string(at) + 2; /* colon and quote */
        at = skip_string(at) + 1; /* comma, or the NUL at the end */
    }
    return false;
}

/* The next code point and its length in bytes; 0 bytes: not UTF-8. */
static size_t read_code(const unsigned char *at, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = *at < 0x80 ? 1 : *at < 0xC0 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF8 ? 4 : 0;
    if (len < 2) {
        *code = *at;
        return len;
    }

    uint32_t value = *at & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) /* the NUL at the end, too */
            return 0;
        value = value << 6 | (at[i] & 0x3Fu);
    }
    if (value < least[len] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return len;
}

static bool put(struct details *details, size_t *len, const char *bytes, size_t count)
{
    if (sizeof(details->text) - *len <= count)
        return false;
    memcpy(details->text + *len, bytes, count);
    *len += count;
    return true;
}

/* Puts as much of the value as fits, whole code points only, and leaves room for the closing quote. Returns the bytes
 * that were put, before escaping. */
static size_t put_value(struct details *details, size_t *len, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;
    size_t taken = 0;

    while (*at != '\0') {
        uint32_t code = 0;
        char clean[4] = {'\\'};
        size_t step = read_code(at, &code);
        size_t count = step > 0 ? step : 1;
        if (step == 0) {
            clean[0] = '?';
            step = 1;
        } else if (is_unwanted(code)) {
            clean[0] = ' ';
            count = 1;
        } else if (code == '"' || code == '\\') {
            clean[1] = (char)code;
            count = 2;
        } else {
            memcpy(clean, at, step);
        }
        if (taken + count > VALUE_MAX || sizeof(details->text) - *len <= count + 1)
            break;
        put(details, len, clean, count);
        taken += count;
        at += step;
    }
    return taken;
}

enum err details_add(struct details *details, const char *key, const char *value)
{
    if (key == NULL || value == NULL || *value == '\0' || !is_key_good(key) || has_key(details, key))
        return ERR_ARG;
    if (details->pairs == DETAILS_PAIRS_MAX)
        return ERR_FULL;

    size_t len = details->len;
    bool fits = (len == 0 || put(details, &len, ",", 1)) && put(details, &len, "\"", 1) &&
                put(details, &len, key, strlen(key)) && put(details, &len, "\":\"", 3) &&
                put_value(details, &len, value) > 0 && put(details, &len, "\"", 1);
    if (!fits) {
        details->text[details->len] = '\0';
        return ERR_FULL;
    }
    details->text[len] = '\0';
    details->len = (uint16_t)len;
    details->pairs++;
    return ERR_OK;
}
