/* SPDX-License-Identifier: MIT */
/* Tokens are random; their SHA-256 is the key of their row, so that who reads the database cannot take a certificate over. */
#include "cloud/core/provisioning/ownership.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/core/due.h"
#include "cloud/core/registry/registry_private.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define TOKEN_BYTES ((OWNERSHIP_TOKEN_CAP - 1) / 2)
#define HASH_BYTES  32
#define HASH_CAP    (2 * HASH_BYTES + 1)

static void hash_token(struct slice token, char hash[HASH_CAP])
{
    unsigned char digest[HASH_BYTES];
    if (EVP_Digest(token.ptr, token.len, digest, NULL, EVP_sha256(), NULL) != 1) {
        memory_out();
    }
    hex_write(digest, sizeof digest, hash);
}

/* 1: such a token, also one whose time is over; 0: none; -1: the database failed. */
static int find_row(struct core *core, enum store_statement which, struct store_value key, int64_t *id,
                    int64_t *expires_at_ms, char certificate_id[CORE_CERTIFICATE_ID_CAP])
{
    sqlite3_stmt *query = STORE_QUERY(core->store, which, key);
    int got = store_row(core->store, query);
    if (got == 1) {
        *id = store_column_i64(query, 0);
        store_column_copy(query, 1, certificate_id, CORE_CERTIFICATE_ID_CAP);
        *expires_at_ms = store_column_i64(query, 2);
    }
    store_done(query);
    return got;
}

bool ownership_end(struct core *core, const char *certificate_id)
{
    int64_t id = 0, expires_at_ms = 0;
    char found[CORE_CERTIFICATE_ID_CAP];
    int got = find_row(core, STORE_OWNERSHIP_OF, store_text(certificate_id), &id, &expires_at_ms, found);
    if (got < 1) {
        return got == 0;
    }
    return due_set(core, DUE_OWNERSHIP, id, 0) &&
           store_run(core->store, STORE_QUERY(core->store, STORE_OWNERSHIP_DELETE, store_i64(id)));
}

static bool insert(struct core *core, const char *certificate_id, const char *hash)
{
    int64_t id = 0, expires_at_ms = core_now_ms(core) + OWNERSHIP_MS;
    char found[CORE_CERTIFICATE_ID_CAP];
    struct store *store = core->store;
    return ownership_end(core, certificate_id) &&
           store_run(store, STORE_QUERY(store, STORE_OWNERSHIP_INSERT, store_text(hash),
                                        store_text(certificate_id), store_i64(expires_at_ms))) &&
           find_row(core, STORE_OWNERSHIP_OF, store_text(certificate_id), &id, &expires_at_ms, found) == 1 &&
           due_set(core, DUE_OWNERSHIP, id, expires_at_ms);
}

enum core_code ownership_issue(struct core *core, const char *given, char token[OWNERSHIP_TOKEN_CAP],
                               struct core_error *error)
{
    char id[CORE_CERTIFICATE_ID_CAP];
    char new_token[OWNERSHIP_TOKEN_CAP];
    char hash[HASH_CAP];
    unsigned char random[TOKEN_BYTES];
    struct core_write write;
    core_error_clear(error);
    if (certificate_check_id(given, id, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_CERTIFICATE_STATUS, id);
    if (got < 1) {
        return got ? core_fail_storage(core, error)
                   : core_fail(error, CORE_NOT_FOUND, "certificate '%s' does not exist", id);
    }
    if (RAND_bytes(random, sizeof random) != 1) {
        return core_fail(error, CORE_INTERNAL, "the system gives no random bytes for an ownership token");
    }
    hex_write(random, sizeof random, new_token);
    hash_token(slice_from(new_token), hash);
    if (core_write_begin(core, &write, error) && !insert(core, id, hash)) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error)) {
        memcpy(token, new_token, sizeof new_token);
    }
    return error->code;
}

enum core_code ownership_find(struct core *core, struct slice token,
                              char certificate_id[CORE_CERTIFICATE_ID_CAP], struct core_error *error)
{
    int64_t id = 0, expires_at_ms = 0;
    char found[CORE_CERTIFICATE_ID_CAP];
    char hash[HASH_CAP];
    core_error_clear(error);
    if (token.len == 0) { /* AWS's own sentence */
        return core_fail(error, CORE_OWNERSHIP_TOKEN, "Certificate ownership token cannot be empty.");
    }
    hash_token(token, hash);
    int got = find_row(core, STORE_OWNERSHIP_GET, store_text(hash), &id, &expires_at_ms, found);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (!got) {
        return core_fail(error, CORE_OWNERSHIP_TOKEN,
                         "Certificate ownership token is not valid: it was used up, its hour is over, or the"
                         " service has not given it out; ask for a new certificate");
    }
    if (core_now_ms(core) >= expires_at_ms) {
        return core_fail(error, CORE_OWNERSHIP_TOKEN,
                         "Certificate ownership token has expired: it is good for one hour; ask for a new"
                         " certificate");
    }
    memcpy(certificate_id, found, sizeof found);
    return CORE_OK;
}

bool ownership_expire(struct core *core, int64_t id)
{
    int64_t same_id = 0, expires_at_ms = 0;
    char certificate_id[CORE_CERTIFICATE_ID_CAP];
    int got = find_row(core, STORE_OWNERSHIP_BY_ID, store_i64(id), &same_id, &expires_at_ms, certificate_id);
    if (got < 1) {
        return got == 0 && due_set(core, DUE_OWNERSHIP, id, 0);
    }
    return ownership_end(core, certificate_id) && certificate_remove_pending(core, certificate_id);
}
