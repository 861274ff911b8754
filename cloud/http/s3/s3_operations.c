/* SPDX-License-Identifier: MIT */
/* Which request is which operation of S3. */
#include "cloud/http/s3/s3.h"

#include "cloud/base/text.h"
#include "cloud/http/dispatch.h"
#include "cloud/http/s3/s3_xml_read.h"

#include <string.h>

#define RESPONSE                                                                                             \
    "response-content-type response-content-language response-expires response-cache-control "               \
    "response-content-disposition response-content-encoding"
#define SMALL DISPATCH_BODY_MAX
#define XML   S3_XML_BODY_MAX
#define LARGE S3_BODY_MAX

/* clang-format off */
/* The first match counts: operations with a query parameter or a header stand before the bare ones. */
static const struct s3_operation operations[] = {
    {"PUT", 2, "uploadId", "x-amz-copy-source", "UploadPartCopy", "partNumber",
     s3_upload_part_copy, s3_prepare_part_copy, s3_write_part_copy, SMALL},
    {"PUT", 2, "uploadId", NULL, "UploadPart", "partNumber", s3_upload_part, s3_prepare_part, s3_write_part, LARGE},
    {"GET", 2, "uploadId", NULL, "ListParts", "max-parts part-number-marker", s3_list_parts, NULL, NULL, SMALL},
    {"GET", 2, "tagging", NULL, "GetObjectTagging", "versionId", s3_get_object_tagging, NULL, NULL, SMALL},
    {"POST", 2, "uploads", NULL, "CreateMultipartUpload", NULL, s3_create_upload, NULL, NULL, SMALL},
    {"POST", 2, "uploadId", NULL, "CompleteMultipartUpload", NULL,
     s3_complete_upload, s3_prepare_completion, s3_join_parts, XML},
    {"DELETE", 2, "uploadId", NULL, "AbortMultipartUpload", NULL, s3_abort_upload, NULL, NULL, SMALL},
    {"GET", 1, "list-type", NULL, "ListObjectsV2",
     "prefix delimiter max-keys continuation-token start-after encoding-type fetch-owner",
     s3_list_objects_v2, NULL, NULL, SMALL},
    {"GET", 1, "location", NULL, "GetBucketLocation", NULL, s3_get_bucket_location, NULL, NULL, SMALL},
    {"GET", 1, "versioning", NULL, "GetBucketVersioning", NULL, s3_get_bucket_versioning, NULL, NULL, SMALL},
    {"GET", 1, "uploads", NULL, "ListMultipartUploads", "prefix key-marker upload-id-marker max-uploads encoding-type",
     s3_list_uploads, NULL, NULL, SMALL},
    {"POST", 1, "delete", NULL, "DeleteObjects", NULL, s3_delete_objects, NULL, s3_read_deletion, XML},

    {"PUT", 2, NULL, "x-amz-copy-source", "CopyObject", NULL, s3_copy_object, s3_prepare_copy, s3_write_copy, SMALL},
    {"PUT", 2, NULL, NULL, "PutObject", NULL, s3_put_object, NULL, s3_write_object, LARGE},
    {"GET", 2, NULL, NULL, "GetObject", "versionId partNumber " RESPONSE, s3_get_object, NULL, NULL, SMALL},
    {"HEAD", 2, NULL, NULL, "HeadObject", "versionId partNumber " RESPONSE, s3_get_object, NULL, NULL, SMALL},
    {"DELETE", 2, NULL, NULL, "DeleteObject", "versionId", s3_delete_object, NULL, NULL, SMALL},
    {"PUT", 1, NULL, NULL, "CreateBucket", NULL, s3_create_bucket, NULL, NULL, SMALL},
    {"HEAD", 1, NULL, NULL, "HeadBucket", NULL, s3_head_bucket, NULL, NULL, SMALL},
    {"GET", 1, NULL, NULL, "ListObjects", "prefix delimiter max-keys marker encoding-type",
     s3_list_objects, NULL, NULL, SMALL},
    {"DELETE", 1, NULL, NULL, "DeleteBucket", NULL, s3_delete_bucket, NULL, NULL, SMALL},
    {"GET", 0, NULL, NULL, "ListBuckets", "prefix max-buckets continuation-token bucket-region",
     s3_list_buckets, NULL, NULL, SMALL},
};

/* The name of an operation that is not modelled is Get, Put or Delete and one of these. A parameter that stands here makes a
 * request another operation. */
static const struct {
    int level;
    const char *query, *noun;
} resources[] = {
    {2, "acl", "ObjectAcl"},
    {2, "attributes", "ObjectAttributes"},
    {2, "legal-hold", "ObjectLegalHold"},
    {2, "retention", "ObjectRetention"},
    {2, "tagging", "ObjectTagging"},
    {2, "torrent", "ObjectTorrent"},
    {1, "accelerate", "BucketAccelerateConfiguration"},
    {1, "acl", "BucketAcl"},
    {1, "analytics", "BucketAnalyticsConfiguration"},
    {1, "cors", "BucketCors"},
    {1, "encryption", "BucketEncryption"},
    {1, "intelligent-tiering", "BucketIntelligentTieringConfiguration"},
    {1, "inventory", "BucketInventoryConfiguration"},
    {1, "lifecycle", "BucketLifecycleConfiguration"},
    {1, "logging", "BucketLogging"},
    {1, "metrics", "BucketMetricsConfiguration"},
    {1, "notification", "BucketNotificationConfiguration"},
    {1, "object-lock", "ObjectLockConfiguration"},
    {1, "ownershipControls", "BucketOwnershipControls"},
    {1, "policy", "BucketPolicy"},
    {1, "policyStatus", "BucketPolicyStatus"},
    {1, "publicAccessBlock", "PublicAccessBlock"},
    {1, "replication", "BucketReplication"},
    {1, "requestPayment", "BucketRequestPayment"},
    {1, "tagging", "BucketTagging"},
    {1, "versioning", "BucketVersioning"},
    {1, "website", "BucketWebsite"},
};

/* Those that are called otherwise. */
static const struct {
    const char *method;
    int level;
    const char *query, *name;
} others[] = {
    {"GET", 1, "versions", "ListObjectVersions"},
    {"GET", 1, "session", "CreateSession"},
    {"POST", 2, "restore", "RestoreObject"},
    {"POST", 2, "select", "SelectObjectContent"},
    {"PUT", 2, "renameObject", "RenameObject"},
    {"PUT", 2, "partNumber", "UploadPart without uploadId"},
    {"POST", 1, NULL, "PostObject"},
};
/* clang-format on */

static bool has_query(const struct request *request, const char *name)
{
    return !name || request_query(request, name);
}

static const struct s3_operation *find_modelled(const struct request *request, int level)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const struct s3_operation *operation = &operations[i];
        if (operation->level == level && request_is(request, operation->method) &&
            has_query(request, operation->query) &&
            (!operation->header || request_header(request, operation->header))) {
            return operation;
        }
    }
    return NULL;
}

static char *find_resource(const struct request *request, int level)
{
    const char *verb = request_is(request, "GET")      ? "Get"
                       : request_is(request, "PUT")    ? "Put"
                       : request_is(request, "DELETE") ? "Delete"
                                                       : NULL;
    for (size_t i = 0; verb && i < sizeof resources / sizeof resources[0]; i++) {
        if (resources[i].level == level && request_query(request, resources[i].query)) {
            return text_format("%s%s", verb, resources[i].noun);
        }
    }
    return NULL;
}

static char *find_other(const struct request *request, int level)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].level == level && request_is(request, others[i].method) &&
            has_query(request, others[i].query)) {
            return text_copy(others[i].name);
        }
    }
    return NULL;
}

const struct s3_operation *s3_operation_find(const struct request *request, int level, char **unmodelled)
{
    const struct s3_operation *operation = find_modelled(request, level);
    *unmodelled = NULL;
    if (operation && operation->query) {
        return operation;
    }
    *unmodelled = find_resource(request, level);
    *unmodelled = *unmodelled ? *unmodelled : find_other(request, level);
    return *unmodelled ? NULL : operation;
}
