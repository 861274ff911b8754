/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <stdio.h>
#include <string.h>

#define EXCLUSIVE     "EXCLUSIVE_THING"
#define NON_EXCLUSIVE "NON_EXCLUSIVE_THING"

static enum core_code check_type(const char *type, struct core_error *error)
{
    return !type || strcmp(type, EXCLUSIVE) == 0 || strcmp(type, NON_EXCLUSIVE) == 0
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "thingPrincipalType is " EXCLUSIVE " or " NON_EXCLUSIVE ", not '%.*s'",
                           utf8_fit(type, NAME_SHOWN), type);
}

/* --- Attach and detach --- */

/* The certificate's type with this thing; "": they are not attached. */
static int find_type(struct core *core, const char *id, const char *thing, char type[PRINCIPAL_TYPE_CAP])
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_PRINCIPAL_TYPE, store_text(id), store_text(thing));
    int got = store_row(core->store, query);
    type[0] = '\0';
    if (got == 1) {
        store_column_copy(query, 0, type, PRINCIPAL_TYPE_CAP);
    }
    store_done(query);
    return got;
}

/* Another thing that stands in the way of this type, in `other`; "": none. */
static int find_obstacle(struct core *core, const char *id, const char *thing, const char *type,
                         char other[CORE_THING_NAME_CAP])
{
    char found[PRINCIPAL_TYPE_CAP] = "";
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_PRINCIPAL_OTHER_THING, store_text(id), store_text(thing));
    int got = store_row(core->store, query);
    other[0] = '\0';
    if (got == 1) {
        store_column_copy(query, 1, found, sizeof found);
    }
    if (got == 1 && (strcmp(type, EXCLUSIVE) == 0 || strcmp(found, EXCLUSIVE) == 0)) {
        store_column_copy(query, 0, other, CORE_THING_NAME_CAP);
    }
    store_done(query);
    return got;
}

static enum core_code check_attach(struct core *core, const char *id, const char *thing, const char *wanted,
                                   char type[PRINCIPAL_TYPE_CAP], struct core_error *error)
{
    char other[CORE_THING_NAME_CAP];
    if (find_type(core, id, thing, type) < 0) {
        return core_fail_storage(core, error);
    }
    if (wanted || !*type) {
        snprintf(type, PRINCIPAL_TYPE_CAP, "%s", wanted ? wanted : NON_EXCLUSIVE);
    }
    if (find_obstacle(core, id, thing, type, other) < 0) {
        return core_fail_storage(core, error);
    }
    return *other ? core_fail(
                        error, CORE_INVALID_REQUEST,
                        "certificate '%s' is attached to thing '%s', and one of the two attachments would be "
                        "exclusive: detach it there first (DetachThingPrincipal)",
                        id, other)
                  : CORE_OK;
}

enum core_code principals_attach(struct core *core, const char *thing, const char *principal,
                                 const char *wanted, struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP], type[PRINCIPAL_TYPE_CAP];
    struct core_write write;
    core_error_clear(error);
    if (check_type(wanted, error) || thing_require(core, thing, error) ||
        certificate_require(core, principal, id, error) ||
        check_attach(core, id, thing, wanted, type, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, STORE_PRINCIPAL_ATTACH, store_text(id),
                                            store_text(thing), store_text(type)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

enum core_code principals_detach(struct core *core, const char *thing, const char *principal,
                                 struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct core_write write;
    core_error_clear(error);
    if (thing_require(core, thing, error) || certificate_require(core, principal, id, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store,
                   STORE_QUERY(core->store, STORE_PRINCIPAL_DETACH, store_text(id), store_text(thing)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* --- List --- */

struct visit {
    principal_fn fn;
    void *ctx;
    bool is_certificate; /* what the row names */
};

static void visit_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    const struct visit *visit = ctx;
    char name[CORE_THING_NAME_CAP], arn[256], type[PRINCIPAL_TYPE_CAP];
    store_column_copy(row, 0, name, sizeof name);
    store_column_copy(row, 1, type, sizeof type);
    arn_write(core, "cert", name, arn, sizeof arn);
    visit->fn(visit->ctx, visit->is_certificate ? arn : name, type);
}

static enum core_code list(struct core *core, enum store_statement which, const char *subject,
                           const char *type, const struct core_page *page, struct visit *visit,
                           char next[CORE_KEY_CAP], struct core_error *error)
{
    const struct core_page upwards = {page->after, page->limit, true};
    const struct registry_list rows = {
        .up = which,
        .page = &upwards,
        .arguments = {store_text(subject), store_text(type)},
        .argument_count = 2,
    };
    return registry_list_rows(core, &rows, visit_row, visit, next, error);
}

enum core_code principals_of_thing(struct core *core, const char *thing, const char *type,
                                   const struct core_page *page, principal_fn fn, void *ctx,
                                   char next[CORE_KEY_CAP], struct core_error *error)
{
    struct visit visit = {fn, ctx, true};
    core_error_clear(error);
    next[0] = '\0';
    if (check_type(type, error) || thing_require(core, thing, error)) {
        return error->code;
    }
    return list(core, STORE_PRINCIPAL_OF_THING, thing, type, page, &visit, next, error);
}

enum core_code principals_things(struct core *core, const char *principal, const char *type,
                                 const struct core_page *page, principal_fn fn, void *ctx,
                                 char next[CORE_KEY_CAP], struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct visit visit = {fn, ctx, false};
    core_error_clear(error);
    next[0] = '\0';
    if (check_type(type, error) || certificate_require(core, principal, id, error)) {
        return error->code;
    }
    return list(core, STORE_PRINCIPAL_THINGS, id, type, page, &visit, next, error);
}

enum core_code principals_connected_thing(struct core *core, const char *principal, const char *client_id,
                                          char thing[CORE_THING_NAME_CAP], struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    thing[0] = '\0';
    core_error_clear(error);
    if (certificate_require(core, principal, id, error)) {
        return error->code;
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_PRINCIPAL_CONNECTED, store_text(id), store_text(client_id));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, 0, thing, CORE_THING_NAME_CAP);
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
