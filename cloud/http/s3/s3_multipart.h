/* SPDX-License-Identifier: MIT */
/* What an upload in pieces promises of its checksum: an algorithm, and whether the object's is made of those of the parts
 * (COMPOSITE) or is that of all bytes (FULL_OBJECT). */
#ifndef CLOUD_HTTP_S3_MULTIPART_H
#define CLOUD_HTTP_S3_MULTIPART_H

#include "cloud/core/objects/uploads.h"
#include "cloud/http/call.h"
#include "cloud/http/s3/s3_checksum.h"

struct s3_plan {
    enum s3_algorithm algorithm;
    bool is_composite;
};
/* As it is stored with the upload. */
struct s3_plan s3_plan_of(const struct upload *upload);

/* The upload that the request names, in a turn. false: answered. */
bool s3_upload_find(struct call *call, struct upload *upload);

#endif
