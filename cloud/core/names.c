/* SPDX-License-Identifier: MIT */
#include "cloud/core/names.h"

#include "cloud/base/partition.h"
#include "cloud/base/text.h"
#include "cloud/base/utf8.h"
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

bool name_is_template(struct slice text)
{
    return is_alnum_or(text, 1, 36, "_-");
}

bool name_is_policy(struct slice text)
{
    return is_alnum_or(text, 1, CORE_POLICY_NAME_CAP - 1, "_+=,.@-");
}

bool name_is_attribute(struct slice text)
{
    return is_alnum_or(text, 1, CORE_ATTRIBUTE_NAME_MAX, "_.,@/:#-");
}

bool name_is_attribute_value(struct slice text)
{
    return is_alnum_or(text, 0, CORE_ATTRIBUTE_VALUE_MAX, "_.,@/:#=[]-");
}

bool name_is_certificate(struct slice text)
{
    if (text.len != CORE_CERTIFICATE_ID_CAP - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
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
    if (text.len < 1 || text.len > 128) {
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

bool name_is_utf8(struct slice text, size_t max)
{
    return text.len >= 1 && text.len <= max && text_is_utf8(text.ptr, text.len) &&
           !memchr(text.ptr, '\0', text.len);
}

/* The number of characters; SIZE_MAX when the text is no UTF-8, holds a NUL, or one of category C where none may be. */
static size_t count_characters(struct slice text, bool may_have_other)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; count++) {
        size_t step = utf8_step(text.ptr + at, text.len - at);
        uint32_t character = step ? utf8_character(text.ptr + at, step) : 0;
        if (character == 0 || (!may_have_other && utf8_is_other(character))) {
            return SIZE_MAX;
        }
        at += step;
    }
    return count;
}

bool name_is_free_text(struct slice text, size_t max)
{
    return count_characters(text, false) <= max;
}

bool name_is_text(struct slice text, size_t max)
{
    return text.len >= 1 && count_characters(text, true) <= max;
}

bool name_is_printable(struct slice text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return text.len <= max;
}

bool name_is_tag_key(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((unsigned char)c < 0x80 && !is_alnum(c) && (!c || !strchr(" _.:/=+-@", c))) {
            return false;
        }
    }
    return text.len >= 1 && name_is_free_text(text, 128);
}

enum core_code name_check_entity(const char *what, const char *name, struct core_error *error)
{
    return name_is_thing(slice_from(name))
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "'%.*s' is not a %s name: it has 1 to 128 characters of [a-zA-Z0-9:_-]",
                           utf8_fit(name, NAME_SHOWN), name, what);
}

enum core_code name_check_thing(const char *name, struct core_error *error)
{
    return name_check_entity("thing", name, error);
}

enum core_code name_check_job(const char *name, struct core_error *error)
{
    return name_is_job(slice_from(name))
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "'%.*s' is not a job id: it has 1 to 64 characters of [a-zA-Z0-9_-]",
                           utf8_fit(name, NAME_SHOWN), name);
}

void arn_write(const struct core *core, const char *kind, const char *name, char *out, size_t cap)
{
    snprintf(out, cap, "arn:%s:iot:%s:%s:%s/%s", partition_of_region(core->region), core->region,
             core->account, kind, name);
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
