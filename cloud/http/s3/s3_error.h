/* SPDX-License-Identifier: MIT */
/* The errors of S3 and how they are told. */
#ifndef CLOUD_HTTP_S3_ERROR_H
#define CLOUD_HTTP_S3_ERROR_H

struct call;

enum s3_code {
    S3_ACCESS_DENIED,
    S3_BUCKET_EXISTS,
    S3_ENTITY_TOO_LARGE,
    S3_INCOMPLETE_BODY,
    S3_INTERNAL_ERROR,
    S3_INVALID_BUCKET_NAME,
    S3_INVALID_RANGE,
    S3_INVALID_REQUEST,
    S3_NO_SUCH_BUCKET,
    S3_NO_SUCH_KEY,
    S3_NOT_IMPLEMENTED,
    S3_PRECONDITION_FAILED,
    S3_SLOW_DOWN,
    S3_CODE_COUNT,
};

/* Answers with an error document of S3. */
void s3_fail(struct call *call, enum s3_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
