/* SPDX-License-Identifier: MIT */
/* Presigned links: GET requests of S3 whose signature stands in the query (Signature Version 4), as whoever holds the link sends
 * them. Their other side is sigv4_verify.c, which is written from the specification by itself. */
#ifndef CLOUD_HTTP_S3_PRESIGN_H
#define CLOUD_HTTP_S3_PRESIGN_H

#include <stdint.h>

struct s3_signer {
    const char *host; /* as the Host header will say it, "board.local:8443" */
    const char *region;
    const char *key_id, *secret;
};

/* The Host header of clients that go to this port by HTTPS, malloc'd. They leave 443 out, many write a name in small letters, and an IPv6
 * address stands in brackets. */
char *s3_presign_host(const char *endpoint, uint16_t port);

/* "https://HOST/PATH?X-Amz-...", malloc'd. path: encoded, with its first slash. It holds from now_s (the machine's clock) on for
 * expires_s seconds. */
char *s3_presign(const struct s3_signer *signer, const char *path, int64_t now_s, int64_t expires_s);

/* "/BUCKET/KEY", each byte of the key that is not unreserved escaped, but for its slashes; malloc'd. */
char *s3_presign_path(const char *bucket, const char *key);

#endif
