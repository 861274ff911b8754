/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/objects.h"

#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/objects/upload_rows.h"

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

enum core_code buckets_delete(struct core *core, const char *bucket, struct core_error *error)
{
    struct core_write write;
    struct upload_files files = {0};
    if (buckets_head(core, bucket, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_BUCKET_HAS_OBJECT, bucket);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    if (got) {
        return core_fail(error, CORE_DELETE_CONFLICT, "bucket '%s' holds objects: delete them first", bucket);
    }
    if (core_write_begin(core, &write, error) &&
        (!upload_rows_delete_all(core, bucket, &files) ||
         !store_run(core->store, STORE_QUERY(core->store, STORE_BUCKET_DELETE, store_text(bucket))))) {
        core_fail_storage(core, error);
    }
    core_write_end(core, &write, error);
    upload_files_end(core, &files, error->code == CORE_OK);
    return error->code;
}

enum core_code buckets_list(struct core *core, const char *prefix, const char *after, int64_t limit,
                            bucket_fn fn, void *ctx, bool *has_more, struct core_error *error)
{
    char name[CORE_KEY_CAP];
    core_error_clear(error);
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_BUCKET_LIST, store_text(after), store_text(prefix),
                                      store_i64(limit + 1));
    int got;
    while ((got = store_row(core->store, query)) == 1 && limit-- > 0) {
        store_column_copy(query, 0, name, sizeof name);
        fn(ctx, name, store_column_i64(query, 1));
    }
    store_done(query);
    *has_more = got == 1;
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
