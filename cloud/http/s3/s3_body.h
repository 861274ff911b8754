/* SPDX-License-Identifier: MIT */
/* A body on its way in: the framing is taken off, and what the client says of its bytes (Content-MD5, x-amz-checksum-...,
 * also as a trailing header) must be so. For the worker. */
#ifndef CLOUD_HTTP_S3_BODY_H
#define CLOUD_HTTP_S3_BODY_H

#include "cloud/http/call.h"
#include "cloud/http/s3/s3_checksum.h"

struct s3_sums {
    char wanted[OBJECT_CHECKSUM_CAP]; /* to be stored */
    enum s3_algorithm told;           /* the client's own; S3_NO_ALGORITHM: it has told none */
    char told_value[S3_BASE64_CAP];
};

/* wanted: the algorithm of `wanted`; S3_NO_ALGORITHM: the client's own, and CRC64NVME when it has none. false: answered. */
bool s3_body_accept(struct call *call, enum s3_algorithm wanted, struct s3_sums *sums);

/* Checks no more than the framing and Content-MD5: where checksum headers speak of something else than the body. */
bool s3_body_accept_plain(struct call *call);

/* The one x-amz-checksum-... header of the request; *value stays NULL when there is none. Refuses a second one, and those of
 * algorithms that are not known. */
bool s3_body_told_checksum(struct call *call, enum s3_algorithm *algorithm, const char **value);

#endif
