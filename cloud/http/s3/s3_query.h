/* SPDX-License-Identifier: MIT */
/* Query parameters of S3. */
#ifndef CLOUD_HTTP_S3_QUERY_H
#define CLOUD_HTTP_S3_QUERY_H

#include "cloud/http/call.h"

/* A whole number of at least 0 and, but for larger ones, at most `max`. *value keeps what it was when the parameter is not
 * given. false: answered. */
bool s3_query_number(struct call *call, const char *name, int64_t max, int64_t *value);
/* encoding-type; false: answered. */
bool s3_query_encoding(struct call *call, bool *is_url);
/* "" when it is not given. */
const char *s3_query_text(const struct call *call, const char *name);

#endif
