/* SPDX-License-Identifier: MIT */
/* The errors of S3 and how they are told. */
#ifndef CLOUD_HTTP_S3_ERROR_H
#define CLOUD_HTTP_S3_ERROR_H

#include "cloud/core/error_name.h"

struct call;

enum s3_code {
    S3_ACCESS_DENIED,
    S3_BAD_DIGEST,
    S3_BUCKET_EXISTS,
    S3_CONTENT_SHA256_MISMATCH,
    S3_ENTITY_TOO_LARGE,
    S3_ENTITY_TOO_SMALL,
    S3_INCOMPLETE_BODY,
    S3_INSUFFICIENT_STORAGE, /* no name of S3: its disks are never full */
    S3_INTERNAL_ERROR,
    S3_INVALID_ACCESS_KEY_ID,
    S3_INVALID_ARGUMENT,
    S3_INVALID_DIGEST,
    S3_INVALID_PART,
    S3_INVALID_PART_NUMBER,
    S3_INVALID_PART_ORDER,
    S3_INVALID_RANGE,
    S3_INVALID_REQUEST,
    S3_KEY_TOO_LONG,
    S3_MALFORMED_TRAILER,
    S3_MALFORMED_XML,
    S3_MAX_MESSAGE_LENGTH,
    S3_METADATA_TOO_LARGE,
    S3_NO_SUCH_BUCKET,
    S3_NO_SUCH_KEY,
    S3_NO_SUCH_UPLOAD,
    S3_NO_SUCH_VERSION,
    S3_NOT_IMPLEMENTED,
    S3_PRECONDITION_FAILED,
    S3_REQUEST_TIME_TOO_SKEWED,
    S3_SIGNATURE_DOES_NOT_MATCH,
    S3_SLOW_DOWN,
    S3_CODE_COUNT,
};

/* Answers with an error document of S3. */
void s3_fail(struct call *call, enum s3_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For errno of a write: a full disk has an error of its own. */
enum s3_code s3_code_of_errno(int code);

/* Answers with call->error by the table of the domain's errors; own: names that the operation has for itself, or NULL. */
void s3_fail_core(struct call *call, const struct error_own own[]);

/* Answers for call->error: CORE_NOT_FOUND is NoSuchBucket when this bucket is missing, else `what`. */
void s3_fail_missing(struct call *call, const char *bucket, enum s3_code what);

#endif
