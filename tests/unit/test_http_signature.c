/* SPDX-License-Identifier: MIT */
/* Signatures by their form, browsers by their headers (docs/iot-local-http.md, docs/protocol.md 5.1). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/http/origin.h"
#include "cloud/http/sigv4.h"

#include <stdio.h>
#include <string.h>

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
#define NOW_S  1700000000 /* 20231114T221320Z */
#define SCOPE  "AKID/20231114/eu-west-1/iot/aws4_request"
#define HEADER "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date, Signature=" HEX64
#define QUERY                                                                                                \
    "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20231114%2Fus-east-1%2Fs3%2Faws4_request" \
    "&X-Amz-Date=20231114T221320Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" HEX64

static const char *header_value(void *ctx, const char *name)
{
    return strcmp(name, "Authorization") == 0 ? ctx : NULL;
}

static struct signature read_at(const char *authorization, const char *target, int64_t now_s)
{
    struct request request = {.headers = {.get = header_value, .ctx = (void *)(uintptr_t)authorization}};
    struct signature signature;
    assert_int_equal(request_parse(&request, "GET", target), ERR_OK);
    signature_read(&request, now_s, &signature);
    request_clear(&request);
    return signature;
}

static struct signature read_header(const char *authorization)
{
    return read_at(authorization, "/jobs", NOW_S);
}

static void good_header_names_the_service(void **state)
{
    (void)state;
    struct signature signature = read_header(HEADER);
    assert_int_equal(signature.state, SIGNATURE_GOOD);
    assert_string_equal(signature.service, "iot");
    /* without blanks, other order, a key id with a slash */
    signature =
        read_header("AWS4-HMAC-SHA256 Signature=" HEX64
                    ",SignedHeaders=host,Credential=A/B/20231114/us-east-1/iot-jobs-data/aws4_request");
    assert_int_equal(signature.state, SIGNATURE_GOOD);
    assert_string_equal(signature.service, "iot-jobs-data");
}

static void no_signature_at_all(void **state)
{
    (void)state;
    assert_int_equal(read_header(NULL).state, SIGNATURE_NONE);
    assert_int_equal(read_at(NULL, "/jobs?status=QUEUED", NOW_S).state, SIGNATURE_NONE);
}

static void malformed_headers_are_incomplete(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Bearer abc",
        "AWS AKID:c2lnbmF0dXJl",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=" SCOPE ", Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=, Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" HEX64 "0",
        "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=xyz",
        "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/iot/aws5_request, SignedHeaders=host, "
        "Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=/20231114/us-east-1/iot/aws4_request, SignedHeaders=host, "
        "Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=AKID/2023111/us-east-1/iot/aws4_request, SignedHeaders=host, "
        "Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=AKID/20231114//iot/aws4_request, SignedHeaders=host, Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1//aws4_request, SignedHeaders=host, "
        "Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/IOT/aws4_request, SignedHeaders=host, "
        "Signature=" HEX64,
        "AWS4-HMAC-SHA256 "
        "Credential=AKID/20231114/us-east-1/abcdefghijklmnopqrstuvwxyzabcdefgh/aws4_request, "
        "SignedHeaders=host, Signature=" HEX64,
        "AWS4-ECDSA-P256-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" HEX64,
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct signature signature = read_header(bad[i]);
        if (signature.state != SIGNATURE_INCOMPLETE || !signature.why[0]) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void presigned_v4_link_lives_as_long_as_it_says(void **state)
{
    (void)state;
    struct signature signature = read_at(NULL, QUERY, NOW_S);
    assert_int_equal(signature.state, SIGNATURE_GOOD);
    assert_string_equal(signature.service, "s3");
    assert_int_equal(read_at(NULL, QUERY, NOW_S + 60).state, SIGNATURE_GOOD);
    assert_int_equal(read_at(NULL, QUERY, NOW_S + 61).state, SIGNATURE_EXPIRED);
}

static void presigned_v2_link_lives_as_long_as_it_says(void **state)
{
    (void)state;
    const char link[] = "/b/k?AWSAccessKeyId=AKID&Signature=IoDm%2FLl2v%3D&Expires=1700000060";
    struct signature signature = read_at(NULL, link, NOW_S);
    assert_int_equal(signature.state, SIGNATURE_GOOD);
    assert_string_equal(signature.service, "s3");
    assert_int_equal(read_at(NULL, link, NOW_S + 61).state, SIGNATURE_EXPIRED);
    assert_int_equal(read_at(NULL, "/b/k?AWSAccessKeyId=A&Signature=s", NOW_S).state, SIGNATURE_INCOMPLETE);
    assert_int_equal(read_at(NULL, "/b/k?AWSAccessKeyId=A&Expires=1700000060", NOW_S).state,
                     SIGNATURE_INCOMPLETE);
    assert_int_equal(read_at(NULL, "/b/k?AWSAccessKeyId=A&Signature=s&Expires=soon", NOW_S).state,
                     SIGNATURE_INCOMPLETE);
}

static void malformed_links_are_incomplete(void **state)
{
    (void)state;
    static const char *const damage[][2] = {
        {"X-Amz-Expires=60", "X-Amz-Expires=0"},
        {"X-Amz-Expires=60", "X-Amz-Expires=604801"},
        {"X-Amz-Expires=60", "X-Amz-Expires=-1"},
        {"X-Amz-Expires=60", "Expires=60"},
        {"20231114T221320Z", "2023-11-14T22:13:20Z"},
        {"20231114T221320Z", "20231114T221320Zx"},
        {"HMAC-SHA256", "HMAC-SHA1"},
        {"=host", "="},
        {"aws4_request", "aws4"},
        {"X-Amz-Signature=0", "X-Amz-Signature="},
    };
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        char link[512];
        const char *at = strstr(QUERY, damage[i][0]);
        assert_non_null(at);
        snprintf(link, sizeof link, "%.*s%s%s", (int)(at - QUERY), QUERY, damage[i][1],
                 at + strlen(damage[i][0]));
        if (read_at(NULL, link, NOW_S).state != SIGNATURE_INCOMPLETE) {
            fail_msg("accepted: %s", link);
        }
    }
}

static const struct origin_names names = {.listen = "192.168.7.1", .endpoint = "iot.lan", .port = 8080};

static void our_hosts(void **state)
{
    (void)state;
    static const char *const ours[] = {"127.0.0.1", "127.0.0.1:8080", "localhost:8080",
                                       "LOCALHOST", "[::1]:8080",     "192.168.7.1:80",
                                       "iot.lan",   "IoT.LAN:8080",   "[::1]"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (!origin_host_is_ours(&names, ours[i])) {
            fail_msg("refused: %s", ours[i]);
        }
    }
}

static void foreign_hosts(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "",
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.2",
        "iot.lan.evil",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "[::1",
        "[::1]x",
        "127.0.0.1:8080:8080",
        ":8080",
        "127.0.0.1@evil.example",
        "localhos",
        "[127.0.0.1]:80x",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (origin_host_is_ours(&names, foreign[i])) {
            fail_msg("accepted: %s", foreign[i]);
        }
    }
}

static void origin_must_be_this_server(void **state)
{
    (void)state;
    assert_true(origin_is_ours(&names, "http://127.0.0.1:8080"));
    assert_true(origin_is_ours(&names, "HTTP://localhost:8080"));
    assert_true(origin_is_ours(&names, "http://[::1]:8080"));
    assert_false(origin_is_ours(&names, "null"));
    assert_false(origin_is_ours(&names, ""));
    assert_false(origin_is_ours(&names, "http://127.0.0.1:3000")); /* another program on this machine */
    assert_false(origin_is_ours(&names, "http://127.0.0.1"));
    assert_false(origin_is_ours(&names, "https://127.0.0.1:8080"));
    assert_false(origin_is_ours(&names, "https://evil.example"));
    assert_false(origin_is_ours(&names, "http://127.0.0.1:8080.evil.example"));
    assert_false(origin_is_ours(&names, "http://127.0.0.1:8080/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_header_names_the_service),
        cmocka_unit_test(no_signature_at_all),
        cmocka_unit_test(malformed_headers_are_incomplete),
        cmocka_unit_test(presigned_v4_link_lives_as_long_as_it_says),
        cmocka_unit_test(presigned_v2_link_lives_as_long_as_it_says),
        cmocka_unit_test(malformed_links_are_incomplete),
        cmocka_unit_test(our_hosts),
        cmocka_unit_test(foreign_hosts),
        cmocka_unit_test(origin_must_be_this_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
