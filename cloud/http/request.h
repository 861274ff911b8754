/* SPDX-License-Identifier: MIT */
/* One HTTP request as the API sees it, without a server: parsed from the raw request target, because AWS clients send
 * %2F inside a path segment (a whole ARN is one segment): split first, decode after. docs/protocol.md 5.1. */
#ifndef CLOUD_HTTP_REQUEST_H
#define CLOUD_HTTP_REQUEST_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

#define REQUEST_SEGMENTS_MAX 8
#define REQUEST_QUERY_MAX    48

struct request_param {
    const char *name, *value; /* decoded */
};

typedef void (*request_header_fn)(void *arg, const char *name, const char *value);

/* Where the headers come from. */
struct request_headers {
    const char *(*get)(void *ctx, const char *name); /* NULL: no such header */
    const char *(*find_prefix)(void *ctx,
                               const char *prefix); /* name of the first header that begins so, or NULL */
    void (*each)(void *ctx, request_header_fn fn, void *arg); /* calls fn for all of them, in order */
    void *ctx;
};

struct request {
    char method[16];
    const char *path;                           /* raw, without the query */
    const char *segments[REQUEST_SEGMENTS_MAX]; /* decoded */
    size_t segment_count; /* REQUEST_SEGMENTS_MAX + 1: deeper than any path of the API */
    struct request_param query[REQUEST_QUERY_MAX];
    size_t query_count;
    struct request_headers headers;
    char *body; /* malloc'd, owned; NUL-terminated; NULL when there was none */
    size_t body_len;
    char *storage;
};

/* target: "/path?query". ERR_ARG: not a path, a broken escape, not UTF-8, too many query parameters. The request is
 * usable for an error answer in any case. */
enum err request_parse(struct request *request, const char *method, const char *target);
void request_clear(struct request *request);

const char *request_header(const struct request *request, const char *name);
const char *request_header_prefix(const struct request *request, const char *prefix);
void request_each_header(const struct request *request, request_header_fn fn, void *arg);
const char *request_query(const struct request *request, const char *name); /* NULL: not given */
bool request_is(const struct request *request, const char *method);

#endif
