/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"
#include "cloud/base/uuid.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTES_MAX 3 /* without a thing type */

void thing_clear(struct thing *thing)
{
    free(thing->attributes);
    *thing = (struct thing){0};
}

/* --- Attributes: stored with sorted names, so that equal maps are equal texts --- */

static enum core_code check_attribute(const char *name, json_t *value, struct core_error *error)
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

static enum core_code check_attributes(json_t *map, struct core_error *error)
{
    const char *name;
    json_t *value;
    if (!json_is_object(map)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "attributes must be an object of strings, each name once");
    }
    if (json_object_size(map) > ATTRIBUTES_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "a thing without a type has at most %d attributes",
                         ATTRIBUTES_MAX);
    }
    json_object_foreach(map, name, value)
    {
        if (check_attribute(name, value, error)) {
            return error->code;
        }
    }
    return CORE_OK;
}

static char *read_attributes(struct slice text, struct core_error *error)
{
    if (!text.len) {
        text = slice_from("{}");
    }
    json_t *map = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    char *sorted = NULL;
    if (!check_attributes(map, error)) {
        sorted = json_dumps(map, JSON_SORT_KEYS | JSON_COMPACT);
        if (!sorted) {
            core_fail(error, CORE_INTERNAL, "out of memory");
        }
    }
    json_decref(map);
    return sorted;
}

/* --- Operations --- */

enum core_code thing_require(struct core *core, const char *name, struct core_error *error)
{
    if (name_check_thing(name, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_THING_EXISTS, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "thing '%s' does not exist", name);
}

static void read_row(const struct core *core, sqlite3_stmt *row, struct thing *thing)
{
    *thing = (struct thing){0};
    store_column_copy(row, 0, thing->name, sizeof thing->name);
    arn_write(core, "thing", thing->name, thing->arn, sizeof thing->arn);
    store_column_copy(row, 1, thing->id, sizeof thing->id);
    thing->attributes = store_column_dup(row, 2);
    thing->version = store_column_i64(row, 3);
}

static int find(struct core *core, const char *name, struct thing *thing)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_THING_GET, store_text(name));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(core, query, thing);
    }
    store_done(query);
    return got;
}

static enum core_code insert(struct core *core, const char *name, const char *attributes, struct thing *out,
                             struct core_error *error)
{
    char id[UUID_CAP];
    struct core_write write;
    uuid_make(id);
    if (core_write_begin(core, &write, error) &&
        (!store_run(core->store,
                    STORE_QUERY(core->store, STORE_THING_INSERT, store_text(name), store_text(id),
                                store_text(attributes), store_i64(core_now_ms(core)))) ||
         find(core, name, out) != 1)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code things_create(struct core *core, const char *name, struct slice attributes, struct thing *out,
                             struct core_error *error)
{
    *out = (struct thing){0};
    core_error_clear(error);
    if (name_check_thing(name, error)) {
        return error->code;
    }
    char *wanted = read_attributes(attributes, error);
    if (!wanted) {
        return error->code;
    }
    int got = find(core, name, out);
    if (got < 0) {
        core_fail_storage(core, error);
    } else if (!got) {
        insert(core, name, wanted, out, error);
    } else if (strcmp(out->attributes, wanted) != 0) {
        core_fail(error, CORE_ALREADY_EXISTS, "thing '%s' exists already with other attributes", name);
        arn_write(core, "thing", name, error->resource, sizeof error->resource);
    }
    if (error->code) {
        thing_clear(out);
    }
    free(wanted);
    return error->code;
}

enum core_code things_describe(struct core *core, const char *name, struct thing *out,
                               struct core_error *error)
{
    *out = (struct thing){0};
    core_error_clear(error);
    if (name_check_thing(name, error)) {
        return error->code;
    }
    int got = find(core, name, out);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "thing '%s' does not exist", name);
}

enum core_code things_list(struct core *core, const char *after, int64_t limit, thing_fn fn, void *ctx,
                           char next[CORE_KEY_CAP], struct core_error *error)
{
    char last[CORE_KEY_CAP] = "";
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_page(limit, error)) {
        return error->code;
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_THING_LIST, store_text(after ? after : ""), store_i64(limit + 1));
    int got;
    while ((got = store_row(core->store, query)) == 1 && limit-- > 0) {
        struct thing thing;
        read_row(core, query, &thing);
        fn(ctx, &thing);
        memcpy(last, thing.name, sizeof thing.name);
        thing_clear(&thing);
    }
    store_done(query);
    if (got == 1) {
        memcpy(next, last, sizeof last);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
