/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/objects.h"

#include "cloud/base/memory.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/objects/object_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTENT_TYPE_MAX    1024
#define OBJECT_TYPE_UNKNOWN "binary/octet-stream"
#define FILE_COLUMN         4 /* of OBJECT_COLUMNS */
#define PART_SIZES_COLUMN   7 /* of STORE_OBJECT_GET */

void object_clear(struct object *object)
{
    free(object->content_type);
    free(object->headers);
    free(object->part_sizes);
    free(object->body);
    *object = (struct object){0};
}

/* --- Objects --- */

static enum core_code check_key(const char *key, struct core_error *error)
{
    return name_is_utf8(slice_from(key), OBJECT_KEY_MAX)
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST, "an object's key has 1 to %d bytes of UTF-8",
                           OBJECT_KEY_MAX);
}

enum core_code object_check(struct core *core, const char *bucket, const char *key,
                            const struct object_info *info, struct core_error *error)
{
    if (buckets_head(core, bucket, error) || check_key(key, error)) {
        return error->code;
    }
    const char *type = info->content_type;
    if (type && !name_is_free_text(slice_from(type), CONTENT_TYPE_MAX)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "the content type has at most %d characters, none of control", CONTENT_TYPE_MAX);
    }
    return CORE_OK;
}

bool object_file_of(struct core *core, const char *bucket, const char *key, char file[OBJECT_FILE_NAME_CAP])
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

bool object_write_row(struct core *core, const char *bucket, const char *key, const struct object_info *info,
                      const struct object_file *file)
{
    const char *type = info->content_type;
    return store_run(core->store,
                     STORE_QUERY(core->store, STORE_OBJECT_PUT, store_text(bucket), store_text(key),
                                 store_text(file->etag),
                                 store_text(type && *type ? type : OBJECT_TYPE_UNKNOWN),
                                 store_i64(core_now_ms(core)), store_i64((int64_t)file->size),
                                 store_text(file->name), store_text(info->headers ? info->headers : ""),
                                 store_text(info->checksum), store_text(info->part_sizes)));
}

enum core_code objects_put(struct core *core, const char *bucket, const char *key,
                           const struct object_info *info, const struct object_file *file,
                           struct core_error *error)
{
    static const struct object_info none = {.content_type = NULL};
    char replaced[OBJECT_FILE_NAME_CAP] = "";
    struct core_write write;
    info = info ? info : &none;
    if (object_check(core, bucket, key, info, error)) {
        return error->code;
    }
    if (file->size > OBJECT_PIECES_MAX) {
        return core_fail(error, CORE_LIMIT_EXCEEDED, "an object has at most %zu bytes here, not %zu",
                         OBJECT_PIECES_MAX, file->size);
    }
    if (core_write_begin(core, &write, error) &&
        (!object_file_of(core, bucket, key, replaced) || !object_write_row(core, bucket, key, info, file))) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error) && *replaced) {
        store_drop_file(core->store, replaced);
    }
    return error->code;
}

enum core_code objects_delete(struct core *core, const char *bucket, const char *key,
                              struct core_error *error)
{
    char file[OBJECT_FILE_NAME_CAP] = "";
    struct core_write write;
    if (buckets_head(core, bucket, error) || check_key(key, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) &&
        (!object_file_of(core, bucket, key, file) ||
         !store_run(core->store,
                    STORE_QUERY(core->store, STORE_OBJECT_DELETE, store_text(bucket), store_text(key))))) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error) && *file) {
        store_drop_file(core->store, file);
    }
    return error->code;
}

void object_read_row(sqlite3_stmt *row, struct object *out)
{
    *out = (struct object){.content_type = store_column_dup(row, 1), .headers = store_column_dup(row, 5)};
    store_column_copy(row, 0, out->etag, sizeof out->etag);
    out->modified_at_ms = store_column_i64(row, 2);
    out->size = (size_t)store_column_i64(row, 3);
    store_column_copy(row, FILE_COLUMN, out->file, sizeof out->file);
    store_column_copy(row, 6, out->checksum, sizeof out->checksum);
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
        object_read_row(query, out);
        out->part_sizes = store_column_dup(query, PART_SIZES_COLUMN);
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
