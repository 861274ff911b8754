/* SPDX-License-Identifier: MIT */
/* Topics and filters: MQTT 3.1.1 section 4.7, and what AWS IoT Core ends a connection for (docs/protocol.md 4). */
// LINK: device_core
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/messages/topic.h"

#include <string.h>

static const char *topic(const char *text)
{
    return topic_why_not(slice_from(text), "lamp");
}

static const char *filter(const char *text)
{
    return filter_why_not(slice_from(text), "lamp");
}

static bool matches(const char *one, const char *other)
{
    return topic_matches(slice_from(one), slice_from(other));
}

static void topics_that_aws_takes(void **state)
{
    char longest[TOPIC_LEN_MAX + 2];
    (void)state;
    assert_null(topic("a"));
    assert_null(topic("/"));
    assert_null(topic("a/b/c/d/e/f/g/h"));
    assert_null(topic("$aws/rules/my_rule/a/b/c/d/e/f/g/h"));
    assert_null(topic("$aws/things/lamp/shadow/update"));
    assert_null(topic("$aws/things/lamp/jobs"));
    assert_null(topic("$aws/things/lamp2/jobs/get"));
    assert_null(topic("gr\xc3\xbc\xc3\x9f/dich"));
    memset(longest, 'x', sizeof(longest));
    longest[TOPIC_LEN_MAX] = '\0';
    assert_null(topic(longest));
    longest[TOPIC_LEN_MAX] = 'x';
    longest[TOPIC_LEN_MAX + 1] = '\0';
    assert_string_equal(topic(longest), "is longer than 256 bytes");
}

static void topics_that_aws_does_not_take(void **state)
{
    (void)state;
    assert_string_equal(topic(""), "is empty");
    assert_string_equal(topic("a/b/c/d/e/f/g/h/i"), "has more than 7 slashes");
    assert_string_equal(topic("$aws/rules/my_rule/a/b/c/d/e/f/g/h/i"), "has more than 7 slashes");
    assert_string_equal(topic("a/+/b"), "has a wildcard");
    assert_string_equal(topic("a/#"), "has a wildcard");
    assert_string_equal(topic("a\n"), "has a control character, or is not UTF-8");
    assert_string_equal(topic("a\xff"), "has a control character, or is not UTF-8");
    assert_string_equal(topic("a\xc3"), "has a control character, or is not UTF-8");
    assert_string_equal(topic("a\xed\xa0\x80"), "has a control character, or is not UTF-8");
    assert_string_equal(topic("$aws/things/lamp/jobs/get"), "is one of the library's own");
    assert_string_equal(topic("$aws/things/lamp/jobs/a/b/c"), "is one of the library's own");
    assert_string_equal(topic_why_not((struct slice){"a\0b", 3}, "lamp"),
                        "has a control character, or is not UTF-8");
}

static void filters_that_aws_takes(void **state)
{
    static const char *const good[] = {"#",
                                       "+",
                                       "+/+/#",
                                       "/",
                                       "a//b",
                                       "a/+/b",
                                       "a/#",
                                       "$share/group/a/b/c/d/e/f/g/h",
                                       "$aws/things/lamp/shadow/#",
                                       "$aws/things/+/shadow/update",
                                       "$aws/things/other/jobs/#",
                                       "+/things/lamp/jobs/#",
                                       "$aws/things/lamp/jobs"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (filter(good[i])) {
            fail_msg("%s %s", good[i], filter(good[i]));
        }
    }
}

static void filters_that_are_refused(void **state)
{
    static const char wild[] = "has a wildcard that is not a level of its own, or # that is not the last one";
    static const char ours[] = "reaches topics of the library's own";
    (void)state;
    assert_string_equal(filter(""), "is empty");
    assert_string_equal(filter("a+"), wild);
    assert_string_equal(filter("a/b#"), wild);
    assert_string_equal(filter("#/a"), wild);
    assert_string_equal(filter("++"), wild);
    assert_string_equal(filter("a/b/c/d/e/f/g/h/i"), "has more than 7 slashes");
    assert_string_equal(filter("$share/group/a/b/c/d/e/f/g/h/i"), "has more than 7 slashes");
    assert_string_equal(filter("$share/group"), "has no filter behind $share and the group");
    assert_string_equal(filter("$share/group/"), "has no filter behind $share and the group");
    assert_string_equal(filter("$aws/things/lamp/jobs/notify"), ours);
    assert_string_equal(filter("$aws/things/lamp/jobs/#"), ours);
    assert_string_equal(filter("$aws/things/+/jobs/+/get"), ours);
    assert_string_equal(filter("$aws/#"), ours);
    assert_string_equal(filter("$aws/things/#"), ours);
    assert_string_equal(filter("$aws/+/+/+/#"), ours);
    assert_string_equal(filter("$share/g/$aws/things/lamp/jobs/#"), ours);
}

static void matching(void **state)
{
    (void)state;
    assert_true(matches("a/b/c", "a/b/c"));
    assert_true(matches("a/b/c", "a/+/c"));
    assert_true(matches("a/b/c", "#"));
    assert_true(matches("a/b/c", "a/#"));
    assert_true(matches("a/b/c", "+/+/+"));
    assert_true(matches("a", "a/#")); /* the parent level, too */
    assert_true(matches("/a", "+/+"));
    assert_true(matches("/a", "/+"));
    assert_true(matches("a/", "a/+"));
    assert_true(matches("a//b", "a/+/b"));
    assert_true(matches("a/b", "$share/g/a/+"));
    assert_true(matches("$aws/x", "$aws/#"));
    assert_true(matches("$aws/x", "$aws/+"));
    assert_false(matches("/a", "+"));
    assert_false(matches("a/b/c", "a/b"));
    assert_false(matches("a/b", "a/b/c"));
    assert_false(matches("a/b", "a/+/c"));
    assert_false(matches("a", "a/+"));
    assert_false(matches("A", "a"));
    assert_false(matches("$aws/x", "#"));
    assert_false(matches("$aws/x", "+/x"));
    assert_false(matches("ab", "a"));
    assert_false(matches("a", "ab"));
    assert_false(matches("a/b", "$share/a/b"));
}

static void topics_of_jobs(void **state)
{
    (void)state;
    assert_true(topic_is_of_jobs(slice_from("$aws/things/lamp/jobs/notify"), "lamp"));
    assert_true(topic_is_of_jobs(slice_from("$aws/things/lamp/jobs/"), "lamp"));
    assert_false(topic_is_of_jobs(slice_from("$aws/things/lamp/jobs"), "lamp"));
    assert_false(topic_is_of_jobs(slice_from("$aws/things/lamp/jobs2/x"), "lamp"));
    assert_false(topic_is_of_jobs(slice_from("$aws/things/lam/jobs/x"), "lamp"));
    assert_false(topic_is_of_jobs(slice_from("x/$aws/things/lamp/jobs/x"), "lamp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_that_aws_takes),
        cmocka_unit_test(topics_that_aws_does_not_take),
        cmocka_unit_test(filters_that_aws_takes),
        cmocka_unit_test(filters_that_are_refused),
        cmocka_unit_test(matching),
        cmocka_unit_test(topics_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
