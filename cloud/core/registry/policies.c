/* SPDX-License-Identifier: MIT */
#include "cloud/access/policy.h"
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/policy_private.h"

#include <stdlib.h>

void policy_clear(struct policy *policy)
{
    free(policy->document);
    *policy = (struct policy){0};
}

static enum core_code check_name(const char *name, struct core_error *error)
{
    return name_is_policy(slice_from(name))
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "'%.*s' is not a policy name: it has 1 to 128 characters of "
                           "[a-zA-Z0-9_+=,.@-]",
                           utf8_fit(name, NAME_SHOWN), name);
}

static enum core_code not_found(const char *name, struct core_error *error)
{
    return core_fail(error, CORE_NOT_FOUND, "policy '%s' does not exist", name);
}

enum core_code policy_require(struct core *core, const char *name, struct core_error *error)
{
    if (check_name(name, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_POLICY_EXISTS, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : not_found(name, error);
}

enum core_code policy_check_document(struct slice document, struct core_error *error)
{
    char why[256] = "";
    return policy_check(document, why, sizeof why) ? core_fail(error, CORE_MALFORMED_POLICY, "%s", why)
                                                   : CORE_OK;
}

/* --- Create --- */

static enum core_code check_new(struct core *core, const char *name, struct slice document,
                                struct core_error *error)
{
    if (check_name(name, error) || policy_check_document(document, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_POLICY_EXISTS, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        core_fail(error, CORE_ALREADY_EXISTS, "policy '%s' exists already", name);
        arn_write(core, "policy", name, error->resource, sizeof error->resource);
    }
    return error->code;
}

static bool insert(struct core *core, const char *name, struct slice document, const struct tag_list *tags)
{
    struct store *store = core->store;
    int64_t now = core_now_ms(core);
    return store_run(store, STORE_QUERY(store, STORE_POLICY_INSERT, store_text(name), store_i64(now),
                                        store_slice(document))) &&
           store_run(store, STORE_QUERY(store, STORE_POLICY_VERSION_INSERT, store_text(name), store_i64(now),
                                        store_slice(document))) &&
           tags_store(core, "policy", name, tags);
}

enum core_code policies_create(struct core *core, const char *name, struct slice document,
                               const struct tag_list *tags, struct policy *out, struct core_error *error)
{
    struct core_write write;
    *out = (struct policy){0};
    core_error_clear(error);
    if (check_new(core, name, document, error) || tags_check(tags, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !insert(core, name, document, tags)) {
        core_fail_storage(core, error);
    }
    if (!error->code) {
        policies_get(core, name, out, error);
    }
    if (core_write_end(core, &write, error)) {
        policy_clear(out);
    }
    return error->code;
}

/* --- Get and list --- */

void policy_read_row(const struct core *core, sqlite3_stmt *row, struct policy *out)
{
    *out = (struct policy){0};
    store_column_copy(row, 0, out->name, sizeof out->name);
    arn_write(core, "policy", out->name, out->arn, sizeof out->arn);
    out->document = store_column_dup(row, 1);
    out->created_at_ms = store_column_i64(row, 2);
    out->last_modified_at_ms = store_column_i64(row, 3);
    store_column_copy(row, 4, out->generation_id, sizeof out->generation_id);
    out->default_version = store_column_i64(row, 5);
}

enum core_code policies_get(struct core *core, const char *name, struct policy *out, struct core_error *error)
{
    *out = (struct policy){0};
    core_error_clear(error);
    if (check_name(name, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_POLICY_GET, store_text(name));
    int got = store_row(core->store, query);
    if (got == 1) {
        policy_read_row(core, query, out);
    }
    store_done(query);
    if (!got) {
        return not_found(name, error);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

void policy_visit_name(const struct core *core, sqlite3_stmt *row, int column,
                       const struct policy_visit *visit)
{
    struct policy policy = {0};
    store_column_copy(row, column, policy.name, sizeof policy.name);
    arn_write(core, "policy", policy.name, policy.arn, sizeof policy.arn);
    visit->fn(visit->ctx, &policy);
}

static void visit_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    policy_visit_name(core, row, 1, ctx);
}

enum core_code policies_list(struct core *core, const struct core_page *page, policy_fn fn, void *ctx,
                             char next[CORE_KEY_CAP], struct core_error *error)
{
    struct policy_visit visit = {fn, ctx};
    const struct registry_list list = {STORE_POLICY_LIST_UP, STORE_POLICY_LIST_DOWN, .is_by_row = true,
                                       .page = page};
    core_error_clear(error);
    return registry_list_rows(core, &list, visit_row, &visit, next, error);
}

/* --- Delete --- */

int64_t policy_count_versions(struct core *core, const char *name)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_POLICY_VERSION_COUNT, store_text(name));
    int64_t count = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : -1;
    store_done(query);
    return count;
}

static enum core_code check_delete(struct core *core, const char *name, struct core_error *error)
{
    if (policy_require(core, name, error)) {
        return error->code;
    }
    int attached = core_has_row(core, STORE_POLICY_ANY_TARGET, name);
    int64_t versions = policy_count_versions(core, name);
    if (attached < 0 || versions < 0) {
        return core_fail_storage(core, error);
    }
    if (attached) {
        return core_fail(error, CORE_DELETE_CONFLICT,
                         "policy '%s' is attached to a principal: detach it first (ListTargetsForPolicy, "
                         "DetachPolicy)",
                         name);
    }
    return versions > 1 ? core_fail(error, CORE_DELETE_CONFLICT,
                                    "policy '%s' has versions beside the default one: delete them first "
                                    "(ListPolicyVersions, DeletePolicyVersion)",
                                    name)
                        : CORE_OK;
}

enum core_code policies_delete(struct core *core, const char *name, struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (check_delete(core, name, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, STORE_POLICY_DELETE, store_text(name)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}
