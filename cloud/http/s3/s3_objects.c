/* SPDX-License-Identifier: MIT */
/* PutObject, GetObject, HeadObject, DeleteObject. */
#include "cloud/core/objects/objects.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/route.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/s3/s3_body.h"
#include "cloud/http/s3/s3_conditions.h"
#include "cloud/http/s3/s3_file.h"
#include "cloud/http/s3/s3_headers.h"
#include "cloud/http/s3/s3_render.h"
#include "common/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* --- Put --- */

struct put {
    char *headers;
    struct s3_sums sums;
    struct s3_file file;
};

static void free_put(void *made)
{
    struct put *put = made;
    s3_file_drop(&put->file);
    free(put->headers);
    free(put);
}

/* On the worker: framing, checksums, file. */
void s3_write_object(struct call *call)
{
    struct put *put = memory_zeroed(sizeof *put);
    call_work_done(call, put, free_put);
    put->headers = s3_headers_read(call);
    if (put->headers && s3_body_accept(call, S3_NO_ALGORITHM, &put->sums)) {
        s3_file_write(call, &put->file);
    }
}

void s3_put_object(struct call *call)
{
    struct put *put = call->made;
    struct object_info info = {
        .content_type = request_header(&call->request, "Content-Type"),
        .headers = put->headers,
        .checksum = put->sums.wanted,
    };
    if (!s3_conditions_allow_write(call)) {
        return;
    }
    if (objects_put(call->service->core, call->labels[0], call->labels[1], &info, &put->file.file,
                    &call->error) != CORE_OK) {
        s3_fail_core(call, NULL);
        return;
    }
    put->file.is_stored = true;
    answer_body(&call->answer, 200, NULL, NULL, 0);
    answer_header(&call->answer, "ETag", put->file.file.etag);
    s3_render_checksum_header(call, put->sums.wanted);
    s3_render_checksum_type_header(call, put->sums.wanted);
}

/* --- Get --- */

static void fail_get(struct call *call, enum core_code code)
{
    struct core_error ignored = {0};
    bool has_bucket = buckets_head(call->service->core, call->labels[0], &ignored) == CORE_OK;
    core_error_clear(&ignored);
    bool may_be_api = call->is_plain_link && !*call->host_bucket && route_is_api_path(&call->request);
    if (code == CORE_NOT_FOUND && !has_bucket && may_be_api) {
        call_fail(call, API_MISSING_TOKEN, "the request has no AWS signature");
    } else if (code == CORE_INTERNAL) {
        s3_fail(call, S3_INTERNAL_ERROR, "%s", call->error.message);
    } else {
        s3_fail(call, has_bucket ? S3_NO_SUCH_KEY : S3_NO_SUCH_BUCKET, "%s", call->error.message);
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* A browser shows a document only when it knows what it is; the AWS CLI guesses, other clients do not. */
static const char *content_type(const struct object *object, const char *key)
{
    const char *type = object->content_type;
    if (type && *type && strcmp(type, "binary/octet-stream") != 0) {
        return type;
    }
    return ends_with(key, ".txt")    ? "text/plain; charset=utf-8"
           : ends_with(key, ".json") ? "application/json"
                                     : "binary/octet-stream";
}

static void put_headers(struct call *call, const struct object *object)
{
    time_t modified = (time_t)(object->modified_at_ms / 1000);
    struct tm when;
    char date[64] = "";
    if (gmtime_r(&modified, &when)) {
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &when);
    }
    answer_header(&call->answer, "Last-Modified", date);
    answer_header(&call->answer, "ETag", object->etag);
    answer_header(&call->answer, "Accept-Ranges", "bytes");
    answer_header(&call->answer, "Content-Disposition", "inline");
    s3_headers_put(call, object->headers);
    answer_header(&call->answer, "X-Content-Type-Options", "nosniff");
    /* An uploaded page must not act with this server's own origin. */
    answer_header(&call->answer, "Content-Security-Policy", "sandbox");
}

static void put_content_range(struct call *call, const struct s3_range *range, size_t size)
{
    char *told = range ? text_format("bytes %zu-%zu/%zu", range->first, range->first + range->len - 1, size)
                       : text_format("bytes */%zu", size);
    answer_header(&call->answer, "Content-Range", told);
    free(told);
}

/* A checksum is one of the whole object, and comes with nothing less. */
static void put_checksum(struct call *call, const struct object *object)
{
    const char *mode = request_header(&call->request, "x-amz-checksum-mode");
    if (mode && strcasecmp(mode, "ENABLED") == 0) {
        s3_render_checksum_header(call, object->checksum);
        s3_render_checksum_type_header(call, object->checksum);
    }
}

/* For HEAD only the size is told, and no file is opened. */
static void answer_bytes(struct call *call, const struct object *object, bool is_range,
                         const struct s3_range *range)
{
    int fd = -1;
    unsigned status = is_range ? 206 : 200;
    const char *type = content_type(object, call->labels[1]);
    if (request_is(&call->request, "HEAD") || range->len == 0) {
        answer_body(&call->answer, status, type, NULL, range->len);
    } else if (objects_open(call->service->core, object, &fd, &call->error)) {
        s3_fail(call, S3_INTERNAL_ERROR, "%s", call->error.message);
        return;
    } else {
        answer_file(&call->answer, status, type, fd, range->first, range->len);
    }
    put_headers(call, object);
    if (is_range) {
        put_content_range(call, range, object->size);
    } else {
        put_checksum(call, object);
    }
}

/* The bytes of one part; *count: how many parts there are, 0 when the object came in one piece. false: no such part. */
static bool find_part(const struct object *object, int64_t number, struct s3_range *range, size_t *count)
{
    struct slice rest = slice_from(object->part_sizes ? object->part_sizes : "");
    size_t first = 0;
    bool is_found = false;
    *count = 0;
    while (rest.len > 0) {
        int64_t size = 0;
        (void)!number_to_i64(slice_cut(&rest, ' '), &size); /* our own text */
        *count += 1;
        if (*count == (size_t)number) {
            *range = (struct s3_range){first, (size_t)size};
            is_found = true;
        }
        first += (size_t)size;
    }
    if (*count == 0) {
        *range = (struct s3_range){0, object->size};
        is_found = number == 1;
    }
    return is_found;
}

static void answer_part(struct call *call, const struct object *object)
{
    struct s3_range range;
    size_t count;
    int64_t number = 0;
    if (request_header(&call->request, "Range")) {
        s3_fail(call, S3_INVALID_REQUEST, "Cannot specify both Range header and partNumber query parameter");
    } else if (!s3_query_number(call, "partNumber", INT32_MAX, &number)) {
        return;
    } else if (!find_part(object, number, &range, &count)) {
        s3_fail(call, S3_INVALID_PART_NUMBER, "The requested partnumber is not satisfiable");
    } else {
        answer_bytes(call, object, range.len > 0, &range);
        char *told = text_format("%zu", count);
        if (count > 0) {
            answer_header(&call->answer, "x-amz-mp-parts-count", told);
        }
        free(told);
    }
}

static void answer_range(struct call *call, const struct object *object)
{
    struct s3_range range = {0, object->size};
    enum s3_range_kind kind = s3_range_of(&call->request, object, &range);
    if (kind == S3_NO_RANGE) {
        s3_fail(call, S3_INVALID_RANGE, "the object has %zu bytes only", object->size);
        put_content_range(call, NULL, object->size);
    } else {
        answer_bytes(call, object, kind == S3_PART, &range);
    }
}

static void answer_object(struct call *call, const struct object *object)
{
    struct s3_conditions conditions = s3_conditions_of(&call->request);
    switch (s3_conditions_judge(&conditions, object->etag, object->modified_at_ms)) {
    case S3_FAILED:
        s3_fail(call, S3_PRECONDITION_FAILED,
                "the object is another one than If-Match or If-Unmodified-Since asks for");
        break;
    case S3_NOT_MODIFIED:
        answer_body(&call->answer, 304, NULL, NULL, 0);
        put_headers(call, object);
        break;
    default:
        if (request_query(&call->request, "partNumber")) {
            answer_part(call, object);
        } else {
            answer_range(call, object);
        }
    }
    if (call->answer.status < 300) {
        s3_headers_override(call);
    }
}

void s3_get_object(struct call *call)
{
    struct object object = {0};
    enum core_code code =
        objects_get(call->service->core, call->labels[0], call->labels[1], &object, &call->error);
    if (code != CORE_OK) {
        fail_get(call, code);
    } else if (s3_headers_may_override(call)) {
        answer_object(call, &object);
    }
    object_clear(&object);
}

/* Nothing here has tags; the AWS CLI asks before it copies in pieces. */
void s3_get_object_tagging(struct call *call)
{
    struct object object = {0};
    struct s3_xml xml = {0};
    enum core_code code =
        objects_get(call->service->core, call->labels[0], call->labels[1], &object, &call->error);
    object_clear(&object);
    if (code != CORE_OK) {
        fail_get(call, code);
        return;
    }
    s3_xml_begin(&xml, "Tagging", true);
    s3_xml_open(&xml, "TagSet");
    s3_xml_close(&xml, "TagSet");
    s3_xml_answer(&xml, "Tagging", call, 200);
}

/* --- Delete --- */

void s3_delete_object(struct call *call)
{
    if (!s3_conditions_allow_write(call)) {
        return;
    }
    if (objects_delete(call->service->core, call->labels[0], call->labels[1], &call->error) != CORE_OK) {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_BUCKET);
        return;
    }
    answer_body(&call->answer, 204, NULL, NULL, 0);
}
