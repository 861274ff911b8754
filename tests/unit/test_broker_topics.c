/* SPDX-License-Identifier: MIT */
/* What a topic means to the broker, and the private way of requests and answers: docs/protocol.md 1.1, 1.10, 4 and 8. */
// LINK: cloud_guard
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/private_topic.h"
#include "cloud/broker/topic_class.h"

#include <stdio.h>
#include <string.h>

static void topics_have_the_class_of_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        enum topic_class class;
    } rows[] = {
        {"a/b", TOPIC_ORDINARY},
        {"", TOPIC_ORDINARY},
        {"aws/things/lamp/jobs/get", TOPIC_ORDINARY},
        {"/$aws/things/lamp/jobs/get", TOPIC_ORDINARY},
        {"$aws/things/lamp/jobs/get", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/start-next", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/$next/get", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/job-1/get", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/job-1/update", TOPIC_JOB_REQUEST},
        /* jobs may have these names: the number of levels decides, not the word (1.1) */
        {"$aws/things/lamp/jobs/notify/get", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/accepted/update", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/get/get", TOPIC_JOB_REQUEST},
        /* inside the name space, but no operation: the service answers InvalidTopic (1.8) */
        {"$aws/things/lamp/jobs/x", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/x/y/z", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/accepted", TOPIC_JOB_REQUEST},
        {"$aws/things/lamp/jobs/get/accepted", TOPIC_JOB_ANSWER},
        {"$aws/things/lamp/jobs/start-next/rejected", TOPIC_JOB_ANSWER},
        {"$aws/things/lamp/jobs/job-1/update/accepted", TOPIC_JOB_ANSWER},
        {"$aws/things/lamp/jobs/x/y/z/rejected", TOPIC_JOB_ANSWER},
        {"$aws/things/lamp/jobs/notify", TOPIC_NOTIFICATION},
        {"$aws/things/lamp/jobs/notify-next", TOPIC_NOTIFICATION},
        {"$aws/things/lamp/jobs/notify-namespace-x", TOPIC_NOTIFICATION},
        {"$aws/things/lamp/jobs/", TOPIC_RESERVED},
        {"$aws/things/lamp/jobs", TOPIC_RESERVED},
        {"$aws/things//jobs/get", TOPIC_RESERVED},
        {"$aws/things/lamp/shadow/update", TOPIC_RESERVED},
        {"$aws/things/lamp/jobsx/get", TOPIC_RESERVED},
        {"$aws/events/job/x/completed", TOPIC_RESERVED},
        {"$aws", TOPIC_RESERVED},
        {"$awsome/things/lamp/jobs/get", TOPIC_RESERVED},
        {"$SYS/broker/uptime", TOPIC_RESERVED},
        {"$", TOPIC_RESERVED},
        {"$iotlocal", TOPIC_PRIVATE},
        {"$iotlocal/request/x", TOPIC_PRIVATE},
        {"$iotlocalx", TOPIC_RESERVED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (topic_classify(rows[i].topic) != rows[i].class) {
            fail_msg("%s: %d", rows[i].topic, topic_classify(rows[i].topic));
        }
    }
}

static void shared_subscription_gives_its_filter(void **state)
{
    (void)state;
    assert_string_equal(topic_without_share("$share/group/a/#"), "a/#");
    assert_string_equal(topic_without_share("$share/group/$aws/#"), "$aws/#");
    assert_string_equal(topic_without_share("a/#"), "a/#");
    assert_string_equal(topic_without_share("$shared/group/a"), "$shared/group/a");
    assert_null(topic_without_share("$share"));
    assert_null(topic_without_share("$share/"));
    assert_null(topic_without_share("$share/group"));
    assert_null(topic_without_share("$share/group/"));
    assert_null(topic_without_share("$share//a"));
}

static void limits_are_256_bytes_and_7_slashes(void **state)
{
    (void)state;
    char topic[300];
    memset(topic, 'a', sizeof(topic));
    topic[256] = '\0';
    assert_true(topic_fits_limits(topic));
    topic[256] = 'a';
    topic[257] = '\0';
    assert_false(topic_fits_limits(topic));
    assert_true(topic_fits_limits("1/2/3/4/5/6/7/8"));
    assert_false(topic_fits_limits("1/2/3/4/5/6/7/8/"));
    assert_false(topic_fits_limits("////////"));
}

static void private_topic_comes_back_as_it_went(void **state)
{
    (void)state;
    static const uint64_t serials[] = {0, 1, 0x0123456789abcdef, UINT64_MAX};
    for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        char text[128];
        struct private_topic topic = {serials[i], i % 2, slice_from("$aws/things/lamp/jobs/get")};
        struct private_topic back;
        assert_int_equal(private_topic_write(PRIVATE_TOPIC_REQUEST, &topic, text, sizeof(text)), ERR_OK);
        assert_true(strlen(text) < topic.topic.len + PRIVATE_TOPIC_EXTRA);
        assert_false(private_topic_parse(text, PRIVATE_TOPIC_ANSWER, &back));
        assert_true(private_topic_parse(text, PRIVATE_TOPIC_REQUEST, &back));
        assert_true(back.serial == topic.serial);
        assert_int_equal(back.qos, topic.qos);
        assert_true(slice_equals(back.topic, topic.topic));
    }
}

static void private_topic_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    char text[10];
    struct private_topic topic = {1, 0, slice_from("a")};
    assert_int_equal(private_topic_write(PRIVATE_TOPIC_ANSWER, &topic, text, sizeof(text)), ERR_TOO_LONG);
}

static void malformed_private_topics_are_refused(void **state)
{
    (void)state;
    static const char *const tails[] = {
        "",
        "0123456789abcdef",
        "0123456789abcdef/1",
        "0123456789abcdef/1/",
        "0123456789abcdef/2/a",
        "0123456789abcdef/01/a",
        "0123456789abcde/1/a",
        "0123456789abcdef0/1/a",
        "0123456789ABCDEF/1/a",
        "0123456789abcdeg/1/a",
        " 123456789abcdef/1/a",
        "-123456789abcdef/1/a",
    };
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char text[100];
        struct private_topic topic;
        snprintf(text, sizeof(text), PRIVATE_TOPIC_ANSWER "%s", tails[i]);
        if (private_topic_parse(text, PRIVATE_TOPIC_ANSWER, &topic)) {
            fail_msg("%s", text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_have_the_class_of_their_place),
        cmocka_unit_test(shared_subscription_gives_its_filter),
        cmocka_unit_test(limits_are_256_bytes_and_7_slashes),
        cmocka_unit_test(private_topic_comes_back_as_it_went),
        cmocka_unit_test(private_topic_that_does_not_fit_is_an_error),
        cmocka_unit_test(malformed_private_topics_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
