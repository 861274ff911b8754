/* SPDX-License-Identifier: MIT */
/* Conditional and ranged reads (RFC 9110): what a resumed download relies on. */
#include "cloud/http/s3/s3.h"
#include "common/number.h"
#include "common/slice.h"

#include <string.h>
#include <time.h>

/* etag comes with its quotes, so that a search cannot match a part of another one. */
static bool names_etag(const char *list, const char *etag)
{
    return strcmp(list, "*") == 0 || strstr(list, etag) != NULL;
}

/* Seconds since 1970; -1: not an HTTP date. */
static int64_t read_date(const char *text)
{
    struct tm when = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &when);
    return end && !*end ? (int64_t)timegm(&when) : -1;
}

/* If-Range holds an ETag or a date; the range counts only when it is still the same object. */
static bool range_applies(const struct request *request, const char *etag, int64_t modified_s)
{
    const char *condition = request_header(request, "If-Range");
    return !condition || names_etag(condition, etag) || read_date(condition) == modified_s;
}

/* "bytes=first-last", "bytes=first-", "bytes=-count". Anything else (also several ranges) asks for the whole object. */
static enum s3_condition read_range(const char *text, size_t size, struct s3_range *range)
{
    struct slice rest = slice_from(text);
    if (!slice_starts_with(rest, "bytes=")) {
        return S3_SEND_ALL;
    }
    slice_cut(&rest, '=');
    struct slice last_text = rest;
    struct slice first_text = slice_cut(&last_text, '-');
    uint32_t first = 0;
    uint32_t last = UINT32_MAX;
    if (!last_text.ptr || (first_text.len > 0 && number_to_u32(first_text, &first) != ERR_OK) ||
        (last_text.len > 0 && number_to_u32(last_text, &last) != ERR_OK) ||
        (first_text.len + last_text.len == 0)) {
        return S3_SEND_ALL;
    }
    if (first_text.len == 0) { /* the last bytes */
        size_t count = last < size ? last : size;
        *range = (struct s3_range){size - count, count};
        return count > 0 ? S3_SEND_RANGE : S3_FAIL_RANGE;
    }
    if (last < first) {
        return S3_SEND_ALL;
    }
    if (first >= size) {
        return S3_FAIL_RANGE;
    }
    size_t end = last < size - 1 ? (size_t)last + 1 : size;
    *range = (struct s3_range){first, end - first};
    return S3_SEND_RANGE;
}

enum s3_condition s3_conditions_check(const struct request *request, const char *etag, int64_t modified_at_ms,
                                      size_t size, struct s3_range *range)
{
    int64_t modified_s = modified_at_ms / 1000;
    const char *match = request_header(request, "If-Match");
    const char *unmodified = request_header(request, "If-Unmodified-Since");
    const char *none_match = request_header(request, "If-None-Match");
    const char *modified = request_header(request, "If-Modified-Since");
    if (match && !names_etag(match, etag)) {
        return S3_FAIL_PRECONDITION;
    }
    if (!match && unmodified && read_date(unmodified) >= 0 && modified_s > read_date(unmodified)) {
        return S3_FAIL_PRECONDITION;
    }
    if (none_match && names_etag(none_match, etag)) {
        return S3_SEND_NOT_MODIFIED;
    }
    if (!none_match && modified && modified_s <= read_date(modified)) {
        return S3_SEND_NOT_MODIFIED;
    }
    const char *wanted = request_header(request, "Range");
    if (!wanted || !range_applies(request, etag, modified_s)) {
        return S3_SEND_ALL;
    }
    return read_range(wanted, size, range);
}
