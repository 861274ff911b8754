/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3.h"

#include "cloud/base/text.h"
#include "cloud/http/s3/s3_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MAX 10000 /* of a page, as S3 has it */

static const struct error_own bucket_errors[] = {
    {CORE_INVALID_REQUEST, {"InvalidBucketName", 400}},
    {CORE_OK, {NULL, 0}},
};

void s3_create_bucket(struct call *call)
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

static bool has_bucket(struct call *call)
{
    if (buckets_head(call->service->core, call->labels[0], &call->error) != CORE_OK) {
        s3_fail_core(call, head_errors);
        return false;
    }
    return true;
}

void s3_head_bucket(struct call *call)
{
    if (has_bucket(call)) {
        answer_body(&call->answer, 200, NULL, NULL, 0);
        answer_header(&call->answer, "x-amz-bucket-region", core_region(call->service->core));
    }
}

void s3_delete_bucket(struct call *call)
{
    if (buckets_delete(call->service->core, call->labels[0], &call->error) != CORE_OK) {
        s3_fail_core(call, head_errors);
        return;
    }
    answer_body(&call->answer, 204, NULL, NULL, 0);
}

/* us-east-1 is the empty text. */
void s3_get_bucket_location(struct call *call)
{
    struct s3_xml xml = {0};
    const char *region = core_region(call->service->core);
    if (has_bucket(call)) {
        s3_xml_begin(&xml, "LocationConstraint", true);
        s3_xml_add_text(&xml, strcmp(region, "us-east-1") == 0 ? "" : region);
        s3_xml_answer(&xml, "LocationConstraint", call, 200);
    }
}

/* No status: versioning was never switched on. */
void s3_get_bucket_versioning(struct call *call)
{
    struct s3_xml xml = {0};
    if (has_bucket(call)) {
        s3_xml_begin(&xml, "VersioningConfiguration", true);
        s3_xml_answer(&xml, "VersioningConfiguration", call, 200);
    }
}

struct bucket_list {
    struct s3_xml xml;
    const char *region;
    char last[64];
};

static void render_bucket(void *ctx, const char *name, int64_t created_at_ms)
{
    struct bucket_list *list = ctx;
    s3_xml_open(&list->xml, "Bucket");
    s3_xml_text(&list->xml, "Name", name);
    s3_xml_date(&list->xml, "CreationDate", created_at_ms);
    s3_xml_text(&list->xml, "BucketRegion", list->region);
    s3_xml_close(&list->xml, "Bucket");
    snprintf(list->last, sizeof list->last, "%s", name);
}

/* The token is the name of the page's last bucket. */
void s3_list_buckets(struct call *call)
{
    struct core *core = call->service->core;
    struct bucket_list list = {.region = core_region(core)};
    int64_t limit = BUCKETS_MAX;
    bool has_more = false;
    if (!s3_query_number(call, "max-buckets", BUCKETS_MAX, &limit)) {
        return;
    }
    s3_xml_begin(&list.xml, "ListAllMyBucketsResult", true);
    s3_xml_owner(&list.xml, "Owner", core_account(core));
    s3_xml_open(&list.xml, "Buckets");
    if (buckets_list(core, s3_query_text(call, "prefix"), s3_query_text(call, "continuation-token"), limit,
                     render_bucket, &list, &has_more, &call->error) != CORE_OK) {
        free(list.xml.text);
        s3_fail_core(call, NULL);
        return;
    }
    s3_xml_close(&list.xml, "Buckets");
    if (has_more && *list.last) {
        s3_xml_text(&list.xml, "ContinuationToken", list.last);
    }
    s3_xml_answer(&list.xml, "ListAllMyBucketsResult", call, 200);
}
