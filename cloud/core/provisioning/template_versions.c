/* SPDX-License-Identifier: MIT */
/* Versions of a template: at most five, one of which is what devices are registered by. */
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/provisioning/template_body.h"
#include "cloud/core/provisioning/template_row.h"
#include "common/number.h"

#include <stdlib.h>

void template_version_clear(struct template_version *version)
{
    free(version->body);
    *version = (struct template_version){0};
}

/* --- What templates.c uses, too --- */

enum core_code template_check_body(struct slice body, struct core_error *error)
{
    json_t *read = template_body_read(body, TEMPLATE_OF_FLEET, error);
    json_decref(read);
    return error->code;
}

enum core_code template_read_version(const char *text, int64_t *number, struct core_error *error)
{
    return number_to_i64(slice_from(text), number) || *number < 1
               ? core_fail(error, CORE_INVALID_REQUEST, "'%.*s' is not the number of a template version",
                           utf8_fit(text, NAME_SHOWN), text)
               : CORE_OK;
}

bool template_insert_version(struct core *core, const char *name, struct slice body)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_TEMPLATE_VERSION_INSERT, store_text(name),
                                              store_i64(core_now_ms(core)), store_slice(body)));
}

/* In the order of TEMPLATE_VERSION_COLUMNS. */
static void read_row(sqlite3_stmt *row, struct template_version *out)
{
    *out = (struct template_version){0};
    out->number = store_column_i64(row, 0);
    out->created_at_ms = store_column_i64(row, 1);
    out->is_default = store_column_i64(row, 2) != 0;
}

static enum core_code find(struct core *core, const char *name, int64_t number, struct template_version *out,
                           struct core_error *error)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_TEMPLATE_VERSION_GET, store_text(name), store_i64(number));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(query, out);
        out->body = store_column_dup(query, 3);
    }
    store_done(query);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "provisioning template '%s' has no version %lld", name,
                         (long long)number);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

enum core_code template_require_version(struct core *core, const char *name, int64_t number,
                                        struct core_error *error)
{
    struct template_version version = {0};
    find(core, name, number, &version, error);
    template_version_clear(&version);
    return error->code;
}

/* --- Operations --- */

enum core_code template_versions_describe(struct core *core, const char *name, const char *version,
                                          struct template_version *out, struct core_error *error)
{
    int64_t number;
    *out = (struct template_version){0};
    core_error_clear(error);
    if (template_read_version(version, &number, error) || template_require(core, name, error)) {
        return error->code;
    }
    return find(core, name, number, out, error);
}

enum core_code template_versions_list(struct core *core, const char *name, template_version_fn fn, void *ctx,
                                      struct core_error *error)
{
    core_error_clear(error);
    if (template_require(core, name, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_TEMPLATE_VERSION_LIST, store_text(name));
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        struct template_version version;
        read_row(query, &version);
        fn(ctx, &version);
        template_version_clear(&version);
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

/* -1: the database failed. */
static int64_t read_number(struct core *core, enum store_statement which, const char *name)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, which, store_text(name));
    int64_t number = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : -1;
    store_done(query);
    return number;
}

static enum core_code check_new(struct core *core, const char *name, struct slice body,
                                struct core_error *error)
{
    if (template_require(core, name, error) || template_check_body(body, error)) {
        return error->code;
    }
    int64_t count = read_number(core, STORE_TEMPLATE_VERSION_COUNT, name);
    if (count < 0) {
        return core_fail_storage(core, error);
    }
    return count < TEMPLATE_VERSIONS_MAX
               ? CORE_OK
               : core_fail(
                     error, CORE_LIMIT_EXCEEDED,
                     "provisioning template '%s' has %d versions, as many as a template may have: delete"
                     " one first (DeleteProvisioningTemplateVersion)",
                     name, TEMPLATE_VERSIONS_MAX);
}

static enum core_code insert(struct core *core, const char *name, struct slice body, bool is_default,
                             struct template_version *out, struct core_error *error)
{
    struct store *store = core->store;
    struct template_update update = {0};
    if (!store_run(store, STORE_QUERY(store, STORE_TEMPLATE_NEXT_VERSION, store_text(name))) ||
        !template_insert_version(core, name, body)) {
        return core_fail_storage(core, error);
    }
    update.default_version = read_number(core, STORE_TEMPLATE_NEWEST_VERSION, name);
    if (update.default_version < 0) {
        return core_fail_storage(core, error);
    }
    if (is_default && templates_update(core, name, &update, error)) {
        return error->code;
    }
    return find(core, name, update.default_version, out, error);
}

enum core_code template_versions_create(struct core *core, const char *name, struct slice body,
                                        bool is_default, struct template_version *out,
                                        struct core_error *error)
{
    struct core_write write;
    *out = (struct template_version){0};
    core_error_clear(error);
    if (check_new(core, name, body, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error)) {
        insert(core, name, body, is_default, out, error);
    }
    if (core_write_end(core, &write, error)) {
        template_version_clear(out);
    }
    return error->code;
}

enum core_code template_versions_delete(struct core *core, const char *name, const char *text,
                                        struct core_error *error)
{
    struct template_version version;
    struct core_write write;
    if (!template_versions_describe(core, name, text, &version, error) && version.is_default) {
        core_fail(error, CORE_DELETE_CONFLICT,
                  "version %lld is the default one of provisioning template '%s': make another the default"
                  " first (UpdateProvisioningTemplate)",
                  (long long)version.number, name);
    }
    if (!error->code && core_write_begin(core, &write, error)) {
        if (!store_run(core->store, STORE_QUERY(core->store, STORE_TEMPLATE_VERSION_DELETE, store_text(name),
                                                store_i64(version.number)))) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    template_version_clear(&version);
    return error->code;
}
