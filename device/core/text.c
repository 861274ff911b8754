/* SPDX-License-Identifier: MIT */
/* Cleans text from anywhere and builds lines of it. What a line says is up to those who write it, where it goes to their ports. */
#include "device/core/text.h"

#include "common/number.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Unassigned code points are not listed: the service refuses what it does not know, and the final status then goes
 * without details. */
static const struct {
    uint16_t first, last;
} unwanted[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
    {0xE000, 0xF8FF}, {0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF},
};
#define UNWANTED_FROM 0xE0000 /* tags and private planes */

static bool is_unwanted(uint32_t code)
{
    if (code >= UNWANTED_FROM) {
        return true;
    }
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (code >= unwanted[i].first && code <= unwanted[i].last) {
            return code != 0xFFFC && code != 0xFFFD; /* the two replacement characters are symbols */
        }
    }
    return false;
}

/* The length of the code point in front, 0: not UTF-8 (RFC 3629: no overlong forms, no surrogates), and *code means nothing. */
static size_t read_code(struct slice text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;

    if (len > text.len) {
        return 0;
    }
    *code = len == 1 ? lead : lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (c & 0x3Fu);
    }
    return *code < least[len] || *code > 0x10FFFF || *code >> 11 == 0xD800 >> 11 ? 0 : len;
}

size_t text_step(struct slice *rest, char clean[TEXT_STEP_MAX])
{
    uint32_t code = 0;
    size_t len = read_code(*rest, &code);
    size_t count = len;

    if (len == 0 || is_unwanted(code)) {
        clean[0] = len == 0 ? '?' : ' ';
        count = 1;
    } else {
        memcpy(clean, rest->ptr, len);
    }
    if (len == 0) {
        len = 1;
    }
    *rest = (struct slice){rest->ptr + len, rest->len - len};
    return count;
}

static void append(char *out, size_t cap, struct slice rest)
{
    size_t len = strlen(out);

    while (rest.len > 0) {
        char clean[TEXT_STEP_MAX];
        size_t count = text_step(&rest, clean);
        if (cap - len <= count) {
            break;
        }
        if (clean[0] == '"') {
            clean[0] = '\'';
        }
        if (clean[0] == '\\') {
            clean[0] = '/';
        }
        memcpy(out + len, clean, count);
        len += count;
    }
    out[len] = '\0';
}

void text_append(char *out, size_t cap, const char *text)
{
    append(out, cap, slice_from(text));
}

void text_append_number(char *out, size_t cap, int64_t value)
{
    char digits[NUMBER_TEXT_CAP];
    size_t len = number_from_i64(value, digits);
    append(out, cap, (struct slice){digits, len});
}

/* ---- formats */

/* A conversion as it stands behind its '%'. */
struct conversion {
    size_t text_max; /* of %s: bytes that are looked at */
    char size;       /* 'l', 'z', or 0: int */
    char type;
};

/* Returns what stands behind the conversion. */
static const char *read_conversion(const char *at, struct conversion *conversion, va_list *args)
{
    conversion->text_max = SIZE_MAX;
    if (*at == '.') {
        conversion->text_max = 0;
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        conversion->text_max = 10 * conversion->text_max + (size_t)(*at - '0');
    }
    if (*at == '*') {
        conversion->text_max = (size_t)va_arg(*args, int);
        at++;
    }
    conversion->size = 0;
    if (*at == 'l' || *at == 'z') {
        conversion->size = *at++;
    }
    conversion->type = *at;
    return at + 1;
}

static struct slice text_of(const char *text, size_t max)
{
    size_t len = 0;
    while (len < max && text[len] != '\0') {
        len++;
    }
    return (struct slice){text, len};
}

static void append_unsigned(char *out, size_t cap, char size, va_list *args)
{
    switch (size) {
    case 'l':
        text_append_number(out, cap, (int64_t)va_arg(*args, unsigned long));
        break;
    case 'z':
        text_append_number(out, cap, (int64_t)va_arg(*args, size_t));
        break;
    default:
        text_append_number(out, cap, va_arg(*args, unsigned));
        break;
    }
}

static void append_conversion(char *out, size_t cap, const struct conversion *conversion, va_list *args)
{
    switch (conversion->type) {
    case 's':
        append(out, cap, text_of(va_arg(*args, const char *), conversion->text_max));
        break;
    case 'd':
        text_append_number(out, cap, conversion->size == 'l' ? va_arg(*args, long) : va_arg(*args, int));
        break;
    case 'u':
        append_unsigned(out, cap, conversion->size, args);
        break;
    default:
        assert(conversion->type == '%');
        append(out, cap, (struct slice){"%", 1});
        break;
    }
}

void text_append_format(char *out, size_t cap, const char *format, va_list args)
{
    va_list list; /* a parameter may be a pointer in disguise, and its address another type */
    va_copy(list, args);
    struct slice plain = text_of(format, strcspn(format, "%"));
    append(out, cap, plain);
    while (plain.ptr[plain.len] != '\0') {
        struct conversion conversion;
        const char *behind = read_conversion(plain.ptr + plain.len + 1, &conversion, &list);
        append_conversion(out, cap, &conversion, &list);
        plain = text_of(behind, strcspn(behind, "%"));
        append(out, cap, plain);
    }
    va_end(list);
}
