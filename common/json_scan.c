/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#include <string.h>

#define EACH_BYTE(value) (SIZE_MAX / 0xFF * (value))

/* Does any byte of the word need a closer look: a quote, a backslash, below 0x20, above 0x7F? A subtraction sets a
 * byte's top bit when the byte was too small; borrows can only come from a byte that counts anyway. */
static bool has_special(size_t word)
{
    size_t quote = (word ^ EACH_BYTE('"')) - EACH_BYTE(1);
    size_t backslash = (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
    size_t control = word - EACH_BYTE(0x20);
    return ((word | quote | backslash | control) & EACH_BYTE(0x80)) != 0;
}

static const char *skip_plain(const char *at, const char *end)
{
    while ((size_t)(end - at) >= sizeof(size_t)) {
        size_t word;
        memcpy(&word, at, sizeof(word));
        if (has_special(word))
            break;
        at += sizeof(word);
    }
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c > 0x7F || c == '"' || c == '\\')
            break;
        at++;
    }
    return at;
}

static bool is_digit(const struct json_scan *scan)
{
    return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool is_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static enum err scan_escape(struct json_scan *scan)
{
    scan->at++;
    if (scan->at == scan->end)
        return ERR_JSON_INCOMPLETE;
    if (*scan->at == '\0' || strchr("\"\\/bfnrtu", *scan->at) == NULL)
        return ERR_JSON_SYNTAX;
    if (*scan->at++ != 'u')
        return ERR_OK;
    for (int i = 0; i < 4; i++) {
        if (scan->at == scan->end || !is_hex_digit(*scan->at))
            return json_scan_refuse(scan);
        scan->at++;
    }
    return ERR_OK;
}

/* RFC 3629, section 4: the range of the second byte keeps out overlong forms, surrogates and all above U+10FFFF. On
 * ERR_JSON_UTF8 `at` stays on the lead byte. */
static enum err scan_utf8(struct json_scan *scan)
{
    unsigned char lead = (unsigned char)*scan->at;
    if (lead < 0xC2 || lead > 0xF4)
        return ERR_JSON_UTF8;

    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    int len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (int i = 1; i < len; i++) {
        if (scan->at + i == scan->end) {
            scan->at = scan->end;
            return ERR_JSON_INCOMPLETE;
        }
        unsigned char c = (unsigned char)scan->at[i];
        if (c < low || c > high)
            return ERR_JSON_UTF8;
        low = 0x80;
        high = 0xBF;
    }
    scan->at += len;
    return ERR_OK;
}

enum err json_scan_string(struct json_scan *scan, struct slice *inside)
{
    const char *start = scan->at;
    enum err err = ERR_OK;

    while (err == ERR_OK) {
        scan->at = skip_plain(scan->at, scan->end);
        if (scan->at == scan->end)
            return ERR_JSON_INCOMPLETE;
        unsigned char c = (unsigned char)*scan->at;
        if (c == '"') {
            *inside = (struct slice){start, (size_t)(scan->at - start)};
            scan->at++;
            return ERR_OK;
        }
        if (c == '\\')
            err = scan_escape(scan);
        else if (c > 0x7F)
            err = scan_utf8(scan);
        else
            err = ERR_JSON_SYNTAX;
    }
    return err;
}

static enum err scan_digits(struct json_scan *scan)
{
    if (!is_digit(scan))
        return json_scan_refuse(scan);
    do {
        scan->at++;
    } while (is_digit(scan));
    return ERR_OK;
}

enum err json_scan_number(struct json_scan *scan)
{
    enum err err = ERR_OK;

    if (*scan->at == '-')
        scan->at++;
    if (scan->at < scan->end && *scan->at == '0')
        scan->at++; /* no digit may follow: the reader refuses it as the byte after a value */
    else
        err = scan_digits(scan);
    if (err == ERR_OK && scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        err = scan_digits(scan);
    }
    if (err == ERR_OK && scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        scan->at++;
        if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
            scan->at++;
        err = scan_digits(scan);
    }
    return err;
}

enum err json_scan_word(struct json_scan *scan, const char *word)
{
    for (; *word != '\0'; word++) {
        if (scan->at == scan->end || *scan->at != *word)
            return json_scan_refuse(scan);
        scan->at++;
    }
    return ERR_OK;
}
