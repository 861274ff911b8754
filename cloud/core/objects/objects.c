/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/objects.h"

#include "cloud/core/core_private.h"
#include "cloud/core/names.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX          1024
#define CONTENT_TYPE_MAX 1024

void object_clear(struct object *object)
{
    free(object->content_type);
    free(object->body);
    *object = (struct object){0};
}

/* --- Buckets --- */

static enum core_code check_bucket(const char *bucket, struct core_error *error)
{
    return name_is_bucket(slice_from(bucket)) ? CORE_OK
                                              : core_fail(error, CORE_INVALID_REQUEST,
                                                          "'%.70s' is not a bucket name: it has 3 to 63 "
                                                          "characters of [a-z0-9.-] and begins and ends "
                                                          "with a letter or digit",
                                                          bucket);
}

enum core_code buckets_head(struct core *core, const char *bucket, struct core_error *error)
{
    core_error_clear(error);
    if (check_bucket(bucket, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_BUCKET_EXISTS, bucket);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "bucket '%s' does not exist", bucket);
}

enum core_code buckets_create(struct core *core, const char *bucket, struct core_error *error)
{
    struct core_write write;
    if (!buckets_head(core, bucket, error)) {
        return core_fail(error, CORE_ALREADY_EXISTS, "bucket '%s' exists already", bucket);
    }
    if (error->code != CORE_NOT_FOUND) {
        return error->code;
    }
    core_error_clear(error);
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store, STORE_QUERY(core->store, STORE_BUCKET_INSERT, store_text(bucket),
                                            store_i64(core_now_ms(core))))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

/* --- Objects --- */

/* As S3 does for objects put in one piece: the MD5 of the body. */
static bool write_etag(const void *body, size_t size, char etag[36])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (!EVP_Digest(body, size, digest, &len, EVP_md5(), NULL) || len != 16) {
        return false;
    }
    char *at = etag;
    *at++ = '"';
    for (size_t i = 0; i < len; i++) {
        snprintf(at, 3, "%02x", digest[i]);
        at += 2;
    }
    memcpy(at, "\"", 2);
    return true;
}

static enum core_code check_key(const char *key, struct core_error *error)
{
    return name_is_utf8(slice_from(key), KEY_MAX)
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST, "an object's key has 1 to %d bytes of UTF-8",
                           KEY_MAX);
}

static enum core_code check_put(struct core *core, const char *bucket, const char *key,
                                const char *content_type, size_t size, struct core_error *error)
{
    if (buckets_head(core, bucket, error) || check_key(key, error)) {
        return error->code;
    }
    if (content_type && !name_is_free_text(slice_from(content_type), CONTENT_TYPE_MAX)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "the content type has at most %d characters, none of control", CONTENT_TYPE_MAX);
    }
    if (size > OBJECT_SIZE_MAX) {
        return core_fail(error, CORE_LIMIT_EXCEEDED, "an object has at most %d bytes here, not %zu",
                         OBJECT_SIZE_MAX, size);
    }
    return CORE_OK;
}

enum core_code objects_put(struct core *core, const char *bucket, const char *key, const char *content_type,
                           const void *body, size_t size, char etag[36], struct core_error *error)
{
    char tag[36];
    struct core_write write;
    if (check_put(core, bucket, key, content_type, size, error)) {
        return error->code;
    }
    if (!write_etag(body, size, tag)) {
        return core_fail(error, CORE_INTERNAL, "MD5 is not available");
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(
            core->store,
            STORE_QUERY(core->store, STORE_OBJECT_PUT, store_text(bucket), store_text(key), store_text(tag),
                        store_text(content_type && *content_type ? content_type : "binary/octet-stream"),
                        store_i64(core_now_ms(core)), store_i64((int64_t)size), store_blob(body, size)))) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error)) {
        memcpy(etag, tag, sizeof tag);
    }
    return error->code;
}

/* NUL-terminated behind the body, for those who read it as text. */
static unsigned char *copy_body(sqlite3_stmt *row, int column, size_t size)
{
    size_t len = 0;
    const void *bytes = store_column_blob(row, column, &len);
    unsigned char *body = len == size ? malloc(size + 1) : NULL;
    if (body) {
        if (len) {
            memcpy(body, bytes, len);
        }
        body[len] = 0;
    }
    return body;
}

static bool read_row(sqlite3_stmt *row, bool with_body, struct object *out)
{
    bool failed = false;
    store_column_copy(row, 0, out->etag, sizeof out->etag);
    out->content_type = store_column_dup(row, 1, &failed);
    out->modified_at_ms = store_column_i64(row, 2);
    out->size = (size_t)store_column_i64(row, 3);
    if (with_body) {
        out->body = copy_body(row, 4, out->size);
        failed = failed || !out->body;
    }
    return !failed;
}

enum core_code objects_get(struct core *core, const char *bucket, const char *key, bool with_body,
                           struct object *out, struct core_error *error)
{
    *out = (struct object){0};
    if (buckets_head(core, bucket, error) || check_key(key, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_OBJECT_GET, store_text(bucket), store_text(key));
    int got = store_row(core->store, query);
    bool is_good = got == 1 && read_row(query, with_body, out);
    store_done(query);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "bucket '%s' has no object '%.180s'", bucket, key);
    }
    if (!is_good) {
        object_clear(out);
        return core_fail_storage(core, error);
    }
    return CORE_OK;
}
