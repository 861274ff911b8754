/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <stdlib.h>
#include <string.h>

#define SAME_SUBJECT_MAX 10 /* of AWS */

void ca_certificate_clear(struct ca_certificate *ca)
{
    free(ca->pem);
    *ca = (struct ca_certificate){0};
}

/* In the order of CA_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct ca_certificate *out)
{
    store_column_copy(row, 1, out->id, sizeof out->id);
    arn_write(core, "cacert", out->id, out->arn, sizeof out->arn);
    store_column_copy(row, 2, out->status, sizeof out->status);
    out->created_at_ms = store_column_i64(row, 3);
    out->last_modified_at_ms = store_column_i64(row, 4);
    out->not_before_s = store_column_i64(row, 5);
    out->not_after_s = store_column_i64(row, 6);
    out->pem = store_column_dup(row, 7);
    store_column_copy(row, 8, out->mode, sizeof out->mode);
}

/* 1: found; 0: none; -1: the database failed. */
static int find(struct core *core, const char *id, struct ca_certificate *out)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_CA_GET, store_text(id));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(core, query, out);
    }
    store_done(query);
    return got;
}

/* --- Add --- */

static void count_one(void *ctx, const struct ca_certificate *ca)
{
    (void)ca;
    ++*(int *)ctx;
}

static enum core_code check_new(struct core *core, const struct ca_certificate *ca, struct core_error *error)
{
    int same = 0;
    struct ca_certificate found = {0};
    int got = find(core, ca->id, &found);
    ca_certificate_clear(&found);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        core_fail(error, CORE_ALREADY_EXISTS, "CA certificate '%s' exists already", ca->id);
        arn_write(core, "cacert", ca->id, error->resource, sizeof error->resource);
        return error->code;
    }
    if (ca_certificates_of_subject(core, ca->subject, count_one, &same, error)) {
        return error->code;
    }
    return same < SAME_SUBJECT_MAX
               ? CORE_OK
               : core_fail(error, CORE_LIMIT_EXCEEDED,
                           "%d CA certificates of this subject are registered already", SAME_SUBJECT_MAX);
}

static bool insert(struct core *core, const struct ca_certificate *ca)
{
    struct store *store = core->store;
    return store_run(store, STORE_QUERY(store, STORE_CA_INSERT, store_text(ca->id), store_text(ca->subject),
                                        store_text(ca->status), store_text(ca->mode),
                                        store_i64(core_now_ms(core)), store_i64(ca->not_before_s),
                                        store_i64(ca->not_after_s), store_text(ca->pem))) &&
           store_run(store, STORE_QUERY(store, STORE_ANCHOR_ADD, store_text(ca->id), store_text(ca->pem))) &&
           tags_store(core, "cacert", ca->id, ca->tags);
}

enum core_code ca_certificates_add(struct core *core, const struct ca_certificate *ca,
                                   struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (check_new(core, ca, error) || tags_check(ca->tags, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !insert(core, ca)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* --- Describe and list --- */

enum core_code ca_certificates_describe(struct core *core, const char *given, struct ca_certificate *out,
                                        struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    *out = (struct ca_certificate){0};
    core_error_clear(error);
    if (certificate_check_id(given, id, error)) {
        return error->code;
    }
    int got = find(core, id, out);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "CA certificate '%s' does not exist", id);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

struct visit {
    ca_certificate_fn fn;
    void *ctx;
};

static void visit_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    const struct visit *visit = ctx;
    struct ca_certificate ca = {0};
    read_row(core, row, &ca);
    visit->fn(visit->ctx, &ca);
    ca_certificate_clear(&ca);
}

enum core_code ca_certificates_of_subject(struct core *core, const char *subject, ca_certificate_fn fn,
                                          void *ctx, struct core_error *error)
{
    struct visit visit = {fn, ctx};
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_CA_OF_SUBJECT, store_text(subject));
    int got;
    core_error_clear(error);
    while ((got = store_row(core->store, query)) == 1) {
        visit_row(core, query, &visit);
    }
    store_done(query);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

enum core_code ca_certificates_list(struct core *core, const struct core_page *page, ca_certificate_fn fn,
                                    void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    struct visit visit = {fn, ctx};
    const struct registry_list list = {STORE_CA_LIST_UP, STORE_CA_LIST_DOWN, .is_by_row = true, .page = page};
    core_error_clear(error);
    return registry_list_rows(core, &list, visit_row, &visit, next, error);
}

/* --- Update and delete --- */

enum core_code ca_certificates_update(struct core *core, const char *given, const char *new_status,
                                      struct core_error *error)
{
    struct core_write write;
    struct ca_certificate found;
    if (ca_certificates_describe(core, given, &found, error)) {
        return error->code;
    }
    if (strcmp(new_status, "ACTIVE") != 0 && strcmp(new_status, "INACTIVE") != 0) {
        core_fail(error, CORE_INVALID_REQUEST, "newStatus is ACTIVE or INACTIVE, not '%.*s'",
                  utf8_fit(new_status, NAME_SHOWN), new_status);
    } else if (core_write_begin(core, &write, error)) {
        if (!store_run(core->store, STORE_QUERY(core->store, STORE_CA_UPDATE, store_text(found.id),
                                                store_text(new_status), store_i64(core_now_ms(core))))) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    ca_certificate_clear(&found);
    return error->code;
}

enum core_code ca_certificates_delete(struct core *core, const char *given, struct core_error *error)
{
    struct core_write write;
    struct ca_certificate found;
    if (ca_certificates_describe(core, given, &found, error)) {
        return error->code;
    }
    if (strcmp(found.status, "ACTIVE") == 0) {
        core_fail(error, CORE_CERTIFICATE_STATE,
                  "CA certificate '%s' is ACTIVE: make it INACTIVE first (UpdateCACertificate)", found.id);
    } else if (core_write_begin(core, &write, error)) {
        if (!store_run(core->store, STORE_QUERY(core->store, STORE_CA_DELETE, store_text(found.id))) ||
            !broker_anchor_release(core, found.id)) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    ca_certificate_clear(&found);
    return error->code;
}

/* --- The registration code --- */

enum core_code registration_code_get(struct core *core, char code[65], struct core_error *error)
{
    sqlite3_stmt *query = store_query(core->store, STORE_REGISTRATION_CODE_GET, NULL, 0);
    int got = store_row(core->store, query);
    core_error_clear(error);
    if (got == 1) {
        store_column_copy(query, 0, code, 65);
    }
    store_done(query);
    return got == 1 ? CORE_OK : core_fail_storage(core, error);
}

enum core_code registration_code_renew(struct core *core, struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, store_query(core->store, STORE_REGISTRATION_CODE_NEW, NULL, 0))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}
