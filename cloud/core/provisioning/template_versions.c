/* SPDX-License-Identifier: MIT */
/* Operations on the versions of a template: at most five, one of which is what devices are registered by. */
#include "cloud/core/provisioning/template_row.h"

enum core_code template_versions_describe(struct core *core, const char *name, const char *version,
                                          struct template_version *out, struct core_error *error)
{
    int64_t number;
    *out = (struct template_version){0};
    core_error_clear(error);
    if (template_read_version(version, &number, error) || template_require(core, name, error)) {
        return error->code;
    }
    return template_find_version(core, name, number, out, error);
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
        template_read_version_row(query, &version);
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
    if (is_default && !template_write_update(core, name, &update)) {
        return core_fail_storage(core, error);
    }
    return template_find_version(core, name, update.default_version, out, error);
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
