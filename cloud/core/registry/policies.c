/* SPDX-License-Identifier: MIT */
#include "cloud/access/policy.h"
#include "cloud/base/utf8.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <stdlib.h>

#define POLICIES_PER_PRINCIPAL_MAX 10

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

static enum core_code check_new(struct core *core, const char *name, struct slice document,
                                struct core_error *error)
{
    char why[256] = "";
    if (check_name(name, error)) {
        return error->code;
    }
    if (policy_check(document, why, sizeof why)) {
        return core_fail(error, CORE_MALFORMED_POLICY, "%s", why);
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

enum core_code policies_create(struct core *core, const char *name, struct slice document, struct policy *out,
                               struct core_error *error)
{
    struct core_write write;
    *out = (struct policy){0};
    core_error_clear(error);
    if (check_new(core, name, document, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, STORE_POLICY_INSERT, store_text(name),
                                            store_i64(core_now_ms(core)), store_slice(document)))) {
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
        store_column_copy(query, 0, out->name, sizeof out->name);
        arn_write(core, "policy", out->name, out->arn, sizeof out->arn);
        out->document = store_column_dup(query, 1);
        out->created_at_ms = store_column_i64(query, 2);
        out->last_modified_at_ms = store_column_i64(query, 3);
        store_column_copy(query, 4, out->generation_id, sizeof out->generation_id);
    }
    store_done(query);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "policy '%s' does not exist", name);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

/* --- Attach --- */

static enum core_code check_attach(struct core *core, const char *name, const char *target,
                                   char id[CORE_CERTIFICATE_ID_CAP], struct core_error *error)
{
    struct slice group;
    if (check_name(name, error)) {
        return error->code;
    }
    if (arn_read(core, target, "thinggroup", &group)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "thing groups are not available in iot-local; attach the policy to a certificate");
    }
    int got = core_has_row(core, STORE_POLICY_EXISTS, name);
    if (got < 1) {
        return got ? core_fail_storage(core, error)
                   : core_fail(error, CORE_NOT_FOUND, "policy '%s' does not exist", name);
    }
    return certificate_require(core, target, id, error);
}

static enum core_code check_count(struct core *core, const char *name, const char *id,
                                  struct core_error *error)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_POLICY_COUNT_OTHERS, store_text(id), store_text(name));
    int64_t others = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : -1;
    store_done(query);
    if (others < 0) {
        return core_fail_storage(core, error);
    }
    if (others >= POLICIES_PER_PRINCIPAL_MAX) {
        return core_fail(error, CORE_LIMIT_EXCEEDED, "certificate '%s' has %d policies already", id,
                         POLICIES_PER_PRINCIPAL_MAX);
    }
    return CORE_OK;
}

enum core_code policies_attach(struct core *core, const char *name, const char *target,
                               struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct core_write write;
    core_error_clear(error);
    if (check_attach(core, name, target, id, error) || check_count(core, name, id, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store,
                   STORE_QUERY(core->store, STORE_POLICY_ATTACH, store_text(id), store_text(name)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}
