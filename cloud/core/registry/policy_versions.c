/* SPDX-License-Identifier: MIT */
/* Versions of a policy. The default one's document has a copy in the policy's own row, where the broker plugin reads it. */
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/policy_private.h"
#include "common/number.h"

#include <stdlib.h>

void policy_version_clear(struct policy_version *version)
{
    free(version->document);
    *version = (struct policy_version){0};
}

/* In the order of POLICY_VERSION_COLUMNS. */
static void read_row(sqlite3_stmt *row, struct policy_version *out)
{
    *out = (struct policy_version){0};
    out->number = store_column_i64(row, 0);
    out->document = store_column_dup(row, 1);
    out->created_at_ms = store_column_i64(row, 2);
    out->is_default = store_column_i64(row, 3) != 0;
    store_column_copy(row, 4, out->generation_id, sizeof out->generation_id);
}

/* Takes the query's row. 1: found; 0: none; -1: the database failed. */
static int read_one(struct core *core, sqlite3_stmt *query, struct policy_version *out)
{
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(query, out);
    }
    store_done(query);
    return got;
}

enum core_code policy_versions_get(struct core *core, const char *policy, const char *version,
                                   struct policy_version *out, struct core_error *error)
{
    int64_t number = 0;
    *out = (struct policy_version){0};
    core_error_clear(error);
    if (number_to_i64(slice_from(version), &number) || number < 0) {
        return core_fail(error, CORE_INVALID_REQUEST, "'%.*s' is not the number of a policy version",
                         utf8_fit(version, NAME_SHOWN), version);
    }
    if (policy_require(core, policy, error)) {
        return error->code;
    }
    int got = read_one(
        core, STORE_QUERY(core->store, STORE_POLICY_VERSION_GET, store_text(policy), store_i64(number)), out);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "policy '%s' has no version %lld", policy, (long long)number);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

enum core_code policy_versions_list(struct core *core, const char *policy, policy_version_fn fn, void *ctx,
                                    struct core_error *error)
{
    core_error_clear(error);
    if (policy_require(core, policy, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_POLICY_VERSION_LIST, store_text(policy));
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        struct policy_version version;
        read_row(query, &version);
        fn(ctx, &version);
        policy_version_clear(&version);
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

/* --- Create --- */

static enum core_code check_new(struct core *core, const char *policy, struct slice document,
                                struct core_error *error)
{
    if (policy_require(core, policy, error) || policy_check_document(document, error)) {
        return error->code;
    }
    int64_t count = policy_count_versions(core, policy);
    if (count < 0) {
        return core_fail_storage(core, error);
    }
    return count < POLICY_VERSIONS_MAX
               ? CORE_OK
               : core_fail(error, CORE_LIMIT_EXCEEDED,
                           "policy '%s' has %d versions, as many as a policy may have: delete one first "
                           "(DeletePolicyVersion)",
                           policy, POLICY_VERSIONS_MAX);
}

static bool set_default(struct core *core, const char *policy, int64_t number)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_POLICY_SET_DEFAULT, store_text(policy),
                                              store_i64(number), store_i64(core_now_ms(core))));
}

static bool insert(struct core *core, const char *policy, struct slice document, bool is_default,
                   struct policy_version *out)
{
    struct store *store = core->store;
    bool is_good =
        store_run(store, STORE_QUERY(store, STORE_POLICY_NEXT_VERSION, store_text(policy))) &&
        store_run(store, STORE_QUERY(store, STORE_POLICY_VERSION_INSERT, store_text(policy),
                                     store_i64(core_now_ms(core)), store_slice(document))) &&
        read_one(core, STORE_QUERY(store, STORE_POLICY_VERSION_NEWEST, store_text(policy)), out) == 1;
    if (is_good && is_default) {
        out->is_default = true;
        return set_default(core, policy, out->number);
    }
    return is_good;
}

enum core_code policy_versions_create(struct core *core, const char *policy, struct slice document,
                                      bool is_default, struct policy_version *out, struct core_error *error)
{
    struct core_write write;
    *out = (struct policy_version){0};
    core_error_clear(error);
    if (check_new(core, policy, document, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !insert(core, policy, document, is_default, out)) {
        core_fail_storage(core, error);
    }
    if (core_write_end(core, &write, error)) {
        policy_version_clear(out);
    }
    return error->code;
}

/* --- Change and delete --- */

enum core_code policy_versions_set_default(struct core *core, const char *policy, const char *version,
                                           struct core_error *error)
{
    struct core_write write;
    struct policy_version found;
    if (policy_versions_get(core, policy, version, &found, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !set_default(core, policy, found.number)) {
        core_fail_storage(core, error);
    }
    policy_version_clear(&found);
    return core_write_end(core, &write, error);
}

enum core_code policy_versions_delete(struct core *core, const char *policy, const char *version,
                                      struct core_error *error)
{
    struct core_write write;
    struct policy_version found;
    if (policy_versions_get(core, policy, version, &found, error)) {
        return error->code;
    }
    if (found.is_default) {
        core_fail(error, CORE_DELETE_CONFLICT,
                  "version %lld of policy '%s' is its default version: make another one the default "
                  "(SetDefaultPolicyVersion), or delete the policy",
                  (long long)found.number, policy);
    } else if (core_write_begin(core, &write, error)) {
        if (!store_run(core->store, STORE_QUERY(core->store, STORE_POLICY_VERSION_DELETE, store_text(policy),
                                                store_i64(found.number)))) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    policy_version_clear(&found);
    return error->code;
}
