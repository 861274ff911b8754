/* SPDX-License-Identifier: MIT */
/* Templates; template_versions.c has their versions, template_row.c what both need. */
#include "cloud/core/provisioning/templates.h"

#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/provisioning/claims.h"
#include "cloud/core/provisioning/hook_url.h"
#include "cloud/core/provisioning/template_row.h"

#include <stdlib.h>
#include <string.h>

#define DESCRIPTION_MAX 500
#define ROLE_MIN        20
#define ROLE_MAX        2048
#define KIND            "provisioningtemplate"

void template_clear(struct template *template)
{
    free(template->description);
    free(template->role_arn);
    free(template->hook_url);
    free(template->hook_version);
    free(template->body);
    *template = (struct template){0};
}

/* --- Checks --- */

static enum core_code check_texts(const char *description, const char *role_arn, struct core_error *error)
{
    if (description && !name_is_free_text(slice_from(description), DESCRIPTION_MAX)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "the description of a provisioning template has at most %d characters, none of them"
                         " a control character",
                         DESCRIPTION_MAX);
    }
    if (role_arn && (!name_is_text(slice_from(role_arn), ROLE_MAX) || strlen(role_arn) < ROLE_MIN)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "provisioningRoleArn has %d to %d characters; iot-local needs no role, any ARN will"
                         " do: arn:aws:iam::123456789012:role/any",
                         ROLE_MIN, ROLE_MAX);
    }
    return CORE_OK;
}

static enum core_code check_hook(const struct template_hook *hook, struct core_error *error)
{
    if (!hook->url) {
        return CORE_OK;
    }
    if (hook->payload_version && strcmp(hook->payload_version, TEMPLATE_PAYLOAD_VERSION) != 0) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "payloadVersion is " TEMPLATE_PAYLOAD_VERSION ", not '%.*s'",
                         utf8_fit(hook->payload_version, NAME_SHOWN), hook->payload_version);
    }
    return hook_url_check(hook->url, error);
}

/* --- Create --- */

static enum core_code check_new(struct core *core, const struct template_create *create,
                                struct core_error *error)
{
    if (template_check_name(create->name, error) ||
        check_texts(create->description, create->role_arn, error) ||
        template_check_body(create->body, error) || check_hook(&create->hook, error) ||
        tags_check(create->tags, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_TEMPLATE_EXISTS, create->name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        core_fail(error, CORE_ALREADY_EXISTS, "provisioning template '%s' exists already", create->name);
        arn_write(core, KIND, create->name, error->resource, sizeof error->resource);
    }
    return error->code;
}

static bool insert(struct core *core, const struct template_create *create)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_TEMPLATE_INSERT, store_text(create->name),
                                              store_text(create->description), store_i64(create->is_enabled),
                                              store_text(create->role_arn), store_text(create->hook.url),
                                              store_text(template_hook_version(&create->hook)),
                                              store_i64(core_now_ms(core)))) &&
           template_insert_version(core, create->name, create->body) &&
           tags_store(core, KIND, create->name, create->tags);
}

enum core_code templates_create(struct core *core, const struct template_create *create, struct template *out,
                                struct core_error *error)
{
    struct core_write write;
    *out = (struct template){0};
    core_error_clear(error);
    if (check_new(core, create, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !insert(core, create)) {
        core_fail_storage(core, error);
    }
    if (!error->code) {
        templates_describe(core, create->name, out, error);
    }
    if (core_write_end(core, &write, error)) {
        template_clear(out);
    }
    return error->code;
}

/* --- Describe and list --- */

/* In the order of TEMPLATE_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct template *out)
{
    *out = (struct template){0};
    store_column_copy(row, 0, out->name, sizeof out->name);
    arn_write(core, KIND, out->name, out->arn, sizeof out->arn);
    out->description = store_column_dup(row, 1);
    out->is_enabled = store_column_i64(row, 2) != 0;
    out->role_arn = store_column_dup(row, 3);
    out->hook_url = store_column_dup(row, 4);
    out->hook_version = store_column_dup(row, 5);
    out->created_at_ms = store_column_i64(row, 6);
    out->last_modified_at_ms = store_column_i64(row, 7);
    out->default_version = store_column_i64(row, 8);
}

enum core_code templates_describe(struct core *core, const char *name, struct template *out,
                                  struct core_error *error)
{
    *out = (struct template){0};
    core_error_clear(error);
    if (template_check_name(name, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_TEMPLATE_GET, store_text(name));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(core, query, out);
        out->body = store_column_dup(query, 9);
    }
    store_done(query);
    if (!got) {
        return template_not_found(name, error);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

struct visit {
    template_fn fn;
    void *ctx;
};

static void visit_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    const struct visit *visit = ctx;
    struct template template;
    read_row(core, row, &template);
    visit->fn(visit->ctx, &template);
    template_clear(&template);
}

enum core_code templates_list(struct core *core, const char *after, int64_t limit, template_fn fn, void *ctx,
                              char next[CORE_KEY_CAP], struct core_error *error)
{
    struct visit visit = {fn, ctx};
    next[0] = '\0';
    core_error_clear(error);
    if (core_check_page(limit, error)) {
        return error->code;
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_TEMPLATE_LIST, store_text(after ? after : ""), store_i64(limit + 1));
    return core_list_rows(core, query, limit, visit_row, &visit, next, error);
}

/* --- Update and delete --- */

static enum core_code check_update(struct core *core, const char *name, const struct template_update *update,
                                   struct core_error *error)
{
    if (template_require(core, name, error) || check_texts(update->description, update->role_arn, error) ||
        check_hook(&update->hook, error)) {
        return error->code;
    }
    if (update->hook.url && update->removes_hook) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "preProvisioningHook gives template '%s' a hook and removePreProvisioningHook takes"
                         " it away: give one",
                         name);
    }
    return update->default_version ? template_require_version(core, name, update->default_version, error)
                                   : CORE_OK;
}

enum core_code templates_update(struct core *core, const char *name, const struct template_update *update,
                                struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (check_update(core, name, update, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !template_write_update(core, name, update)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code templates_delete(struct core *core, const char *name, struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (template_require(core, name, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        (!claims_remove_of_template(core, name) ||
         !store_run(core->store, STORE_QUERY(core->store, STORE_TEMPLATE_DELETE, store_text(name))))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}
