/* SPDX-License-Identifier: MIT */
/* Request targets as AWS clients send them (docs/protocol.md 5.1): split on raw '/', decode each segment after. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/text.h"
#include "cloud/http/request.h"

#include <stdlib.h>
#include <string.h>

static struct request parse(const char *target)
{
    struct request request = {0};
    assert_int_equal(request_parse(&request, "GET", target), ERR_OK);
    return request;
}

static void expect_bad(const char *target)
{
    struct request request = {0};
    if (request_parse(&request, "GET", target) == ERR_OK) {
        fail_msg("accepted: %s", target);
    }
    request_clear(&request);
}

static void encoded_slash_stays_in_its_segment(void **state)
{
    (void)state;
    struct request request = parse("/attached-policies/arn%3Aaws%3Aiot%3Ar%3A1%3Acert%2Fabc");
    assert_int_equal(request.segment_count, 2);
    assert_string_equal(request.segments[0], "attached-policies");
    assert_string_equal(request.segments[1], "arn:aws:iot:r:1:cert/abc");
    assert_string_equal(request.path, "/attached-policies/arn%3Aaws%3Aiot%3Ar%3A1%3Acert%2Fabc");
    request_clear(&request);
}

static void next_comes_raw_and_encoded(void **state)
{
    (void)state;
    struct request raw = parse("/things/t/jobs/$next");
    struct request encoded = parse("/things/t/jobs/%24next");
    assert_string_equal(raw.segments[3], "$next");
    assert_string_equal(encoded.segments[3], "$next");
    request_clear(&raw);
    request_clear(&encoded);
}

static void empty_segments_are_kept(void **state)
{
    (void)state;
    struct request root = parse("/");
    struct request trailing = parse("/bucket/");
    assert_int_equal(root.segment_count, 1);
    assert_string_equal(root.segments[0], "");
    assert_int_equal(trailing.segment_count, 2);
    assert_string_equal(trailing.segments[1], "");
    request_clear(&root);
    request_clear(&trailing);
}

static void eight_segments_fit_and_nine_are_too_deep(void **state)
{
    (void)state;
    struct request eight = parse("/1/2/3/4/5/6/7/8");
    struct request nine = parse("/1/2/3/4/5/6/7/8/9");
    assert_int_equal(eight.segment_count, REQUEST_SEGMENTS_MAX);
    assert_string_equal(eight.segments[7], "8");
    assert_int_equal(nine.segment_count, REQUEST_SEGMENTS_MAX + 1);
    request_clear(&eight);
    request_clear(&nine);
}

static void query_is_decoded(void **state)
{
    (void)state;
    struct request request = parse("/jobs?status=IN%5FPROGRESS&flag&empty=&a%20b=c+d%2B&&x==y");
    assert_string_equal(request_query(&request, "status"), "IN_PROGRESS");
    assert_string_equal(request_query(&request, "flag"), "");
    assert_string_equal(request_query(&request, "empty"), "");
    assert_string_equal(request_query(&request, "a b"), "c d+");
    assert_string_equal(request_query(&request, "x"), "=y");
    assert_null(request_query(&request, "y"));
    assert_int_equal(request.query_count, 5);
    assert_string_equal(request.path, "/jobs");
    request_clear(&request);
}

static void broken_targets_are_refused(void **state)
{
    (void)state;
    expect_bad("");
    expect_bad("*");
    expect_bad("http://127.0.0.1/jobs");
    expect_bad("/a%");
    expect_bad("/a%4");
    expect_bad("/a%zz");
    expect_bad("/a%00b");
    expect_bad("/a?b=%00");
    expect_bad("/a?b=%f");
    expect_bad("/%ff");
    expect_bad("/\xff");
    expect_bad("/%c0%af");    /* overlong '/' */
    expect_bad("/%ed%a0%80"); /* half a surrogate pair */
    expect_bad("/a?%c3%28=1");
}

static void too_many_query_parameters_are_refused(void **state)
{
    (void)state;
    char target[4 + 2 * (REQUEST_QUERY_MAX + 1) + 1] = "/a?";
    for (int i = 0; i < REQUEST_QUERY_MAX; i++) {
        strcat(target, "b&");
    }
    struct request request = parse(target);
    assert_int_equal(request.query_count, REQUEST_QUERY_MAX);
    request_clear(&request);
    strcat(target, "b");
    expect_bad(target);
}

static void long_method_is_refused(void **state)
{
    (void)state;
    struct request request = {0};
    assert_int_equal(request_parse(&request, "PROPFINDPROPFIND", "/"), ERR_ARG);
    request_clear(&request);
}

static void words_match_whole(void **state)
{
    (void)state;
    assert_true(text_has_word("force status", "force"));
    assert_true(text_has_word("force status", "status"));
    assert_false(text_has_word("force status", "stat"));
    assert_false(text_has_word("force status", "orce"));
    assert_false(text_has_word("force status", "force status"));
    assert_false(text_has_word("force status", ""));
    assert_false(text_has_word("", "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_slash_stays_in_its_segment),
        cmocka_unit_test(next_comes_raw_and_encoded),
        cmocka_unit_test(empty_segments_are_kept),
        cmocka_unit_test(eight_segments_fit_and_nine_are_too_deep),
        cmocka_unit_test(query_is_decoded),
        cmocka_unit_test(broken_targets_are_refused),
        cmocka_unit_test(too_many_query_parameters_are_refused),
        cmocka_unit_test(long_method_is_refused),
        cmocka_unit_test(words_match_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
