/* SPDX-License-Identifier: MIT */
/* Uploads in pieces: their begin, their parts, their lists. How one is completed: s3_complete.c. */
#include "cloud/http/s3/s3_multipart.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/s3/s3_body.h"
#include "cloud/http/s3/s3_conditions.h"
#include "cloud/http/s3/s3_copy.h"
#include "cloud/http/s3/s3_headers.h"
#include "cloud/http/s3/s3_render.h"
#include "common/number.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PLAN_COMPOSITE "COMPOSITE"
#define PLAN_FULL      "FULL_OBJECT"

/* --- The plan --- */

struct s3_plan s3_plan_of(const struct upload *upload)
{
    const char *type = "";
    struct s3_plan plan = {.algorithm = s3_checksum_read(upload->checksum, &type)};
    plan.is_composite = strcmp(type, PLAN_COMPOSITE) == 0;
    return plan;
}

/* The types that an algorithm can have; the first one is its own. */
static const char *types_of(enum s3_algorithm algorithm)
{
    return algorithm == S3_CRC64NVME                         ? PLAN_FULL
           : algorithm == S3_CRC32 || algorithm == S3_CRC32C ? PLAN_COMPOSITE " " PLAN_FULL
                                                             : PLAN_COMPOSITE;
}

/* "CRC32 COMPOSITE"; without a wish "CRC64NVME FULL_OBJECT". The caller frees; NULL: answered. */
static char *read_plan(struct call *call)
{
    const char *wanted = request_header(&call->request, "x-amz-checksum-algorithm");
    const char *type = request_header(&call->request, "x-amz-checksum-type");
    enum s3_algorithm algorithm = s3_algorithm_of(wanted ? wanted : "CRC64NVME");
    if (algorithm == S3_NO_ALGORITHM) {
        s3_fail(call, S3_INVALID_REQUEST, "Checksum algorithm provided is unsupported.");
        return NULL;
    }
    const char *types = types_of(algorithm);
    if (type && !text_has_word(types, type)) {
        s3_fail(call, S3_INVALID_REQUEST,
                "The %.20s checksum type cannot be used with the %s checksum algorithm.", type,
                s3_algorithm_names(algorithm)->name);
        return NULL;
    }
    return type
               ? text_format("%s %s", s3_algorithm_names(algorithm)->name, type)
               : text_format("%s %.*s", s3_algorithm_names(algorithm)->name, (int)strcspn(types, " "), types);
}

static void render_plan(struct s3_xml *xml, const struct upload *upload)
{
    struct s3_plan plan = s3_plan_of(upload);
    if (plan.algorithm != S3_NO_ALGORITHM) {
        s3_xml_text(xml, "ChecksumAlgorithm", s3_algorithm_names(plan.algorithm)->name);
        s3_xml_text(xml, "ChecksumType", plan.is_composite ? PLAN_COMPOSITE : PLAN_FULL);
    }
}

/* --- CreateMultipartUpload --- */

static void answer_upload(struct call *call, const char *id, const char *checksum)
{
    struct s3_xml xml = {0};
    struct upload upload = {.key = NULL};
    memcpy(upload.checksum, checksum, strlen(checksum) + 1);
    struct s3_plan plan = s3_plan_of(&upload);
    s3_xml_begin(&xml, "InitiateMultipartUploadResult", true);
    s3_xml_text(&xml, "Bucket", call->labels[0]);
    s3_xml_text(&xml, "Key", call->labels[1]);
    s3_xml_text(&xml, "UploadId", id);
    s3_xml_answer(&xml, "InitiateMultipartUploadResult", call, 200);
    if (request_header(&call->request, "x-amz-checksum-algorithm")) {
        answer_header(&call->answer, "x-amz-checksum-algorithm", s3_algorithm_names(plan.algorithm)->name);
        answer_header(&call->answer, "x-amz-checksum-type", plan.is_composite ? PLAN_COMPOSITE : PLAN_FULL);
    }
}

void s3_create_upload(struct call *call)
{
    char id[UPLOAD_ID_CAP];
    char *headers = s3_headers_read(call);
    char *checksum = headers ? read_plan(call) : NULL;
    if (checksum) {
        struct object_info info = {.content_type = request_header(&call->request, "Content-Type"),
                                   .headers = headers,
                                   .checksum = checksum};
        if (uploads_create(call->service->core, call->labels[0], call->labels[1], &info, id, &call->error) ==
            CORE_OK) {
            answer_upload(call, id, checksum);
        } else {
            s3_fail_core(call, NULL);
        }
    }
    free(checksum);
    free(headers);
}

/* --- Parts --- */

struct new_part {
    struct upload upload;
    struct upload_part part; /* its file is `file` in the end */
    struct s3_source source; /* UploadPartCopy */
    struct s3_range range;   /* of the source */
    struct s3_sums sums;
    struct s3_file file;
};

static void free_part(void *made)
{
    struct new_part *part = made;
    upload_clear(&part->upload);
    s3_source_close(&part->source);
    s3_file_drop(&part->file);
    free(part);
}

bool s3_upload_find(struct call *call, struct upload *upload)
{
    if (uploads_get(call->service->core, call->labels[0], call->labels[1], s3_query_text(call, "uploadId"),
                    upload, &call->error) == CORE_OK) {
        return true;
    }
    s3_fail_missing(call, call->labels[0], S3_NO_SUCH_UPLOAD);
    return false;
}

static bool begin_part(struct call *call, struct new_part **out)
{
    struct new_part *part = memory_zeroed(sizeof *part);
    call_work_done(call, part, free_part);
    *out = part;
    if (number_to_i64(slice_from(s3_query_text(call, "partNumber")), &part->part.number) != ERR_OK ||
        part->part.number < 1 || part->part.number > UPLOAD_PART_MAX) {
        s3_fail(call, S3_INVALID_ARGUMENT, "Part number must be an integer between 1 and %d, inclusive",
                UPLOAD_PART_MAX);
        return false;
    }
    return s3_upload_find(call, &part->upload);
}

void s3_prepare_part(struct call *call)
{
    struct new_part *part;
    begin_part(call, &part);
}

void s3_write_part(struct call *call)
{
    struct new_part *part = call->made;
    if (s3_body_accept(call, s3_plan_of(&part->upload).algorithm, &part->sums)) {
        s3_file_write(call, &part->file);
    }
}

/* In the turn: the upload may have been aborted or completed meanwhile. */
static bool store_part(struct call *call, struct new_part *part)
{
    part->part.file = part->file.file;
    memcpy(part->part.checksum, part->sums.wanted, sizeof part->part.checksum);
    if (uploads_put_part(call->service->core, call->labels[0], call->labels[1], part->upload.id, &part->part,
                         &call->error) != CORE_OK) {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_UPLOAD);
        return false;
    }
    part->file.is_stored = true;
    return true;
}

/* A checksum that the client has told comes back, also when the upload's own is another one. */
void s3_upload_part(struct call *call)
{
    struct new_part *part = call->made;
    if (!store_part(call, part)) {
        return;
    }
    answer_body(&call->answer, 200, NULL, NULL, 0);
    answer_header(&call->answer, "ETag", part->file.file.etag);
    s3_render_checksum_header(call, part->sums.wanted);
    if (part->sums.told != S3_NO_ALGORITHM) {
        answer_header(&call->answer, s3_algorithm_names(part->sums.told)->header, part->sums.told_value);
    }
}

/* --- UploadPartCopy --- */

/* S3 takes "bytes=first-last" alone, and within the source. */
static bool read_range(struct call *call, struct new_part *part)
{
    const char *text = request_header(&call->request, "x-amz-copy-source-range");
    size_t size = part->source.object.size;
    part->range = (struct s3_range){0, size};
    if (!text) {
        return true;
    }
    struct slice last_text = slice_from(text);
    struct slice first_text = slice_cut(&last_text, '-');
    int64_t last = 0;
    bool is_form = slice_starts_with(first_text, "bytes=") && first_text.len > 6 && last_text.len > 0;
    if (!is_form || s3_range_read(text, size, &part->range) == S3_WHOLE) {
        s3_fail(call, S3_INVALID_ARGUMENT,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
                "are the "
                "zero-based offsets of the first and last bytes to copy");
        return false;
    }
    (void)!number_to_i64(last_text, &last); /* s3_range_read has read it */
    if ((size_t)last >= size) {
        s3_fail(call, S3_INVALID_ARGUMENT, "Range specified is not valid for source object of size: %zu",
                size);
        return false;
    }
    return true;
}

void s3_prepare_part_copy(struct call *call)
{
    struct new_part *part;
    if (begin_part(call, &part) && s3_source_open(call, &part->source)) {
        read_range(call, part);
    }
}

void s3_write_part_copy(struct call *call)
{
    struct new_part *part = call->made;
    struct s3_join join;
    enum s3_algorithm algorithm = s3_plan_of(&part->upload).algorithm;
    char base64[S3_BASE64_CAP];
    if (s3_join_begin(call, &join, algorithm) &&
        s3_join_add(&join, part->source.fd, part->range.first, part->range.len) &&
        s3_join_end(&join, &part->file, base64)) {
        s3_checksum_write(algorithm, base64, 0, part->sums.wanted);
    }
}

void s3_upload_part_copy(struct call *call)
{
    struct new_part *part = call->made;
    struct s3_xml xml = {0};
    if (!store_part(call, part)) {
        return;
    }
    s3_xml_begin(&xml, "CopyPartResult", true);
    s3_xml_date(&xml, "LastModified", core_now_ms(call->service->core));
    s3_xml_text(&xml, "ETag", part->file.file.etag);
    s3_render_checksum(&xml, part->sums.wanted);
    s3_xml_answer(&xml, "CopyPartResult", call, 200);
}

/* --- AbortMultipartUpload --- */

void s3_abort_upload(struct call *call)
{
    if (uploads_abort(call->service->core, call->labels[0], call->labels[1], s3_query_text(call, "uploadId"),
                      &call->error) != CORE_OK) {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_UPLOAD);
        return;
    }
    answer_body(&call->answer, 204, NULL, NULL, 0);
}

/* --- Lists --- */

static void render_people(struct s3_xml *xml, const char *account)
{
    s3_xml_owner(xml, "Initiator", account);
    s3_xml_owner(xml, "Owner", account);
    s3_xml_text(xml, "StorageClass", "STANDARD");
}

static void render_parts(struct s3_xml *xml, const struct upload_part parts[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        s3_xml_open(xml, "Part");
        s3_xml_i64(xml, "PartNumber", parts[i].number);
        s3_xml_date(xml, "LastModified", parts[i].modified_at_ms);
        s3_xml_text(xml, "ETag", parts[i].file.etag);
        s3_xml_i64(xml, "Size", (int64_t)parts[i].file.size);
        s3_render_checksum(xml, parts[i].checksum);
        s3_xml_close(xml, "Part");
    }
}

struct part_page {
    int64_t after, limit;
    struct upload_part *parts;
    size_t count;
    bool has_more;
};

static void answer_parts(struct call *call, const struct upload *upload, const struct part_page *page)
{
    struct s3_xml xml = {0};
    s3_xml_begin(&xml, "ListPartsResult", true);
    s3_xml_text(&xml, "Bucket", call->labels[0]);
    s3_xml_text(&xml, "Key", call->labels[1]);
    s3_xml_text(&xml, "UploadId", upload->id);
    s3_xml_i64(&xml, "PartNumberMarker", page->after);
    s3_xml_i64(&xml, "NextPartNumberMarker", page->count ? page->parts[page->count - 1].number : 0);
    s3_xml_i64(&xml, "MaxParts", page->limit);
    s3_xml_bool(&xml, "IsTruncated", page->has_more);
    render_plan(&xml, upload);
    render_parts(&xml, page->parts, page->count);
    render_people(&xml, core_account(call->service->core));
    s3_xml_answer(&xml, "ListPartsResult", call, 200);
}

void s3_list_parts(struct call *call)
{
    struct upload upload = {.key = NULL};
    struct part_page page = {.limit = OBJECT_LIST_MAX};
    if (s3_query_number(call, "part-number-marker", INT32_MAX, &page.after) &&
        s3_query_number(call, "max-parts", OBJECT_LIST_MAX, &page.limit) && s3_upload_find(call, &upload)) {
        if (uploads_get_parts(call->service->core, upload.id, page.after, page.limit, &page.parts,
                              &page.count, &page.has_more, &call->error) == CORE_OK) {
            answer_parts(call, &upload, &page);
        } else {
            s3_fail_core(call, NULL);
        }
    }
    free(page.parts);
    upload_clear(&upload);
}

struct upload_list {
    struct s3_xml entries;
    const char *account;
    bool is_url;
    char *last_key; /* NULL: the page is empty */
    char last_id[UPLOAD_ID_CAP];
};

static void render_upload(void *ctx, const struct upload *upload)
{
    struct upload_list *list = ctx;
    struct s3_xml *xml = &list->entries;
    s3_xml_open(xml, "Upload");
    s3_xml_name(xml, "Key", upload->key, list->is_url);
    s3_xml_text(xml, "UploadId", upload->id);
    render_people(xml, list->account);
    s3_xml_date(xml, "Initiated", upload->created_at_ms);
    render_plan(xml, upload);
    s3_xml_close(xml, "Upload");
    free(list->last_key);
    list->last_key = text_copy(upload->key);
    memcpy(list->last_id, upload->id, sizeof list->last_id);
}

static void answer_uploads(struct call *call, const struct upload_query *query, struct upload_list *list,
                           bool has_more)
{
    struct s3_xml xml = {0};
    s3_xml_begin(&xml, "ListMultipartUploadsResult", true);
    s3_xml_text(&xml, "Bucket", call->labels[0]);
    s3_xml_name(&xml, "Prefix", query->prefix, list->is_url);
    s3_xml_name(&xml, "KeyMarker", query->after_key, list->is_url);
    s3_xml_text(&xml, "UploadIdMarker", query->after_id);
    if (has_more && list->last_key) {
        s3_xml_name(&xml, "NextKeyMarker", list->last_key, list->is_url);
        s3_xml_text(&xml, "NextUploadIdMarker", list->last_id);
    }
    s3_xml_i64(&xml, "MaxUploads", query->limit);
    s3_xml_bool(&xml, "IsTruncated", has_more);
    if (list->is_url) {
        s3_xml_text(&xml, "EncodingType", "url");
    }
    s3_xml_append(&xml, &list->entries);
    s3_xml_answer(&xml, "ListMultipartUploadsResult", call, 200);
}

void s3_list_uploads(struct call *call)
{
    struct upload_list list = {.account = core_account(call->service->core)};
    struct upload_query query = {.prefix = s3_query_text(call, "prefix"),
                                 .after_key = s3_query_text(call, "key-marker"),
                                 .after_id = s3_query_text(call, "upload-id-marker"),
                                 .limit = OBJECT_LIST_MAX};
    bool has_more = false;
    if (!s3_query_encoding(call, &list.is_url) ||
        !s3_query_number(call, "max-uploads", OBJECT_LIST_MAX, &query.limit)) {
        return;
    }
    if (uploads_list(call->service->core, call->labels[0], &query, render_upload, &list, &has_more,
                     &call->error) == CORE_OK) {
        answer_uploads(call, &query, &list, has_more);
    } else {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_BUCKET);
    }
    free(list.entries.text);
    free(list.last_key);
}
