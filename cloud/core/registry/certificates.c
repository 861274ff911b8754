/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

/* The id in the form that is stored: AWS's model takes capital digits, too. */
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

static enum core_code check_id(const char *text, char id[CORE_CERTIFICATE_ID_CAP], struct core_error *error)
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
    if (check_id(certificate->id, id, error)) {
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

enum core_code certificates_add(struct core *core, const struct certificate *certificate,
                                struct core_error *error)
{
    struct core_write write;
    core_error_clear(error);
    if (check_new(core, certificate, error)) {
        return error->code;
    }
    int64_t now = core_now_ms(core);
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store,
                   STORE_QUERY(core->store, STORE_CERTIFICATE_INSERT, store_text(certificate->id),
                               store_text(certificate->status), store_i64(now), store_i64(now),
                               store_i64(certificate->not_before_s), store_i64(certificate->not_after_s),
                               store_text(certificate->pem)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* In the order of CERTIFICATE_COLUMNS. */
static void read_row(const struct core *core, sqlite3_stmt *row, struct certificate *out)
{
    store_column_copy(row, 0, out->id, sizeof out->id);
    arn_write(core, "cert", out->id, out->arn, sizeof out->arn);
    store_column_copy(row, 1, out->status, sizeof out->status);
    out->created_at_ms = store_column_i64(row, 2);
    out->last_modified_at_ms = store_column_i64(row, 3);
    out->not_before_s = store_column_i64(row, 4);
    out->not_after_s = store_column_i64(row, 5);
    out->pem = store_column_dup(row, 6);
}

enum core_code certificates_describe(struct core *core, const char *given, struct certificate *out,
                                     struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    *out = (struct certificate){0};
    core_error_clear(error);
    if (check_id(given, id, error)) {
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

/* --- Update --- */

static enum core_code check_update(struct core *core, const char *id, const char *new_status,
                                   struct core_error *error)
{
    static const char *const words[] = {"ACTIVE", "INACTIVE", "REVOKED"};
    if (!is_word_of(new_status, words, sizeof words / sizeof *words)) {
        return core_fail(error, CORE_INVALID_REQUEST, "newStatus is ACTIVE, INACTIVE or REVOKED, not '%.*s'",
                         utf8_fit(new_status, NAME_SHOWN), new_status);
    }
    char status[32] = "";
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_CERTIFICATE_STATUS, store_text(id));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, 0, status, sizeof status);
    }
    store_done(query);
    if (got < 1) {
        return got ? core_fail_storage(core, error) : not_found(id, error);
    }
    if (strcmp(status, "REVOKED") == 0 && strcmp(new_status, "REVOKED") != 0) {
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
    if (check_id(given, id, error) || check_update(core, id, new_status, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, STORE_CERTIFICATE_UPDATE, store_text(id),
                                            store_text(new_status), store_i64(core_now_ms(core))))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* --- Things --- */

enum core_code principals_attach(struct core *core, const char *thing, const char *principal,
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
                   STORE_QUERY(core->store, STORE_PRINCIPAL_ATTACH, store_text(id), store_text(thing)))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}
