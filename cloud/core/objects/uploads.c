/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/uploads.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/core_private.h"
#include "cloud/core/objects/object_row.h"
#include "cloud/core/objects/upload_rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BEHIND_ALL "\xff" /* no byte of UTF-8: it stands after every text */

void upload_clear(struct upload *upload)
{
    free(upload->key);
    free(upload->content_type);
    free(upload->headers);
    *upload = (struct upload){0};
}

/* The time in front, so that the ids of one key are in order; then what cannot be guessed. */
static bool make_id(struct core *core, char id[UPLOAD_ID_CAP])
{
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return false;
    }
    snprintf(id, UPLOAD_ID_CAP, "%012" PRIx64 "%016" PRIx64 "%04x",
             (uint64_t)core_now_ms(core) & UINT64_C(0xffffffffffff), random[0],
             (unsigned)(random[1] & 0xffff));
    return true;
}

enum core_code uploads_create(struct core *core, const char *bucket, const char *key,
                              const struct object_info *info, char id[UPLOAD_ID_CAP],
                              struct core_error *error)
{
    struct core_write write;
    if (object_check(core, bucket, key, info, error)) {
        return error->code;
    }
    if (!make_id(core, id)) {
        return core_fail(error, CORE_INTERNAL, "the system has no random numbers for an upload's id");
    }
    if (core_write_begin(core, &write, error) &&
        !store_run(core->store,
                   STORE_QUERY(core->store, STORE_UPLOAD_INSERT, store_text(id), store_text(bucket),
                               store_text(key), store_text(info->content_type ? info->content_type : ""),
                               store_text(info->headers ? info->headers : ""),
                               store_text(info->checksum ? info->checksum : ""),
                               store_i64(core_now_ms(core))))) {
        core_fail_storage(core, error);
    }
    return core_write_end(core, &write, error);
}

static void read_upload(sqlite3_stmt *row, struct upload *out)
{
    *out = (struct upload){.key = store_column_dup(row, 1),
                           .content_type = store_column_dup(row, 2),
                           .headers = store_column_dup(row, 3),
                           .created_at_ms = store_column_i64(row, 5)};
    store_column_copy(row, 0, out->id, sizeof out->id);
    store_column_copy(row, 4, out->checksum, sizeof out->checksum);
}

enum core_code uploads_get(struct core *core, const char *bucket, const char *key, const char *id,
                           struct upload *out, struct core_error *error)
{
    *out = (struct upload){0};
    if (buckets_head(core, bucket, error)) {
        return error->code;
    }
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_UPLOAD_GET, store_text(id), store_text(bucket), store_text(key));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_upload(query, out);
    }
    store_done(query);
    if (!got) {
        return core_fail(error, CORE_NOT_FOUND,
                         "there is no upload '%.40s' of '%.180s': it was aborted, or is complete", id, key);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

/* --- Parts --- */

static void read_part(sqlite3_stmt *row, struct upload_part *out)
{
    *out =
        (struct upload_part){.number = store_column_i64(row, 0), .modified_at_ms = store_column_i64(row, 3)};
    store_column_copy(row, 1, out->file.etag, sizeof out->file.etag);
    store_column_copy(row, 2, out->checksum, sizeof out->checksum);
    out->file.size = (size_t)store_column_i64(row, 4);
    store_column_copy(row, 5, out->file.name, sizeof out->file.name);
}

/* 1: there is such a part; 0: none; -1: the database failed. */
static int get_part(struct core *core, const char *id, int64_t number, struct upload_part *out)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_UPLOAD_PART_GET, store_text(id), store_i64(number));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_part(query, out);
    }
    store_done(query);
    return got;
}

static bool write_part(struct core *core, const char *id, const struct upload_part *part)
{
    return store_run(core->store,
                     STORE_QUERY(core->store, STORE_UPLOAD_PART_PUT, store_text(id), store_i64(part->number),
                                 store_text(part->file.etag), store_text(part->checksum),
                                 store_i64(core_now_ms(core)), store_i64((int64_t)part->file.size),
                                 store_text(part->file.name)));
}

enum core_code uploads_put_part(struct core *core, const char *bucket, const char *key, const char *id,
                                const struct upload_part *part, struct core_error *error)
{
    struct upload upload;
    struct upload_part replaced = {0};
    struct core_write write;
    assert(part->number >= 1 && part->number <= UPLOAD_PART_MAX);
    if (uploads_get(core, bucket, key, id, &upload, error)) {
        return error->code;
    }
    upload_clear(&upload);
    if (core_write_begin(core, &write, error) &&
        (get_part(core, id, part->number, &replaced) < 0 || !write_part(core, id, part))) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error) && *replaced.file.name) {
        store_drop_file(core->store, replaced.file.name);
    }
    return error->code;
}

enum core_code uploads_get_parts(struct core *core, const char *id, int64_t after, int64_t limit,
                                 struct upload_part **parts, size_t *count, bool *has_more,
                                 struct core_error *error)
{
    struct upload_part *found = NULL;
    size_t len = 0;
    core_error_clear(error);
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_UPLOAD_PART_LIST, store_text(id), store_i64(after),
                                      store_i64(limit + 1));
    int got;
    while ((got = store_row(core->store, query)) == 1 && (int64_t)len < limit) {
        if ((len & (len + 1)) == 0) { /* 0, 1, 3, 7, ...: full */
            found = memory_resize(found, (2 * len + 1) * sizeof *found);
        }
        read_part(query, &found[len++]);
    }
    store_done(query);
    if (got < 0) {
        free(found);
        return core_fail_storage(core, error);
    }
    *parts = found;
    *count = len;
    *has_more = got == 1 && limit > 0;
    return CORE_OK;
}

/* --- The end --- */

static enum core_code check_parts(struct core *core, const char *id, const struct upload_part parts[],
                                  size_t count, struct core_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct upload_part now = {0};
        if (get_part(core, id, parts[i].number, &now) < 0) {
            return core_fail_storage(core, error);
        }
        if (strcmp(now.file.name, parts[i].file.name) != 0) {
            return core_fail(error, CORE_CONFLICT, "part %" PRId64 " was uploaded anew meanwhile",
                             parts[i].number);
        }
    }
    return CORE_OK;
}

enum core_code uploads_complete(struct core *core, const char *bucket, const struct upload *upload,
                                const struct upload_part parts[], size_t count,
                                const struct object_info *info, const struct object_file *file,
                                struct core_error *error)
{
    struct upload still;
    struct upload_files files = {0};
    char replaced[OBJECT_FILE_NAME_CAP] = "";
    struct core_write write;
    if (uploads_get(core, bucket, upload->key, upload->id, &still, error)) {
        return error->code;
    }
    upload_clear(&still);
    if (check_parts(core, upload->id, parts, count, error)) {
        return error->code;
    }
    if (core_write_begin(core, &write, error) && (!object_file_of(core, bucket, upload->key, replaced) ||
                                                  !object_write_row(core, bucket, upload->key, info, file) ||
                                                  !upload_rows_delete(core, upload->id, &files))) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error) && *replaced) {
        store_drop_file(core->store, replaced);
    }
    upload_files_end(core, &files, error->code == CORE_OK);
    return error->code;
}

enum core_code uploads_abort(struct core *core, const char *bucket, const char *key, const char *id,
                             struct core_error *error)
{
    struct upload upload;
    struct upload_files files = {0};
    struct core_write write;
    if (uploads_get(core, bucket, key, id, &upload, error)) {
        return error->code;
    }
    upload_clear(&upload);
    if (core_write_begin(core, &write, error) && !upload_rows_delete(core, id, &files)) {
        core_fail_storage(core, error);
    }
    core_write_end(core, &write, error);
    upload_files_end(core, &files, error->code == CORE_OK);
    return error->code;
}

/* --- Lists --- */

/* 1: the upload behind the place; 0: none; -1: the database failed. */
static int next_upload(struct core *core, const char *bucket, const char *key, const char *id,
                       struct upload *out)
{
    sqlite3_stmt *query =
        STORE_QUERY(core->store, STORE_UPLOAD_NEXT, store_text(bucket), store_text(key), store_text(id));
    int got = store_row(core->store, query);
    if (got == 1) {
        read_upload(query, out);
    }
    store_done(query);
    return got;
}

/* The last upload that was seen. */
struct upload_place {
    char *key, *id;
};

static void move_to(struct upload_place *place, const char *key, const char *id)
{
    free(place->key);
    free(place->id);
    *place = (struct upload_place){.key = text_copy(key), .id = text_copy(id)};
}

/* A marker of a key alone stands behind all uploads of that key. One before the prefix: in front of the prefix itself, which may
 * be a key. */
static void move_to_start(struct upload_place *place, const struct upload_query *query)
{
    if (strcmp(query->after_key, query->prefix) < 0) {
        move_to(place, query->prefix, "");
    } else {
        move_to(place, query->after_key,
                *query->after_key && !*query->after_id ? BEHIND_ALL : query->after_id);
    }
}

enum core_code uploads_list(struct core *core, const char *bucket, const struct upload_query *query,
                            upload_fn fn, void *ctx, bool *has_more, struct core_error *error)
{
    struct upload_place place = {NULL, NULL};
    struct upload upload;
    int got = 0;
    *has_more = false;
    if (buckets_head(core, bucket, error)) {
        return error->code;
    }
    move_to_start(&place, query);
    for (int64_t left = query->limit; query->limit > 0 && !*has_more; left--) {
        got = next_upload(core, bucket, place.key, place.id, &upload);
        if (got != 1) {
            break;
        }
        bool is_wanted = strncmp(upload.key, query->prefix, strlen(query->prefix)) == 0;
        *has_more = is_wanted && left == 0;
        if (is_wanted && left > 0) {
            fn(ctx, &upload);
            move_to(&place, upload.key, upload.id);
        }
        upload_clear(&upload);
        if (!is_wanted) {
            break; /* nor is any behind it */
        }
    }
    free(place.key);
    free(place.id);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
