/* SPDX-License-Identifier: MIT */
/* S3 as clients use it: buckets, objects, lists, copies, uploads in pieces. Which request means which operation stands in
 * s3_operations.c; whatever else S3 has answers NotImplemented with the operation's name. */
#ifndef CLOUD_HTTP_S3_H
#define CLOUD_HTTP_S3_H

#include "cloud/core/objects/objects.h"
#include "cloud/http/call.h"
#include "cloud/http/s3/s3_error.h"
#include "cloud/http/s3/s3_query.h"

#define S3_OBJECT_MAX ((size_t)OBJECT_SIZE_MAX)
#define S3_BODY_MAX   (S3_OBJECT_MAX + S3_OBJECT_MAX / 8) /* room for the framing of aws-chunked */

struct s3_operation {
    const char *method;
    int level;          /* parts of the path: 0 the service, 1 a bucket, 2 an object */
    const char *query;  /* the query parameter that makes it this operation; NULL: none */
    const char *header; /* the header that does; NULL: none */
    const char *name;
    const char *params; /* further query parameters that it knows, with blanks between; NULL: none */
    call_fn handler;
    call_fn prepare; /* what the work must know, in a turn before it; NULL: nothing */
    call_fn work;    /* what takes long, before the handler; NULL: nothing (call_work_done) */
    size_t body_max;
};

/* The operation of a request; NULL: iot-local models none that fits, and *unmodelled is its name (malloc'd), or NULL when S3
 * has none, either (s3_operations.c). */
const struct s3_operation *s3_operation_find(const struct request *request, int level, char **unmodelled);

/* Sets call->s3, call->labels (bucket, key) and call->body_max, or answers. */
void s3_find(struct call *call);
/* The body is larger than call->body_max. */
void s3_fail_too_large(struct call *call);
/* Runs call->s3 inside the caller's batch. */
void s3_run(struct call *call);

/* --- Handlers. s3_buckets.c --- */
void s3_list_buckets(struct call *call);
void s3_create_bucket(struct call *call);
void s3_head_bucket(struct call *call);
void s3_delete_bucket(struct call *call);
void s3_get_bucket_location(struct call *call);
void s3_get_bucket_versioning(struct call *call);

/* s3_list.c */
void s3_list_objects(struct call *call);
void s3_list_objects_v2(struct call *call);

/* s3_objects.c */
void s3_write_object(struct call *call); /* the work of PutObject */
void s3_put_object(struct call *call);
void s3_get_object(struct call *call); /* and HeadObject */
void s3_get_object_tagging(struct call *call);
void s3_delete_object(struct call *call);

/* s3_delete.c */
void s3_read_deletion(struct call *call); /* work */
void s3_delete_objects(struct call *call);

/* s3_copy.c */
void s3_prepare_copy(struct call *call);
void s3_write_copy(struct call *call); /* work */
void s3_copy_object(struct call *call);

/* s3_multipart.c */
void s3_create_upload(struct call *call);
void s3_prepare_part(struct call *call);
void s3_write_part(struct call *call); /* work */
void s3_upload_part(struct call *call);
void s3_prepare_part_copy(struct call *call);
void s3_write_part_copy(struct call *call); /* work */
void s3_upload_part_copy(struct call *call);
void s3_abort_upload(struct call *call);
void s3_list_parts(struct call *call);
void s3_list_uploads(struct call *call);

/* s3_complete.c */
void s3_prepare_completion(struct call *call);
void s3_join_parts(struct call *call); /* work */
void s3_complete_upload(struct call *call);

#endif
