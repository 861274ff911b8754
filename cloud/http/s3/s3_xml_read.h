/* SPDX-License-Identifier: MIT */
/* XML that comes in, by libexpat. Nobody needs a document type to talk to S3, and whoever defines entities wants something
 * else: both are refused, so that a small body stays small. */
#ifndef CLOUD_HTTP_S3_XML_READ_H
#define CLOUD_HTTP_S3_XML_READ_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

#define S3_XML_BODY_MAX ((size_t)4 * 1024 * 1024) /* 10,000 parts with their checksums, 1,000 keys */

/* At the end of each element. path: "Delete/Object/Key", without the prefixes of namespaces; text: the element's own, of its
 * children none. false: it does not belong there. */
typedef bool (*s3_xml_fn)(void *ctx, const char *path, const char *text);

/* ERR_ARG: not well-formed, too deep, a text of more than 4,096 bytes, a document type, or `fn` said false. */
enum err s3_xml_read(const char *body, size_t len, s3_xml_fn fn, void *ctx);

#endif
