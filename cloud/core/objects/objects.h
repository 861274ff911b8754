/* SPDX-License-Identifier: MIT */
/* The local S3: buckets and objects, as much of it as job documents need. */
#ifndef CLOUD_CORE_OBJECTS_H
#define CLOUD_CORE_OBJECTS_H

#include "cloud/core/core.h"
#include "cloud/store/object_file.h"

#define OBJECT_SIZE_MAX (64 * 1024 * 1024)

struct object {
    char etag[OBJECT_ETAG_CAP]; /* MD5 in hex, with its double quotes */
    char *content_type;
    int64_t modified_at_ms;
    size_t size;
    char file[OBJECT_FILE_NAME_CAP];
    unsigned char *body; /* only by objects_get_document and objects_resolve; a NUL stands behind it */
};
void object_clear(struct object *object);

/* Bucket names: 3..63 [a-z0-9.-]. Again the same name: CORE_ALREADY_EXISTS. */
enum core_code buckets_create(struct core *core, const char *bucket, struct core_error *error);
enum core_code buckets_head(struct core *core, const char *bucket, struct core_error *error);

/* The row of a body that object_file_write has put into core_objects_dir(). CORE_OK: the file is the object's now; else it is
 * still the caller's, who removes it. key: 1..1024 bytes of UTF-8. content_type NULL: "binary/octet-stream". */
enum core_code objects_put(struct core *core, const char *bucket, const char *key, const char *content_type,
                           const struct object_file *file, struct core_error *error);
/* Without the body. */
enum core_code objects_get(struct core *core, const char *bucket, const char *key, struct object *out,
                           struct core_error *error);
/* The body, for reading: *fd, which the caller closes. It stays readable when the object is replaced or gone. */
enum core_code objects_open(struct core *core, const struct object *object, int *fd,
                            struct core_error *error);

/* With the body, for a job document: an object that is larger than CORE_DOCUMENT_MAX is CORE_INVALID_REQUEST, and its body is
 * not read. */
enum core_code objects_get_document(struct core *core, const char *bucket, const char *key,
                                    struct object *out, struct core_error *error);

/* A job's documentSource: https://s3.REGION.amazonaws.com/bucket/key, https://s3.amazonaws.com/bucket/key,
 * https://bucket.s3.REGION.amazonaws.com/key, s3://bucket/key, and our own plain link
 * http://127.0.0.1:PORT/bucket/key (any loopback host). Nothing is ever fetched from elsewhere. As
 * objects_get_document; CORE_INVALID_REQUEST names the link forms, CORE_NOT_FOUND names bucket and key. */
enum core_code objects_resolve(struct core *core, const char *link, struct object *out,
                               struct core_error *error);

#endif
