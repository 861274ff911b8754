/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BURIED_MS (60 * 60 * 1000LL) /* the plugin looks ten times a second */

void certificate_clear(struct certificate *certificate)
{
    free(certificate->pem);
    *certificate = (struct certificate){0};
}

static bool is_word_of(const char *word, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_id(struct slice text, char id[CORE_CERTIFICATE_ID_CAP])
{
    if (!name_is_certificate(text) || slice_copy(text, id, CORE_CERTIFICATE_ID_CAP)) {
        return false;
    }
    for (char *at = id; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return true;
}

enum core_code certificate_check_id(const char *text, char id[CORE_CERTIFICATE_ID_CAP],
                                    struct core_error *error)
{
    return read_id(slice_from(text), id) ? CORE_OK
                                         : core_fail(error, CORE_INVALID_REQUEST,
                                                     "'%.*s' is not a certificate id: it has 64 hex digits",
                                                     utf8_fit(text, NAME_SHOWN), text);
}

static enum core_code not_found(const char *id, struct core_error *error)
{
    return core_fail(error, CORE_NOT_FOUND, "certificate '%s' does not exist", id);
}

enum core_code certificate_require(struct core *core, const char *arn, char id[CORE_CERTIFICATE_ID_CAP],
                                   struct core_error *error)
{
    struct slice text;
    if (!arn_read(core, arn, "cert", &text) || !read_id(text, id)) {
        char form[256];
        arn_write(core, "cert", "ID", form, sizeof form);
        return core_fail(error, CORE_INVALID_REQUEST,
                         "'%.*s' is not the ARN of a certificate here; it looks like %s",
                         utf8_fit(arn, NAME_SHOWN), arn, form);
    }
    int got = core_has_row(core, STORE_CERTIFICATE_STATUS, id);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : not_found(id, error);
}

/* --- Add and describe --- */

static enum core_code check_new(struct core *core, const struct certificate *certificate,
                                struct core_error *error)
{
    static const char *const words[] = {"ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION"};
    char id[CORE_CERTIFICATE_ID_CAP];
    if (certificate_check_id(certificate->id, id, error)) {
        return error->code;
    }
    if (strcmp(id, certificate->id) != 0) {
        return core_fail(error, CORE_INVALID_REQUEST, "a new certificate's id has lower case digits");
    }
    if (!is_word_of(certificate->status, words, sizeof words / sizeof *words)) {
        return core_fail(error, CORE_INVALID_REQUEST, "'%s' is not the status of a certificate",
                         certificate->status);
    }
    if (!certificate->pem || !name_is_utf8(slice_from(certificate->pem), 65536)) {
        return core_fail(error, CORE_CERTIFICATE_INVALID,
                         "the certificate has no PEM text of 1 to 65536 bytes");
    }
    int got = core_has_row(core, STORE_CERTIFICATE_STATUS, certificate->id);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        core_fail(error, CORE_ALREADY_EXISTS, "certificate '%s' exists already", certificate->id);
        arn_write(core, "cert", certificate->id, error->resource, sizeof error->resource);
    }
    return error->code;
}

static struct store_value text_or_null(const char *text)
{
    return store_text(*text ? text : NULL);
}

static bool insert(struct core *core, const struct certificate *certificate)
{
    struct store *store = core->store;
    const char *mode = *certificate->mode ? certificate->mode : "DEFAULT";
    return store_run(store, STORE_QUERY(store, STORE_CERTIFICATE_UNBURY, store_text(certificate->id))) &&
           store_run(store, STORE_QUERY(store, STORE_CERTIFICATE_INSERT, store_text(certificate->id),
                                        store_text(certificate->status), store_i64(core_now_ms(core)),
                                        store_i64(certificate->not_before_s),
                                        store_i64(certificate->not_after_s), store_text(certificate->pem),
                                        store_text(mode), text_or_null(certificate->ca_id))) &&
           (!certificate->is_anchor ||
            store_run(store, STORE_QUERY(store, STORE_ANCHOR_ADD, store_text(certificate->id),
                                         store_text(certificate->pem))));
}

enum core_code certificates_add(struct core *core, const struct certificate *certificate,
                                struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (check_new(core, certificate, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !insert(core, certificate)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* In the order of CERTIFICATE_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct certificate *out)
{
    store_column_copy(row, 1, out->id, sizeof out->id);
    arn_write(core, "cert", out->id, out->arn, sizeof out->arn);
    store_column_copy(row, 2, out->status, sizeof out->status);
    out->created_at_ms = store_column_i64(row, 3);
    out->last_modified_at_ms = store_column_i64(row, 4);
    out->not_before_s = store_column_i64(row, 5);
    out->not_after_s = store_column_i64(row, 6);
    out->pem = store_column_dup(row, 7);
    store_column_copy(row, 8, out->mode, sizeof out->mode);
    store_column_copy(row, 9, out->ca_id, sizeof out->ca_id);
}

enum core_code certificates_describe(struct core *core, const char *given, struct certificate *out,
                                     struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    *out = (struct certificate){0};
    core_error_clear(error);
    if (certificate_check_id(given, id, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_CERTIFICATE_GET, store_text(id));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(core, query, out);
    }
    store_done(query);
    if (!got) {
        return not_found(id, error);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

/* --- List --- */

struct visit {
    certificate_fn fn;
    void *ctx;
};

static void visit_row(const struct core *core, sqlite3_stmt *row, void *ctx)
{
    const struct visit *visit = ctx;
    struct certificate certificate = {0};
    read_row(core, row, &certificate);
    visit->fn(visit->ctx, &certificate);
    certificate_clear(&certificate);
}

enum core_code certificates_list(struct core *core, const char *ca_id, const struct core_page *page,
                                 certificate_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                 struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct visit visit = {fn, ctx};
    struct registry_list list = {STORE_CERTIFICATE_LIST_UP, STORE_CERTIFICATE_LIST_DOWN, .is_by_row = true,
                                 .page = page};
    core_error_clear(error);
    next[0] = '\0';
    if (ca_id) {
        if (certificate_check_id(ca_id, id, error)) {
            return error->code;
        }
        list.up = STORE_CERTIFICATE_OF_CA_UP;
        list.down = STORE_CERTIFICATE_OF_CA_DOWN;
        list.arguments[0] = store_text(id);
        list.argument_count = 1;
    }
    return registry_list_rows(core, &list, visit_row, &visit, next, error);
}

/* --- Update --- */

/* What decides about a change. */
struct state {
    char status[32];
    char ca_id[CORE_CERTIFICATE_ID_CAP];
};

static enum core_code read_state(struct core *core, const char *id, struct state *out,
                                 struct core_error *error)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_CERTIFICATE_STATUS, store_text(id));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, 0, out->status, sizeof out->status);
        store_column_copy(query, 1, out->ca_id, sizeof out->ca_id);
    }
    store_done(query);
    if (got < 1) {
        return got ? core_fail_storage(core, error) : not_found(id, error);
    }
    return CORE_OK;
}

static enum core_code check_update(struct core *core, const char *id, const char *new_status,
                                   struct core_error *error)
{
    static const char *const words[] = {"ACTIVE", "INACTIVE", "REVOKED"};
    if (!is_word_of(new_status, words, sizeof words / sizeof *words)) {
        return core_fail(error, CORE_INVALID_REQUEST, "newStatus is ACTIVE, INACTIVE or REVOKED, not '%.*s'",
                         utf8_fit(new_status, NAME_SHOWN), new_status);
    }
    struct state now;
    if (read_state(core, id, &now, error)) {
        return error->code;
    }
    if (strcmp(now.status, "REVOKED") == 0 && strcmp(new_status, "REVOKED") != 0) {
        return core_fail(error, CORE_CERTIFICATE_STATE,
                         "certificate '%s' is REVOKED and stays so; make a new one", id);
    }
    return CORE_OK;
}

enum core_code certificates_update(struct core *core, const char *given, const char *new_status,
                                   struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct core_write write;
    core_error_clear(error);
    if (certificate_check_id(given, id, error) || check_update(core, id, new_status, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, STORE_CERTIFICATE_UPDATE, store_text(id),
                                            store_text(new_status), store_i64(core_now_ms(core))))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* --- Delete --- */

/* AWS looks at the status first. */
static enum core_code check_delete(struct core *core, const char *id, bool is_forced, struct state *now,
                                   struct core_error *error)
{
    if (read_state(core, id, now, error)) {
        return error->code;
    }
    if (strcmp(now->status, "ACTIVE") == 0) {
        return core_fail(error, CORE_CERTIFICATE_STATE,
                         "certificate '%s' is ACTIVE: make it INACTIVE first (UpdateCertificate)", id);
    }
    int thing = core_has_row(core, STORE_PRINCIPAL_ANY_THING, id);
    int policy = is_forced ? 0 : core_has_row(core, STORE_POLICY_ANY_OF_TARGET, id);
    if (thing < 0 || policy < 0) {
        return core_fail_storage(core, error);
    }
    if (thing) {
        return core_fail(error, CORE_DELETE_CONFLICT,
                         "certificate '%s' is attached to a thing: detach it first (DetachThingPrincipal)",
                         id);
    }
    return policy
               ? core_fail(error, CORE_DELETE_CONFLICT,
                           "certificate '%s' has a policy: detach it first (DetachPolicy), or force it", id)
               : CORE_OK;
}

static bool remove_rows(struct core *core, const char *id, const struct state *before)
{
    struct store *store = core->store;
    int64_t now = core_now_ms(core);
    return store_run(store, STORE_QUERY(store, STORE_POLICY_DETACH_ALL, store_text(id))) &&
           store_run(store, STORE_QUERY(store, STORE_CERTIFICATE_DELETE, store_text(id))) &&
           store_run(store,
                     STORE_QUERY(store, STORE_CERTIFICATE_FORGET_BURIED, store_i64(now - BURIED_MS))) &&
           store_run(store, STORE_QUERY(store, STORE_CERTIFICATE_BURY, store_text(id), store_i64(now))) &&
           broker_anchor_release(core, id) && broker_anchor_release(core, before->ca_id);
}

enum core_code certificates_delete(struct core *core, const char *given, bool is_forced,
                                   struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    struct core_write write;
    struct state before;
    core_error_clear(error);
    if (certificate_check_id(given, id, error) || check_delete(core, id, is_forced, &before, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && !remove_rows(core, id, &before)) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* --- What nobody has come for --- */

/* 1: such a certificate; 0: none; -1: the database failed. */
static int find_state(struct core *core, const char *id, struct state *out)
{
    struct core_error error = {.code = CORE_OK};
    enum core_code code = read_state(core, id, out, &error);
    core_error_clear(&error);
    return code == CORE_OK ? 1 : code == CORE_NOT_FOUND ? 0 : -1;
}

static bool remove_all(struct core *core, const char *id, const struct state *before)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_PRINCIPAL_DETACH_ALL, store_text(id))) &&
           remove_rows(core, id, before);
}

bool certificate_remove(struct core *core, const char *id)
{
    struct state now;
    int got = find_state(core, id, &now);
    return got == 1 ? remove_all(core, id, &now) : got == 0;
}

bool certificate_remove_pending(struct core *core, const char *id)
{
    struct state now;
    int got = find_state(core, id, &now);
    if (got < 1) {
        return got == 0;
    }
    return strcmp(now.status, "PENDING_ACTIVATION") != 0 || remove_all(core, id, &now);
}
