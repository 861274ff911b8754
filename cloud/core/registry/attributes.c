/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/attributes.h"

#include "cloud/base/memory.h"
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"

#include <jansson.h>
#include <string.h>

#define COUNT_MAX           3
#define COUNT_MAX_WITH_TYPE 50

static enum core_code check_one(const char *name, json_t *value, struct core_error *error)
{
    if (!name_is_attribute(slice_from(name))) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "attribute '%.*s': a name has 1 to %d characters of [a-zA-Z0-9_.,@/:#-]",
                         utf8_fit(name, NAME_SHOWN), name, CORE_ATTRIBUTE_NAME_MAX);
    }
    if (!json_is_string(value) ||
        !name_is_attribute_value((struct slice){json_string_value(value), json_string_length(value)})) {
        return core_fail(
            error, CORE_INVALID_REQUEST,
            "attribute '%s': a value is a string of at most %d characters of [a-zA-Z0-9_.,@/:#=[]-]", name,
            CORE_ATTRIBUTE_VALUE_MAX);
    }
    return CORE_OK;
}

static enum core_code check_all(json_t *map, struct core_error *error)
{
    const char *name;
    json_t *value;
    if (!json_is_object(map)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "attributes must be an object of strings, each name once");
    }
    json_object_foreach(map, name, value)
    {
        if (check_one(name, value, error)) {
            return error->code;
        }
    }
    return CORE_OK;
}

static char *write_sorted(json_t *map)
{
    char *text = json_dumps(map, JSON_SORT_KEYS | JSON_COMPACT);
    if (!text) {
        memory_out();
    }
    return text;
}

char *attributes_read(struct slice text, struct core_error *error)
{
    if (!text.len) {
        text = slice_from("{}");
    }
    json_t *map = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    char *sorted = check_all(map, error) ? NULL : write_sorted(map);
    json_decref(map);
    return sorted;
}

char *attributes_change(const char *stored, const char *given, bool is_merged)
{
    json_t *map = json_loads(is_merged ? stored : "{}", 0, NULL);
    json_t *changes = json_loads(given, 0, NULL);
    const char *name;
    json_t *value;
    json_object_foreach(changes, name, value)
    {
        if (json_string_length(value) == 0) {
            json_object_del(map, name);
        } else {
            json_object_set(map, name, value);
        }
    }
    char *text = write_sorted(map);
    json_decref(changes);
    json_decref(map);
    return text;
}

enum core_code attributes_check_count(const char *attributes, bool has_type, struct core_error *error)
{
    size_t max = has_type ? COUNT_MAX_WITH_TYPE : COUNT_MAX;
    json_t *map = json_loads(attributes, 0, NULL);
    size_t count = json_object_size(map);
    json_decref(map);
    if (count <= max) {
        return CORE_OK;
    }
    return core_fail(error, CORE_INVALID_REQUEST, "a thing %s a type has at most %zu attributes, not %zu%s",
                     has_type ? "with" : "without", max, count,
                     has_type ? "" : "; with a type it may have more");
}
