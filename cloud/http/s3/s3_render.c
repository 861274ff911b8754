/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_render.h"

#include "cloud/http/s3/s3_checksum.h"

void s3_render_checksum_header(struct call *call, const char *stored)
{
    const char *value = NULL;
    enum s3_algorithm algorithm = s3_checksum_read(stored, &value);
    if (algorithm != S3_NO_ALGORITHM) {
        answer_header(&call->answer, s3_algorithm_names(algorithm)->header, value);
    }
}

void s3_render_checksum_type_header(struct call *call, const char *stored)
{
    const char *value = NULL;
    if (s3_checksum_read(stored, &value) != S3_NO_ALGORITHM) {
        answer_header(&call->answer, "x-amz-checksum-type", s3_checksum_type(value));
    }
}

void s3_render_checksum(struct s3_xml *xml, const char *stored)
{
    const char *value = NULL;
    enum s3_algorithm algorithm = s3_checksum_read(stored, &value);
    if (algorithm != S3_NO_ALGORITHM) {
        s3_xml_text(xml, s3_algorithm_names(algorithm)->element, value);
    }
}

void s3_render_checksum_type(struct s3_xml *xml, const char *stored)
{
    const char *value = NULL;
    if (s3_checksum_read(stored, &value) != S3_NO_ALGORITHM) {
        s3_xml_text(xml, "ChecksumType", s3_checksum_type(value));
    }
}

void s3_render_entry(struct s3_xml *xml, const char *key, const struct object *object, const char *owner,
                     bool is_url)
{
    const char *value = NULL;
    enum s3_algorithm algorithm = s3_checksum_read(object->checksum, &value);
    s3_xml_open(xml, "Contents");
    s3_xml_name(xml, "Key", key, is_url);
    s3_xml_date(xml, "LastModified", object->modified_at_ms);
    s3_xml_text(xml, "ETag", object->etag);
    if (algorithm != S3_NO_ALGORITHM) {
        s3_xml_text(xml, "ChecksumAlgorithm", s3_algorithm_names(algorithm)->name);
        s3_render_checksum_type(xml, object->checksum);
    }
    s3_xml_i64(xml, "Size", (int64_t)object->size);
    if (owner) {
        s3_xml_owner(xml, "Owner", owner);
    }
    s3_xml_text(xml, "StorageClass", "STANDARD");
    s3_xml_close(xml, "Contents");
}
