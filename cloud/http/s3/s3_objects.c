/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/objects.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/route.h"
#include "cloud/http/s3/s3.h"
#include "common/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a client may ask of PutObject beside the bytes, and we would have to forget. */
static const char *const unmodelled_put_headers[] = {
    "x-amz-server-side-encryption", "x-amz-tagging", "x-amz-object-lock-", "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",     "x-amz-meta-",   "If-Match",           "If-None-Match",
    "Content-Disposition",          "Cache-Control",
};

static bool is_chunked(const struct request *request)
{
    const char *encoding = request_header(request, "Content-Encoding");
    const char *digest = request_header(request, "x-amz-content-sha256");
    return (encoding && strcmp(encoding, "aws-chunked") == 0) ||
           (digest && strncmp(digest, "STREAMING-", 10) == 0);
}

static bool check_put_headers(struct call *call)
{
    const struct request *request = &call->request;
    const char *encoding = request_header(request, "Content-Encoding");
    const char *bad =
        encoding && *encoding && strcmp(encoding, "aws-chunked") != 0 ? "Content-Encoding" : NULL;
    for (size_t i = 0; !bad && i < sizeof unmodelled_put_headers / sizeof unmodelled_put_headers[0]; i++) {
        bad = request_header_prefix(request, unmodelled_put_headers[i]);
    }
    if (bad) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model the header '%s' of PutObject", bad);
    }
    return !bad;
}

/* Takes the framing off an aws-chunked body. */
static bool unwrap_body(struct call *call)
{
    struct request *request = &call->request;
    if (!is_chunked(request)) {
        return true;
    }
    int64_t told_len = -1;
    const char *told = request_header(request, "x-amz-decoded-content-length");
    if (!told || number_to_i64(slice_from(told), &told_len) != ERR_OK ||
        s3_chunked_decode(request->body, request->body_len, &request->body_len) != ERR_OK ||
        told_len != (int64_t)request->body_len) {
        s3_fail(call, S3_INCOMPLETE_BODY, "the aws-chunked body is broken or not as long as it said");
        return false;
    }
    return true;
}

/* The body on its way from the worker to the row that names it. */
struct upload {
    const char *folder;
    struct object_file file;
    bool is_stored; /* a row names the file */
};

static void free_upload(void *made)
{
    struct upload *upload = made;
    if (!upload->is_stored) {
        object_file_remove(upload->folder, upload->file.name);
    }
    free(upload);
}

/* On the worker thread: framing, MD5 and file. */
void s3_write_object(struct call *call)
{
    const struct request *request = &call->request;
    const char *folder = call->service->objects_dir;
    struct object_file file;
    if (!check_put_headers(call) || !unwrap_body(call)) {
        return;
    }
    if (request->body_len > S3_OBJECT_MAX) {
        s3_fail(call, S3_ENTITY_TOO_LARGE, "iot-local stores objects of up to %zu bytes", S3_OBJECT_MAX);
        return;
    }
    if (!folder) {
        s3_fail(call, S3_INTERNAL_ERROR, "this iot-local has no folder for objects");
        return;
    }
    if (!object_file_write(folder, request->body ? request->body : "", request->body_len, &file)) {
        s3_fail(call, S3_INTERNAL_ERROR, "cannot write the object to %s: %s", folder, strerror(errno));
        return;
    }
    struct upload *upload = memory_zeroed(sizeof *upload);
    *upload = (struct upload){.folder = folder, .file = file};
    call_work_done(call, upload, free_upload);
}

void s3_put_object(struct call *call)
{
    struct upload *upload = call->made;
    enum core_code code =
        objects_put(call->service->core, call->labels[0], call->labels[1],
                    request_header(&call->request, "Content-Type"), &upload->file, &call->error);
    if (code != CORE_OK) {
        s3_fail_core(call, NULL);
        return;
    }
    upload->is_stored = true;
    answer_body(&call->answer, 200, NULL, NULL, 0);
    answer_header(&call->answer, "ETag", upload->file.etag);
}

static void fail_get(struct call *call, enum core_code code)
{
    struct core_error ignored = {0};
    bool has_bucket = buckets_head(call->service->core, call->labels[0], &ignored) == CORE_OK;
    core_error_clear(&ignored);
    if (code == CORE_NOT_FOUND && !has_bucket && call->is_plain_link && route_is_api_path(&call->request)) {
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
    }
}

static void answer_object(struct call *call, const struct object *object)
{
    struct s3_range range = {0, object->size};
    enum s3_condition condition =
        s3_conditions_check(&call->request, object->etag, object->modified_at_ms, object->size, &range);
    switch (condition) {
    case S3_FAIL_PRECONDITION:
        s3_fail(call, S3_PRECONDITION_FAILED,
                "the object is another one than If-Match or If-Unmodified-Since asks for");
        break;
    case S3_FAIL_RANGE:
        s3_fail(call, S3_INVALID_RANGE, "the object has %zu bytes only", object->size);
        put_content_range(call, NULL, object->size);
        break;
    case S3_SEND_NOT_MODIFIED:
        answer_body(&call->answer, 304, NULL, NULL, 0);
        put_headers(call, object);
        break;
    default:
        answer_bytes(call, object, condition == S3_SEND_RANGE, &range);
    }
}

void s3_get_object(struct call *call)
{
    struct object object = {0};
    enum core_code code =
        objects_get(call->service->core, call->labels[0], call->labels[1], &object, &call->error);
    if (code != CORE_OK) {
        fail_get(call, code);
        return;
    }
    answer_object(call, &object);
    object_clear(&object);
}
