/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_conditions.h"

#include "cloud/http/s3/s3.h"
#include "common/number.h"
#include "common/slice.h"

#include <string.h>
#include <time.h>

/* etag comes with its quotes, so that a search cannot match a part of another one. Some clients leave the quotes out. */
static bool names_etag(const char *list, const char *etag)
{
    size_t bare_len = strlen(etag) - 2;
    bool is_bare = strlen(list) == bare_len && strncmp(list, etag + 1, bare_len) == 0;
    return strcmp(list, "*") == 0 || is_bare || strstr(list, etag) != NULL;
}

/* Seconds since 1970; -1: not an HTTP date. */
static int64_t read_date(const char *text)
{
    struct tm when = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &when);
    return end && !*end ? (int64_t)timegm(&when) : -1;
}

enum s3_verdict s3_conditions_judge(const struct s3_conditions *conditions, const char *etag,
                                    int64_t modified_at_ms)
{
    int64_t modified_s = modified_at_ms / 1000;
    const char *unmodified = conditions->unmodified_since;
    if (conditions->match && !names_etag(conditions->match, etag)) {
        return S3_FAILED;
    }
    if (!conditions->match && unmodified && read_date(unmodified) >= 0 &&
        modified_s > read_date(unmodified)) {
        return S3_FAILED;
    }
    if (conditions->none_match) {
        return names_etag(conditions->none_match, etag) ? S3_NOT_MODIFIED : S3_HOLDS;
    }
    return conditions->modified_since && modified_s <= read_date(conditions->modified_since) ? S3_NOT_MODIFIED
                                                                                             : S3_HOLDS;
}

struct s3_conditions s3_conditions_of(const struct request *request)
{
    return (struct s3_conditions){
        .match = request_header(request, "If-Match"),
        .none_match = request_header(request, "If-None-Match"),
        .modified_since = request_header(request, "If-Modified-Since"),
        .unmodified_since = request_header(request, "If-Unmodified-Since"),
    };
}

struct s3_conditions s3_conditions_of_source(const struct request *request)
{
    return (struct s3_conditions){
        .match = request_header(request, "x-amz-copy-source-if-match"),
        .none_match = request_header(request, "x-amz-copy-source-if-none-match"),
        .modified_since = request_header(request, "x-amz-copy-source-if-modified-since"),
        .unmodified_since = request_header(request, "x-amz-copy-source-if-unmodified-since"),
    };
}

/* The ETag of the object that is there, "" when there is none; false: answered. */
static bool read_etag(struct call *call, char etag[OBJECT_ETAG_CAP])
{
    struct object object;
    enum core_code code =
        objects_get(call->service->core, call->labels[0], call->labels[1], &object, &call->error);
    memcpy(etag, object.etag, OBJECT_ETAG_CAP);
    object_clear(&object);
    if (code == CORE_OK || code == CORE_NOT_FOUND) {
        return true; /* a bucket that is not there is found by whoever writes */
    }
    s3_fail_core(call, NULL);
    return false;
}

bool s3_conditions_allow_write(struct call *call)
{
    char etag[OBJECT_ETAG_CAP];
    const char *match = request_header(&call->request, "If-Match");
    const char *none_match = request_header(&call->request, "If-None-Match");
    if (!match && !none_match) {
        return true;
    }
    if (none_match && strcmp(none_match, "*") != 0) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "If-None-Match of an operation that writes may only be '*'");
        return false;
    }
    if (!read_etag(call, etag)) {
        return false;
    }
    if (match && !*etag) {
        s3_fail(call, S3_NO_SUCH_KEY, "there is no object '%.180s' that If-Match could mean",
                call->labels[1]);
    } else if (match && !names_etag(match, etag)) {
        s3_fail(call, S3_PRECONDITION_FAILED, "the object is another one than If-Match asks for");
    } else if (none_match && *etag) {
        s3_fail(call, S3_PRECONDITION_FAILED, "the object '%.180s' exists already", call->labels[1]);
    }
    return !call_is_answered(call);
}

/* --- Ranges --- */

enum s3_range_kind s3_range_read(const char *text, size_t size, struct s3_range *range)
{
    struct slice rest = slice_from(text ? text : "");
    if (!slice_starts_with(rest, "bytes=")) {
        return S3_WHOLE;
    }
    slice_cut(&rest, '=');
    struct slice last_text = rest;
    struct slice first_text = slice_cut(&last_text, '-');
    int64_t first = 0;
    int64_t last = INT64_MAX - 1;
    if (!last_text.ptr || (first_text.len > 0 && number_to_i64(first_text, &first) != ERR_OK) ||
        (last_text.len > 0 && number_to_i64(last_text, &last) != ERR_OK) || first < 0 || last < 0 ||
        (first_text.len + last_text.len == 0)) {
        return S3_WHOLE;
    }
    if (first_text.len == 0) { /* the last bytes */
        size_t count = (size_t)last < size ? (size_t)last : size;
        *range = (struct s3_range){size - count, count};
        return count > 0 ? S3_PART : S3_NO_RANGE;
    }
    if (last < first) {
        return S3_WHOLE;
    }
    if ((size_t)first >= size) {
        return S3_NO_RANGE;
    }
    size_t end = (size_t)last < size - 1 ? (size_t)last + 1 : size;
    *range = (struct s3_range){(size_t)first, end - (size_t)first};
    return S3_PART;
}

enum s3_range_kind s3_range_of(const struct request *request, const struct object *object,
                               struct s3_range *range)
{
    const char *condition = request_header(request, "If-Range");
    bool applies = !condition || names_etag(condition, object->etag) ||
                   read_date(condition) == object->modified_at_ms / 1000;
    return applies ? s3_range_read(request_header(request, "Range"), object->size, range) : S3_WHOLE;
}
