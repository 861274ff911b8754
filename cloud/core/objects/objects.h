/* SPDX-License-Identifier: MIT */
/* The local S3: buckets and objects, as much of it as job documents need. */
#ifndef CLOUD_CORE_OBJECTS_H
#define CLOUD_CORE_OBJECTS_H

#include "cloud/core/core.h"

#define OBJECT_SIZE_MAX (64 * 1024 * 1024)

struct object {
    char etag[36]; /* MD5 in hex, with its double quotes */
    char *content_type;
    int64_t modified_at_ms;
    size_t size;
    unsigned char *body; /* NULL when not asked for; a NUL stands behind it */
};
void object_clear(struct object *object);

/* Bucket names: 3..63 [a-z0-9.-]. Again the same name: CORE_ALREADY_EXISTS. */
enum core_code buckets_create(struct core *core, const char *bucket, struct core_error *error);
enum core_code buckets_head(struct core *core, const char *bucket, struct core_error *error);
/* key: 1..1024 bytes of UTF-8. content_type NULL: "binary/octet-stream". etag (36 bytes) is set on success. */
enum core_code objects_put(struct core *core, const char *bucket, const char *key, const char *content_type,
                           const void *body, size_t size, char etag[36], struct core_error *error);
enum core_code objects_get(struct core *core, const char *bucket, const char *key, bool with_body,
                           struct object *out, struct core_error *error);

/* A job's documentSource: https://s3.REGION.amazonaws.com/bucket/key, https://s3.amazonaws.com/bucket/key,
 * https://bucket.s3.REGION.amazonaws.com/key, s3://bucket/key, and our own plain link
 * http://127.0.0.1:PORT/bucket/key (any loopback host). Nothing is ever fetched from elsewhere.
 * CORE_INVALID_REQUEST names the link forms; CORE_NOT_FOUND names bucket and key. */
enum core_code objects_resolve(struct core *core, const char *link, struct object *out,
                               struct core_error *error);

#endif
