/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/objects.h"

#include "cloud/base/memory.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX          1024
#define CONTENT_TYPE_MAX 1024
#define FILE_COLUMN      4 /* of STORE_OBJECT_GET */

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

/* The file that the object had so far; "" = there is no such object. false: the database failed. */
static bool read_file_name(struct core *core, const char *bucket, const char *key,
                           char file[OBJECT_FILE_NAME_CAP])
{
    file[0] = '\0';
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_OBJECT_GET, store_text(bucket), store_text(key));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, FILE_COLUMN, file, OBJECT_FILE_NAME_CAP);
    }
    store_done(query);
    return got >= 0;
}

enum core_code objects_put(struct core *core, const char *bucket, const char *key, const char *content_type,
                           const struct object_file *file, struct core_error *error)
{
    char replaced[OBJECT_FILE_NAME_CAP] = "";
    struct core_write write;
    if (check_put(core, bucket, key, content_type, file->size, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        (!read_file_name(core, bucket, key, replaced) ||
         !store_run(
             core->store,
             STORE_QUERY(
                 core->store, STORE_OBJECT_PUT, store_text(bucket), store_text(key), store_text(file->etag),
                 store_text(content_type && *content_type ? content_type : "binary/octet-stream"),
                 store_i64(core_now_ms(core)), store_i64((int64_t)file->size), store_text(file->name))))) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error) && *replaced) {
        store_drop_file(core->store, replaced);
    }
    return error->code;
}

static void read_row(sqlite3_stmt *row, struct object *out)
{
    store_column_copy(row, 0, out->etag, sizeof out->etag);
    out->content_type = store_column_dup(row, 1);
    out->modified_at_ms = store_column_i64(row, 2);
    out->size = (size_t)store_column_i64(row, 3);
    store_column_copy(row, FILE_COLUMN, out->file, sizeof out->file);
}

enum core_code objects_get(struct core *core, const char *bucket, const char *key, struct object *out,
                           struct core_error *error)
{
    *out = (struct object){0};
    if (buckets_head(core, bucket, error) || check_key(key, error)) {
        return error->code;
    }
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_OBJECT_GET, store_text(bucket), store_text(key));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_row(query, out);
    }
    store_done(query);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND, "bucket '%s' has no object '%.180s'", bucket, key);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

/* --- Bodies --- */

static enum core_code fail_body(const struct object *object, const char *why, struct core_error *error)
{
    return core_fail(error, CORE_INTERNAL, "the body of the object, file %s, cannot be read: %s",
                     object->file, why);
}

enum core_code objects_open(struct core *core, const struct object *object, int *fd, struct core_error *error)
{
    struct stat info;
    const char *folder = core_objects_dir(core);
    core_error_clear(error);
    if (!folder) {
        return fail_body(object, "there is no folder for bodies", error);
    }
    int file = object_file_open(folder, object->file);
    if (file < 0 || fstat(file, &info)) {
        fail_body(object, strerror(errno), error);
    } else if (info.st_size != (off_t)object->size) {
        fail_body(object, "it has another size than it had", error);
    } else {
        *fd = file;
        return CORE_OK;
    }
    if (file >= 0) {
        close(file);
    }
    return error->code;
}

static bool read_all(int fd, unsigned char *out, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, out, len);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        out += got > 0 ? got : 0;
        len -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static enum core_code read_body(struct core *core, struct object *object, struct core_error *error)
{
    int fd = -1;
    if (object->size > CORE_DOCUMENT_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "the job document has %zu bytes; at most %d are allowed", object->size,
                         CORE_DOCUMENT_MAX);
    }
    if (objects_open(core, object, &fd, error)) {
        return error->code;
    }
    object->body = memory_zeroed(object->size + 1);
    bool is_good = read_all(fd, object->body, object->size);
    close(fd);
    return is_good ? CORE_OK : fail_body(object, "it ends early", error);
}

enum core_code objects_get_document(struct core *core, const char *bucket, const char *key,
                                    struct object *out, struct core_error *error)
{
    if (objects_get(core, bucket, key, out, error)) {
        return error->code;
    }
    if (read_body(core, out, error)) {
        object_clear(out);
    }
    return error->code;
}
