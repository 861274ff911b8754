/* SPDX-License-Identifier: MIT */
/* The life of an upload in pieces (docs/protocol.md 11), and what may go wrong in it. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/uploads.h"
#include "cloud/http/s3/s3_checksum.h"
#include "fakes/s3_fixture.h"

#include <openssl/evp.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PART_MIN     ((size_t)5 * 1024 * 1024)
#define ETAG_CAP     48

struct part {
    char etag[ETAG_CAP]; /* as the answer has it */
    char fill;
    size_t len;
};

static struct http_fixture *with_bucket(void **state)
{
    struct http_fixture *fx = *state;
    s3_good(fx, 200, "PUT", "/docs", NULL);
    return fx;
}

static void begin(struct http_fixture *fx, const char *key, char id[UPLOAD_ID_CAP])
{
    char target[64];
    snprintf(target, sizeof target, "/docs/%s?uploads", key);
    s3_good(fx, 200, "POST", target, NULL);
    snprintf(id, UPLOAD_ID_CAP, "%.32s", s3_texts(fx, "UploadId"));
    assert_int_equal(strlen(id), 32);
}

static int send_part(struct http_fixture *fx, const char *id, int number, struct part *part)
{
    char target[128];
    char *body = malloc(part->len + 1);
    assert_non_null(body);
    memset(body, part->fill, part->len);
    snprintf(target, sizeof target, "/docs/big?partNumber=%d&uploadId=%s", number, id);
    http_sign(fx, "s3");
    int status = http_send(fx, "PUT", target, body, part->len);
    snprintf(part->etag, sizeof part->etag, "%s", http_answer_header(fx, "ETag"));
    free(body);
    return status;
}

/* The document that completes; `numbers` may be any. */
static char *document(const int numbers[], const struct part parts[], size_t count)
{
    char *text = calloc(1, 64 + count * 160);
    assert_non_null(text);
    size_t len =
        (size_t)sprintf(text, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < count; i++) {
        len += (size_t)sprintf(text + len, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>",
                               numbers[i], parts[i].etag);
    }
    strcpy(text + len, "</CompleteMultipartUpload>");
    return text;
}

static int complete(struct http_fixture *fx, const char *id, const int numbers[], const struct part parts[],
                    size_t count)
{
    char target[128];
    char *text = document(numbers, parts, count);
    snprintf(target, sizeof target, "/docs/big?uploadId=%s", id);
    int status = s3_ask(fx, "POST", target, text);
    free(text);
    return status;
}

static void expect_etag_of(const struct http_fixture *fx, const struct part parts[], size_t count)
{
    unsigned char all[16 * 8], digest[EVP_MAX_MD_SIZE];
    char wanted[96] = "&quot;";
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < 16; k++) {
            unsigned byte;
            sscanf(parts[i].etag + 1 + 2 * k, "%2x", &byte);
            all[16 * i + k] = (unsigned char)byte;
        }
    }
    assert_true(EVP_Digest(all, 16 * count, digest, NULL, EVP_md5(), NULL));
    for (size_t k = 0; k < 16; k++) {
        sprintf(wanted + strlen(wanted), "%02x", digest[k]);
    }
    sprintf(wanted + strlen(wanted), "-%zu&quot; ", count);
    s3_expect_texts(fx, "ETag", wanted);
}

static const int one_two_three[] = {1, 2, 3};

/* Parts come in any order, one of them twice; the object is their bytes by number. */
static void an_object_of_three_parts(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP];
    struct part parts[] = {{"", 'a', PART_MIN}, {"", 'b', PART_MIN + 1}, {"", 'c', 3}};
    struct part old = {"", 'x', 10};
    http_header(fx, "x-amz-meta-who", "me");
    http_header(fx, "Content-Type", "a/b");
    begin(fx, "big", id);
    http_header(fx, "x-amz-meta-who", NULL);
    http_header(fx, "Content-Type", NULL);
    http_expect(fx, 200, send_part(fx, id, 3, &parts[2]));
    http_expect(fx, 200, send_part(fx, id, 1, &old));
    http_expect(fx, 200, send_part(fx, id, 1, &parts[0]));
    http_expect(fx, 200, send_part(fx, id, 2, &parts[1]));
    assert_int_equal(s3_count_files(fx), 3); /* what was replaced is gone */
    s3_bad(fx, 404, "NoSuchKey", "GET", "/docs/big", NULL);
    http_expect(fx, 200, complete(fx, id, one_two_three, parts, 3));
    expect_etag_of(fx, parts, 3);
    s3_expect_texts(fx, "Bucket", "docs ");
    s3_expect_texts(fx, "Key", "big ");
    s3_expect_texts(fx, "ChecksumType", "FULL_OBJECT ");
    assert_int_equal(s3_count_files(fx), 1); /* the parts are gone */

    s3_good(fx, 200, "GET", "/docs/big", NULL);
    assert_int_equal(fx->call.answer.body_len, 2 * PART_MIN + 4);
    assert_int_equal(fx->call.answer.body[PART_MIN - 1], 'a');
    assert_int_equal(fx->call.answer.body[PART_MIN], 'b');
    assert_int_equal(fx->call.answer.body[2 * PART_MIN], 'b');
    assert_int_equal(fx->call.answer.body[2 * PART_MIN + 1], 'c');
    char sum[S3_BASE64_CAP];
    s3_checksum_of(S3_CRC64NVME, fx->call.answer.body, fx->call.answer.body_len, sum);
    assert_string_equal(http_answer_header(fx, "x-amz-meta-who"), "me");
    assert_string_equal(http_answer_header(fx, "Content-Type"), "a/b");
    http_header(fx, "x-amz-checksum-mode", "ENABLED");
    s3_good(fx, 200, "HEAD", "/docs/big", NULL);
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc64nvme"), sum);
    http_expect(fx, 404, complete(fx, id, one_two_three, parts, 3)); /* a second time */
    s3_bad(fx, 404, "NoSuchUpload", "DELETE", "/docs/big?uploadId=x", NULL);
}

static void parts_of_an_object_can_be_read(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP];
    struct part parts[] = {{"", 'a', PART_MIN}, {"", 'b', 3}};
    begin(fx, "big", id);
    http_expect(fx, 200, send_part(fx, id, 1, &parts[0]));
    http_expect(fx, 200, send_part(fx, id, 2, &parts[1]));
    http_expect(fx, 200, complete(fx, id, one_two_three, parts, 2));
    s3_good(fx, 206, "GET", "/docs/big?partNumber=2", NULL);
    s3_expect_body(fx, "bbb");
    assert_string_equal(http_answer_header(fx, "x-amz-mp-parts-count"), "2");
    assert_string_equal(http_answer_header(fx, "Content-Range"), "bytes 5242880-5242882/5242883");
    s3_good(fx, 206, "HEAD", "/docs/big?partNumber=1", NULL);
    assert_int_equal(fx->call.answer.body_len, PART_MIN);
    s3_bad(fx, 416, "InvalidPartNumber", "GET", "/docs/big?partNumber=3", NULL);
    s3_bad(fx, 416, "InvalidPartNumber", "GET", "/docs/big?partNumber=0", NULL);
    s3_bad(fx, 400, "InvalidArgument", "GET", "/docs/big?partNumber=x", NULL);
    http_header(fx, "Range", "bytes=0-1");
    s3_bad(fx, 400, "InvalidRequest", "GET", "/docs/big?partNumber=1", NULL);
    http_header(fx, "Range", NULL);
    s3_good(fx, 200, "PUT", "/docs/small", "hello");
    s3_good(fx, 206, "GET", "/docs/small?partNumber=1", NULL);
    s3_expect_body(fx, "hello");
    assert_string_equal(http_answer_header(fx, "x-amz-mp-parts-count"), "");
    s3_bad(fx, 416, "InvalidPartNumber", "GET", "/docs/small?partNumber=2", NULL);
}

static void completions_that_cannot_be(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP], target[128];
    struct part parts[] = {{"", 'a', PART_MIN - 1}, {"", 'b', 3}, {"", 'c', 3}};
    begin(fx, "big", id);
    http_expect(fx, 200, send_part(fx, id, 1, &parts[0]));
    http_expect(fx, 200, send_part(fx, id, 2, &parts[1]));
    parts[2] = parts[1];
    http_expect_s3_error(fx, complete(fx, id, one_two_three, parts, 2), 400, "EntityTooSmall", "part 1");
    http_expect_s3_error(fx, complete(fx, id, one_two_three, parts, 3), 400, "EntityTooSmall", "");
    const int two_three[] = {2, 3};
    http_expect_s3_error(fx, complete(fx, id, two_three, parts + 1, 2), 400, "EntityTooSmall", "");
    const int three[] = {3};
    http_expect_s3_error(fx, complete(fx, id, three, parts, 1), 400, "InvalidPart", "part 3");
    http_expect_s3_error(fx, complete(fx, id, one_two_three, parts + 1, 1), 400, "InvalidPart", "part 1");
    struct part large[] = {{"", 'a', PART_MIN}, {"", 'b', PART_MIN}};
    http_expect(fx, 200, send_part(fx, id, 1, &large[0]));
    http_expect(fx, 200, send_part(fx, id, 2, &large[1]));
    const int wrong_orders[][2] = {{2, 1}, {1, 1}, {2, 2}};
    for (size_t i = 0; i < COUNT(wrong_orders); i++) {
        const struct part named[] = {large[wrong_orders[i][0] - 1], large[wrong_orders[i][1] - 1]};
        http_expect_s3_error(fx, complete(fx, id, wrong_orders[i], named, 2), 400, "InvalidPartOrder", "");
    }
    snprintf(target, sizeof target, "/docs/big?uploadId=%s", id);
    static const char *const bad[] = {
        "",
        "<CompleteMultipartUpload/>",
        "<Complete><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></Complete>",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>x</ETag></Part></"
        "CompleteMultipartUpload>",
        "<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag>x</ETag></Part></"
        "CompleteMultipartUpload>",
        "<!DOCTYPE x><CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
        "</CompleteMultipartUpload>",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        s3_bad(fx, 400, "MalformedXML", "POST", target, bad[i]);
    }
    s3_bad(fx, 404, "NoSuchUpload", "POST", "/docs/big?uploadId=none", bad[1]);
    s3_bad(fx, 404, "NoSuchUpload", "POST", "/docs/other?uploadId=none", bad[1]);
    s3_bad(fx, 404, "NoSuchBucket", "POST", "/none/big?uploadId=none", bad[1]);
    http_header(fx, "x-amz-mp-object-size", "7");
    http_expect_s3_error(fx, complete(fx, id, one_two_three, large, 2), 400, "InvalidRequest", "object-size");
    http_header(fx, "x-amz-mp-object-size", NULL);
    http_header(fx, "x-amz-checksum-crc64nvme", "AAAAAAAAAAA=");
    http_expect_s3_error(fx, complete(fx, id, one_two_three, large, 2), 400, "BadDigest", "");
    http_header(fx, "x-amz-checksum-crc64nvme", NULL);
    http_header(fx, "If-Match", "\"x\"");
    http_expect_s3_error(fx, complete(fx, id, one_two_three, large, 2), 404, "NoSuchKey", "");
    http_header(fx, "If-Match", NULL);
    assert_int_equal(s3_count_files(fx), 2); /* nothing half is stored */
    s3_bad(fx, 404, "NoSuchKey", "GET", "/docs/big", NULL);
    http_header(fx, "If-None-Match", "*");
    http_expect(fx, 200, complete(fx, id, one_two_three, large, 2)); /* the upload has borne all that */
}

static void numbers_of_parts(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP];
    struct part part = {"", 'a', 1};
    begin(fx, "big", id);
    static const int bad[] = {0, -1, 10001, 2147483647};
    for (size_t i = 0; i < COUNT(bad); i++) {
        http_expect_s3_error(fx, send_part(fx, id, bad[i], &part), 400, "InvalidArgument", "10000");
    }
    http_expect(fx, 200, send_part(fx, id, 10000, &part));
    const int last[] = {10000};
    http_expect(fx, 200, complete(fx, id, last, &part, 1));
    s3_good(fx, 200, "GET", "/docs/big", NULL);
    s3_expect_body(fx, "a");
    http_expect_s3_error(fx, send_part(fx, "none", 1, &part), 404, "NoSuchUpload", "none");
}

/* --- Checksums --- */

/* CRC32 as boto3 and the JavaScript SDK use it: told at the begin, with every part, and made of those of the parts. */
static void composite_checksum(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP], target[128];
    struct part part = {"", 'a', 5};
    http_header(fx, "x-amz-checksum-algorithm", "CRC32");
    begin(fx, "big", id);
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-algorithm"), "CRC32");
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-type"), "COMPOSITE");
    http_header(fx, "x-amz-checksum-algorithm", NULL);
    http_header(fx, "x-amz-checksum-crc32", "AAAAAA==");
    http_expect_s3_error(fx, send_part(fx, id, 1, &part), 400, "BadDigest", "CRC32");
    char sum[S3_BASE64_CAP], composite[S3_BASE64_CAP];
    unsigned char raw[S3_DIGEST_MAX];
    s3_checksum_of(S3_CRC32, "aaaaa", 5, sum);
    http_header(fx, "x-amz-checksum-crc32", sum);
    http_expect(fx, 200, send_part(fx, id, 1, &part));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), sum);
    http_header(fx, "x-amz-checksum-crc32", NULL);
    assert_true(base64_read(sum, 4, raw));
    s3_checksum_of(S3_CRC32, raw, 4, composite);
    char text[400], wanted[64];
    snprintf(target, sizeof target, "/docs/big?uploadId=%s", id);
    snprintf(text, sizeof text,
             "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s"
             "</ChecksumCRC32></Part></CompleteMultipartUpload>",
             part.etag, "AAAAAA==");
    s3_bad(fx, 400, "InvalidPart", "POST", target, text);
    static const char *const others[] = {"", "<ChecksumCRC32></ChecksumCRC32>",
                                         "<ChecksumSHA1>AAAA</ChecksumSHA1>"};
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(text, sizeof text,
                 "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag>%s</Part>"
                 "</CompleteMultipartUpload>",
                 part.etag, others[i]);
        s3_bad(fx, 400, "InvalidRequest", "POST", target, text);
        assert_non_null(strstr(fx->call.answer.body, "crc32 checksum"));
        assert_non_null(strstr(fx->call.answer.body, "missing for part 1"));
    }
    snprintf(text, sizeof text,
             "<CompleteMultipartUpload><Part><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32><PartNumber>1"
             "</PartNumber></Part></CompleteMultipartUpload>",
             part.etag, sum);
    s3_good(fx, 200, "POST", target, text);
    snprintf(wanted, sizeof wanted, "%s-1 ", composite);
    s3_expect_texts(fx, "ChecksumCRC32", wanted);
    s3_expect_texts(fx, "ChecksumType", "COMPOSITE ");
    http_header(fx, "x-amz-checksum-mode", "ENABLED");
    s3_good(fx, 200, "HEAD", "/docs/big", NULL);
    wanted[strlen(wanted) - 1] = '\0';
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), wanted);
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-type"), "COMPOSITE");
}

static void plans_of_checksums(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    static const struct {
        const char *algorithm, *type, *got; /* got NULL: refused */
    } cases[] = {
        {"CRC32", NULL, "COMPOSITE"},
        {"CRC32", "FULL_OBJECT", "FULL_OBJECT"},
        {"CRC32C", "COMPOSITE", "COMPOSITE"},
        {"CRC64NVME", NULL, "FULL_OBJECT"},
        {"SHA1", NULL, "COMPOSITE"},
        {"SHA256", "COMPOSITE", "COMPOSITE"},
        {"SHA256", "FULL_OBJECT", NULL},
        {"CRC64NVME", "COMPOSITE", NULL},
        {"MD5", NULL, NULL},
        {"CRC32", "HALF", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_header(fx, "x-amz-checksum-algorithm", cases[i].algorithm);
        http_header(fx, "x-amz-checksum-type", cases[i].type);
        if (cases[i].got) {
            s3_good(fx, 200, "POST", "/docs/k?uploads", NULL);
            assert_string_equal(http_answer_header(fx, "x-amz-checksum-type"), cases[i].got);
        } else {
            s3_bad(fx, 400, "InvalidRequest", "POST", "/docs/k?uploads", NULL);
        }
    }
}

/* --- The end of an upload --- */

static void aborted_uploads_leave_nothing(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP], target[128];
    struct part part = {"", 'a', 1};
    begin(fx, "big", id);
    http_expect(fx, 200, send_part(fx, id, 1, &part));
    http_expect(fx, 200, send_part(fx, id, 2, &part));
    snprintf(target, sizeof target, "/docs/big?uploadId=%s", id);
    s3_good(fx, 204, "DELETE", target, NULL);
    assert_int_equal(s3_count_files(fx), 0);
    s3_bad(fx, 404, "NoSuchUpload", "DELETE", target, NULL);
    http_expect_s3_error(fx, send_part(fx, id, 1, &part), 404, "NoSuchUpload", "");
    http_expect_s3_error(fx, complete(fx, id, one_two_three, &part, 1), 404, "NoSuchUpload", "");
    s3_bad(fx, 404, "NoSuchUpload", "GET", target, NULL);
    assert_int_equal(s3_count_files(fx), 0);
}

/* Two calls at once: `first` has been through its turn and its work when `between` comes, and then gets its last turn. */
static void interleave(struct http_fixture *fx, const char *method, const char *target, const char *body,
                       void (*between)(struct http_fixture *fx, const char *id), const char *id, int status,
                       const char *code)
{
    struct call call = {.service = &fx->service, .source = fx->source};
    http_sign(fx, "s3");
    call.request.headers = (struct request_headers){http_get_header, http_find_prefix, http_each_header, fx};
    dispatch_open(&call, method, target);
    call.request.body = strdup(body);
    call.request.body_len = strlen(body);
    dispatch_check(&call);
    assert_true(dispatch_has_preparation(&call));
    assert_true(core_begin_read(fx->service.core));
    dispatch_prepare(&call);
    assert_true(core_commit(fx->service.core));
    dispatch_work(&call);
    assert_false(call_is_answered(&call));
    between(fx, id);
    assert_true(core_begin(fx->service.core));
    dispatch_serve(&call);
    assert_true(core_commit(fx->service.core));
    assert_int_equal(call.answer.status, status);
    assert_non_null(strstr(call.answer.body, code));
    dispatch_clear(&call);
}

static void abort_it(struct http_fixture *fx, const char *id)
{
    char target[128];
    snprintf(target, sizeof target, "/docs/big?uploadId=%s", id);
    s3_good(fx, 204, "DELETE", target, NULL);
}

static void abort_and_delete_bucket(struct http_fixture *fx, const char *id)
{
    (void)id;
    s3_good(fx, 204, "DELETE", "/docs", NULL);
}

static void upload_part_one_again(struct http_fixture *fx, const char *id)
{
    struct part again = {"", 'z', 9};
    http_expect(fx, 200, send_part(fx, id, 1, &again));
}

static void complete_part_one(struct http_fixture *fx, const char *id)
{
    struct part part = {.etag = "\"0cc175b9c0f1b6a831c399e269772661\""}; /* md5 of "a" */
    http_expect(fx, 200, complete(fx, id, one_two_three, &part, 1));
    s3_good(fx, 204, "DELETE", "/docs/big", NULL);
}

static void others_come_between(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    static const struct {
        bool is_completion;
        void (*between)(struct http_fixture *fx, const char *id);
        int status;
        const char *code;
        size_t files;
    } cases[] = {
        {false, abort_it, 404, "NoSuchUpload", 0},
        {false, abort_and_delete_bucket, 404, "NoSuchBucket", 0},
        {true, abort_it, 404, "NoSuchUpload", 0},
        {true, abort_and_delete_bucket, 404, "NoSuchBucket", 0},
        {true, complete_part_one, 404, "NoSuchUpload", 0},
        {true, upload_part_one_again, 400, "InvalidPart", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char id[UPLOAD_ID_CAP], target[128];
        struct part part = {"", 'a', 1};
        s3_ask(fx, "PUT", "/docs", NULL);
        begin(fx, "big", id);
        http_expect(fx, 200, send_part(fx, id, 1, &part));
        snprintf(target, sizeof target,
                 cases[i].is_completion ? "/docs/big?uploadId=%s" : "/docs/big?partNumber=2&uploadId=%s", id);
        char *text = document(one_two_three, &part, 1);
        interleave(fx, cases[i].is_completion ? "POST" : "PUT", target, text, cases[i].between, id,
                   cases[i].status, cases[i].code);
        free(text);
        assert_int_equal(s3_count_files(fx), cases[i].files);
        s3_ask(fx, "DELETE", "/docs", NULL);
        assert_int_equal(s3_count_files(fx), 0);
    }
}

static void deleted_buckets_take_uploads_along(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char first[UPLOAD_ID_CAP], second[UPLOAD_ID_CAP];
    struct part part = {"", 'a', 1};
    begin(fx, "big", first);
    begin(fx, "big", second);
    http_expect(fx, 200, send_part(fx, first, 1, &part));
    http_expect(fx, 200, send_part(fx, second, 7, &part));
    s3_good(fx, 204, "DELETE", "/docs", NULL);
    assert_int_equal(s3_count_files(fx), 0);
    s3_good(fx, 200, "PUT", "/docs", NULL);
    http_expect_s3_error(fx, send_part(fx, first, 1, &part), 404, "NoSuchUpload", "");
}

/* --- Parts from objects --- */

static void part_copy(struct http_fixture *fx, const char *id, int number, const char *range, int status,
                      const char *code)
{
    char target[128];
    snprintf(target, sizeof target, "/docs/big?partNumber=%d&uploadId=%s", number, id);
    http_header(fx, "x-amz-copy-source-range", range);
    if (status == 200) {
        s3_good(fx, 200, "PUT", target, NULL);
    } else {
        s3_bad(fx, status, code, "PUT", target, NULL);
    }
}

static void parts_from_an_object(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP];
    struct part part = {"", 'a', 1};
    s3_good(fx, 200, "PUT", "/docs/hello", "hello");
    begin(fx, "big", id);
    http_header(fx, "x-amz-copy-source", "docs/hello");
    part_copy(fx, id, 1, NULL, 200, NULL);
    s3_expect_texts(fx, "ETag", "&quot;5d41402abc4b2a76b9719d911017c592&quot; ");
    s3_expect_texts(fx, "ChecksumCRC64NVME", "M3eFcAZSQlc= ");
    part_copy(fx, id, 1, "bytes=1-3", 200, NULL);
    snprintf(part.etag, sizeof part.etag, "%.32s", s3_texts(fx, "ETag") + 6);
    static const char *const bad[] = {"bytes=1-5", "bytes=5-6", "bytes=3-1", "bytes=1-",
                                      "bytes=-1",  "1-2",       "bytes=a-b"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        part_copy(fx, id, 2, bad[i], 400, "InvalidArgument");
    }
    part_copy(fx, id, 0, NULL, 400, "InvalidArgument");
    part_copy(fx, "none", 1, NULL, 404, "NoSuchUpload");
    http_header(fx, "x-amz-copy-source", "docs/none");
    part_copy(fx, id, 2, NULL, 404, "NoSuchKey");
    http_header(fx, "x-amz-copy-source", NULL);
    http_header(fx, "x-amz-copy-source-range", NULL);
    http_expect(fx, 200, complete(fx, id, one_two_three, &part, 1)); /* an ETag without quotes */
    s3_good(fx, 200, "GET", "/docs/big", NULL);
    s3_expect_body(fx, "ell");
}

/* --- Lists --- */

static void lists_of_parts(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char id[UPLOAD_ID_CAP], target[160];
    struct part part = {"", 'a', 1};
    begin(fx, "big", id);
    for (int i = 5; i >= 1; i--) {
        http_expect(fx, 200, send_part(fx, id, 10 * i, &part));
    }
    snprintf(target, sizeof target, "/docs/big?uploadId=%s", id);
    s3_good(fx, 200, "GET", target, NULL);
    s3_expect_texts(fx, "PartNumber", "10 20 30 40 50 ");
    s3_expect_texts(fx, "Size", "1 1 1 1 1 ");
    s3_expect_texts(fx, "IsTruncated", "false ");
    s3_expect_texts(fx, "ChecksumAlgorithm", "CRC64NVME ");
    snprintf(target, sizeof target, "/docs/big?uploadId=%s&max-parts=2&part-number-marker=10", id);
    s3_good(fx, 200, "GET", target, NULL);
    s3_expect_texts(fx, "PartNumber", "20 30 ");
    s3_expect_texts(fx, "NextPartNumberMarker", "30 ");
    s3_expect_texts(fx, "IsTruncated", "true ");
    snprintf(target, sizeof target, "/docs/big?uploadId=%s&max-parts=0", id);
    s3_good(fx, 200, "GET", target, NULL);
    s3_expect_texts(fx, "PartNumber", "");
    s3_expect_texts(fx, "IsTruncated", "false ");
    snprintf(target, sizeof target, "/docs/big?uploadId=%s&max-parts=-2", id);
    s3_bad(fx, 400, "InvalidArgument", "GET", target, NULL);
}

static void lists_of_uploads(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    char ids[4][UPLOAD_ID_CAP], target[200];
    static const char *const names[] = {"a%20b", "big", "big", "c"};
    for (size_t i = 0; i < 4; i++) {
        begin(fx, names[i], ids[i]);
        fx->base.now_ms += 1;
    }
    s3_good(fx, 200, "GET", "/docs?uploads", NULL);
    s3_expect_texts(fx, "Key", "a b big big c ");
    char all[160];
    snprintf(all, sizeof all, "%s %s %s %s ", ids[0], ids[1], ids[2], ids[3]);
    s3_expect_texts(fx, "UploadId", all);
    s3_good(fx, 200, "GET", "/docs?uploads&prefix=b", NULL);
    s3_expect_texts(fx, "Key", "big big ");
    s3_good(fx, 200, "GET", "/docs?uploads&max-uploads=2&encoding-type=url", NULL);
    s3_expect_texts(fx, "Key", "a%20b big ");
    s3_expect_texts(fx, "IsTruncated", "true ");
    s3_expect_texts(fx, "NextKeyMarker", "big ");
    snprintf(target, sizeof target, "/docs?uploads&key-marker=big&upload-id-marker=%s", ids[1]);
    s3_good(fx, 200, "GET", target, NULL);
    s3_expect_texts(fx, "Key", "big c ");
    s3_good(fx, 200, "GET", "/docs?uploads&key-marker=big", NULL);
    s3_expect_texts(fx, "Key", "c ");
    s3_good(fx, 200, "GET", "/docs?uploads&max-uploads=0", NULL);
    s3_expect_texts(fx, "Key", "");
    s3_expect_texts(fx, "IsTruncated", "false ");
    s3_bad(fx, 404, "NoSuchBucket", "GET", "/none?uploads", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_object_of_three_parts),
        TEST(parts_of_an_object_can_be_read),
        TEST(completions_that_cannot_be),
        TEST(numbers_of_parts),
        TEST(composite_checksum),
        TEST(plans_of_checksums),
        TEST(aborted_uploads_leave_nothing),
        TEST(others_come_between),
        TEST(deleted_buckets_take_uploads_along),
        TEST(parts_from_an_object),
        TEST(lists_of_parts),
        TEST(lists_of_uploads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
