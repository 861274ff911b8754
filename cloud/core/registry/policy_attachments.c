/* SPDX-License-Identifier: MIT */
#include "cloud/core/names.h"
#include "cloud/core/registry/policy_private.h"

#define POLICIES_PER_PRINCIPAL_MAX 10

static enum core_code check_target(struct core *core, const char *target, char id[CORE_CERTIFICATE_ID_CAP],
                                   struct core_error *error)
{
    struct slice group;
    if (arn_read(core, target, "thinggroup", &group)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "thing groups are not available in iot-local; attach the policy to a certificate");
    }
    return certificate_require(core, target, id, error);
}

/* --- Attach and detach --- */

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

static enum core_code write_pair(struct core *core, enum store_statement which, const char *id,
                                 const char *name, struct core_error *error)
{
    struct core_write write;
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, which, store_text(id), store_text(name)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code policies_attach(struct core *core, const char *name, const char *target,
                               struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    core_error_clear(error);
    if (policy_require(core, name, error) || check_target(core, target, id, error) ||
        check_count(core, name, id, error)) {
        return error->code;
    }
    return write_pair(core, STORE_POLICY_ATTACH, id, name, error);
}

enum core_code policies_detach(struct core *core, const char *name, const char *target,
                               struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    core_error_clear(error);
    if (policy_require(core, name, error) || check_target(core, target, id, error)) {
        return error->code;
    }
    return write_pair(core, STORE_POLICY_DETACH, id, name, error);
}

/* --- List --- */

static void visit_policy(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    policy_visit_name(core, row, 0, ctx);
}

enum core_code policies_of_target(struct core *core, const char *target, const struct core_page *page,
                                  policy_fn fn, void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct policy_visit visit = {fn, ctx};
    struct registry_list list = {STORE_POLICY_OF_TARGET_UP, STORE_POLICY_OF_TARGET_DOWN, .page = page,
                                 .argument_count = 1};
    core_error_clear(error);
    next[0] = '\0';
    if (check_target(core, target, id, error)) {
        return error->code;
    }
    list.arguments[0] = store_text(id);
    return registry_list_rows(core, &list, visit_policy, &visit, next, error);
}

struct target_visit {
    target_fn fn;
    void *ctx;
};

static void visit_target(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    const struct target_visit *visit = ctx;
    char id[CORE_CERTIFICATE_ID_CAP], arn[256];
    store_column_copy(row, 0, id, sizeof id);
    arn_write(core, "cert", id, arn, sizeof arn);
    visit->fn(visit->ctx, arn);
}

enum core_code policies_targets(struct core *core, const char *name, const struct core_page *page,
                                target_fn fn, void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    struct target_visit visit = {fn, ctx};
    const struct registry_list list = {STORE_POLICY_TARGETS_UP, STORE_POLICY_TARGETS_DOWN, .page = page,
                                       .arguments = {store_text(name)}, .argument_count = 1};
    core_error_clear(error);
    next[0] = '\0';
    if (policy_require(core, name, error)) {
        return error->code;
    }
    return registry_list_rows(core, &list, visit_target, &visit, next, error);
}

enum core_code policies_effective(struct core *core, const char *target, const char *thing, policy_fn fn,
                                  void *ctx, struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    core_error_clear(error);
    if (check_target(core, target, id, error) || (thing && thing_require(core, thing, error))) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_POLICY_EFFECTIVE, store_text(id));
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        struct policy policy;
        policy_read_row(core, query, &policy);
        fn(ctx, &policy);
        policy_clear(&policy);
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
