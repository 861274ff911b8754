/* SPDX-License-Identifier: MIT */
/* Signature Version 4 computed anew: AWS's published test vectors (credentials AKIDEXAMPLE of its test suite, the examples of
 * the S3 documentation), and what differs from a signed request in one place. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/http/sigv4_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUITE_NOW 1440938160 /* 20150830T123600Z */
#define S3_NOW    1369353600 /* 20130524T000000Z */

struct header {
    const char *name, *value;
};

struct sent {
    struct request request;
    const struct header *headers; /* the last one has no name */
};

static const char *get_header(void *ctx, const char *name)
{
    for (const struct header *at = ctx; at->name; at++) {
        if (strcasecmp(at->name, name) == 0) {
            return at->value;
        }
    }
    return NULL;
}

static void each_header(void *ctx, request_header_fn fn, void *arg)
{
    for (const struct header *at = ctx; at->name; at++) {
        fn(arg, at->name, at->value);
    }
}

static struct credentials *keys;

static int read_keys(void **state)
{
    (void)state;
    char path[] = "/tmp/test-sigv4-XXXXXX";
    char why[256] = "";
    static const char text[] = "[suite]\naws_access_key_id = AKIDEXAMPLE\n"
                               "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n"
                               "[s3]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n"
                               "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)(sizeof text - 1));
    close(fd);
    keys = credentials_read(path, why, sizeof why);
    unlink(path);
    assert_non_null(keys);
    return 0;
}

static int drop_keys(void **state)
{
    (void)state;
    credentials_free(keys);
    return 0;
}

static struct signature verify(const char *method, const char *target, const struct header *headers,
                               const char *body, size_t body_len, int64_t now_s)
{
    struct request request = {.headers = {get_header, NULL, each_header, (void *)(uintptr_t)headers}};
    struct signature signature;
    assert_int_equal(request_parse(&request, method, target), ERR_OK);
    if (body) {
        request.body = malloc(body_len + 1);
        assert_non_null(request.body);
        memcpy(request.body, body, body_len);
        request.body[body_len] = '\0';
        request.body_len = body_len;
    }
    signature_read(&request, now_s, &signature);
    if (signature.state == SIGNATURE_GOOD) {
        signature_verify(&request, keys, now_s, &signature);
    }
    if (signature.state == SIGNATURE_GOOD) {
        signature_verify_body(&request, keys, &signature);
    }
    request_clear(&request);
    return signature;
}

/* --- The test suite of AWS: service "service", us-east-1 --- */

#define SUITE(names, digits)                                                                                 \
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" names  \
    ", Signature=" digits

static struct signature suite(const char *method, const char *target, const char *authorization,
                              const struct header *more, const char *body)
{
    struct header headers[8] = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}};
    size_t count = 2;
    for (; more && more->name; more++) {
        headers[count++] = *more;
    }
    headers[count++] = (struct header){"Authorization", authorization};
    headers[count] = (struct header){NULL, NULL};
    return verify(method, target, headers, body, body ? strlen(body) : 0, SUITE_NOW);
}

static void vectors_of_the_suite(void **state)
{
    (void)state;
    static const struct header param_type[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                               {NULL, NULL}};
    static const struct header twice[] = {
        {"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}, {NULL, NULL}};
    static const struct header trimmed[] = {
        {"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}, {NULL, NULL}};
    static const struct {
        const char *name, *method, *target, *authorization;
        const struct header *more;
        const char *body;
    } rows[] = {
        {"get-vanilla", "GET", "/",
         SUITE("host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), NULL,
         NULL},
        {"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1",
         SUITE("host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"), NULL,
         NULL},
        {"get-vanilla-empty-query-key", "GET", "/?Param1=value1",
         SUITE("host;x-amz-date", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"), NULL,
         NULL},
        {"post-vanilla", "POST", "/",
         SUITE("host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"), NULL,
         NULL},
        {"post-x-www-form-urlencoded", "POST", "/",
         SUITE("content-type;host;x-amz-date",
               "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
         param_type, "Param1=value1"},
        {"get-header-key-duplicate", "GET", "/",
         SUITE("host;my-header1;x-amz-date",
               "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
         twice, NULL},
        {"get-header-value-trim", "GET", "/",
         SUITE("host;my-header1;my-header2;x-amz-date",
               "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
         trimmed, NULL},
        {"get-utf8", "GET", "/\xe1\x88\xb4",
         SUITE("host;x-amz-date", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"), NULL,
         NULL},
        {"get-relative", "GET", "/example/..",
         SUITE("host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), NULL,
         NULL},
        {"get-slash-dot-slash", "GET", "/./",
         SUITE("host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), NULL,
         NULL},
        {"get-slashes", "GET", "//example//",
         SUITE("host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"), NULL,
         NULL},
        {"get-slash-pointless-dot", "GET", "/./example",
         SUITE("host;x-amz-date", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"), NULL,
         NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signature signature =
            suite(rows[i].method, rows[i].target, rows[i].authorization, rows[i].more, rows[i].body);
        if (signature.state != SIGNATURE_GOOD) {
            fail_msg("%s: %s", rows[i].name, signature.why);
        }
    }
}

#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

static void whatever_differs_is_a_mismatch(void **state)
{
    (void)state;
    static const struct header foreign[] = {{"x-amz-security-token", "t"}, {NULL, NULL}};
    static const struct header principal[] = {{"x-amzn-principal", "arn"}, {NULL, NULL}};
    const char *good = SUITE("host;x-amz-date", VANILLA);
    assert_int_equal(suite("GET", "/", good, NULL, NULL).state, SIGNATURE_GOOD);
    assert_int_equal(suite("POST", "/", good, NULL, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/a", good, NULL, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/?a=", good, NULL, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/", good, NULL, "{}").state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/", good, foreign, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/", good, principal, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/", SUITE("x-amz-date", VANILLA), NULL, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(suite("GET", "/", SUITE("host", VANILLA), NULL, NULL).state, SIGNATURE_MISMATCH);
    assert_int_equal(
        suite("GET", "/",
              SUITE("host;x-amz-date", "0000000000000000000000000000000000000000000000000000000000000000"),
              NULL, NULL)
            .state,
        SIGNATURE_MISMATCH);
}

static struct signature vanilla_at(int64_t now_s, const char *key_id, const char *date)
{
    char authorization[300];
    snprintf(authorization, sizeof authorization,
             "AWS4-HMAC-SHA256 Credential=%s/20150830/us-east-1/service/aws4_request, "
             "SignedHeaders=host;x-amz-date, Signature=" VANILLA,
             key_id);
    const struct header headers[] = {{"Host", "example.amazonaws.com"},
                                     {"X-Amz-Date", date},
                                     {"Authorization", authorization},
                                     {NULL, NULL}};
    return verify("GET", "/", headers, NULL, 0, now_s);
}

static void keys_and_clocks(void **state)
{
    (void)state;
    const char date[] = "20150830T123600Z";
    assert_int_equal(vanilla_at(SUITE_NOW + 900, "AKIDEXAMPLE", date).state, SIGNATURE_GOOD);
    assert_int_equal(vanilla_at(SUITE_NOW - 900, "AKIDEXAMPLE", date).state, SIGNATURE_GOOD);
    assert_int_equal(vanilla_at(SUITE_NOW + 901, "AKIDEXAMPLE", date).state, SIGNATURE_SKEWED);
    assert_int_equal(vanilla_at(SUITE_NOW - 901, "AKIDEXAMPLE", date).state, SIGNATURE_SKEWED);
    assert_int_equal(vanilla_at(SUITE_NOW, "AKIDOTHER", date).state, SIGNATURE_UNKNOWN_KEY);
    assert_int_equal(vanilla_at(SUITE_NOW, "AKIAIOSFODNN7EXAMPLE", date).state, SIGNATURE_MISMATCH);
    assert_int_equal(vanilla_at(SUITE_NOW, "AKIDEXAMPLE", "20150831T123600Z").state, SIGNATURE_MISMATCH);
    assert_int_equal(vanilla_at(SUITE_NOW, "AKIDEXAMPLE", "today").state, SIGNATURE_INCOMPLETE);
}

/* --- S3: the examples of its documentation --- */

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3(names, digits)                                                                                    \
    "AWS4-HMAC-SHA256 "                                                                                      \
    "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" names                \
    ",Signature=" digits

static void s3_object_by_header(void **state)
{
    (void)state;
    const struct header get[] = {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"Range", "bytes=0-9"},
        {"x-amz-content-sha256", EMPTY},
        {"x-amz-date", "20130524T000000Z"},
        {"Authorization", S3("host;range;x-amz-content-sha256;x-amz-date",
                             "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")},
        {NULL, NULL}};
    assert_int_equal(verify("GET", "/test.txt", get, NULL, 0, S3_NOW).state, SIGNATURE_GOOD);
    assert_int_equal(verify("GET", "/test.tx%74", get, NULL, 0, S3_NOW).state, SIGNATURE_GOOD);
    assert_int_equal(verify("GET", "/other.txt", get, NULL, 0, S3_NOW).state, SIGNATURE_MISMATCH);
    const struct header put[] = {
        {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
        {"x-amz-date", "20130524T000000Z"},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"Authorization", S3("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                             "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")},
        {NULL, NULL}};
    const char body[] = "Welcome to Amazon S3.";
    assert_int_equal(verify("PUT", "/test%24file.text", put, body, strlen(body), S3_NOW).state,
                     SIGNATURE_GOOD);
    assert_int_equal(verify("PUT", "/test$file.text", put, body, strlen(body), S3_NOW).state, SIGNATURE_GOOD);
    assert_int_equal(
        verify("PUT", "/test%24file.text", put, "Welcome to Amazon S4.", strlen(body), S3_NOW).state,
        SIGNATURE_BODY_MISMATCH);
    const struct header lifecycle[] = {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"x-amz-content-sha256", EMPTY},
        {"x-amz-date", "20130524T000000Z"},
        {"Authorization", S3("host;x-amz-content-sha256;x-amz-date",
                             "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")},
        {NULL, NULL}};
    assert_int_equal(verify("GET", "/?lifecycle", lifecycle, NULL, 0, S3_NOW).state, SIGNATURE_GOOD);
    const struct header silent[] = {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"x-amz-date", "20130524T000000Z"},
        {"Authorization",
         S3("host;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")},
        {NULL, NULL}};
    assert_int_equal(verify("GET", "/?lifecycle", silent, NULL, 0, S3_NOW).state, SIGNATURE_INCOMPLETE);
}

#define PRESIGNED                                                                                            \
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"         \
    "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders="     \
    "host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"

static void s3_object_by_presigned_link(void **state)
{
    (void)state;
    const struct header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"}, {NULL, NULL}};
    const struct header other[] = {{"Host", "other.s3.amazonaws.com"}, {NULL, NULL}};
    assert_int_equal(verify("GET", PRESIGNED, headers, NULL, 0, S3_NOW).state, SIGNATURE_GOOD);
    assert_int_equal(verify("GET", PRESIGNED, headers, NULL, 0, S3_NOW + 86400).state, SIGNATURE_GOOD);
    assert_int_equal(verify("GET", PRESIGNED, headers, NULL, 0, S3_NOW + 86401).state, SIGNATURE_EXPIRED);
    assert_int_equal(verify("GET", PRESIGNED, headers, NULL, 0, S3_NOW - 901).state, SIGNATURE_SKEWED);
    assert_int_equal(verify("GET", PRESIGNED, other, NULL, 0, S3_NOW).state, SIGNATURE_MISMATCH);
    assert_int_equal(verify("PUT", PRESIGNED, headers, NULL, 0, S3_NOW).state, SIGNATURE_MISMATCH);
    assert_int_equal(verify("GET", PRESIGNED "&x=1", headers, NULL, 0, S3_NOW).state, SIGNATURE_MISMATCH);
    assert_int_equal(verify("GET", "/b/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=s&Expires=1400000000", headers,
                            NULL, 0, S3_NOW)
                         .state,
                     SIGNATURE_OLD_VERSION);
}

/* 66560 bytes of 'a' in chunks of 64 KiB and 1 KiB, as the documentation of S3 has it. */
static void s3_object_in_signed_chunks(void **state)
{
    (void)state;
    const struct header headers[] = {
        {"Host", "s3.amazonaws.com"},
        {"x-amz-date", "20130524T000000Z"},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
        {"Content-Encoding", "aws-chunked"},
        {"x-amz-decoded-content-length", "66560"},
        {"Content-Length", "66824"},
        {"Authorization", S3("content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-"
                             "decoded-content-length;"
                             "x-amz-storage-class",
                             "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")},
        {NULL, NULL}};
    char *body = malloc(70000);
    assert_non_null(body);
    char *at = body + sprintf(body, "10000;chunk-signature="
                                    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n");
    memset(at, 'a', 65536);
    at += 65536;
    at += sprintf(at, "\r\n400;chunk-signature="
                      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n");
    memset(at, 'a', 1024);
    at += 1024;
    at += sprintf(at, "\r\n0;chunk-signature="
                      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n");
    size_t len = (size_t)(at - body);
    assert_int_equal(len, 66824);
    assert_int_equal(verify("PUT", "/examplebucket/chunkObject.txt", headers, body, len, S3_NOW).state,
                     SIGNATURE_GOOD);
    body[70000 / 2] = 'b';
    assert_int_equal(verify("PUT", "/examplebucket/chunkObject.txt", headers, body, len, S3_NOW).state,
                     SIGNATURE_MISMATCH);
    body[70000 / 2] = 'a';
    size_t cut = len - strlen("0;chunk-signature=") - 64 - 4;
    assert_int_equal(verify("PUT", "/examplebucket/chunkObject.txt", headers, body, cut, S3_NOW).state,
                     SIGNATURE_MISMATCH); /* without its last chunk */
    assert_int_equal(verify("PUT", "/examplebucket/chunkObject.txt", headers, body, 10, S3_NOW).state,
                     SIGNATURE_MISMATCH);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_suite),
        cmocka_unit_test(whatever_differs_is_a_mismatch),
        cmocka_unit_test(keys_and_clocks),
        cmocka_unit_test(s3_object_by_header),
        cmocka_unit_test(s3_object_by_presigned_link),
        cmocka_unit_test(s3_object_in_signed_chunks),
    };
    return cmocka_run_group_tests(tests, read_keys, drop_keys);
}
