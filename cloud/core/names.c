/* SPDX-License-Identifier: MIT */
#include "cloud/core/names.h"

#include "cloud/core/core_private.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum_or(struct slice text, size_t min, size_t max, const char *others)
{
    if (text.len < min || text.len > max) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_alnum(c) && (!c || !strchr(others, c))) {
            return false;
        }
    }
    return true;
}

bool name_is_thing(struct slice text)
{
    return is_alnum_or(text, 1, CORE_THING_NAME_CAP - 1, ":_-");
}

bool name_is_job(struct slice text)
{
    return is_alnum_or(text, 1, CORE_JOB_ID_CAP - 1, "_-");
}

bool name_is_policy(struct slice text)
{
    return is_alnum_or(text, 1, CORE_POLICY_NAME_CAP - 1, "_+=,.@-");
}

bool name_is_attribute(struct slice text, size_t min, size_t max)
{
    return is_alnum_or(text, min, max, "_.,@/:#-");
}

bool name_is_certificate(struct slice text)
{
    if (text.len != CORE_CERTIFICATE_ID_CAP - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

bool name_is_bucket(struct slice text)
{
    if (text.len < 3 || text.len > 63 || !is_lower_or_digit(text.ptr[0]) ||
        !is_lower_or_digit(text.ptr[text.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_lower_or_digit(c) && c != '.' && c != '-') {
            return false;
        }
    }
    return true;
}

bool name_is_reason(struct slice text)
{
    if (text.len > 128) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return true;
}

/* One UTF-8 character from text[*at] on; false: not well-formed (RFC 3629: no overlong forms, no surrogates). */
static bool next_character(struct slice text, size_t *at, uint32_t *character)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text.ptr[*at];
    size_t len = first < 0x80         ? 1
                 : (first >> 5) == 6  ? 2
                 : (first >> 4) == 14 ? 3
                 : (first >> 3) == 30 ? 4
                                      : 0;
    if (!len || text.len - *at < len) {
        return false;
    }
    uint32_t value = len == 1 ? first : first & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text.ptr[*at + i];
        if ((c & 0xc0) != 0x80) {
            return false;
        }
        value = (value << 6) | (c & 0x3f);
    }
    if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return false;
    }
    *at += len;
    *character = value;
    return true;
}

bool name_is_utf8(struct slice text, size_t max)
{
    if (text.len < 1 || text.len > max) {
        return false;
    }
    uint32_t character = 0;
    for (size_t at = 0; at < text.len;) {
        if (!next_character(text, &at, &character) || character == 0) {
            return false;
        }
    }
    return true;
}

bool name_is_free_text(struct slice text, size_t max)
{
    size_t count = 0;
    uint32_t character = 0;
    for (size_t at = 0; at < text.len; count++) {
        if (!next_character(text, &at, &character) || character < 0x20 ||
            (character >= 0x7f && character < 0xa0)) {
            return false;
        }
    }
    return count <= max;
}

enum core_code name_check_thing(const char *name, struct core_error *error)
{
    return name_is_thing(slice_from(name))
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "'%.140s' is not a thing name: it has 1 to 128 characters of "
                           "[a-zA-Z0-9:_-]",
                           name);
}

enum core_code name_check_job(const char *name, struct core_error *error)
{
    return name_is_job(slice_from(name))
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "'%.140s' is not a job id: it has 1 to 64 characters of [a-zA-Z0-9_-]", name);
}

void arn_write(const struct core *core, const char *kind, const char *name, char *out, size_t cap)
{
    snprintf(out, cap, "arn:aws:iot:%s:%s:%s/%s", core->region, core->account, kind, name);
}

bool arn_read(const struct core *core, const char *arn, const char *kind, struct slice *name)
{
    char prefix[96];
    arn_write(core, kind, "", prefix, sizeof prefix);
    struct slice text = slice_from(arn);
    if (!slice_starts_with(text, prefix)) {
        return false;
    }
    size_t len = strlen(prefix);
    *name = (struct slice){.ptr = text.ptr + len, .len = text.len - len};
    return true;
}
