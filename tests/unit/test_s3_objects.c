/* SPDX-License-Identifier: MIT */
/* Objects of S3 and what is stored beside their bytes (docs/protocol.md 11): headers, conditions, deletes, copies, hosts that
 * name a bucket. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/s3_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ETAG_HELLO   "\"5d41402abc4b2a76b9719d911017c592\"" /* md5 of "hello" */

static struct http_fixture *with_hello(void **state)
{
    struct http_fixture *fx = *state;
    s3_good(fx, 200, "PUT", "/docs", NULL);
    s3_good(fx, 200, "PUT", "/docs/hello", "hello");
    return fx;
}

/* --- What is stored beside the bytes --- */

static void headers_come_back(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const headers[][2] = {
        {"Content-Type", "text/x-test"},       {"Cache-Control", "max-age=7"},
        {"Content-Disposition", "attachment"}, {"Content-Encoding", "gzip"},
        {"Content-Language", "de, en"},        {"Expires", "Thu, 01 Jan 2099 00:00:00 GMT"},
        {"X-Amz-Meta-Colour", "blue: dark"},   {"x-amz-meta-empty", ""},
        {"x-amz-meta-\xc3\xa4", "\xc3\xa9"},
    };
    for (size_t i = 0; i < COUNT(headers); i++) {
        http_header(fx, headers[i][0], headers[i][1]);
    }
    s3_good(fx, 200, "PUT", "/docs/k", "hello");
    for (size_t i = 0; i < COUNT(headers); i++) {
        http_header(fx, headers[i][0], NULL);
    }
    for (int i = 0; i < 2; i++) {
        s3_good(fx, 200, i ? "HEAD" : "GET", "/docs/k", NULL);
        assert_string_equal(http_answer_header(fx, "Content-Type"), "text/x-test");
        assert_string_equal(http_answer_header(fx, "Cache-Control"), "max-age=7");
        assert_string_equal(http_answer_header(fx, "Content-Disposition"), "attachment");
        assert_string_equal(http_answer_header(fx, "Content-Encoding"), "gzip");
        assert_string_equal(http_answer_header(fx, "Content-Language"), "de, en");
        assert_string_equal(http_answer_header(fx, "Expires"), "Thu, 01 Jan 2099 00:00:00 GMT");
        assert_string_equal(http_answer_header(fx, "x-amz-meta-colour"), "blue: dark");
        assert_string_equal(http_answer_header(fx, "x-amz-meta-\xc3\xa4"), "\xc3\xa9");
    }
    s3_good(fx, 200, "PUT", "/docs/k", "again"); /* they go with the object */
    s3_good(fx, 200, "GET", "/docs/k", NULL);
    assert_string_equal(http_answer_header(fx, "x-amz-meta-colour"), "");
    assert_string_equal(http_answer_header(fx, "Content-Disposition"), "inline");
}

static void framing_is_no_encoding_of_the_object(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const struct {
        const char *told, *stored;
        bool is_framed;
    } cases[] = {
        {"aws-chunked", "", true},
        {"AWS-Chunked", "", true},
        {"aws-chunked, gzip", "gzip", true},
        {"gzip,aws-chunked", "gzip", true},
        {"gzip, aws-chunked", "gzip", true},
        {"gzip , Aws-Chunked\t, br", "gzip, br", true},
        {"aws-chunked,aws-chunked", "", true},
        {"gzip,br", "gzip,br", false},
        {"aws-chunked2", "aws-chunked2", false},
        {"x-aws-chunked", "x-aws-chunked", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_header(fx, "Content-Encoding", cases[i].told);
        http_header(fx, "x-amz-decoded-content-length", cases[i].is_framed ? "1" : NULL);
        s3_good(fx, 200, "PUT", "/docs/k", cases[i].is_framed ? "1\r\nx\r\n0\r\n\r\n" : "x");
        http_header(fx, "Content-Encoding", NULL);
        s3_good(fx, 200, "GET", "/docs/k", NULL);
        s3_expect_body(fx, "x");
        assert_string_equal(http_answer_header(fx, "Content-Encoding"), cases[i].stored);
    }
}

static void metadata_has_a_limit(void **state)
{
    struct http_fixture *fx = with_hello(state);
    char value[2049];
    memset(value, 'v', sizeof value);
    value[2048 - 4] = '\0'; /* with "name" 2,048 bytes */
    http_header(fx, "x-amz-meta-name", value);
    s3_good(fx, 200, "PUT", "/docs/k", "x");
    http_header(fx, "x-amz-meta-n", "");
    s3_bad(fx, 400, "MetadataTooLarge", "PUT", "/docs/k", "y");
    s3_bad(fx, 400, "MetadataTooLarge", "POST", "/docs/k?uploads", NULL);
    http_header(fx, "x-amz-meta-n", NULL);
    static const char *const bad[] = {"a\nb", "a\x7f_b", "\xff"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        http_header(fx, "x-amz-meta-name", bad[i]);
        s3_bad(fx, 400, "InvalidArgument", "PUT", "/docs/k", "y");
    }
    s3_good(fx, 200, "GET", "/docs/k", NULL);
    s3_expect_body(fx, "x");
}

static void the_asker_may_want_other_headers(void **state)
{
    struct http_fixture *fx = with_hello(state);
    const char target[] =
        "/docs/hello?response-content-type=text%2Fhtml&response-cache-control=no-store&"
        "response-content-disposition=attachment%3B%20filename%3D%22a.b%22&response-expires=0&"
        "response-content-language=fr&response-content-encoding=br";
    s3_good(fx, 200, "GET", target, NULL);
    assert_string_equal(http_answer_header(fx, "Content-Type"), "text/html");
    assert_string_equal(http_answer_header(fx, "Cache-Control"), "no-store");
    assert_string_equal(http_answer_header(fx, "Content-Disposition"), "attachment; filename=\"a.b\"");
    assert_string_equal(http_answer_header(fx, "Content-Language"), "fr");
    assert_string_equal(http_answer_header(fx, "Content-Encoding"), "br");
    assert_string_equal(http_answer_header(fx, "Content-Security-Policy"), "sandbox");
    s3_bad(fx, 400, "InvalidArgument", "GET", "/docs/hello?response-content-type=a%0D%0ASet-Cookie%3Ax",
           NULL);
    http_header(fx, "Authorization", NULL);
    http_expect_s3_error(fx, http_send(fx, "GET", target, NULL, 0), 400, "InvalidRequest", "anonymous");
    http_expect(fx, 200, http_send(fx, "GET", "/docs/hello", NULL, 0));
}

/* --- Conditions of a write --- */

static void conditions_of_a_put(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_header(fx, "If-None-Match", "*");
    s3_bad(fx, 412, "PreconditionFailed", "PUT", "/docs/hello", "changed");
    s3_good(fx, 200, "PUT", "/docs/new", "new");
    http_header(fx, "If-None-Match", ETAG_HELLO);
    s3_bad(fx, 501, "NotImplemented", "PUT", "/docs/hello", "changed");
    http_header(fx, "If-None-Match", NULL);
    http_header(fx, "If-Match", "\"00000000000000000000000000000000\"");
    s3_bad(fx, 412, "PreconditionFailed", "PUT", "/docs/hello", "changed");
    s3_bad(fx, 412, "PreconditionFailed", "DELETE", "/docs/hello", NULL);
    s3_bad(fx, 404, "NoSuchKey", "PUT", "/docs/none", "x");
    http_header(fx, "If-Match", NULL);
    s3_good(fx, 200, "GET", "/docs/hello", NULL);
    s3_expect_body(fx, "hello");
    assert_int_equal(s3_count_files(fx), 2); /* no body of a refused PUT stays */
    http_header(fx, "If-Match", ETAG_HELLO);
    s3_good(fx, 200, "PUT", "/docs/hello", "changed");
    s3_bad(fx, 412, "PreconditionFailed", "PUT", "/docs/hello", "again");
    http_header(fx, "If-Match", NULL);
}

/* --- Keys --- */

static void keys_of_all_kinds(void **state)
{
    struct http_fixture *fx = with_hello(state);
    char target[1100] = "/docs/";
    memset(target + 6, 'k', 1025);
    target[6 + 1024] = '\0';
    s3_good(fx, 200, "PUT", target, "long");
    s3_good(fx, 200, "GET", target, NULL);
    target[6 + 1024] = 'k';
    target[6 + 1025] = '\0';
    s3_bad(fx, 400, "KeyTooLongError", "PUT", target, "x");
    s3_bad(fx, 400, "KeyTooLongError", "GET", target, NULL);
    static const char *const names[] = {
        "/docs/../../etc/passwd", "/docs/.",  "/docs//", "/docs/a//b/", "/docs/..",
        "/docs/%2e%2e%2fx",       "/docs/%01"};
    for (size_t i = 0; i < COUNT(names); i++) {
        s3_good(fx, 200, "PUT", names[i], names[i]);
        s3_good(fx, 200, "GET", names[i], NULL);
        s3_expect_body(fx, names[i]);
    }
    s3_good(fx, 200, "GET", "/docs?list-type=2&prefix=..", NULL);
    s3_expect_texts(fx, "Key", ".. ../../etc/passwd ../x ");
    assert_int_equal(s3_count_files(fx), 9); /* files have names of their own: nothing lies elsewhere */
}

static void the_only_version_is_null(void **state)
{
    struct http_fixture *fx = with_hello(state);
    s3_good(fx, 200, "GET", "/docs/hello?versionId=null", NULL);
    s3_good(fx, 200, "HEAD", "/docs/hello?versionId=null", NULL);
    s3_bad(fx, 404, "NoSuchVersion", "GET", "/docs/hello?versionId=3", NULL);
    s3_bad(fx, 404, "NoSuchVersion", "DELETE", "/docs/hello?versionId=3", NULL);
    s3_good(fx, 204, "DELETE", "/docs/hello?versionId=null", NULL);
    s3_good(fx, 200, "GET", "/docs?versioning", NULL);
    assert_non_null(strstr(fx->call.answer.body, "VersioningConfiguration"));
    assert_null(strstr(fx->call.answer.body, "Status"));
    s3_good(fx, 200, "GET", "/docs?location", NULL);
    s3_bad(fx, 404, "NoSuchBucket", "GET", "/none?location", NULL);
    s3_bad(fx, 404, "NoSuchBucket", "GET", "/none?versioning", NULL);
}

/* --- Deleting --- */

static void what_is_deleted_is_gone(void **state)
{
    struct http_fixture *fx = with_hello(state);
    s3_bad(fx, 409, "BucketNotEmpty", "DELETE", "/docs", NULL);
    s3_good(fx, 204, "DELETE", "/docs/hello", NULL);
    assert_int_equal(s3_count_files(fx), 0);
    s3_good(fx, 204, "DELETE", "/docs/hello", NULL);
    s3_bad(fx, 404, "NoSuchKey", "GET", "/docs/hello", NULL);
    s3_bad(fx, 404, "NoSuchBucket", "DELETE", "/none/hello", NULL);
    s3_good(fx, 204, "DELETE", "/docs", NULL);
    s3_bad(fx, 404, "NoSuchBucket", "DELETE", "/docs", NULL);
    s3_bad(fx, 404, "NoSuchBucket", "PUT", "/docs/hello", "x");
    s3_good(fx, 200, "PUT", "/docs", NULL);
    s3_good(fx, 200, "GET", "/docs?list-type=2", NULL);
    s3_expect_texts(fx, "KeyCount", "0 ");
}

#define OBJECT(key) "<Object><Key>" key "</Key></Object>"

static void many_are_deleted_at_once(void **state)
{
    struct http_fixture *fx = with_hello(state);
    s3_good(fx, 200, "PUT", "/docs/a%26b", "x");
    s3_good(fx, 200, "PUT", "/docs/c", "x");
    s3_good(fx, 200, "POST", "/docs?delete",
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" OBJECT("a&amp;b")
                OBJECT("none") "<Object><Key>c</Key><VersionId>7</VersionId></Object>"
                               "<Object><Key>hello</Key><VersionId>null</VersionId></Object></Delete>");
    s3_expect_texts(fx, "Deleted", "<Key>a&amp;b</Key> <Key>none</Key> <Key>hello</Key> ");
    s3_expect_texts(fx, "Code", "NoSuchVersion ");
    s3_good(fx, 200, "GET", "/docs?list-type=2", NULL);
    s3_expect_texts(fx, "Key", "c ");
    s3_good(fx, 200, "POST", "/docs?delete", "<Delete><Quiet>true</Quiet>" OBJECT("c") "</Delete>");
    s3_expect_texts(fx, "Deleted", "");
    assert_int_equal(s3_count_files(fx), 0);
    s3_bad(fx, 404, "NoSuchBucket", "POST", "/none?delete", "<Delete>" OBJECT("c") "</Delete>");
}

static void broken_deletions_delete_nothing(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const bad[] = {
        "",
        "<Delete></Delete>",
        "<Delete>" OBJECT("hello"),
        "<Remove>" OBJECT("hello") "</Remove>",
        "<Delete>" OBJECT("hello") "<Object/></Delete>",
        "<Delete>" OBJECT("hello") OBJECT("") "</Delete>",
        "<!DOCTYPE Delete [<!ENTITY k \"hello\">]><Delete>" OBJECT("&k;") "</Delete>",
        "<Delete><Object><Key>hello</Key><ETag>x</ETag></Object></Delete>",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        s3_bad(fx, 400, "MalformedXML", "POST", "/docs?delete", bad[i]);
    }
    http_header(fx, "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    s3_bad(fx, 400, "BadDigest", "POST", "/docs?delete", "<Delete>" OBJECT("hello") "</Delete>");
    http_header(fx, "Content-MD5", NULL);
    s3_good(fx, 200, "HEAD", "/docs/hello", NULL);
    char *many = calloc(1, 64 * 1024);
    assert_non_null(many);
    strcpy(many, "<Delete>");
    size_t len = 8;
    for (size_t i = 0; i < 1000; i++) {
        len += (size_t)sprintf(many + len, OBJECT("k%zu"), i);
    }
    strcpy(many + len, "</Delete>");
    s3_good(fx, 200, "POST", "/docs?delete", many);
    strcpy(many + len, OBJECT("hello") "</Delete>");
    s3_bad(fx, 400, "MalformedXML", "POST", "/docs?delete", many);
    s3_good(fx, 200, "HEAD", "/docs/hello", NULL);
    free(many);
}

/* --- Copies --- */

static void copy(struct http_fixture *fx, int status, const char *code, const char *source,
                 const char *target)
{
    http_header(fx, "x-amz-copy-source", source);
    if (status == 200) {
        s3_good(fx, 200, "PUT", target, NULL);
    } else {
        s3_bad(fx, status, code, "PUT", target, NULL);
    }
    http_header(fx, "x-amz-copy-source", NULL);
}

static void copies_are_objects(void **state)
{
    struct http_fixture *fx = *state;
    s3_good(fx, 200, "PUT", "/docs", NULL);
    s3_good(fx, 200, "PUT", "/other", NULL);
    http_header(fx, "x-amz-meta-a", "1");
    http_header(fx, "Content-Type", "a/b");
    http_header(fx, "x-amz-checksum-crc32", "NhCmhg==");
    s3_good(fx, 200, "PUT", "/docs/a%20%2Bb/c", "hello");
    http_header(fx, "x-amz-checksum-crc32", NULL);
    http_header(fx, "x-amz-meta-a", "2");
    http_header(fx, "Content-Type", "c/d");
    copy(fx, 200, NULL, "/docs/a%20%2Bb/c", "/other/copied");
    s3_expect_texts(fx, "ETag", "&quot;5d41402abc4b2a76b9719d911017c592&quot; ");
    s3_expect_texts(fx, "ChecksumCRC32", "NhCmhg== ");
    s3_expect_texts(fx, "LastModified", "2023-11-14T22:13:20.123Z ");
    http_header(fx, "x-amz-metadata-directive", "REPLACE");
    copy(fx, 200, NULL, "docs%2Fa%20%2Bb%2Fc?versionId=null", "/other/replaced");
    http_header(fx, "x-amz-metadata-directive", NULL);
    s3_good(fx, 204, "DELETE", "/docs/a%20%2Bb/c", NULL); /* a copy is a body of its own */
    s3_good(fx, 200, "GET", "/other/copied", NULL);
    s3_expect_body(fx, "hello");
    assert_string_equal(http_answer_header(fx, "x-amz-meta-a"), "1");
    assert_string_equal(http_answer_header(fx, "Content-Type"), "a/b");
    s3_good(fx, 200, "GET", "/other/replaced", NULL);
    s3_expect_body(fx, "hello");
    assert_string_equal(http_answer_header(fx, "x-amz-meta-a"), "2");
    assert_string_equal(http_answer_header(fx, "Content-Type"), "c/d");
}

static void copies_that_cannot_be(void **state)
{
    struct http_fixture *fx = with_hello(state);
    copy(fx, 404, "NoSuchKey", "/docs/none", "/docs/x");
    copy(fx, 404, "NoSuchBucket", "/none/hello", "/docs/x");
    copy(fx, 404, "NoSuchBucket", "/docs/hello", "/none/x");
    copy(fx, 400, "InvalidRequest", "/docs/hello", "/docs/hello");
    copy(fx, 404, "NoSuchVersion", "/docs/hello?versionId=1", "/docs/x");
    static const char *const bad[] = {
        "", "/", "docs", "/docs/", "docs/%zz", "docs/%ff", "arn:aws:s3:::docs/hello"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        copy(fx, 400, "InvalidArgument", bad[i], "/docs/x");
    }
    static const char *const conditions[][2] = {
        {"x-amz-copy-source-if-match", "\"x\""},
        {"x-amz-copy-source-if-none-match", ETAG_HELLO},
        {"x-amz-copy-source-if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"},
        {"x-amz-copy-source-if-unmodified-since", "Tue, 14 Nov 2023 22:13:19 GMT"},
        {"If-Match", "\"x\""}, /* of the target, which is not there */
    };
    for (size_t i = 0; i < COUNT(conditions); i++) {
        http_header(fx, conditions[i][0], conditions[i][1]);
        copy(fx, i == 4 ? 404 : 412, i == 4 ? "NoSuchKey" : "PreconditionFailed", "/docs/hello", "/docs/x");
        http_header(fx, conditions[i][0], NULL);
    }
    http_header(fx, "x-amz-metadata-directive", "MERGE");
    copy(fx, 400, "InvalidArgument", "/docs/hello", "/docs/x");
    http_header(fx, "x-amz-metadata-directive", NULL);
    http_header(fx, "x-amz-checksum-algorithm", "CRC7");
    copy(fx, 400, "InvalidRequest", "/docs/hello", "/docs/x");
    http_header(fx, "x-amz-checksum-algorithm", NULL);
    assert_int_equal(s3_count_files(fx), 1);
}

/* The way to change what is stored beside the bytes. */
static void copy_onto_itself(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_header(fx, "x-amz-metadata-directive", "REPLACE");
    http_header(fx, "x-amz-meta-new", "yes");
    http_header(fx, "x-amz-checksum-algorithm", "SHA256");
    copy(fx, 200, NULL, "/docs/hello", "/docs/hello");
    s3_expect_texts(fx, "ChecksumSHA256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ= ");
    s3_good(fx, 200, "GET", "/docs/hello", NULL);
    s3_expect_body(fx, "hello");
    assert_string_equal(http_answer_header(fx, "x-amz-meta-new"), "yes");
    assert_int_equal(s3_count_files(fx), 1);
}

/* --- Hosts that name a bucket --- */

static void bucket_in_the_host(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const hosts[] = {"docs.localhost:8080", "docs.localhost", "docs.s3.localhost:8080",
                                        "DOCS.LocalHost:1"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        http_header(fx, "Host", hosts[i]);
        s3_good(fx, 200, "GET", "/hello", NULL);
        s3_expect_body(fx, "hello");
        s3_good(fx, 200, "GET", "/?list-type=2", NULL);
        s3_expect_texts(fx, "Key", "hello ");
        s3_good(fx, 200, "PUT", "/a/b%20c", "deep");
        s3_good(fx, 200, "GET", "/a/b%20c", NULL);
        s3_good(fx, 204, "DELETE", "/a/b%20c", NULL);
        http_header(fx, "Authorization", NULL);
        http_expect(fx, 200, http_send(fx, "GET", "/hello", NULL, 0)); /* the plain link */
        http_expect(fx, 403, http_send(fx, "GET", "/", NULL, 0));
    }
    http_header(fx, "Host", "my.docs.localhost");
    s3_good(fx, 200, "PUT", "/", NULL);
    s3_good(fx, 200, "HEAD", "/", NULL);
    http_header(fx, "Host", "s3.localhost:8080");
    s3_good(fx, 200, "GET", "/", NULL);
    s3_expect_texts(fx, "Name", "docs my.docs ");
    s3_good(fx, 200, "GET", "/docs/hello", NULL);
}

/* The guard against DNS rebinding lets through what cannot lead elsewhere, and to S3 alone. */
static void other_hosts_stay_outside(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const hosts[] = {"docs.localhost.evil.example",
                                        "docs.evil.example",
                                        "localhost.evil.example",
                                        "docslocalhost",
                                        ".localhost",
                                        "docs_x.localhost",
                                        "docs.localhost:0",
                                        "docs.localhost:8080:1",
                                        "docs@x.localhost",
                                        "d\xc3\xb6.localhost"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        http_header(fx, "Host", hosts[i]);
        http_expect_error(fx, s3_ask(fx, "GET", "/docs/hello", NULL), 403, "AccessDeniedException",
                          "DNS rebinding");
    }
    char host[90];
    memset(host, 'a', sizeof host);
    strcpy(host + 64, ".localhost");
    http_header(fx, "Host", host);
    http_expect_error(fx, s3_ask(fx, "GET", "/x", NULL), 403, "AccessDeniedException", "");
    http_header(fx, "Host", "docs.localhost:8080");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things", NULL), 403, "AccessDeniedException",
                      "docs.localhost");
    http_header(fx, "Origin", "http://docs.localhost:8080");
    http_expect_error(fx, s3_ask(fx, "GET", "/hello", NULL), 403, "AccessDeniedException", "web page");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(headers_come_back),        TEST(framing_is_no_encoding_of_the_object),
        TEST(metadata_has_a_limit),     TEST(the_asker_may_want_other_headers),
        TEST(conditions_of_a_put),      TEST(keys_of_all_kinds),
        TEST(the_only_version_is_null), TEST(what_is_deleted_is_gone),
        TEST(many_are_deleted_at_once), TEST(broken_deletions_delete_nothing),
        TEST(copies_are_objects),       TEST(copies_that_cannot_be),
        TEST(copy_onto_itself),         TEST(bucket_in_the_host),
        TEST(other_hosts_stay_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
