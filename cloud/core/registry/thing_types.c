/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/thing_types.h"

#include "cloud/base/utf8.h"
#include "cloud/base/uuid.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SEARCHABLE_MAX 3

void thing_type_clear(struct thing_type *type)
{
    free(type->description);
    free(type->searchable);
    *type = (struct thing_type){0};
}

/* --- Searchable attributes --- */

static bool has_before(const json_t *names, size_t end, const char *name)
{
    for (size_t i = 0; i < end; i++) {
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

static enum core_code check_searchable(const json_t *names, struct core_error *error)
{
    size_t count = json_array_size(names);
    if (!json_is_array(names) || count > SEARCHABLE_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "searchableAttributes is a list of at most %d names of attributes", SEARCHABLE_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name || !name_is_attribute(slice_from(name)) || has_before(names, i, name)) {
            return core_fail(error, CORE_INVALID_REQUEST,
                             "searchableAttributes: '%.*s' is not a name of 1 to %d characters of"
                             " [a-zA-Z0-9_.,@/:#-] that is there once",
                             name ? utf8_fit(name, NAME_SHOWN) : 0, name ? name : "",
                             CORE_ATTRIBUTE_NAME_MAX);
        }
    }
    return CORE_OK;
}

/* The stored form, malloc'd; NULL: the error says why. */
static char *read_searchable(struct slice text, struct core_error *error)
{
    json_t *names = text.ptr ? json_loadb(text.ptr, text.len, 0, NULL) : json_array();
    char *stored = check_searchable(names, error) ? NULL : json_dumps(names, JSON_COMPACT);
    json_decref(names);
    return stored;
}

/* The order does not count. */
static bool are_same_names(const char *one, const char *other)
{
    json_t *a = json_loads(one, 0, NULL);
    json_t *b = json_loads(other, 0, NULL);
    size_t count = json_array_size(a);
    bool are_same = count == json_array_size(b);
    for (size_t i = 0; are_same && i < count; i++) {
        are_same = has_before(b, count, json_string_value(json_array_get(a, i)));
    }
    json_decref(a);
    json_decref(b);
    return are_same;
}

/* --- Rows --- */

/* In the order of THING_TYPE_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct thing_type *type)
{
    *type = (struct thing_type){0};
    store_column_copy(row, 0, type->name, sizeof type->name);
    arn_write(core, "thingtype", type->name, type->arn, sizeof type->arn);
    store_column_copy(row, 1, type->id, sizeof type->id);
    type->description = store_column_dup(row, 2);
    type->searchable = store_column_dup(row, 3);
    type->created_at_ms = store_column_i64(row, 4);
    type->deprecated_at_ms = store_column_i64(row, 5);
}

static int find(struct core *core, const char *name, struct thing_type *type)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_THING_TYPE_GET, store_text(name));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(core, query, type);
    }
    store_done(query);
    return got;
}

enum core_code thing_types_describe(struct core *core, const char *name, struct thing_type *out,
                                    struct core_error *error)
{
    *out = (struct thing_type){0};
    core_error_clear(error);
    if (name_check_entity("thing type", name, error)) {
        return error->code;
    }
    int got = find(core, name, out);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "thing type '%s' does not exist", name);
}

struct type_list {
    thing_type_fn fn;
    void *ctx;
};

static void give_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    struct type_list *list = ctx;
    struct thing_type type;
    read_row(core, row, &type);
    list->fn(list->ctx, &type);
    thing_type_clear(&type);
}

enum core_code thing_types_list(struct core *core, const char *prefix, const char *after, int64_t limit,
                                thing_type_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                struct core_error *error)
{
    struct type_list list = {.fn = fn, .ctx = ctx};
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_page(limit, error) || (prefix && name_check_entity("thing type", prefix, error))) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_THING_TYPE_LIST, store_text(after ? after : ""),
                                      store_text(prefix ? prefix : ""), store_i64(limit + 1));
    return core_list_rows(core, query, limit, give_row, &list, next, error);
}

/* --- Changes --- */

static enum core_code insert(struct core *core, const char *name, const char *description,
                             const char *searchable, const struct tag_list *tags, struct thing_type *out,
                             struct core_error *error)
{
    char id[UUID_CAP];
    struct core_write write;
    uuid_make(id);
    if (core_write_begin(core, &write, error) &&
        (!store_run(core->store, STORE_QUERY(core->store, STORE_THING_TYPE_INSERT, store_text(name),
                                             store_text(id), store_text(description), store_text(searchable),
                                             store_i64(core_now_ms(core)))) ||
         !tags_store(core, "thingtype", name, tags) || find(core, name, out) != 1)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

static enum core_code check_same(const struct core *core, const struct thing_type *stored,
                                 const char *description, const char *searchable, struct core_error *error)
{
    const char *own = stored->description ? stored->description : "";
    if (strcmp(own, description ? description : "") == 0 && are_same_names(stored->searchable, searchable)) {
        return CORE_OK;
    }
    core_fail(error, CORE_ALREADY_EXISTS, "thing type '%s' exists already with other properties",
              stored->name);
    arn_write(core, "thingtype", stored->name, error->resource, sizeof error->resource);
    return error->code;
}

enum core_code thing_types_create(struct core *core, const char *name,
                                  const struct thing_type_properties *properties, const struct tag_list *tags,
                                  struct thing_type *out, struct core_error *error)
{
    *out = (struct thing_type){0};
    core_error_clear(error);
    if (name_check_entity("thing type", name, error) || tags_check(tags, error) ||
        description_check(properties->description, error)) {
        return error->code;
    }
    char *searchable = read_searchable(properties->searchable, error);
    if (!searchable) {
        return error->code;
    }
    int got = find(core, name, out);
    if (got < 0) {
        core_fail_storage(core, error);
    } else if (got) {
        check_same(core, out, properties->description, searchable, error);
    } else {
        insert(core, name, properties->description, searchable, tags, out, error);
    }
    if (error->code) {
        thing_type_clear(out);
    }
    free(searchable);
    return error->code;
}

/* Runs a change of one row as a call of its own. */
static enum core_code run_change(struct core *core, sqlite3_stmt *change, struct core_error *error)
{
    struct core_write write;
    if (core_write_begin(core, &write, error) && !store_run(core->store, change)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code thing_types_update(struct core *core, const char *name,
                                  const struct thing_type_properties *properties, struct core_error *error)
{
    struct thing_type stored;
    char *searchable = NULL;
    if (!thing_types_describe(core, name, &stored, error) &&
        !description_check(properties->description, error) &&
        (!properties->searchable.ptr || (searchable = read_searchable(properties->searchable, error)))) {
        const char *description = properties->description ? properties->description : stored.description;
        run_change(core,
                   STORE_QUERY(core->store, STORE_THING_TYPE_UPDATE, store_text(name),
                               store_text(description),
                               store_text(searchable ? searchable : stored.searchable)),
                   error);
    }
    free(searchable);
    thing_type_clear(&stored);
    return error->code;
}

enum core_code thing_types_deprecate(struct core *core, const char *name, bool is_undone,
                                     struct core_error *error)
{
    struct thing_type stored;
    if (!thing_types_describe(core, name, &stored, error) && (is_undone || !stored.deprecated_at_ms)) {
        run_change(core,
                   STORE_QUERY(core->store, STORE_THING_TYPE_DEPRECATE, store_text(name),
                               store_time(is_undone ? 0 : core_now_ms(core))),
                   error);
    }
    thing_type_clear(&stored);
    return error->code;
}

static enum core_code check_delete(struct core *core, const struct thing_type *type, struct core_error *error)
{
    if (!type->deprecated_at_ms) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "Cannot delete thing type : %s. It is not deprecated: call DeprecateThingType first",
                         type->name);
    }
    int got = core_has_row(core, STORE_THING_OF_TYPE, type->name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? core_fail(
                     error, CORE_INVALID_REQUEST,
                     "Cannot delete thing type : %s. Things have it: list them with ListThings, and give"
                     " them another type, or none, with UpdateThing",
                     type->name)
               : CORE_OK;
}

/* AWS wants 5 minutes between deprecation and deletion, in which all of its servers learn of the first. Here there is one. */
enum core_code thing_types_delete(struct core *core, const char *name, struct core_error *error)
{
    struct thing_type stored;
    if (!thing_types_describe(core, name, &stored, error) && !check_delete(core, &stored, error)) {
        run_change(core, STORE_QUERY(core->store, STORE_THING_TYPE_DELETE, store_text(name)), error);
    }
    thing_type_clear(&stored);
    return error->code;
}
