/* SPDX-License-Identifier: MIT */
/* The local S3 over HTTP: what the AWS CLI and a browser do (docs/protocol.md 11; an uploaded file opens
 * in a web browser by its plain link).: ranges that can be relied on. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/objects.h"
#include "cloud/http/s3/s3.h"
#include "fakes/http_fixture.h"

#include <dirent.h>
#include <sqlite3.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ETAG_HELLO   "\"5d41402abc4b2a76b9719d911017c592\"" /* md5 of "hello" */

static int put(struct http_fixture *fx, const char *target, const char *body)
{
    return http_ask(fx, "s3", "PUT", target, body);
}

static struct http_fixture *with_hello(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200, put(fx, "/docs", NULL));
    http_expect(fx, 200, put(fx, "/docs/hello.txt", "hello"));
    assert_string_equal(http_answer_header(fx, "ETag"), ETAG_HELLO);
    return fx;
}

static void expect_body(const struct http_fixture *fx, const char *text)
{
    assert_int_equal(fx->call.answer.body_len, strlen(text));
    assert_memory_equal(fx->call.answer.body, text, strlen(text));
}

static void buckets(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200, put(fx, "/my-bucket", "<CreateBucketConfiguration/>"));
    assert_string_equal(http_answer_header(fx, "Location"), "/my-bucket");
    http_expect(fx, 200, put(fx, "/my-bucket/", NULL)); /* us-east-1: again is fine */
    http_expect(fx, 200, http_ask(fx, "s3", "HEAD", "/my-bucket", NULL));
    assert_string_equal(http_answer_header(fx, "x-amz-bucket-region"), "us-east-1");
    http_expect(fx, 404, http_ask(fx, "s3", "HEAD", "/other", NULL));
    http_expect_s3_error(fx, put(fx, "/Bad_Name", NULL), 400, "InvalidBucketName", "Bad_Name");
}

static void object_comes_back_as_it_was(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/hello.txt?x-id=GetObject", NULL));
    expect_body(fx, "hello");
    assert_string_equal(http_answer_header(fx, "ETag"), ETAG_HELLO);
    assert_string_equal(http_answer_header(fx, "Last-Modified"), "Tue, 14 Nov 2023 22:13:20 GMT");
    assert_string_equal(http_answer_header(fx, "Accept-Ranges"), "bytes");
    http_expect(fx, 200, http_ask(fx, "s3", "HEAD", "/docs/hello.txt", NULL));
    assert_null(fx->call.answer.body);
    assert_int_equal(fx->call.answer.body_len, 5);
    http_expect(fx, 200, put(fx, "/docs/empty", NULL));
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/empty", NULL));
    assert_int_equal(fx->call.answer.body_len, 0);
}

static void keys_hold_slashes_and_any_text(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_expect(fx, 200, put(fx, "/docs/a/b/c/d/e/f/g/h/i/j%20k+%C3%BC", "deep"));
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/a%2Fb/c/d/e/f/g/h/i/j%20k%2B%c3%bc", NULL));
    expect_body(fx, "deep");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/1/2/3/4/5/6/7/8/%ff", NULL), 400,
                         "InvalidRequest", "UTF-8");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/a%26%3Cb%3E", NULL), 404, "NoSuchKey",
                         "a&amp;&lt;b&gt;");
}

static void missing_things_are_told_apart(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/none", NULL), 404, "NoSuchKey", "none");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/none/hello.txt", NULL), 404, "NoSuchBucket", "none");
    http_expect_s3_error(fx, put(fx, "/none/x", "y"), 404, "NoSuchBucket", "none");
}

static void document_opens_in_a_browser(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_header(fx, "Content-Type", "binary/octet-stream");
    http_expect(fx, 200, put(fx, "/docs/a.json", "{}"));
    http_header(fx, "Content-Type", "text/markdown");
    http_expect(fx, 200, put(fx, "/docs/b.txt", "x"));
    http_header(fx, "Content-Type", NULL);
    http_expect(fx, 200, put(fx, "/docs/firmware", "x"));
    http_header(fx, "Authorization", NULL);
    static const char *const types[][2] = {{"/docs/hello.txt", "text/plain; charset=utf-8"},
                                           {"/docs/a.json", "application/json"},
                                           {"/docs/b.txt", "text/markdown"},
                                           {"/docs/firmware", "binary/octet-stream"}};
    for (size_t i = 0; i < COUNT(types); i++) {
        http_expect(fx, 200, http_send(fx, "GET", types[i][0], NULL, 0));
        assert_string_equal(http_answer_header(fx, "Content-Type"), types[i][1]);
        assert_string_equal(http_answer_header(fx, "Content-Disposition"), "inline");
        assert_string_equal(http_answer_header(fx, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(http_answer_header(fx, "Content-Security-Policy"), "sandbox");
    }
    http_expect(fx, 200, http_send(fx, "HEAD", "/docs/hello.txt", NULL, 0));
}

static void plain_link_reads_and_only_here(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_header(fx, "Authorization", NULL);
    http_expect_error(fx, http_send(fx, "PUT", "/docs/x", "y", 1), 403, "MissingAuthenticationTokenException",
                      "");
    http_expect_error(fx, http_send(fx, "GET", "/docs", NULL, 0), 403, "MissingAuthenticationTokenException",
                      "");
    http_expect_error(fx, http_send(fx, "GET", "/docs/", NULL, 0), 403, "MissingAuthenticationTokenException",
                      "");
    http_expect_error(fx, http_send(fx, "GET", "/", NULL, 0), 403, "MissingAuthenticationTokenException", "");
    http_expect_s3_error(fx, http_send(fx, "GET", "/docs/none", NULL, 0), 404, "NoSuchKey", "none");
    http_expect_s3_error(fx, http_send(fx, "GET", "/none/x", NULL, 0), 404, "NoSuchBucket", "none");
    http_expect_s3_error(fx, http_send(fx, "GET", "/docs/hello.txt?acl", NULL, 0), 501, "NotImplemented",
                         "GetObjectAcl");
    fx->source = FROM_NETWORK;
    http_expect_error(fx, http_send(fx, "GET", "/docs/hello.txt", NULL, 0), 403,
                      "MissingAuthenticationTokenException", "");
}

/* A bucket may be called like a part of the API: the object wins, an API path without a bucket does not become one. */
static void bucket_with_the_name_of_an_api_path(void **state)
{
    struct http_fixture *fx = *state;
    http_expect_error(fx, http_send(fx, "GET", "/jobs/blink.txt", NULL, 0), 403,
                      "MissingAuthenticationTokenException", "");
    http_expect(fx, 200, put(fx, "/jobs", NULL));
    http_expect(fx, 200, put(fx, "/jobs/blink.txt", "x"));
    http_header(fx, "Authorization", NULL);
    http_expect(fx, 200, http_send(fx, "GET", "/jobs/blink.txt", NULL, 0));
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs/blink.txt", NULL), 400, "InvalidRequestException",
                      "blink.txt");
}

static void presigned_links(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_header(fx, "Authorization", NULL);
    fx->source = FROM_NETWORK;
    const char v4[] =
        "/docs/hello.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20231114%2Fr%2Fs3%2F"
        "aws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=10&X-Amz-SignedHeaders=host&X-Amz-"
        "Signature=" HTTP_SIGNATURE;
    const char v2[] = "/docs/hello.txt?AWSAccessKeyId=A&Signature=abc%3D&Expires=1700000010";
    http_expect(fx, 200, http_send(fx, "GET", v4, NULL, 0));
    http_expect(fx, 200, http_send(fx, "GET", v2, NULL, 0));
    fx->base.now_ms += 11000;
    http_expect_s3_error(fx, http_send(fx, "GET", v4, NULL, 0), 403, "AccessDenied", "Request has expired");
    http_expect_s3_error(fx, http_send(fx, "GET", v2, NULL, 0), 403, "AccessDenied", "Request has expired");
}

/* --- What is not modelled says its name --- */

static void other_operations_are_named(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const cases[][3] = {
        {"GET", "/docs/hello.txt?attributes", "GetObjectAttributes"},
        {"PUT", "/docs/hello.txt?tagging", "PutObjectTagging"},
        {"PUT", "/docs?versioning", "PutBucketVersioning"},
        {"GET", "/docs?acl", "GetBucketAcl"},
        {"GET", "/docs?policy", "GetBucketPolicy"},
        {"DELETE", "/docs?cors", "DeleteBucketCors"},
        {"GET", "/docs?versions", "ListObjectVersions"},
        {"POST", "/docs/hello.txt?select&select-type=2", "SelectObjectContent"},
        {"POST", "/docs", "PostObject"},
        {"PUT", "/docs/x?partNumber=1", "UploadPart"},
        {"GET", "/docs/hello.txt?colour=red", "'colour' of GetObject"},
        {"GET", "/docs?uploads&delimiter=/", "'delimiter' of ListMultipartUploads"},
        {"OPTIONS", "/docs/hello.txt", "OPTIONS /docs/hello.txt"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_expect_s3_error(fx, http_ask(fx, "s3", cases[i][0], cases[i][1], NULL), 501, "NotImplemented",
                             cases[i][2]);
    }
}

static void what_a_put_would_forget_is_refused(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const names[] = {"x-amz-tagging", "x-amz-server-side-encryption",
                                        "x-amz-object-lock-mode", "x-amz-website-redirect-location"};
    for (size_t i = 0; i < COUNT(names); i++) {
        http_header(fx, names[i], "x");
        http_expect_s3_error(fx, put(fx, "/docs/hello.txt", "changed"), 501, "NotImplemented", names[i]);
        http_header(fx, names[i], NULL);
    }
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    expect_body(fx, "hello");
}

/* --- aws-chunked --- */

static void chunked_upload(void **state)
{
    struct http_fixture *fx = with_hello(state);
    const char body[] = "5;chunk-signature=ab\r\nhello\r\n1\r\n \r\n5\r\nwo\r\nd\r\n0\r\n\r\n";
    http_header(fx, "Content-Encoding", "aws-chunked");
    http_header(fx, "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    http_header(fx, "x-amz-decoded-content-length", "11");
    http_expect(fx, 200, put(fx, "/docs/c", body));
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/c", NULL));
    expect_body(fx, "hello wo\r\nd");
    assert_string_equal(http_answer_header(fx, "Content-Encoding"), "");
    http_header(fx, "x-amz-decoded-content-length", "12");
    http_expect_s3_error(fx, put(fx, "/docs/c", body), 400, "IncompleteBody", "");
    http_header(fx, "x-amz-decoded-content-length", NULL);
    http_expect_s3_error(fx, put(fx, "/docs/c", body), 400, "IncompleteBody", "");
    http_header(fx, "x-amz-decoded-content-length", "0");
    http_expect(fx, 200, put(fx, "/docs/c", "0\r\n\r\n"));
    http_expect_s3_error(fx, put(fx, "/docs/c", NULL), 400, "IncompleteBody", "");
}

/* --- Ranges and conditions (RFC 9110) --- */

static void ranges(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const struct {
        const char *range;
        int status;
        const char *body, *told;
    } cases[] = {
        {"bytes=0-0", 206, "h", "bytes 0-0/5"},
        {"bytes=1-3", 206, "ell", "bytes 1-3/5"},
        {"bytes=3-", 206, "lo", "bytes 3-4/5"},
        {"bytes=3-999", 206, "lo", "bytes 3-4/5"},
        {"bytes=-2", 206, "lo", "bytes 3-4/5"},
        {"bytes=-99", 206, "hello", "bytes 0-4/5"},
        {"bytes=0-4", 206, "hello", "bytes 0-4/5"},
        {"bytes=3-1", 200, "hello", ""},
        {"bytes=x-1", 200, "hello", ""},
        {"bytes=-", 200, "hello", ""},
        {"bytes=0-1,3-4", 200, "hello", ""},
        {"lines=0-1", 200, "hello", ""},
        {"bytes=9223372036854775808-", 200, "hello", ""},
        {"bytes=-1-2", 200, "hello", ""},
        {"bytes=4", 200, "hello", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_header(fx, "Range", cases[i].range);
        http_expect(fx, cases[i].status, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
        expect_body(fx, cases[i].body);
        assert_string_equal(http_answer_header(fx, "Content-Range"), cases[i].told);
    }
    http_header(fx, "Range", "bytes=5-");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL), 416, "InvalidRange", "5");
    assert_string_equal(http_answer_header(fx, "Content-Range"), "bytes */5");
    http_header(fx, "Range", "bytes=-0");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL), 416, "InvalidRange", "");
    http_header(fx, "Range", "bytes=1-2");
    http_expect(fx, 206, http_ask(fx, "s3", "HEAD", "/docs/hello.txt", NULL));
    assert_int_equal(fx->call.answer.body_len, 2);
}

/* A resumed download must not join two different objects. */
static void range_of_another_object_gives_the_whole_new_one(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_header(fx, "Range", "bytes=1-2");
    http_header(fx, "If-Range", ETAG_HELLO);
    http_expect(fx, 206, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    http_header(fx, "If-Range", "\"00000000000000000000000000000000\"");
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    http_header(fx, "If-Range", "Tue, 14 Nov 2023 22:13:20 GMT");
    http_expect(fx, 206, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    http_header(fx, "If-Range", "Tue, 14 Nov 2023 22:13:19 GMT");
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
}

static void conditions(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const struct {
        const char *name, *value;
        int status;
    } cases[] = {
        {"If-Match", ETAG_HELLO, 200},
        {"If-Match", "*", 200},
        {"If-Match", "\"x\", " ETAG_HELLO, 200},
        {"If-Match", "\"x\"", 412},
        {"If-Match", "5d41402abc4b2a76b9719d911017c592", 200},
        {"If-None-Match", ETAG_HELLO, 304},
        {"If-None-Match", "W/" ETAG_HELLO, 304},
        {"If-None-Match", "\"x\"", 200},
        {"If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT", 304},
        {"If-Modified-Since", "Tue, 14 Nov 2023 22:13:19 GMT", 200},
        {"If-Modified-Since", "yesterday", 200},
        {"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:20 GMT", 200},
        {"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:19 GMT", 412},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_header(fx, cases[i].name, cases[i].value);
        int status = http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL);
        if (status != cases[i].status) {
            fail_msg("%s: %s gave %d", cases[i].name, cases[i].value, status);
        }
        http_header(fx, cases[i].name, NULL);
    }
}

static void too_large_an_object_is_refused(void **state)
{
    struct http_fixture *fx = with_hello(state);
    size_t len = OBJECT_SIZE_MAX + 1;
    char *body = calloc(1, len);
    assert_non_null(body);
    http_sign(fx, "s3");
    http_expect_s3_error(fx, http_send(fx, "PUT", "/docs/big", body, len), 400, "EntityTooLarge", "67108864");
    http_expect(fx, 200, http_send(fx, "PUT", "/docs/big", body, len - 1));
    free(body);
}

/* Refused before they are read: in the words of what was sent. */
static void too_large_a_body_is_refused(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const struct {
        const char *method, *target;
        size_t max;
        const char *code, *message;
    } cases[] = {
        {"PUT", "/docs/big", 72UL << 20, "EntityTooLarge", "objects of up to 67108864 bytes"},
        {"POST", "/docs?delete", 4UL << 20, "MaxMessageLengthExceeded", "larger than 4194304 bytes"},
        {"POST", "/docs/big?uploadId=u", 4UL << 20, "MaxMessageLengthExceeded", "larger than 4194304 bytes"},
        {"PUT", "/new", 1UL << 20, "MaxMessageLengthExceeded", "larger than 1048576 bytes"},
    };
    http_sign(fx, "s3");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *body = calloc(1, cases[i].max + 1);
        assert_non_null(body);
        http_expect_s3_error(fx, http_send(fx, cases[i].method, cases[i].target, body, cases[i].max + 1), 400,
                             cases[i].code, cases[i].message);
        free(body);
    }
}

/* --- Bodies are files --- */

static size_t count_bodies(const struct http_fixture *fx)
{
    size_t count = 0;
    DIR *dir = opendir(fx->service.objects_dir);
    struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void remove_bodies(const struct http_fixture *fx)
{
    DIR *dir = opendir(fx->service.objects_dir);
    struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
}

/* A GET hands out the file and the range of it; nothing is read here. */
static void body_is_sent_from_its_file(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    assert_true(fx->call.answer.has_file);
    assert_int_equal(fx->call.answer.file_at, 0);
    assert_int_equal(fx->call.answer.body_len, 5);
    http_header(fx, "Range", "bytes=1-3");
    http_expect(fx, 206, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    assert_true(fx->call.answer.has_file);
    assert_int_equal(fx->call.answer.file_at, 1);
    expect_body(fx, "ell");
}

/* HEAD and what is answered without the bytes need no file; a GET whose file is gone is an error of S3. */
static void head_opens_no_file(void **state)
{
    struct http_fixture *fx = with_hello(state);
    remove_bodies(fx);
    http_expect(fx, 200, http_ask(fx, "s3", "HEAD", "/docs/hello.txt", NULL));
    assert_false(fx->call.answer.has_file);
    assert_int_equal(fx->call.answer.body_len, 5);
    http_header(fx, "If-None-Match", ETAG_HELLO);
    http_expect(fx, 304, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL));
    http_header(fx, "If-None-Match", NULL);
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/docs/hello.txt", NULL), 500, "InternalError",
                         "No such file");
}

/* A body that never gets its row does not stay. */
static void refused_body_leaves_no_file(void **state)
{
    struct http_fixture *fx = with_hello(state);
    assert_int_equal(count_bodies(fx), 1);
    http_expect_s3_error(fx, put(fx, "/none/k", "x"), 404, "NoSuchBucket", "none");
    http_forget(fx);
    assert_int_equal(count_bodies(fx), 1);
    http_header(fx, "Content-Type", "a\r\nb");
    http_expect_s3_error(fx, put(fx, "/docs/k", "x"), 400, "InvalidRequest", "content type");
    http_header(fx, "Content-Type", NULL);
    http_forget(fx);
    assert_int_equal(count_bodies(fx), 1);
    http_expect(fx, 200, put(fx, "/docs/hello.txt", "again"));
    http_forget(fx);
    assert_int_equal(count_bodies(fx), 1);
}

static void without_a_folder(void **state)
{
    struct http_fixture *fx = with_hello(state);
    const char *folder = fx->service.objects_dir;
    fx->service.objects_dir = NULL;
    http_expect_s3_error(fx, put(fx, "/docs/k", "x"), 500, "InternalError", "no folder for objects");
    fx->service.objects_dir = "/nonexistent";
    http_expect_s3_error(fx, put(fx, "/docs/k", "x"), 500, "InternalError", "/nonexistent: No such file");
    fx->service.objects_dir = folder;
}

/* A database that refuses: S3 says it in XML, the other APIs in JSON. */
static void storage_failures_are_errors_of_s3(void **state)
{
    struct http_fixture *fx = with_hello(state);
    static const char *const calls[][2] = {
        {"PUT", "/docs/new"}, {"GET", "/docs/hello.txt"}, {"PUT", "/another"}, {"HEAD", "/docs"}};
    char database[96];
    snprintf(database, sizeof database, "%s/db", fx->dir);
    struct fixture locked = {0};
    fixture_open(&locked, database);
    struct core *core = fx->service.core;
    fx->service.core = locked.core;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "DROP TABLE objects; DROP TABLE buckets", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(other);
    for (size_t i = 0; i < COUNT(calls); i++) {
        http_expect_s3_error(fx, http_ask(fx, "s3", calls[i][0], calls[i][1], NULL), 500, "InternalError",
                             "no such table");
        http_forget(fx);
        assert_int_equal(count_bodies(fx), 1);
    }
    fx->service.core = core;
    fixture_close(&locked);
}

/* The batch of a call cannot be begun or committed. */
static void failed_batches_are_errors_of_the_api_that_was_called(void **state)
{
    struct http_fixture *fx = with_hello(state);
    http_expect(fx, 200, put(fx, "/docs/k", "x"));
    call_fail_storage(&fx->call);
    http_expect_s3_error(fx, (int)fx->call.answer.status, 500, "InternalError", "nothing was changed");
    assert_string_equal(http_answer_header(fx, "Content-Type"), "application/xml");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things", NULL));
    call_fail_storage(&fx->call);
    assert_int_equal(fx->call.answer.status, 500);
    assert_non_null(strstr(fx->call.answer.body, "{\"message\":\"the database refused"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(buckets),
        TEST(object_comes_back_as_it_was),
        TEST(keys_hold_slashes_and_any_text),
        TEST(missing_things_are_told_apart),
        TEST(document_opens_in_a_browser),
        TEST(plain_link_reads_and_only_here),
        TEST(bucket_with_the_name_of_an_api_path),
        TEST(presigned_links),
        TEST(other_operations_are_named),
        TEST(what_a_put_would_forget_is_refused),
        TEST(chunked_upload),
        TEST(ranges),
        TEST(range_of_another_object_gives_the_whole_new_one),
        TEST(conditions),
        TEST(too_large_an_object_is_refused),
        TEST(too_large_a_body_is_refused),
        TEST(body_is_sent_from_its_file),
        TEST(head_opens_no_file),
        TEST(refused_body_leaves_no_file),
        TEST(without_a_folder),
        TEST(storage_failures_are_errors_of_s3),
        TEST(failed_batches_are_errors_of_the_api_that_was_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
