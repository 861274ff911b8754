/* SPDX-License-Identifier: MIT */
/* As much of S3 as job documents and firmware images need: path-style buckets and objects. Whatever else S3 has answers
 * NotImplemented with the operation's name. */
#ifndef CLOUD_HTTP_S3_H
#define CLOUD_HTTP_S3_H

#include "cloud/core/objects/objects.h"
#include "cloud/http/call.h"
#include "cloud/http/s3/s3_error.h"

#define S3_OBJECT_MAX ((size_t)OBJECT_SIZE_MAX)
#define S3_BODY_MAX   (S3_OBJECT_MAX + S3_OBJECT_MAX / 8) /* room for the framing of aws-chunked */

struct s3_operation {
    const char *method;
    int level;         /* parts of the path: 0 the service, 1 a bucket, 2 an object */
    const char *query; /* the query parameter that makes it this operation; NULL: none */
    const char *name;
    call_fn handler; /* NULL: not modelled */
    call_fn work;    /* what takes long, before the handler; NULL: nothing (call_work_done) */
};

/* Sets call->s3, call->labels (bucket, key) and call->body_max, or answers. */
void s3_find(struct call *call);
/* Runs call->s3 inside the caller's batch. */
void s3_run(struct call *call);

/* s3_objects.c */
void s3_write_object(struct call *call); /* the work of PutObject */
void s3_put_object(struct call *call);
void s3_get_object(struct call *call); /* and HeadObject */

/* s3_chunked.c: decodes an "aws-chunked" body where it stands; ERR_ARG when it is broken or has no last chunk. */
enum err s3_chunked_decode(char *body, size_t len, size_t *decoded_len);

/* s3_conditions.c: what a GET asks of the object. */
struct s3_range {
    size_t first, len;
};
enum s3_condition {
    S3_SEND_ALL,
    S3_SEND_RANGE,
    S3_SEND_NOT_MODIFIED,
    S3_FAIL_PRECONDITION,
    S3_FAIL_RANGE,
};
enum s3_condition s3_conditions_check(const struct request *request, const char *etag, int64_t modified_at_ms,
                                      size_t size, struct s3_range *range);

#endif
