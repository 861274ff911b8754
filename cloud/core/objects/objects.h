/* SPDX-License-Identifier: MIT */
/* The local S3: buckets and objects. What HTTP headers and checksums mean is the edge's; here they are texts. */
#ifndef CLOUD_CORE_OBJECTS_H
#define CLOUD_CORE_OBJECTS_H

#include "cloud/core/core.h"
#include "cloud/store/object_file.h"

#define OBJECT_SIZE_MAX     (64 * 1024 * 1024) /* in one piece: it is held in memory on its way */
#define OBJECT_PIECES_MAX   ((size_t)5 * 1024 * 1024 * 1024) /* of several pieces, and of a copy */
#define OBJECT_KEY_MAX      1024
#define OBJECT_CHECKSUM_CAP 64 /* "SHA256 ", base64 of 32 bytes, "-10000" */
#define OBJECT_LIST_MAX     1000
#define OBJECT_BUCKET_CAP   64
#define OBJECT_LINK_KEY_CAP (3 * OBJECT_KEY_MAX + 1) /* of a key as a link may hold it, each byte escaped */

/* What is stored beside the bytes. NULL: nothing; content_type NULL: "binary/octet-stream". */
struct object_info {
    const char *content_type;
    const char *headers;    /* lines "name: value\n" */
    const char *checksum;   /* "ALGORITHM BASE64[-PARTS]" */
    const char *part_sizes; /* of an object that came in pieces, with blanks between */
};

struct object {
    char etag
        [OBJECT_ETAG_CAP]; /* with its double quotes: MD5 in hex, or of an object in pieces the MD5 of their MD5s, -N */
    char *content_type;
    char *headers;                      /* never NULL */
    char checksum[OBJECT_CHECKSUM_CAP]; /* "": none */
    char *part_sizes;                   /* NULL: it came in one piece. Only by objects_get */
    int64_t modified_at_ms;
    size_t size;
    char file[OBJECT_FILE_NAME_CAP];
    unsigned char *body; /* only by objects_get_document and objects_resolve; a NUL stands behind it */
};
void object_clear(struct object *object);

/* --- Buckets (buckets.c) --- */

/* Bucket names: 3..63 [a-z0-9.-]. Again the same name: CORE_ALREADY_EXISTS. */
enum core_code buckets_create(struct core *core, const char *bucket, struct core_error *error);
enum core_code buckets_head(struct core *core, const char *bucket, struct core_error *error);
/* CORE_DELETE_CONFLICT: it holds objects. Uploads that have not been completed go with it. */
enum core_code buckets_delete(struct core *core, const char *bucket, struct core_error *error);

typedef void (*bucket_fn)(void *ctx, const char *name, int64_t created_at_ms);
/* Those behind `after` that begin with `prefix`, by name. *has_more: there are more than `limit`. */
enum core_code buckets_list(struct core *core, const char *prefix, const char *after, int64_t limit,
                            bucket_fn fn, void *ctx, bool *has_more, struct core_error *error);

/* --- Objects (objects.c) --- */

/* The row of a body that object_file_write has put into core_objects_dir(). CORE_OK: the file is the object's now; else it is
 * still the caller's, who removes it. key: 1..1024 bytes of UTF-8. info NULL: none of it. */
enum core_code objects_put(struct core *core, const char *bucket, const char *key,
                           const struct object_info *info, const struct object_file *file,
                           struct core_error *error);
/* Without the body. */
enum core_code objects_get(struct core *core, const char *bucket, const char *key, struct object *out,
                           struct core_error *error);
/* CORE_OK also when there is no such object. */
enum core_code objects_delete(struct core *core, const char *bucket, const char *key,
                              struct core_error *error);
/* The body, for reading: *fd, which the caller closes. It stays readable when the object is replaced or gone. */
enum core_code objects_open(struct core *core, const struct object *object, int *fd,
                            struct core_error *error);

/* --- Lists (object_list.c) --- */

/* What begins with `prefix`, behind `after`. What has the same characters up to the first `delimiter` behind the prefix
 * becomes one entry, a common prefix, which ends with the delimiter. "": none. */
struct object_query {
    const char *prefix, *delimiter, *after;
    int64_t limit; /* 0..OBJECT_LIST_MAX entries */
};
/* object NULL: `name` is a common prefix. */
typedef void (*object_fn)(void *ctx, const char *name, const struct object *object);
/* *next: the name of the last entry, which the caller frees, with which the next page goes on as its `after`; NULL: this was
 * the last page. */
enum core_code objects_list(struct core *core, const char *bucket, const struct object_query *query,
                            object_fn fn, void *ctx, char **next, struct core_error *error);

/* --- Job documents --- */

/* Bucket and decoded key that one of the links of objects_resolve names; nobody looks whether they exist. false: another text. */
bool objects_read_link(struct slice link, char bucket[OBJECT_BUCKET_CAP], char key[OBJECT_LINK_KEY_CAP]);

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
