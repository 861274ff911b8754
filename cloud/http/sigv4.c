/* SPDX-License-Identifier: MIT */
#include "cloud/http/sigv4.h"

#include "common/number.h"
#include "common/slice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ALGORITHM     "AWS4-HMAC-SHA256"
#define SIGNATURE_LEN 64
#define EXPIRES_MAX_S 604800 /* AWS: a presigned link lives a week at most */

static void incomplete(struct signature *out, const char *why)
{
    out->state = SIGNATURE_INCOMPLETE;
    snprintf(out->why, sizeof out->why, "%s", why);
}

static bool all_of(struct slice text, int (*is_good)(int))
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_good((unsigned char)text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static int is_scope_char(int c)
{
    return islower(c) || isdigit(c) || c == '-';
}

/* Cuts the last level off: "a/b/c" gives "c" and leaves "a/b" (a key id may hold a slash, the levels behind it not). */
static struct slice cut_last(struct slice *text)
{
    size_t at = text->len;
    while (at > 0 && text->ptr[at - 1] != '/') {
        at--;
    }
    struct slice last = {text->ptr + at, text->len - at};
    text->len = at > 0 ? at - 1 : 0;
    return last;
}

/* KEY/DATE/REGION/SERVICE/aws4_request */
static void read_scope(struct slice credential, struct signature *out)
{
    struct slice all = credential;
    struct slice end = cut_last(&credential);
    struct slice service = cut_last(&credential);
    struct slice region = cut_last(&credential);
    struct slice date = cut_last(&credential);
    if (!slice_is(end, "aws4_request") || !all_of(service, is_scope_char) || !all_of(region, is_scope_char) ||
        date.len != 8 || !all_of(date, isdigit) || credential.len == 0) {
        incomplete(out, "Credential must be KEY/DATE/REGION/SERVICE/aws4_request");
        return;
    }
    struct slice scope = {date.ptr, (size_t)(all.ptr + all.len - date.ptr)};
    if (slice_copy(service, out->service, sizeof out->service) != ERR_OK ||
        slice_copy(credential, out->key_id, sizeof out->key_id) != ERR_OK ||
        slice_copy(scope, out->scope, sizeof out->scope) != ERR_OK) {
        incomplete(out, "the service name, the key id or the region in Credential is too long");
        return;
    }
    out->state = SIGNATURE_GOOD;
}

static bool is_signature(struct slice text)
{
    return text.len == SIGNATURE_LEN && all_of(text, isxdigit);
}

/* The value of `name` in "Credential=a, SignedHeaders=b, Signature=c"; ptr NULL when it is not there. */
static struct slice header_field(struct slice fields, const char *name)
{
    while (fields.len > 0) {
        struct slice field = slice_cut(&fields, ',');
        while (field.len > 0 && field.ptr[0] == ' ') {
            field.ptr++;
            field.len--;
        }
        struct slice value = field;
        struct slice key = slice_cut(&value, '=');
        if (slice_is(key, name) && value.ptr) {
            return value;
        }
    }
    return SLICE_EMPTY;
}

static void keep_date(const char *date, struct signature *out)
{
    int64_t ignored;
    if (date && signature_date(date, &ignored)) {
        snprintf(out->date, sizeof out->date, "%s", date);
    }
}

static void read_header(const struct request *request, const char *authorization, struct signature *out)
{
    struct slice fields = slice_from(authorization);
    struct slice algorithm = slice_cut(&fields, ' ');
    if (!slice_is(algorithm, ALGORITHM)) {
        incomplete(out, "the Authorization header must begin with " ALGORITHM);
        return;
    }
    struct slice credential = header_field(fields, "Credential");
    if (!credential.ptr) {
        incomplete(out, "the Authorization header has no Credential");
        return;
    }
    if (header_field(fields, "SignedHeaders").len == 0) {
        incomplete(out, "the Authorization header has no SignedHeaders");
        return;
    }
    if (!is_signature(header_field(fields, "Signature"))) {
        incomplete(out, "the Authorization header needs Signature= and 64 hexadecimal digits");
        return;
    }
    (void)!slice_copy(header_field(fields, "Signature"), out->digits, sizeof out->digits);
    out->signed_headers = header_field(fields, "SignedHeaders");
    const char *date = request_header(request, "X-Amz-Date");
    keep_date(date ? date : request_header(request, "Date"), out);
    read_scope(credential, out);
}

bool signature_date(const char *text, int64_t *seconds)
{
    struct tm when = {0};
    const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &when);
    if (!end || *end || strlen(text) != SIGNATURE_DATE_CAP - 1) {
        return false;
    }
    *seconds = (int64_t)timegm(&when);
    return true;
}

static void check_expiry(int64_t end_s, int64_t now_s, struct signature *out)
{
    if (now_s > end_s) {
        out->state = SIGNATURE_EXPIRED;
        snprintf(out->why, sizeof out->why, "Request has expired");
    }
}

static void read_query_v4(const struct request *request, int64_t now_s, struct signature *out)
{
    const char *signature = request_query(request, "X-Amz-Signature");
    const char *credential = request_query(request, "X-Amz-Credential");
    const char *date = request_query(request, "X-Amz-Date");
    const char *expires = request_query(request, "X-Amz-Expires");
    const char *headers = request_query(request, "X-Amz-SignedHeaders");
    if (!credential || !date || !expires || !headers || !*headers || !is_signature(slice_from(signature))) {
        incomplete(out,
                   "a presigned link needs X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires, "
                   "X-Amz-SignedHeaders and X-Amz-Signature");
        return;
    }
    int64_t signed_s = 0;
    uint32_t lifetime_s = 0;
    if (!signature_date(date, &signed_s) || number_to_u32(slice_from(expires), &lifetime_s) != ERR_OK ||
        lifetime_s == 0 || lifetime_s > EXPIRES_MAX_S) {
        incomplete(out, "X-Amz-Date must be like 20260101T000000Z and X-Amz-Expires 1..604800 seconds");
        return;
    }
    out->is_presigned = true;
    (void)!slice_copy(slice_from(signature), out->digits, sizeof out->digits);
    out->signed_headers = slice_from(headers);
    keep_date(date, out);
    read_scope(slice_from(credential), out);
    if (out->state == SIGNATURE_GOOD) {
        check_expiry(signed_s + lifetime_s, now_s, out);
    }
}

static void read_query_v2(const struct request *request, int64_t now_s, struct signature *out)
{
    const char *signature = request_query(request, "Signature");
    const char *expires = request_query(request, "Expires");
    int64_t end_s = 0;
    if (!signature || !*signature || !expires || number_to_i64(slice_from(expires), &end_s) != ERR_OK) {
        incomplete(out, "a presigned link needs AWSAccessKeyId, Expires and Signature");
        return;
    }
    out->state = SIGNATURE_GOOD;
    out->is_version_2 = true;
    snprintf(out->service, sizeof out->service, "s3");
    check_expiry(end_s, now_s, out);
}

void signature_read(const struct request *request, int64_t now_s, struct signature *out)
{
    *out = (struct signature){.state = SIGNATURE_NONE};
    const char *authorization = request_header(request, "Authorization");
    const char *algorithm = request_query(request, "X-Amz-Algorithm");
    if (authorization) {
        read_header(request, authorization, out);
    } else if (algorithm && strcmp(algorithm, ALGORITHM) == 0) {
        read_query_v4(request, now_s, out);
    } else if (algorithm) {
        incomplete(out, "X-Amz-Algorithm must be " ALGORITHM);
    } else if (request_query(request, "AWSAccessKeyId")) {
        read_query_v2(request, now_s, out);
    }
}
