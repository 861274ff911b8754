/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/objects/objects.h"

#include <stdlib.h>
#include <string.h>

static const struct error_own bucket_errors[] = {
    {CORE_INVALID_REQUEST, {"InvalidBucketName", 400}},
    {CORE_OK, {NULL, 0}},
};

static void create_bucket(struct call *call)
{
    struct core *core = call->service->core;
    char *location = text_format("/%s", call->labels[0]);
    enum core_code code = buckets_create(core, call->labels[0], &call->error);
    bool is_again = code == CORE_ALREADY_EXISTS && strcmp(core_region(core), "us-east-1") == 0;
    if (code == CORE_OK || is_again) { /* again: AWS answers 200 there, for old clients */
        answer_body(&call->answer, 200, NULL, NULL, 0);
        answer_header(&call->answer, "Location", location);
    } else {
        s3_fail_core(call, bucket_errors);
    }
    free(location);
}

/* S3 knows no bad name here, only a bucket that is not there. */
static const struct error_own head_errors[] = {
    {CORE_INVALID_REQUEST, {"NoSuchBucket", 404}},
    {CORE_OK, {NULL, 0}},
};

static void head_bucket(struct call *call)
{
    enum core_code code = buckets_head(call->service->core, call->labels[0], &call->error);
    if (code != CORE_OK) {
        s3_fail_core(call, head_errors);
        return;
    }
    answer_body(&call->answer, 200, NULL, NULL, 0);
    answer_header(&call->answer, "x-amz-bucket-region", core_region(call->service->core));
}

/* The first match counts: operations with a query parameter stand before the bare ones. */
static const struct s3_operation operations[] = {
    {"PUT", 2, "uploadId", "UploadPart", NULL, NULL},
    {"PUT", 2, "partNumber", "UploadPart", NULL, NULL},
    {"PUT", 2, "acl", "PutObjectAcl", NULL, NULL},
    {"PUT", 2, "tagging", "PutObjectTagging", NULL, NULL},
    {"PUT", 2, "retention", "PutObjectRetention", NULL, NULL},
    {"PUT", 2, "legal-hold", "PutObjectLegalHold", NULL, NULL},
    {"GET", 2, "uploadId", "ListParts", NULL, NULL},
    {"GET", 2, "acl", "GetObjectAcl", NULL, NULL},
    {"GET", 2, "tagging", "GetObjectTagging", NULL, NULL},
    {"GET", 2, "attributes", "GetObjectAttributes", NULL, NULL},
    {"GET", 2, "retention", "GetObjectRetention", NULL, NULL},
    {"GET", 2, "legal-hold", "GetObjectLegalHold", NULL, NULL},
    {"GET", 2, "torrent", "GetObjectTorrent", NULL, NULL},
    {"POST", 2, "uploads", "CreateMultipartUpload", NULL, NULL},
    {"POST", 2, "uploadId", "CompleteMultipartUpload", NULL, NULL},
    {"POST", 2, "restore", "RestoreObject", NULL, NULL},
    {"POST", 2, "select", "SelectObjectContent", NULL, NULL},
    {"DELETE", 2, "uploadId", "AbortMultipartUpload", NULL, NULL},
    {"DELETE", 2, "tagging", "DeleteObjectTagging", NULL, NULL},
    {"GET", 1, "list-type", "ListObjectsV2", NULL, NULL},
    {"GET", 1, "location", "GetBucketLocation", NULL, NULL},
    {"GET", 1, "versions", "ListObjectVersions", NULL, NULL},
    {"GET", 1, "uploads", "ListMultipartUploads", NULL, NULL},
    {"GET", 1, "acl", "GetBucketAcl", NULL, NULL},
    {"GET", 1, "policy", "GetBucketPolicy", NULL, NULL},
    {"GET", 1, "tagging", "GetBucketTagging", NULL, NULL},
    {"GET", 1, "cors", "GetBucketCors", NULL, NULL},
    {"GET", 1, "lifecycle", "GetBucketLifecycleConfiguration", NULL, NULL},
    {"GET", 1, "versioning", "GetBucketVersioning", NULL, NULL},
    {"PUT", 1, "acl", "PutBucketAcl", NULL, NULL},
    {"PUT", 1, "policy", "PutBucketPolicy", NULL, NULL},
    {"PUT", 1, "tagging", "PutBucketTagging", NULL, NULL},
    {"PUT", 1, "cors", "PutBucketCors", NULL, NULL},
    {"PUT", 1, "lifecycle", "PutBucketLifecycleConfiguration", NULL, NULL},
    {"PUT", 1, "versioning", "PutBucketVersioning", NULL, NULL},
    {"POST", 1, "delete", "DeleteObjects", NULL, NULL},

    {"PUT", 2, NULL, "PutObject", s3_put_object, s3_write_object},
    {"GET", 2, NULL, "GetObject", s3_get_object, NULL},
    {"HEAD", 2, NULL, "HeadObject", s3_get_object, NULL},
    {"DELETE", 2, NULL, "DeleteObject", NULL, NULL},
    {"PUT", 1, NULL, "CreateBucket", create_bucket, NULL},
    {"HEAD", 1, NULL, "HeadBucket", head_bucket, NULL},
    {"GET", 1, NULL, "ListObjects", NULL, NULL},
    {"DELETE", 1, NULL, "DeleteBucket", NULL, NULL},
    {"POST", 1, NULL, "PostObject", NULL, NULL},
    {"GET", 0, NULL, "ListBuckets", NULL, NULL},
};

/* Parameters of a signature, and the note of newer SDKs about what they call. */
static bool is_signing(const char *name)
{
    return strncasecmp(name, "X-Amz-", 6) == 0 ||
           text_has_word("x-id AWSAccessKeyId Signature Expires", name);
}

/* The first query parameter that is not about signing, or NULL. */
static const char *foreign_param(const struct request *request)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (!is_signing(request->query[i].name)) {
            return request->query[i].name;
        }
    }
    return NULL;
}

static int path_level(const struct request *request)
{
    if (request->segment_count >= 2 && *request->segments[1]) {
        return 2;
    }
    return request->segment_count > 2 ? 2 : *request->segments[0] ? 1 : 0;
}

static const struct s3_operation *find_operation(const struct request *request, int level)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const struct s3_operation *operation = &operations[i];
        if (operation->level == level && request_is(request, operation->method) &&
            (!operation->query || request_query(request, operation->query))) {
            return operation;
        }
    }
    return NULL;
}

/* An S3 key is all of the path behind the bucket, decoded as one: it may be deeper than any path of the other APIs. */
static bool read_names(struct call *call, int level)
{
    call->labels[0] = call->request.segments[0];
    if (level < 2) {
        return true;
    }
    const char *raw = strchr(call->request.path + 1, '/') + 1;
    call->s3_key = memory_resize(NULL, strlen(raw) + 1);
    call->labels[1] = call->s3_key;
    return text_decode_percent(raw, strlen(raw), false, call->s3_key) > 0;
}

void s3_find(struct call *call)
{
    const struct request *request = &call->request;
    int level = path_level(request);
    const struct s3_operation *operation = find_operation(request, level);
    const char *param = foreign_param(request);
    if (!operation) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "%s %s is no operation of S3 that iot-local knows", request->method,
                request->path);
    } else if (request_is(request, "PUT") && request_header(request, "x-amz-copy-source")) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model CopyObject");
    } else if (!operation->handler) {
        bool is_multipart = strcmp(operation->name, "CreateMultipartUpload") == 0;
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model %s%s", operation->name,
                is_multipart ? ": aws configure set default.s3.multipart_threshold 64MB" : "");
    } else if (param) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model the query parameter '%s' of %s", param,
                operation->name);
    } else if (!read_names(call, level)) {
        s3_fail(call, S3_INVALID_REQUEST, "the key is not valid percent-encoded UTF-8");
    } else {
        call->s3 = operation;
        call->body_max = level == 2 ? S3_BODY_MAX : call->body_max;
    }
}

void s3_run(struct call *call)
{
    call->s3->handler(call);
}
