/* SPDX-License-Identifier: MIT */
/* Things: made, read, changed. thing_delete.c takes them away. */
#include "cloud/base/text.h"
#include "cloud/base/uuid.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/attributes.h"
#include "cloud/core/registry/registry_private.h"

#include <stdlib.h>
#include <string.h>

void thing_clear(struct thing *thing)
{
    free(thing->attributes);
    *thing = (struct thing){0};
}

static const char *none_if_empty(const char *name)
{
    return *name ? name : NULL;
}

/* In the order of THING_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct thing *thing)
{
    *thing = (struct thing){0};
    store_column_copy(row, 0, thing->name, sizeof thing->name);
    arn_write(core, "thing", thing->name, thing->arn, sizeof thing->arn);
    store_column_copy(row, 1, thing->id, sizeof thing->id);
    thing->attributes = store_column_dup(row, 2);
    thing->version = store_column_i64(row, 3);
    store_column_copy(row, 4, thing->type, sizeof thing->type);
    store_column_copy(row, 5, thing->billing_group, sizeof thing->billing_group);
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

/* --- Create --- */

static enum core_code insert(struct core *core, const struct thing_create *create, const char *attributes,
                             struct thing *out, struct core_error *error)
{
    char id[UUID_CAP];
    struct core_write write;
    if ((create->type && thing_type_require(core, create->type, error)) ||
        (create->billing_group && billing_group_require(core, create->billing_group, error))) {
        return error->code;
    }
    uuid_make(id);
    if (core_write_begin(core, &write, error) &&
        (!store_run(core->store,
                    STORE_QUERY(core->store, STORE_THING_INSERT, store_text(create->name), store_text(id),
                                store_text(attributes), store_i64(core_now_ms(core)),
                                store_text(create->type), store_text(create->billing_group))) ||
         find(core, create->name, out) != 1)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

static bool is_same(const char *stored, const char *wanted)
{
    return strcmp(stored, wanted ? wanted : "") == 0;
}

static enum core_code check_same(const struct core *core, const struct thing *stored,
                                 const struct thing_create *create, const char *attributes,
                                 struct core_error *error)
{
    const char *other = strcmp(stored->attributes, attributes) != 0              ? "other attributes"
                        : !is_same(stored->type, create->type)                   ? "another type"
                        : !is_same(stored->billing_group, create->billing_group) ? "another billing group"
                                                                                 : NULL;
    if (other) {
        core_fail(error, CORE_ALREADY_EXISTS, "thing '%s' exists already with %s", create->name, other);
        arn_write(core, "thing", create->name, error->resource, sizeof error->resource);
    }
    return error->code;
}

enum core_code things_create(struct core *core, const struct thing_create *create, struct thing *out,
                             struct core_error *error)
{
    *out = (struct thing){0};
    core_error_clear(error);
    if (name_check_thing(create->name, error)) {
        return error->code;
    }
    char *wanted = attributes_read(create->attributes, error);
    if (!wanted || attributes_check_count(wanted, create->type, error)) {
        free(wanted);
        return error->code;
    }
    int got = find(core, create->name, out);
    if (got < 0) {
        core_fail_storage(core, error);
    } else if (got) {
        check_same(core, out, create, wanted, error);
    } else {
        insert(core, create, wanted, out, error);
    }
    if (error->code) {
        thing_clear(out);
    }
    free(wanted);
    return error->code;
}

/* --- Update --- */

/* What the thing will be: *attributes is malloc'd, *type is borrowed, NULL for none. */
static enum core_code plan_update(struct core *core, const struct thing_update *update,
                                  const struct thing *stored, char **attributes, const char **type,
                                  struct core_error *error)
{
    bool is_new_type = update->type && !is_same(stored->type, update->type);
    *type = update->removes_type ? NULL : update->type ? update->type : none_if_empty(stored->type);
    if (is_new_type && thing_type_require(core, update->type, error)) {
        return error->code;
    }
    char *given = update->attributes.ptr ? attributes_read(update->attributes, error) : NULL;
    if (!error->code) {
        *attributes = given ? attributes_change(stored->attributes, given, update->is_merged)
                            : text_copy(stored->attributes);
        attributes_check_count(*attributes, *type, error);
    }
    free(given);
    return error->code;
}

static enum core_code check_update(const struct thing_update *update, struct core_error *error)
{
    if (update->type && update->removes_type) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "thingTypeName gives thing '%s' a type and removeThingType takes it away: give one",
                         update->name);
    }
    return update->type ? name_check_entity("thing type", update->type, error) : CORE_OK;
}

enum core_code things_update(struct core *core, const struct thing_update *update, struct core_error *error)
{
    char *attributes = NULL;
    const char *type = NULL;
    struct thing stored = {0};
    struct core_write write;
    core_error_clear(error);
    if (!things_describe(core, update->name, &stored, error) && !check_update(update, error) &&
        !version_require("thing", update->name, stored.version, update->expected, error) &&
        !plan_update(core, update, &stored, &attributes, &type, error)) {
        if (core_write_begin(core, &write, error) &&
            !store_run(core->store, STORE_QUERY(core->store, STORE_THING_UPDATE, store_text(update->name),
                                                store_text(attributes), store_text(type)))) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    free(attributes);
    thing_clear(&stored);
    return error->code;
}

/* --- List --- */

struct thing_list {
    thing_fn fn;
    void *ctx;
};

static void give_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    struct thing_list *list = ctx;
    struct thing thing;
    read_row(core, row, &thing);
    list->fn(list->ctx, &thing);
    thing_clear(&thing);
}

static enum core_code check_filter(const struct thing_filter *filter, struct core_error *error)
{
    if (filter->attribute && !name_is_attribute(slice_from(filter->attribute))) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "attributeName has 1 to %d characters of [a-zA-Z0-9_.,@/:#-]",
                         CORE_ATTRIBUTE_NAME_MAX);
    }
    if (filter->attribute_value && !name_is_attribute_value(slice_from(filter->attribute_value))) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "attributeValue has at most %d characters of [a-zA-Z0-9_.,@/:#=[]-]",
                         CORE_ATTRIBUTE_VALUE_MAX);
    }
    return filter->type ? name_check_entity("thing type", filter->type, error) : CORE_OK;
}

enum core_code things_list(struct core *core, const struct thing_filter *filter, const char *after,
                           int64_t limit, thing_fn fn, void *ctx, char next[CORE_KEY_CAP],
                           struct core_error *error)
{
    static const struct thing_filter all;
    const struct thing_filter *f = filter ? filter : &all;
    struct thing_list list = {.fn = fn, .ctx = ctx};
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_page(limit, error) || check_filter(f, error)) {
        return error->code;
    }
    const struct store_value values[] = {store_text(after ? after : ""), store_text(f->attribute),
                                         store_text(f->attribute_value), store_i64(f->is_prefix),
                                         store_i64(limit + 1),           store_text(f->type)};
    sqlite3_stmt *query = f->type ? store_query(core->store, STORE_THING_LIST_TYPE, values, 6)
                                  : store_query(core->store, STORE_THING_LIST, values, 5);
    return core_list_rows(core, query, limit, give_row, &list, next, error);
}
