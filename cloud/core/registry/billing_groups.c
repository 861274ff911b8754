/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/billing_groups.h"

#include "cloud/base/utf8.h"
#include "cloud/base/uuid.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <stdlib.h>
#include <string.h>

void billing_group_clear(struct billing_group *group)
{
    free(group->description);
    *group = (struct billing_group){0};
}

/* In the order of BILLING_GROUP_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct billing_group *group)
{
    *group = (struct billing_group){0};
    store_column_copy(row, 0, group->name, sizeof group->name);
    arn_write(core, "billinggroup", group->name, group->arn, sizeof group->arn);
    store_column_copy(row, 1, group->id, sizeof group->id);
    group->description = store_column_dup(row, 2);
    group->version = store_column_i64(row, 3);
    group->created_at_ms = store_column_i64(row, 4);
}

static int find(struct core *core, const char *name, struct billing_group *group)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_BILLING_GROUP_GET, store_text(name));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(core, query, group);
    }
    store_done(query);
    return got;
}

enum core_code billing_groups_describe(struct core *core, const char *name, struct billing_group *out,
                                       struct core_error *error)
{
    *out = (struct billing_group){0};
    core_error_clear(error);
    if (name_check_entity("billing group", name, error)) {
        return error->code;
    }
    int got = find(core, name, out);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "billing group '%s' does not exist", name);
}

/* --- Lists --- */

struct group_list {
    billing_group_fn fn;
    void *ctx;
};

static void give_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    struct group_list *list = ctx;
    struct billing_group group;
    read_row(core, row, &group);
    list->fn(list->ctx, &group);
    billing_group_clear(&group);
}

enum core_code billing_groups_list(struct core *core, const char *prefix, const char *after, int64_t limit,
                                   billing_group_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                   struct core_error *error)
{
    struct group_list list = {.fn = fn, .ctx = ctx};
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_page(limit, error) || (prefix && name_check_entity("billing group", prefix, error))) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_BILLING_GROUP_LIST, store_text(after ? after : ""),
                                      store_text(prefix ? prefix : ""), store_i64(limit + 1));
    return core_list_rows(core, query, limit, give_row, &list, next, error);
}

struct name_list {
    thing_name_fn fn;
    void *ctx;
};

static void give_name(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    (void)core;
    struct name_list *list = ctx;
    char name[CORE_THING_NAME_CAP];
    store_column_copy(row, 0, name, sizeof name);
    list->fn(list->ctx, name);
}

enum core_code billing_groups_list_things(struct core *core, const char *name, const char *after,
                                          int64_t limit, thing_name_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                          struct core_error *error)
{
    struct name_list list = {.fn = fn, .ctx = ctx};
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_page(limit, error) || billing_group_require(core, name, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_THING_LIST_BILLING, store_text(name),
                                      store_text(after ? after : ""), store_i64(limit + 1));
    return core_list_rows(core, query, limit, give_name, &list, next, error);
}

/* --- Changes --- */

static enum core_code insert(struct core *core, const char *name, const char *description,
                             const struct tag_list *tags, struct billing_group *out, struct core_error *error)
{
    char id[UUID_CAP];
    struct core_write write;
    uuid_make(id);
    if (core_write_begin(core, &write, error) &&
        (!store_run(core->store,
                    STORE_QUERY(core->store, STORE_BILLING_GROUP_INSERT, store_text(name), store_text(id),
                                store_text(description), store_i64(core_now_ms(core)))) ||
         !tags_store(core, "billinggroup", name, tags) || find(core, name, out) != 1)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code billing_groups_create(struct core *core, const char *name, const char *description,
                                     const struct tag_list *tags, struct billing_group *out,
                                     struct core_error *error)
{
    *out = (struct billing_group){0};
    core_error_clear(error);
    if (name_check_entity("billing group", name, error) || description_check(description, error) ||
        tags_check(tags, error)) {
        return error->code;
    }
    int got = find(core, name, out);
    if (got < 0) {
        core_fail_storage(core, error);
    } else if (!got) {
        insert(core, name, description, tags, out, error);
    } else if (strcmp(out->description ? out->description : "", description ? description : "") != 0) {
        core_fail(error, CORE_ALREADY_EXISTS, "billing group '%s' exists already with another description",
                  name);
        arn_write(core, "billinggroup", name, error->resource, sizeof error->resource);
    }
    if (error->code) {
        billing_group_clear(out);
    }
    return error->code;
}

enum core_code billing_groups_update(struct core *core, const char *name, const char *description,
                                     struct expected_version expected, int64_t *version,
                                     struct core_error *error)
{
    struct billing_group stored;
    struct core_write write;
    if (!billing_groups_describe(core, name, &stored, error) && !description_check(description, error) &&
        !version_require("billing group", name, stored.version, expected, error)) {
        if (core_write_begin(core, &write, error) &&
            !store_run(core->store,
                       STORE_QUERY(core->store, STORE_BILLING_GROUP_UPDATE, store_text(name),
                                   store_text(description ? description : stored.description)))) {
            core_fail_storage(core, error);
        }
        if (!core_write_end(core, &write, error)) {
            *version = stored.version + 1;
        }
    }
    billing_group_clear(&stored);
    return error->code;
}

enum core_code billing_groups_delete(struct core *core, const char *name, struct expected_version expected,
                                     struct core_error *error)
{
    struct billing_group stored;
    struct core_write write;
    if (billing_groups_describe(core, name, &stored, error) == CORE_NOT_FOUND) {
        core_error_clear(error); /* gone is what was asked for */
        return CORE_OK;
    }
    if (!error->code && !version_require("billing group", name, stored.version, expected, error)) {
        if (core_write_begin(core, &write, error) &&
            !store_run(core->store, STORE_QUERY(core->store, STORE_BILLING_GROUP_DELETE, store_text(name)))) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    billing_group_clear(&stored);
    return error->code;
}

/* --- Members --- */

/* One name from a name and an ARN, of which one is enough. */
static enum core_code read_name(const struct core *core, const char *kind, const char *name, const char *arn,
                                char out[CORE_THING_NAME_CAP], struct core_error *error)
{
    struct slice text = slice_from(name);
    if (!name && !arn) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "give the name or the ARN of the billing group and of the thing");
    }
    if ((arn && !arn_read(core, arn, kind, &text)) || (arn && name && !slice_is(text, name)) ||
        slice_copy(text, out, CORE_THING_NAME_CAP)) {
        char form[256];
        arn_write(core, kind, name ? name : "NAME", form, sizeof form);
        const char *given = arn ? arn : name;
        return core_fail(error, CORE_INVALID_REQUEST, "'%.*s' does not name one here; its ARN looks like %s",
                         utf8_fit(given, NAME_SHOWN), given, form);
    }
    return CORE_OK;
}

struct member {
    char group[CORE_THING_NAME_CAP];
    char thing[CORE_THING_NAME_CAP];
    char present[CORE_THING_NAME_CAP]; /* the thing's billing group now; "" = none */
};

static enum core_code read_member(struct core *core, const struct billing_member *given, struct member *out,
                                  struct core_error *error)
{
    struct thing thing;
    core_error_clear(error);
    if (read_name(core, "billinggroup", given->group, given->group_arn, out->group, error) ||
        read_name(core, "thing", given->thing, given->thing_arn, out->thing, error) ||
        billing_group_require(core, out->group, error) || things_describe(core, out->thing, &thing, error)) {
        return error->code;
    }
    memcpy(out->present, thing.billing_group, sizeof out->present);
    thing_clear(&thing);
    return CORE_OK;
}

/* group NULL: none. */
static enum core_code put_thing(struct core *core, const char *thing, const char *group,
                                struct core_error *error)
{
    struct core_write write;
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store,
                   STORE_QUERY(core->store, STORE_THING_SET_BILLING, store_text(thing), store_text(group)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code billing_groups_add_thing(struct core *core, const struct billing_member *given,
                                        struct core_error *error)
{
    struct member member = {0};
    if (read_member(core, given, &member, error)) {
        return error->code;
    }
    if (*member.present && strcmp(member.present, member.group) != 0) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "thing '%s' is in the billing group '%s', and can be in one only: call"
                         " RemoveThingFromBillingGroup first",
                         member.thing, member.present);
    }
    return put_thing(core, member.thing, member.group, error);
}

enum core_code billing_groups_remove_thing(struct core *core, const struct billing_member *given,
                                           struct core_error *error)
{
    struct member member = {0};
    if (read_member(core, given, &member, error)) {
        return error->code;
    }
    return strcmp(member.present, member.group) == 0 ? put_thing(core, member.thing, NULL, error) : CORE_OK;
}
