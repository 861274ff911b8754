/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/tags.h"

#include "cloud/base/utf8.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"

#include <string.h>
#include <strings.h>

#define VALUE_MAX 256

/* --- What can be tagged --- */

static const struct taggable {
    const char *kind; /* as in the ARN, and in the table */
    enum store_statement exists;
} taggable[] = {
    {"job", STORE_JOB_STATUS},
    {"policy", STORE_POLICY_EXISTS},
    {"thingtype", STORE_THING_TYPE_EXISTS},
    {"billinggroup", STORE_BILLING_GROUP_EXISTS},
    {"cacert", STORE_CA_GET},
    {"provisioningtemplate", STORE_TEMPLATE_EXISTS},
};

struct resource {
    const char *kind;
    char name[CORE_THING_NAME_CAP]; /* the longest name of all kinds */
};

static enum core_code require_resource(struct core *core, const char *arn, struct resource *out,
                                       struct core_error *error)
{
    struct slice name;
    for (size_t i = 0; i < sizeof taggable / sizeof *taggable; i++) {
        if (!arn_read(core, arn, taggable[i].kind, &name)) {
            continue;
        }
        out->kind = taggable[i].kind;
        int got = slice_copy(name, out->name, sizeof out->name)
                      ? 0
                      : core_has_row(core, taggable[i].exists, out->name);
        if (got < 0) {
            return core_fail_storage(core, error);
        }
        return got ? CORE_OK
                   : core_fail(error, CORE_NOT_FOUND, "'%.*s' does not exist", utf8_fit(arn, NAME_SHOWN),
                               arn);
    }
    char form[256];
    arn_write(core, "job", "ID", form, sizeof form);
    return core_fail(
        error, CORE_INVALID_REQUEST,
        "'%.*s' is not the ARN of a resource here that can have tags: a job, a policy, a thing type,"
        " a billing group, a CA certificate or a provisioning template; it looks like %s",
        utf8_fit(arn, NAME_SHOWN), arn, form);
}

/* --- Checks --- */

static bool is_reserved(const char *text)
{
    return strncasecmp(text, "aws:", 4) == 0;
}

static enum core_code check_key(const struct tag_list *tags, size_t i, struct core_error *error)
{
    const char *key = tags->items[i].key;
    int shown = utf8_fit(key, NAME_SHOWN);
    if (!name_is_tag_key(slice_from(key))) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "tag '%.*s': a key has 1 to 128 letters, digits, blanks or characters of _.:/=+-@",
                         shown, key);
    }
    if (is_reserved(key)) {
        return core_fail(error, CORE_INVALID_REQUEST, "tag '%.*s': keys that begin with 'aws:' are AWS's own",
                         shown, key);
    }
    for (size_t other = 0; other < i; other++) {
        if (strcmp(tags->items[other].key, key) == 0) {
            return core_fail(error, CORE_INVALID_REQUEST, "tag '%.*s' is given twice", shown, key);
        }
    }
    return CORE_OK;
}

static enum core_code check_value(const struct tag *tag, struct core_error *error)
{
    int shown = utf8_fit(tag->key, NAME_SHOWN);
    if (!tag->value || !*tag->value) {
        return CORE_OK;
    }
    if (!name_is_text(slice_from(tag->value), VALUE_MAX)) {
        return core_fail(error, CORE_INVALID_REQUEST, "tag '%.*s': a value has at most %d characters", shown,
                         tag->key, VALUE_MAX);
    }
    return is_reserved(tag->value)
               ? core_fail(error, CORE_INVALID_REQUEST,
                           "tag '%.*s': values that begin with 'aws:' are AWS's own", shown, tag->key)
               : CORE_OK;
}

static enum core_code fail_too_many(struct core_error *error)
{
    return core_fail(error, CORE_LIMIT_EXCEEDED, "a resource has at most %d tags", TAGS_MAX);
}

enum core_code tags_check(const struct tag_list *tags, struct core_error *error)
{
    if (tags && tags->count > TAGS_MAX) {
        return fail_too_many(error);
    }
    for (size_t i = 0; tags && i < tags->count; i++) {
        if (check_key(tags, i, error) || check_value(&tags->items[i], error)) {
            return error->code;
        }
    }
    return CORE_OK;
}

/* --- Operations --- */

bool tags_store(struct core *core, const char *kind, const char *name, const struct tag_list *tags)
{
    for (size_t i = 0; tags && i < tags->count; i++) {
        const char *value = tags->items[i].value;
        if (!store_run(core->store,
                       STORE_QUERY(core->store, STORE_TAG_SET, store_text(kind), store_text(name),
                                   store_text(tags->items[i].key), store_text(value ? value : "")))) {
            return false;
        }
    }
    return true;
}

/* -1: the database failed. */
static int64_t count_tags(struct core *core, const struct resource *resource)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_TAG_COUNT, store_text(resource->kind), store_text(resource->name));
    int64_t count = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : -1;
    store_done(query);
    return count;
}

enum core_code tags_add(struct core *core, const char *arn, const struct tag_list *tags,
                        struct core_error *error)
{
    struct resource resource;
    struct core_write write;
    core_error_clear(error);
    if (require_resource(core, arn, &resource, error) || tags_check(tags, error) ||
        !core_write_begin(core, &write, error)) {
        return error->code;
    }
    int64_t count = tags_store(core, resource.kind, resource.name, tags) ? count_tags(core, &resource) : -1;
    if (count < 0) {
        core_fail_storage(core, error);
    } else if (count > TAGS_MAX) {
        fail_too_many(error);
    }
    return core_write_end(core, &write, error);
}

static bool delete_tags(struct core *core, const struct resource *resource, const struct tag_list *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (!store_run(core->store,
                       STORE_QUERY(core->store, STORE_TAG_DELETE, store_text(resource->kind),
                                   store_text(resource->name), store_text(tags->items[i].key)))) {
            return false;
        }
    }
    return true;
}

enum core_code tags_remove(struct core *core, const char *arn, const struct tag_list *tags,
                           struct core_error *error)
{
    struct resource resource;
    struct core_write write;
    core_error_clear(error);
    if (require_resource(core, arn, &resource, error) || tags_check(tags, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !delete_tags(core, &resource, tags)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code tags_list(struct core *core, const char *arn, tag_fn fn, void *ctx, struct core_error *error)
{
    struct resource resource;
    core_error_clear(error);
    if (require_resource(core, arn, &resource, error)) {
        return error->code;
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_TAG_LIST, store_text(resource.kind), store_text(resource.name));
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        char key[4 * 128 + 1], value[4 * VALUE_MAX + 1];
        store_column_copy(query, 0, key, sizeof key);
        store_column_copy(query, 1, value, sizeof value);
        fn(ctx, &(struct tag){key, value});
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
