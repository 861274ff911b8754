/* SPDX-License-Identifier: MIT */
/* A new body on the worker, from the request or from bodies that are there: it becomes a file, which is removed again unless a
 * row comes to name it. Each function answers the call when it fails, and returns false. */
#ifndef CLOUD_HTTP_S3_FILE_H
#define CLOUD_HTTP_S3_FILE_H

#include "cloud/http/call.h"
#include "cloud/http/s3/s3_checksum.h"

/* Starts as {0}. */
struct s3_file {
    const char *folder; /* NULL: nothing has been written */
    struct object_file file;
    bool is_stored; /* a row names it */
};
void s3_file_drop(struct s3_file *file);

/* The body of the request. */
bool s3_file_write(struct call *call, struct s3_file *out);

/* Joins pieces of other files, and computes a checksum of all. */
struct s3_join {
    struct call *call;
    struct object_writer *writer;
    struct s3_checksum sum;
};
bool s3_join_begin(struct call *call, struct s3_join *join, enum s3_algorithm algorithm);
/* false: the join is given up. */
bool s3_join_add(struct s3_join *join, int fd, size_t first, size_t len);
void s3_join_give_up(struct s3_join *join);
bool s3_join_end(struct s3_join *join, struct s3_file *out, char base64[S3_BASE64_CAP]);

#endif
