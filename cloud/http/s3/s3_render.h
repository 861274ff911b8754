/* SPDX-License-Identifier: MIT */
/* Stored checksums (s3_checksum_write) on the wire, and what the operations' answers share. */
#ifndef CLOUD_HTTP_S3_RENDER_H
#define CLOUD_HTTP_S3_RENDER_H

#include "cloud/core/objects/objects.h"
#include "cloud/http/call.h"
#include "cloud/http/s3/s3_xml.h"

/* "": there is none. */
void s3_render_checksum_header(struct call *call, const char *stored);
void s3_render_checksum_type_header(struct call *call, const char *stored);
void s3_render_checksum(struct s3_xml *xml, const char *stored);      /* ChecksumCRC32 */
void s3_render_checksum_type(struct s3_xml *xml, const char *stored); /* ChecksumType */

/* What a list says of an object. */
void s3_render_entry(struct s3_xml *xml, const char *key, const struct object *object, const char *owner,
                     bool is_url);

#endif
