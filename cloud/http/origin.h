/* SPDX-License-Identifier: MIT */
/* Protection against web pages that a developer has open beside iot-local: a page of another site (Origin), or one that
 * points its own name at 127.0.0.1 (Host, "DNS rebinding"), gets nothing. */
#ifndef CLOUD_HTTP_ORIGIN_H
#define CLOUD_HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct origin_names {
    const char *listen;   /* the address we listen on */
    const char *endpoint; /* the name that DescribeEndpoint tells */
    const char *const *others;
    size_t other_count;
    uint16_t port;
};

/* host: a Host header, "name", "name:port" or "[address]:port". Any port: a tunnel may have changed it. When we listen on all
 * addresses of this machine, every address is ours: DNS rebinding needs a name. */
bool origin_host_is_ours(const struct origin_names *names, const char *host);

/* "BUCKET.localhost", "BUCKET.s3.localhost" and "s3.localhost", with or without a port: as S3 clients address a bucket by the host's
 * name. Nobody can point these at another machine: localhost and what is below it are loopback (RFC 6761). *bucket is empty
 * for s3.localhost. false: another host. */
bool origin_host_is_bucket(const char *host, char *bucket, size_t cap);

/* origin: an Origin header, "scheme://host:port"; must be exactly this server. "null" is foreign. */
bool origin_is_ours(const struct origin_names *names, const char *origin);

#endif
