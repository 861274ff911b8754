/* SPDX-License-Identifier: MIT */
/* The canonical request of Signature Version 4: what the client has signed, from what has arrived. */
#ifndef CLOUD_HTTP_SIGV4_CANONICAL_H
#define CLOUD_HTTP_SIGV4_CANONICAL_H

#include "cloud/http/request.h"
#include "common/slice.h"

/* signed_headers: names in lower case with ';' between. payload: a digest in hex, or UNSIGNED-PAYLOAD and its like.
 * is_s3: S3 takes a path as it is; the other services normalise it and encode it once more. The caller frees. */
char *sigv4_canonical_request(const struct request *request, bool is_s3, struct slice signed_headers,
                              const char *payload);

#endif
