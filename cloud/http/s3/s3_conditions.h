/* SPDX-License-Identifier: MIT */
/* What a request asks of the object that is there (RFC 9110): conditions and ranges. */
#ifndef CLOUD_HTTP_S3_CONDITIONS_H
#define CLOUD_HTTP_S3_CONDITIONS_H

#include "cloud/core/objects/objects.h"
#include "cloud/http/call.h"

/* The four headers; NULL: not given. */
struct s3_conditions {
    const char *match, *none_match, *modified_since, *unmodified_since;
};
enum s3_verdict {
    S3_HOLDS,
    S3_NOT_MODIFIED, /* a GET is answered 304 */
    S3_FAILED,
};
enum s3_verdict s3_conditions_judge(const struct s3_conditions *conditions, const char *etag,
                                    int64_t modified_at_ms);

/* If-Match, ... */
struct s3_conditions s3_conditions_of(const struct request *request);
/* x-amz-copy-source-if-match, ... */
struct s3_conditions s3_conditions_of_source(const struct request *request);

/* If-Match and If-None-Match: * of a request that writes or deletes the object call->labels. In the turn of that. false:
 * answered. */
bool s3_conditions_allow_write(struct call *call);

/* --- Ranges --- */

struct s3_range {
    size_t first, len;
};
enum s3_range_kind {
    S3_WHOLE, /* no range, or one that HTTP lets us ignore */
    S3_PART,
    S3_NO_RANGE, /* nothing of it is there */
};
/* "bytes=first-last", "bytes=first-", "bytes=-count"; NULL: the whole. *range is set for S3_PART only. */
enum s3_range_kind s3_range_read(const char *text, size_t size, struct s3_range *range);
/* The Range header, unless If-Range tells that it is another object by now. */
enum s3_range_kind s3_range_of(const struct request *request, const struct object *object,
                               struct s3_range *range);

#endif
