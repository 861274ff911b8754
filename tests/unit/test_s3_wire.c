/* SPDX-License-Identifier: MIT */
/* What comes over the wire to S3 beside names: checksums against known answers, aws-chunked framing with trailers, XML of
 * strangers (docs/protocol.md 11). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/http/s3/s3.h"
#include "cloud/http/s3/s3_checksum.h"
#include "cloud/http/s3/s3_chunked.h"
#include "cloud/http/s3/s3_xml.h"
#include "cloud/http/s3/s3_xml_read.h"
#include "fakes/http_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- Checksums --- */

/* Computed elsewhere: the check values of the CRC catalogue, FIPS 180 and RFC 1321 ("123456789" and nothing). */
static const struct {
    enum s3_algorithm algorithm;
    const char *text, *base64;
} known[] = {
    {S3_CRC32, "123456789", "y/Q5Jg=="},
    {S3_CRC32C, "123456789", "4waSgw=="},
    {S3_CRC64NVME, "123456789", "rosUhgp5mIg="},
    {S3_SHA1, "123456789", "98O8HYCOBHMq32eZZczDTKeuNEE="},
    {S3_SHA256, "123456789", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
    {S3_MD5, "123456789", "JfnnlDI7RTiF9RgfG2JNCw=="},
    {S3_CRC32, "", "AAAAAA=="},
    {S3_CRC32C, "", "AAAAAA=="},
    {S3_CRC64NVME, "", "AAAAAAAAAAA="},
    {S3_SHA1, "", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
    {S3_SHA256, "", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
};

static void checksums_have_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        char base64[S3_BASE64_CAP];
        s3_checksum_of(known[i].algorithm, known[i].text, strlen(known[i].text), base64);
        assert_string_equal(base64, known[i].base64);
    }
}

/* The bytes of a long text in pieces of every small size give what they give at once. */
static void pieces_add_up(void **state)
{
    (void)state;
    unsigned char bytes[257];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 7 + i / 3);
    }
    for (int a = 0; a < S3_ALGORITHM_COUNT; a++) {
        char whole[S3_BASE64_CAP], pieces[S3_BASE64_CAP];
        s3_checksum_of((enum s3_algorithm)a, bytes, sizeof bytes, whole);
        for (size_t step = 1; step < 20; step++) {
            struct s3_checksum sum;
            unsigned char digest[S3_DIGEST_MAX];
            s3_checksum_open(&sum, (enum s3_algorithm)a);
            for (size_t at = 0; at < sizeof bytes; at += step) {
                s3_checksum_add(&sum, bytes + at, at + step < sizeof bytes ? step : sizeof bytes - at);
            }
            s3_checksum_end(&sum, digest);
            base64_write(digest, s3_algorithm_names((enum s3_algorithm)a)->len, pieces);
            assert_string_equal(pieces, whole);
        }
    }
}

static void base64_is_read_strictly(void **state)
{
    (void)state;
    unsigned char digest[S3_DIGEST_MAX];
    static const char *const bad[] = {
        "",          "y/Q5Jg",   "y/Q5Jg=",  "y/Q5Jh==", " y/Q5Jg==",       "y/Q5Jg==\n",
        "y/Q5Jg===", "y/Q5Jiii", "y_Q5Jg==", "====",     "y/Q5Jg==y/Q5Jg=="};
    assert_true(base64_read("y/Q5Jg==", 4, digest));
    assert_memory_equal(digest, "\xcb\xf4\x39\x26", 4);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (base64_read(bad[i], 4, digest)) {
            fail_msg("accepted: '%s'", bad[i]);
        }
    }
}

/* --- aws-chunked --- */

static enum err decode(const char *text, struct s3_chunked *out, char *decoded, size_t cap)
{
    size_t len = strlen(text);
    char *body = malloc(len ? len : 1); /* exactly so long: a read behind it is seen */
    assert_non_null(body);
    memcpy(body, text, len);
    enum err err = s3_chunked_decode(body, len, out);
    if (!err && decoded) {
        snprintf(decoded, cap, "%.*s|", (int)out->len, body);
        for (size_t i = 0; i < out->trailer_count; i++) {
            size_t used = strlen(decoded);
            snprintf(decoded + used, cap - used, "%.*s=%.*s|", (int)out->trailers[i].name.len,
                     out->trailers[i].name.ptr, (int)out->trailers[i].value.len, out->trailers[i].value.ptr);
        }
    }
    free(body);
    return err;
}

static void chunks_and_trailers(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"0\r\n\r\n", "|"},
        {"0\r\n", "|"},
        {"5\r\nhello\r\n0\r\n\r\n", "hello|"},
        {"5;chunk-signature=ab\r\nhello\r\n2\r\n\r\n\r\n0;chunk-signature=cd\r\n\r\n", "hello\r\n|"},
        {"000000A\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n",
         "0123456789|x-amz-checksum-crc32=abc=|"},
        {"1\r\nx\r\n0\r\na: b \r\nc:\r\nd:e:f\r\n\r\n", "x|a=b|c=|d=e:f|"},
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct s3_chunked out;
        char decoded[128] = "";
        if (decode(good[i][0], &out, decoded, sizeof decoded)) {
            fail_msg("refused: %s", good[i][0]);
        }
        assert_string_equal(decoded, good[i][1]);
    }
}

static void broken_chunks(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "5",
        "5\r\n",
        "5\r\nhell",
        "5\r\nhello",
        "5\r\nhello\r\n",
        "5\nhello\n0\n",
        "x\r\n\r\n",
        "\r\n",
        ";a=b\r\n",
        "-1\r\n\r\n",
        "5\r\nhelloXX0\r\n",
        "4\r\nhello\r\n0\r\n\r\n",
        "6\r\nhello\r\n0\r\n\r\n",
        "ffffffff\r\nhello\r\n0\r\n",
        "fffffffff\r\nhello\r\n0\r\n",
        "0x5\r\nhello\r\n0\r\n",
        "0\r\n\r\nmore",
        "0\r\nno colon\r\n\r\n",
        "0\r\n:no name\r\n\r\n",
        "0\r\na:b",
        "0\r\na:b\r\n\r\nc:d\r\n",
        "0\r\n1:1\r\n2:2\r\n3:3\r\n4:4\r\n5:5\r\n6:6\r\n7:7\r\n8:8\r\n9:9\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct s3_chunked out = {.len = 99};
        if (decode(bad[i], &out, NULL, 0) == ERR_OK) {
            fail_msg("accepted: %s", bad[i]);
        }
        assert_int_equal(out.len, 99);
    }
}

/* --- A body's checksum over HTTP --- */

static struct http_fixture *with_bucket(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200, http_ask(fx, "s3", "PUT", "/docs", NULL));
    return fx;
}

/* name: NULL ends the headers. Returns the status of a PUT of `body`; the object must be there afterwards or not. */
struct put_case {
    const char *headers[4][2];
    const char *body;
    int status;
    const char *code;
};

static void run_put(struct http_fixture *fx, const struct put_case *put)
{
    for (size_t i = 0; i < 4 && put->headers[i][0]; i++) {
        http_header(fx, put->headers[i][0], put->headers[i][1]);
    }
    int status = http_ask(fx, "s3", "PUT", "/docs/k", put->body);
    if (put->status == 200) {
        http_expect(fx, 200, status);
    } else {
        http_expect_s3_error(fx, status, put->status, put->code, "");
    }
    for (size_t i = 0; i < 4 && put->headers[i][0]; i++) {
        http_header(fx, put->headers[i][0], NULL);
    }
    http_expect(fx, put->status == 200 ? 200 : 404, http_ask(fx, "s3", "HEAD", "/docs/k", NULL));
    http_expect(fx, 204, http_ask(fx, "s3", "DELETE", "/docs/k", NULL));
}

#define CRC_HELLO    "NhCmhg=="
#define CHUNKED_BODY "5\r\nhello\r\n0\r\n"
#define FRAMED                                                                                               \
    {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},                                          \
    {                                                                                                        \
        "x-amz-decoded-content-length", "5"                                                                  \
    }

static void told_checksums_must_be_so(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    static const struct put_case cases[] = {
        {{{"Content-MD5", "XUFAKrxLKna5cZ2REBfFkg=="}}, "hello", 200, NULL},
        {{{"Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="}}, "hello", 400, "BadDigest"},
        {{{"Content-MD5", "XUFAKrxLKna5cZ2REBfFkg"}}, "hello", 400, "InvalidDigest"},
        {{{"Content-MD5", ""}}, "hello", 400, "InvalidDigest"},
        {{{"x-amz-checksum-crc32", CRC_HELLO}}, "hello", 200, NULL},
        {{{"x-amz-checksum-crc32c", "mnG7TA=="}}, "hello", 200, NULL},
        {{{"x-amz-checksum-crc64nvme", "M3eFcAZSQlc="}}, "hello", 200, NULL},
        {{{"x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="}}, "hello", 200, NULL},
        {{{"x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}, "hello", 200, NULL},
        {{{"x-amz-checksum-crc32", CRC_HELLO}}, "hellp", 400, "BadDigest"},
        {{{"x-amz-checksum-crc64nvme", "M3eFcAZSQlc="}}, "hellp", 400, "BadDigest"},
        {{{"x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}, "", 400, "BadDigest"},
        {{{"x-amz-checksum-crc32", "NhCmhg"}}, "hello", 400, "InvalidRequest"},
        {{{"x-amz-checksum-sha256", CRC_HELLO}}, "hello", 400, "InvalidRequest"},
        {{{"x-amz-checksum-crc32", CRC_HELLO}, {"x-amz-checksum-crc32c", "mnG7TA=="}},
         "hello",
         400,
         "InvalidRequest"},
        {{{"x-amz-checksum-crc32", CRC_HELLO}, {"x-amz-sdk-checksum-algorithm", "SHA1"}},
         "hello",
         400,
         "InvalidRequest"},
        {{{"x-amz-checksum-crc32", CRC_HELLO}, {"x-amz-sdk-checksum-algorithm", "CRC32"}},
         "hello",
         200,
         NULL},
        {{{"x-amz-checksum-blake3", "x"}}, "hello", 501, "NotImplemented"},
        /* as a trailer */
        {{FRAMED, {"x-amz-trailer", "x-amz-checksum-crc32"}},
         CHUNKED_BODY "x-amz-checksum-crc32:" CRC_HELLO "\r\n\r\n",
         200,
         NULL},
        {{FRAMED, {"x-amz-trailer", "X-Amz-Checksum-Crc32"}},
         CHUNKED_BODY "x-amz-checksum-crc32: " CRC_HELLO "\r\n\r\n",
         200,
         NULL},
        {{FRAMED, {"x-amz-trailer", "x-amz-checksum-crc32"}},
         CHUNKED_BODY "x-amz-checksum-crc32:AAAAAA==\r\n\r\n",
         400,
         "BadDigest"},
        {{FRAMED, {"x-amz-trailer", "x-amz-checksum-crc32"}},
         CHUNKED_BODY "x-amz-checksum-crc32:x\r\n\r\n",
         400,
         "InvalidRequest"},
        {{FRAMED, {"x-amz-trailer", "x-amz-checksum-crc32"}},
         CHUNKED_BODY "\r\n",
         400,
         "MalformedTrailerError"},
        {{FRAMED}, CHUNKED_BODY "x-amz-checksum-crc32:" CRC_HELLO "\r\n\r\n", 400, "MalformedTrailerError"},
        {{FRAMED, {"x-amz-trailer", "x-amz-checksum-sha1"}},
         CHUNKED_BODY "x-amz-checksum-crc32:" CRC_HELLO "\r\n\r\n",
         400,
         "MalformedTrailerError"},
        {{FRAMED, {"x-amz-trailer", "x-amz-checksum-crc32"}},
         CHUNKED_BODY "x-amz-checksum-crc32:" CRC_HELLO "\r\nx-amz-trailer-signature:00\r\n\r\n",
         200,
         NULL},
        {{FRAMED, {"x-amz-checksum-crc32", CRC_HELLO}, {"x-amz-trailer", "x-amz-checksum-crc32"}},
         CHUNKED_BODY "x-amz-checksum-crc32:" CRC_HELLO "\r\n\r\n",
         400,
         "InvalidRequest"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        run_put(fx, &cases[i]);
    }
}

/* Told again to those who ask; an object that came without one has a CRC64NVME, as on AWS. */
static void checksums_come_back(void **state)
{
    struct http_fixture *fx = with_bucket(state);
    http_expect(fx, 200, http_ask(fx, "s3", "PUT", "/docs/k", "hello"));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc64nvme"), "M3eFcAZSQlc=");
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-type"), "FULL_OBJECT");
    http_header(fx, "x-amz-checksum-crc32", CRC_HELLO);
    http_expect(fx, 200, http_ask(fx, "s3", "PUT", "/docs/k", "hello"));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), CRC_HELLO);
    http_header(fx, "x-amz-checksum-crc32", NULL);
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/k", NULL));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), "");
    http_header(fx, "x-amz-checksum-mode", "ENABLED");
    http_expect(fx, 200, http_ask(fx, "s3", "GET", "/docs/k", NULL));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), CRC_HELLO);
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-type"), "FULL_OBJECT");
    http_expect(fx, 200, http_ask(fx, "s3", "HEAD", "/docs/k", NULL));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), CRC_HELLO);
    http_header(fx, "Range", "bytes=0-1"); /* it would not be that of these bytes */
    http_expect(fx, 206, http_ask(fx, "s3", "GET", "/docs/k", NULL));
    assert_string_equal(http_answer_header(fx, "x-amz-checksum-crc32"), "");
}

/* --- XML --- */

static char seen[512];

static bool note(void *ctx, const char *path, const char *text)
{
    size_t used = strlen(seen);
    (void)ctx;
    snprintf(seen + used, sizeof seen - used, "%s=%s;", path, text);
    return strcmp(path, "a/refused") != 0;
}

static enum err read_xml(const char *text)
{
    seen[0] = '\0';
    return s3_xml_read(text, strlen(text), note, NULL);
}

static void elements_by_their_path(void **state)
{
    (void)state;
    assert_int_equal(read_xml("<?xml version=\"1.0\"?><a xmlns=\"x\"><b>1 &amp; "
                              "&#233;<![CDATA[<2>]]></b><!-- c --><n:d xmlns:n='y'/></a>\n"),
                     ERR_OK);
    assert_string_equal(seen, "a/b=1 & \xc3\xa9<2>;a/d=;a=;");
}

static void hostile_xml_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "a",
        "<a>",
        "<a></b>",
        "<a></a><a></a>",
        "<a>&nope;</a>",
        "<a>\x01</a>",
        "<a>\xff</a>",
        "<a><refused/></a>",
        "<:><:></:></:>",
        "<a><b:></b:></a>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;&c;&c;</a>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x.dtd\"><a/>",
        "<1><2><3><4></4></3></2></1>",
        "<a><b><c><d><e><f><g><h><i/></h></g></f></e></d></c></b></a>",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (read_xml(bad[i]) == ERR_OK) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    char *large = malloc(8192);
    assert_non_null(large);
    snprintf(large, 8192, "<a>%04096d</a>", 0);
    assert_int_equal(read_xml(large), ERR_OK);
    snprintf(large, 8192, "<a>%04097d</a>", 0);
    assert_int_equal(read_xml(large), ERR_ARG);
    snprintf(large, 8192, "<%0300d/>", 0);
    assert_int_equal(read_xml(large), ERR_ARG);
    free(large);
    char *huge = malloc(S3_XML_BODY_MAX + 1);
    assert_non_null(huge);
    memset(huge, ' ', S3_XML_BODY_MAX + 1);
    memcpy(huge, "<a/>", 4);
    assert_int_equal(s3_xml_read(huge, S3_XML_BODY_MAX, note, NULL), ERR_OK);
    assert_int_equal(s3_xml_read(huge, S3_XML_BODY_MAX + 1, note, NULL), ERR_ARG);
    free(huge);
}

static void what_goes_out_is_escaped(void **state)
{
    (void)state;
    struct s3_xml xml = {0};
    s3_xml_text(&xml, "K", "<a b=\"c\">&'\xc3\xa9\r\n\t\x01\xff\xef\xbf\xbf");
    s3_xml_name(&xml, "U", "a/b c+%\xc3\xa9~\n", true);
    s3_xml_date(&xml, "D", 1700000000007);
    assert_string_equal(xml.text, "<K>&lt;a b=&quot;c&quot;&gt;&amp;'\xc3\xa9&#13;&#10;&#9;??"
                                  "?</K>"
                                  "<U>a/b%20c%2B%25%C3%A9~%0A</U><D>2023-11-14T22:13:20.007Z</D>");
    free(xml.text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_have_known_answers),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(base64_is_read_strictly),
        cmocka_unit_test(chunks_and_trailers),
        cmocka_unit_test(broken_chunks),
        TEST(told_checksums_must_be_so),
        TEST(checksums_come_back),
        cmocka_unit_test(elements_by_their_path),
        cmocka_unit_test(hostile_xml_is_refused),
        cmocka_unit_test(what_goes_out_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
