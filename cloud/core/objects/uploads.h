/* SPDX-License-Identifier: MIT */
/* Uploads in pieces (multipart): each part's body is a file from the start; whoever completes the upload joins the files of
 * the parts into one, and hands that over. */
#ifndef CLOUD_CORE_UPLOADS_H
#define CLOUD_CORE_UPLOADS_H

#include "cloud/core/objects/objects.h"

#define UPLOAD_ID_CAP   33
#define UPLOAD_PART_MAX 10000

struct upload {
    char id[UPLOAD_ID_CAP]; /* in the order of their creation */
    char *key, *content_type, *headers;
    char checksum[OBJECT_CHECKSUM_CAP]; /* the edge's plan */
    int64_t created_at_ms;
};
void upload_clear(struct upload *upload);

struct upload_part {
    int64_t number; /* 1..UPLOAD_PART_MAX */
    char checksum[OBJECT_CHECKSUM_CAP];
    int64_t modified_at_ms;
    struct object_file file;
};

/* info->checksum: the plan, any text. */
enum core_code uploads_create(struct core *core, const char *bucket, const char *key,
                              const struct object_info *info, char id[UPLOAD_ID_CAP],
                              struct core_error *error);
/* CORE_NOT_FOUND: no such bucket, or no such upload of this key. */
enum core_code uploads_get(struct core *core, const char *bucket, const char *key, const char *id,
                           struct upload *out, struct core_error *error);
/* CORE_OK: the file is the part's now. A part of the same number is replaced. */
enum core_code uploads_put_part(struct core *core, const char *bucket, const char *key, const char *id,
                                const struct upload_part *part, struct core_error *error);
/* Up to `limit` parts behind the number `after`, in order; *parts is malloc'd. *has_more: there are more; never
 * behind a page of 0. */
enum core_code uploads_get_parts(struct core *core, const char *id, int64_t after, int64_t limit,
                                 struct upload_part **parts, size_t *count, bool *has_more,
                                 struct core_error *error);
/* The object with the body `file` takes the place of the upload. `parts` are those that the file was made of: when one of
 * them has been replaced since, CORE_CONFLICT. */
enum core_code uploads_complete(struct core *core, const char *bucket, const struct upload *upload,
                                const struct upload_part parts[], size_t count,
                                const struct object_info *info, const struct object_file *file,
                                struct core_error *error);
enum core_code uploads_abort(struct core *core, const char *bucket, const char *key, const char *id,
                             struct core_error *error);

typedef void (*upload_fn)(void *ctx, const struct upload *upload);
/* Those of keys that begin with `prefix`, behind (after_key, after_id), by key and creation. A page costs as many steps as it has
 * entries. */
struct upload_query {
    const char *prefix, *after_key, *after_id;
    int64_t limit;
};
enum core_code uploads_list(struct core *core, const char *bucket, const struct upload_query *query,
                            upload_fn fn, void *ctx, bool *has_more, struct core_error *error);

#endif
