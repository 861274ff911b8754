/* SPDX-License-Identifier: MIT */
/* The rows of templates and of their versions: what the operations on both, and claims, look up and write. */
#include "cloud/core/provisioning/template_row.h"

#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/provisioning/template_body.h"
#include "common/number.h"

#include <stdlib.h>

/* --- Templates --- */

enum core_code template_check_name(const char *name, struct core_error *error)
{
    return name_is_template(slice_from(name))
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "'%.*s' is not the name of a provisioning template: it has 1 to 36 characters of"
                           " [0-9A-Za-z_-]",
                           utf8_fit(name, NAME_SHOWN), name);
}

enum core_code template_not_found(const char *name, struct core_error *error)
{
    return core_fail(error, CORE_NOT_FOUND, "provisioning template '%s' does not exist", name);
}

enum core_code template_require(struct core *core, const char *name, struct core_error *error)
{
    if (template_check_name(name, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_TEMPLATE_EXISTS, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : template_not_found(name, error);
}

const char *template_hook_version(const struct template_hook *hook)
{
    return !hook->url ? NULL : hook->payload_version ? hook->payload_version : TEMPLATE_PAYLOAD_VERSION;
}

bool template_write_update(struct core *core, const char *name, const struct template_update *update)
{
    return store_run(
        core->store,
        STORE_QUERY(core->store, STORE_TEMPLATE_UPDATE, store_text(name), store_text(update->description),
                    update->has_enabled ? store_i64(update->is_enabled) : store_text(NULL),
                    store_text(update->role_arn), store_text(update->hook.url),
                    store_text(template_hook_version(&update->hook)), store_i64(update->removes_hook),
                    store_time(update->default_version), store_i64(core_now_ms(core))));
}

/* --- Versions --- */

void template_version_clear(struct template_version *version)
{
    free(version->body);
    *version = (struct template_version){0};
}

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
void template_read_version_row(sqlite3_stmt *row, struct template_version *out)
{
    *out = (struct template_version){0};
    out->number = store_column_i64(row, 0);
    out->created_at_ms = store_column_i64(row, 1);
    out->is_default = store_column_i64(row, 2) != 0;
}

enum core_code template_find_version(struct core *core, const char *name, int64_t number,
                                     struct template_version *out, struct core_error *error)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_TEMPLATE_VERSION_GET, store_text(name), store_i64(number));
    int got = store_row(core->store, query);
    if (got == 1) {
        template_read_version_row(query, out);
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
    template_find_version(core, name, number, &version, error);
    template_version_clear(&version);
    return error->code;
}
