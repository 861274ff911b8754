/* SPDX-License-Identifier: MIT */
/* Headers that are stored with an object and come back with it: Cache-Control and its kin, x-amz-meta-... */
#ifndef CLOUD_HTTP_S3_HEADERS_H
#define CLOUD_HTTP_S3_HEADERS_H

#include "cloud/http/call.h"

#define S3_METADATA_MAX 2048 /* bytes of all names (without x-amz-meta-) and values */

/* The lines that are stored (object_info.headers), which the caller frees. NULL: answered, because one of them is not modelled,
 * too long or no text. */
char *s3_headers_read(struct call *call);

/* Puts them on the answer. */
void s3_headers_put(struct call *call, const char *lines);

/* response-content-type and its kin: what the client of a signed GET wants to be told instead. Are they good? false: answered.
 * And: puts them over the headers that are there. */
bool s3_headers_may_override(struct call *call);
void s3_headers_override(struct call *call);

#endif
