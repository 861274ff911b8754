/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_body.h"

#include "cloud/base/memory.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/s3/s3_chunked.h"
#include "common/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHECKSUM_PREFIX   "x-amz-checksum-"
#define TRAILER_SIGNATURE "x-amz-trailer-signature"
#define TRAILER_NAME_CAP  64

/* --- Framing --- */

static bool is_chunked(const struct request *request)
{
    const char *encoding = request_header(request, "Content-Encoding");
    const char *digest = request_header(request, "x-amz-content-sha256");
    char *rest = encoding ? s3_chunked_off(encoding) : NULL;
    bool is_named = rest != NULL;
    free(rest);
    return is_named || (digest && strncmp(digest, "STREAMING-", 10) == 0);
}

static bool slice_is_name(struct slice text, const char *name)
{
    return text.len == strlen(name) && strncasecmp(text.ptr, name, text.len) == 0;
}

/* Does x-amz-trailer announce this one? */
static bool is_announced(const char *list, struct slice name)
{
    struct slice rest = slice_from(list);
    while (rest.len > 0) {
        struct slice entry = s3_chunked_next_name(&rest);
        if (entry.len == name.len && strncasecmp(entry.ptr, name.ptr, name.len) == 0) {
            return true;
        }
    }
    return false;
}

static const struct s3_trailer *find_trailer(const struct s3_chunked *chunked, const char *name)
{
    for (size_t i = 0; i < chunked->trailer_count; i++) {
        if (slice_is_name(chunked->trailers[i].name, name)) {
            return &chunked->trailers[i];
        }
    }
    return NULL;
}

/* What comes is what was announced, and the other way round: a checksum that is lost on its way must not go unseen. */
static bool check_trailers(struct call *call, const struct s3_chunked *chunked)
{
    const char *told = request_header(&call->request, "x-amz-trailer");
    const char *list = told ? told : "";
    for (size_t i = 0; i < chunked->trailer_count; i++) {
        struct slice name = chunked->trailers[i].name;
        if (!is_announced(list, name) && !slice_is_name(name, TRAILER_SIGNATURE)) {
            s3_fail(call, S3_MALFORMED_TRAILER, "x-amz-trailer does not announce the trailer '%.*s'",
                    (int)(name.len < TRAILER_NAME_CAP ? name.len : TRAILER_NAME_CAP), name.ptr);
            return false;
        }
    }
    struct slice rest = slice_from(list);
    while (rest.len > 0) {
        char name[TRAILER_NAME_CAP];
        struct slice entry = s3_chunked_next_name(&rest);
        if (entry.len > 0 && (slice_copy(entry, name, sizeof name) || !find_trailer(chunked, name))) {
            s3_fail(call, S3_MALFORMED_TRAILER, "the trailer that x-amz-trailer announces did not come");
            return false;
        }
    }
    return true;
}

/* Takes the framing off an aws-chunked body. */
static bool unwrap(struct call *call, struct s3_chunked *chunked)
{
    struct request *request = &call->request;
    *chunked = (struct s3_chunked){.len = request->body_len};
    if (!is_chunked(request)) {
        return true;
    }
    int64_t told_len = -1;
    const char *told = request_header(request, "x-amz-decoded-content-length");
    if (!told || number_to_i64(slice_from(told), &told_len) != ERR_OK ||
        s3_chunked_decode(request->body, request->body_len, chunked) != ERR_OK ||
        told_len != (int64_t)chunked->len) {
        s3_fail(call, S3_INCOMPLETE_BODY, "the aws-chunked body is broken or not as long as it said");
        return false;
    }
    request->body_len = chunked->len;
    return check_trailers(call, chunked);
}

/* --- What the client says --- */

struct told_search {
    enum s3_algorithm algorithm;
    const char *value;
    size_t count;
    const char *unknown;
};

static void look_at_header(void *arg, const char *name, const char *value)
{
    struct told_search *search = arg;
    if (strncasecmp(name, CHECKSUM_PREFIX, sizeof CHECKSUM_PREFIX - 1) != 0) {
        return;
    }
    const char *end = name + sizeof CHECKSUM_PREFIX - 1;
    enum s3_algorithm algorithm = s3_algorithm_of(end);
    if (algorithm != S3_NO_ALGORITHM) {
        search->algorithm = algorithm;
        search->value = value;
        search->count++;
    } else if (strcasecmp(end, "algorithm") != 0 && strcasecmp(end, "type") != 0 &&
               strcasecmp(end, "mode") != 0) {
        search->unknown = name;
    }
}

bool s3_body_told_checksum(struct call *call, enum s3_algorithm *algorithm, const char **value)
{
    struct told_search search = {.algorithm = S3_NO_ALGORITHM};
    request_each_header(&call->request, look_at_header, &search);
    if (search.unknown) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model the header '%s'", search.unknown);
        return false;
    }
    if (search.count > 1) {
        s3_fail(call, S3_INVALID_REQUEST,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
        return false;
    }
    if (search.value) {
        *algorithm = search.algorithm;
        *value = search.value;
    }
    return true;
}

/* The checksum of a trailer, copied because it has no NUL behind it. */
static bool read_trailer(struct call *call, const struct s3_chunked *chunked, struct s3_sums *sums)
{
    for (int i = 0; i < S3_ALGORITHM_COUNT; i++) {
        const struct s3_trailer *trailer =
            find_trailer(chunked, s3_algorithm_names((enum s3_algorithm)i)->header);
        if (!trailer) {
            continue;
        }
        if (sums->told != S3_NO_ALGORITHM) {
            s3_fail(call, S3_INVALID_REQUEST, "Expecting a single x-amz-checksum- header or trailer");
            return false;
        }
        sums->told = (enum s3_algorithm)i;
        if (slice_copy(trailer->value, sums->told_value, sizeof sums->told_value)) {
            sums->told_value[0] = '\0';
        }
    }
    return true;
}

static bool read_told(struct call *call, const struct s3_chunked *chunked, struct s3_sums *sums)
{
    const char *value = NULL;
    const char *sdk = request_header(&call->request, "x-amz-sdk-checksum-algorithm");
    unsigned char ignored[S3_DIGEST_MAX];
    if (!s3_body_told_checksum(call, &sums->told, &value)) {
        return false;
    }
    if (value) {
        snprintf(sums->told_value, sizeof sums->told_value, "%s", value);
    }
    if (!read_trailer(call, chunked, sums)) {
        return false;
    }
    if (sums->told == S3_NO_ALGORITHM) {
        return true;
    }
    const struct s3_algorithm_names *names = s3_algorithm_names(sums->told);
    if ((value && strlen(value) >= S3_BASE64_CAP) || !base64_read(sums->told_value, names->len, ignored)) {
        s3_fail(call, S3_INVALID_REQUEST, "Value for %s header is invalid.", names->header);
        return false;
    }
    if (sdk && s3_algorithm_of(sdk) != sums->told) {
        s3_fail(call, S3_INVALID_REQUEST, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
        return false;
    }
    return true;
}

/* --- Is it so? --- */

static bool check_md5(struct call *call)
{
    char base64[S3_BASE64_CAP];
    unsigned char ignored[S3_DIGEST_MAX];
    const struct request *request = &call->request;
    const char *told = request_header(request, s3_algorithm_names(S3_MD5)->header);
    if (!told) {
        return true;
    }
    if (!base64_read(told, s3_algorithm_names(S3_MD5)->len, ignored)) {
        s3_fail(call, S3_INVALID_DIGEST, "The Content-MD5 you specified was invalid.");
        return false;
    }
    s3_checksum_of(S3_MD5, request->body, request->body_len, base64);
    if (strcmp(base64, told) != 0) {
        s3_fail(call, S3_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
        return false;
    }
    return true;
}

static bool check_told(struct call *call, const struct s3_sums *sums)
{
    char base64[S3_BASE64_CAP];
    if (sums->told == S3_NO_ALGORITHM) {
        return true;
    }
    s3_checksum_of(sums->told, call->request.body, call->request.body_len, base64);
    if (strcmp(base64, sums->told_value) != 0) {
        s3_fail(call, S3_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                s3_algorithm_names(sums->told)->name);
        return false;
    }
    return true;
}

bool s3_body_accept(struct call *call, enum s3_algorithm wanted, struct s3_sums *sums)
{
    char base64[S3_BASE64_CAP];
    struct s3_chunked chunked;
    *sums = (struct s3_sums){.told = S3_NO_ALGORITHM};
    if (!unwrap(call, &chunked) || !read_told(call, &chunked, sums) || !check_md5(call) ||
        !check_told(call, sums)) {
        return false;
    }
    if (wanted == S3_NO_ALGORITHM) {
        wanted = sums->told == S3_NO_ALGORITHM ? S3_CRC64NVME : sums->told;
    }
    if (wanted == sums->told) {
        memcpy(base64, sums->told_value, sizeof base64);
    } else {
        s3_checksum_of(wanted, call->request.body, call->request.body_len, base64);
    }
    s3_checksum_write(wanted, base64, 0, sums->wanted);
    return true;
}

bool s3_body_accept_plain(struct call *call)
{
    struct s3_chunked chunked;
    return unwrap(call, &chunked) && check_md5(call);
}
