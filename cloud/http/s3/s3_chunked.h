/* SPDX-License-Identifier: MIT */
/* "aws-chunked" bodies: SIZE[;chunk-signature=...]CRLF DATA CRLF ... 0[;...]CRLF, trailing headers, an empty line. Whether the
 * signatures are right is another question (sigv4_chunks.h). */
#ifndef CLOUD_HTTP_S3_CHUNKED_H
#define CLOUD_HTTP_S3_CHUNKED_H

#include "common/err.h"
#include "common/slice.h"

#define S3_TRAILERS_MAX 8

struct s3_trailer {
    struct slice name, value; /* in the body, without blanks around the value */
};

struct s3_chunked {
    size_t len; /* of the decoded body */
    struct s3_trailer trailers[S3_TRAILERS_MAX];
    size_t trailer_count;
};

/* The next of the names between commas, without blanks around it. */
struct slice s3_chunked_next_name(struct slice *list);

/* A Content-Encoding without "aws-chunked", which may stand anywhere in its list: it says how the body came, not what the object
 * is. malloc'd; NULL: it is not there. */
char *s3_chunked_off(const char *content_encoding);

/* Decodes the body where it stands. ERR_ARG when a chunk is not as long as it says, when there is no last one, or when what
 * follows the last one are no trailers; *out is unchanged then. */
enum err s3_chunked_decode(char *body, size_t len, struct s3_chunked *out);

#endif
