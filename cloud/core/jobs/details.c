/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/details.h"
#include "cloud/base/memory.h"

#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "common/json.h"
#include "common/json_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES (4 * DETAILS_VALUE_MAX) /* a character is at most 4 bytes of UTF-8 */

struct pair {
    char key[DETAILS_KEY_MAX + 1];
    char value[VALUE_BYTES + 1];
};

static bool is_key(const char *key)
{
    struct slice text = slice_from(key);
    if (text.len < 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        /* The same characters as a thing name. */
        if (!name_is_thing((struct slice){.ptr = text.ptr + i, .len = 1})) {
            return false;
        }
    }
    return true;
}

/* NUL cannot be kept in a text of C: json_decode refuses it. */
static bool is_value(struct slice text, enum details_rule rule)
{
    return text.len > 0 && (rule == DETAILS_OVER_HTTP ? name_is_free_text(text, DETAILS_VALUE_MAX)
                                                      : name_is_text(text, DETAILS_VALUE_MAX));
}

static enum core_code read_pair(const struct json_member *member, enum details_rule rule, struct pair *pair,
                                struct core_error *error)
{
    if (json_decode(member->key, pair->key, sizeof pair->key, NULL) || !is_key(pair->key)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "statusDetails: a key has 1 to %d characters of [a-zA-Z0-9:_-], not '%.*s'",
                         DETAILS_KEY_MAX, (int)(member->key.len < NAME_SHOWN ? member->key.len : NAME_SHOWN),
                         member->key.ptr);
    }
    if (member->type != JSON_STRING) {
        return core_fail(error, CORE_INVALID_REQUEST, "statusDetails: the value of '%s' must be a string",
                         pair->key);
    }
    if (json_decode(member->text, pair->value, sizeof pair->value, NULL) ||
        !is_value(slice_from(pair->value), rule)) {
        return core_fail(error, CORE_INVALID_REQUEST, "statusDetails: the value of '%s' must have 1 to %d %s",
                         pair->key, DETAILS_VALUE_MAX,
                         rule == DETAILS_OVER_HTTP ? "characters, none of them a control or format character"
                                                   : "characters, none of them NUL");
    }
    return CORE_OK;
}

static enum core_code read_pairs(struct slice json, enum details_rule rule, struct pair pairs[],
                                 size_t *count, struct core_error *error)
{
    struct json_member member;
    size_t cursor = 0;
    *count = 0;
    while (json_next_member(json, &cursor, &member)) {
        if (*count == DETAILS_PAIRS_MAX) {
            return core_fail(error, CORE_INVALID_REQUEST, "statusDetails has more than %d pairs",
                             DETAILS_PAIRS_MAX);
        }
        struct pair *pair = &pairs[*count];
        if (read_pair(&member, rule, pair, error)) {
            return error->code;
        }
        for (size_t i = 0; i < *count; i++) {
            if (strcmp(pairs[i].key, pair->key) == 0) {
                return core_fail(error, CORE_INVALID_REQUEST, "statusDetails has the key '%s' twice",
                                 pair->key);
            }
        }
        *count += 1;
    }
    return CORE_OK;
}

static char *write_pairs(const struct pair pairs[], size_t count)
{
    size_t cap = 3;
    for (size_t i = 0; i < count; i++) {
        /* quotes, colon, comma; a control character takes six bytes, like \u001b */
        cap += strlen(pairs[i].key) + 6 * strlen(pairs[i].value) + 6;
    }
    char *text = memory_resize(NULL, cap);
    struct json_writer w;
    json_write_begin(&w, text, cap);
    json_write_object(&w);
    for (size_t i = 0; i < count; i++) {
        json_write_key(&w, pairs[i].key);
        json_write_string(&w, pairs[i].value);
    }
    json_write_object_end(&w);
    enum err err = json_write_finish(&w, NULL);
    assert(err == ERR_OK); /* the capacity was computed from what was written */
    (void)err;
    return text;
}

static bool is_object(struct slice json)
{
    if (json_read(json, NULL, 0, NULL)) {
        return false;
    }
    size_t blanks = 0;
    while (strchr(" \t\r\n", json.ptr[blanks])) {
        blanks++;
    }
    return json.ptr[blanks] == '{';
}

enum core_code details_check(struct slice json, enum details_rule rule, struct core_error *error)
{
    char *details = NULL;
    details_read(json, rule, &details, error);
    free(details);
    return error->code;
}

enum core_code details_read(struct slice json, enum details_rule rule, char **details,
                            struct core_error *error)
{
    *details = NULL;
    struct pair *pairs = memory_resize(NULL, DETAILS_PAIRS_MAX * sizeof *pairs);
    size_t count = 0;
    core_error_clear(error);
    if (!is_object(json)) {
        core_fail(error, CORE_INVALID_REQUEST, "statusDetails must be an object of strings");
    } else if (!read_pairs(json, rule, pairs, &count, error) && count > 0) {
        *details = write_pairs(pairs, count);
    }
    free(pairs);
    return error->code;
}
