/* SPDX-License-Identifier: MIT */
/* What S3 clients send as a body, apart from the bytes of objects: aws-chunked framing with trailers, and XML. The first byte
 * chooses. Whatever comes: a decoded body is not longer than what came, its trailers lie in it, and XML that is read has told
 * no longer text and no deeper path than it may. */
#include "cloud/http/s3/s3_chunked.h"
#include "cloud/http/s3/s3_xml_read.h"
#include "fuzz/require.h"

#include <string.h>

#define TEXT_MAX  4096
#define DEPTH_MAX 8

static void check_slice(struct slice text, const char *body, size_t len)
{
    REQUIRE(text.ptr >= body && text.ptr + text.len <= body + len);
    REQUIRE(!memchr(text.ptr, '\n', text.len) || !memmem(text.ptr, text.len, "\r\n", 2));
}

static void decode(const uint8_t *data, size_t size)
{
    struct s3_chunked out = {.len = SIZE_MAX};
    char *body = malloc(size ? size : 1);
    REQUIRE(body != NULL);
    memcpy(body, data, size);
    if (s3_chunked_decode(body, size, &out) == ERR_OK) {
        REQUIRE(out.len <= size && out.trailer_count <= S3_TRAILERS_MAX);
        for (size_t i = 0; i < out.trailer_count; i++) {
            check_slice(out.trailers[i].name, body, size);
            check_slice(out.trailers[i].value, body, size);
        }
    } else {
        REQUIRE(out.len == SIZE_MAX);
    }
    free(body);
}

static bool take(void *ctx, const char *path, const char *text)
{
    size_t *elements = ctx;
    size_t depth = 1;
    for (const char *at = path; *at; at++) {
        depth += *at == '/';
    }
    REQUIRE(*path && depth <= DEPTH_MAX);
    REQUIRE(strlen(text) <= TEXT_MAX);
    return ++*elements < 100000;
}

/* Where the words mean what they say: no other encoding, no comment, no CDATA. */
static bool has_document_type(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == 0 || data[i] > 0x7e) {
            return false;
        }
    }
    return memmem(data, size, "<!DOCTYPE", 9) && !memmem(data, size, "<!--", 4) &&
           !memmem(data, size, "CDATA", 5) && !memmem(data, size, "<?", 2);
}

static void read_xml(const uint8_t *data, size_t size)
{
    size_t elements = 0;
    enum err err = s3_xml_read((const char *)data, size, take, &elements);
    REQUIRE(err || elements > 0);
    REQUIRE(err || !has_document_type(data, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 'C') {
        decode(data + 1, size - 1);
    } else if (size > 0) {
        read_xml(data + 1, size - 1);
    }
    return 0;
}
