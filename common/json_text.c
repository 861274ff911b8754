/* SPDX-License-Identifier: MIT */
#include "common/json.h"

#include <string.h>

#define UTF8_MAX 4

struct escape {
    size_t source_len; /* bytes of escaped text; 0: no text form */
    size_t len;        /* bytes of UTF-8 */
    char utf8[UTF8_MAX];
};

static bool read_hex4(struct slice text, size_t at, uint32_t *value)
{
    *value = 0;
    if (text.len - at < 4)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char letter = c | 0x20;
        if (c >= '0' && c <= '9')
            *value = *value * 16 + c - '0';
        else if (letter >= 'a' && letter <= 'f')
            *value = *value * 16 + letter - 'a' + 10;
        else
            return false;
    }
    return true;
}

static size_t put_utf8(uint32_t code, char out[UTF8_MAX])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)((0xF00 >> len & 0xF0) | code);
    return len;
}

/* Behind `\u`. */
static struct escape read_code_point(struct slice text)
{
    struct escape escape = {.source_len = 0};
    uint32_t code;
    uint32_t low;
    size_t source_len = 6;

    if (!read_hex4(text, 2, &code) || code == 0)
        return escape;
    if (code >= 0xD800 && code <= 0xDFFF) {
        if (code > 0xDBFF || text.len < 12 || text.ptr[6] != '\\' || text.ptr[7] != 'u')
            return escape;
        if (!read_hex4(text, 8, &low) || low < 0xDC00 || low > 0xDFFF)
            return escape;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        source_len = 12;
    }
    escape.source_len = source_len;
    escape.len = put_utf8(code, escape.utf8);
    return escape;
}

/* `text` starts at a backslash. */
static struct escape read_escape(struct slice text)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    struct escape escape = {.source_len = 0};

    if (text.len < 2 || text.ptr[1] == '\0')
        return escape;
    if (text.ptr[1] == 'u')
        return read_code_point(text);
    const char *name = strchr(names, text.ptr[1]);
    if (name != NULL) {
        escape.source_len = 2;
        escape.len = 1;
        escape.utf8[0] = bytes[name - names];
    }
    return escape;
}

/* Without `out` only measures. */
static enum err decode(struct slice escaped, char *out, size_t *len)
{
    size_t sum = 0;
    size_t at = 0;

    while (at < escaped.len) {
        struct escape escape = {.source_len = 1, .len = 1, .utf8 = {escaped.ptr[at]}};
        if (escaped.ptr[at] == '\\')
            escape = read_escape((struct slice){escaped.ptr + at, escaped.len - at});
        if (escape.source_len == 0)
            return ERR_JSON_STRING;
        if (out != NULL)
            memcpy(out + sum, escape.utf8, escape.len);
        at += escape.source_len;
        sum += escape.len;
    }
    *len = sum;
    return ERR_OK;
}

enum err json_decode(struct slice escaped, char *out, size_t cap, size_t *len)
{
    size_t needed;
    enum err err = decode(escaped, NULL, &needed);
    if (err != ERR_OK)
        return err;
    if (len != NULL)
        *len = needed;
    if (needed >= cap)
        return ERR_TOO_LONG;
    decode(escaped, out, &needed);
    out[needed] = '\0';
    return ERR_OK;
}

bool json_string_is(struct slice escaped, const char *text)
{
    size_t at = 0;

    while (at < escaped.len) {
        if (escaped.ptr[at] != '\\') {
            if (*text == '\0' || escaped.ptr[at] != *text)
                return false;
            at++;
            text++;
            continue;
        }
        struct escape escape = read_escape((struct slice){escaped.ptr + at, escaped.len - at});
        if (escape.source_len == 0 || strncmp(text, escape.utf8, escape.len) != 0)
            return false;
        at += escape.source_len;
        text += escape.len;
    }
    return *text == '\0';
}
