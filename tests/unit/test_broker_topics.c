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
        {"$aws/things/lamp/jobs/get", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/start-next", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/$next/get", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/job-1/get", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/job-1/update", TOPIC_REQUEST},
        /* jobs may have these names: the number of levels decides, not the word (1.1) */
        {"$aws/things/lamp/jobs/notify/get", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/accepted/update", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/get/get", TOPIC_REQUEST},
        /* inside the name space, but no operation: the service answers InvalidTopic (1.8) */
        {"$aws/things/lamp/jobs/x", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/x/y/z", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/accepted", TOPIC_REQUEST},
        {"$aws/things/lamp/jobs/get/accepted", TOPIC_ANSWER},
        {"$aws/things/lamp/jobs/start-next/rejected", TOPIC_ANSWER},
        {"$aws/things/lamp/jobs/job-1/update/accepted", TOPIC_ANSWER},
        {"$aws/things/lamp/jobs/x/y/z/rejected", TOPIC_ANSWER},
        {"$aws/things/lamp/jobs/notify", TOPIC_NOTIFICATION},
        {"$aws/things/lamp/jobs/notify-next", TOPIC_NOTIFICATION},
        {"$aws/things/lamp/jobs/notify-namespace-x", TOPIC_NOTIFICATION},
        /* fleet provisioning (7): these topics and no others */
        {"$aws/certificates/create/json", TOPIC_PROVISIONING},
        {"$aws/certificates/create/cbor", TOPIC_PROVISIONING},
        {"$aws/certificates/create-from-csr/json", TOPIC_PROVISIONING},
        {"$aws/certificates/create-from-csr/cbor", TOPIC_PROVISIONING},
        {"$aws/provisioning-templates/fleet/provision/json", TOPIC_PROVISIONING},
        {"$aws/provisioning-templates/json/provision/cbor", TOPIC_PROVISIONING},
        {"$aws/certificates/create/json/accepted", TOPIC_ANSWER},
        {"$aws/certificates/create-from-csr/cbor/rejected", TOPIC_ANSWER},
        {"$aws/provisioning-templates/fleet/provision/json/accepted", TOPIC_ANSWER},
        {"$aws/certificates/create/xml", TOPIC_RESERVED},
        {"$aws/certificates/create/json/", TOPIC_RESERVED},
        {"$aws/certificates/create/json/other", TOPIC_RESERVED},
        {"$aws/certificates/create/json/accepted/x", TOPIC_RESERVED},
        {"$aws/certificates/create", TOPIC_RESERVED},
        {"$aws/certificates/create/", TOPIC_RESERVED},
        {"$aws/certificates/destroy/json", TOPIC_RESERVED},
        {"$aws/provisioning-templates//provision/json", TOPIC_RESERVED},
        {"$aws/provisioning-templates/fleet/provision/xml", TOPIC_RESERVED},
        {"$aws/provisioning-templates/fleet/json", TOPIC_RESERVED},
        {"$aws/things/lamp/jobs/", TOPIC_RESERVED},
        {"$aws/things/lamp/jobs", TOPIC_RESERVED},
        {"$aws/things//jobs/get", TOPIC_RESERVED},
        {"$aws/things/lamp/shadow/update", TOPIC_RESERVED},
        {"$aws/things/lamp/jobsx/get", TOPIC_RESERVED},
        {"$aws/events/job/x/completed", TOPIC_NOTIFICATION},
        {"$aws/events/presence/connected/a/b", TOPIC_NOTIFICATION},
        {"$aws/events/", TOPIC_RESERVED},
        {"$aws/events", TOPIC_RESERVED},
        {"$aws/event/x", TOPIC_RESERVED},
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

/* 1.9: notify and notify-next of any thing, also through wildcards, as mosquitto matches. */
static void filters_that_hear_of_jobs(void **state)
{
    (void)state;
    static const char *const hear[] = {
        "$aws/things/lamp/jobs/notify",
        "$aws/things/lamp/jobs/notify-next",
        "$aws/things/+/jobs/notify",
        "$aws/things/lamp/jobs/+",
        "$aws/things/lamp/jobs/#",
        "$aws/things/lamp/+/notify",
        "$aws/+/+/+/+",
        "$aws/things/lamp/#",
        "$aws/things/#",
        "$aws/#",
        "$aws/things/lamp/jobs/notify/#",
        "$aws/things/+/jobs/notify-next/#",
    };
    static const char *const deaf[] = {
        "",
        "#",
        "+/#",
        "+/things/lamp/jobs/notify",
        "aws/things/lamp/jobs/notify",
        "$aws",
        "$aws/things/lamp/jobs",
        "$aws/things/lamp/jobs/",
        "$aws/things//jobs/notify",
        "$aws/things/lamp/jobs/notify/",
        "$aws/things/lamp/jobs/notify/+",
        "$aws/things/lamp/jobs/notify-nex",
        "$aws/things/lamp/jobs/notify-namespace-x",
        "$aws/things/lamp/jobs/+/get",
        "$aws/things/lamp/jobs/get/accepted",
        "$aws/things/lamp/shadow/notify",
        "$aws/things/lamp/shadow/#",
        "$aws/thing/lamp/jobs/#",
        "$SYS/things/lamp/jobs/notify",
        "$aws/things/lamp/jobs/#notify",
    };
    for (size_t i = 0; i < sizeof(hear) / sizeof(hear[0]); i++) {
        if (!topic_filter_hears_jobs(hear[i])) {
            fail_msg("%s", hear[i]);
        }
    }
    for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++) {
        if (topic_filter_hears_jobs(deaf[i])) {
            fail_msg("%s", deaf[i]);
        }
    }
}

static void wildcards_are_seen(void **state)
{
    (void)state;
    assert_true(topic_has_wildcard("a/+/b"));
    assert_true(topic_has_wildcard("#"));
    assert_false(topic_has_wildcard("a/b"));
    assert_false(topic_has_wildcard(""));
}

#define SERIAL      "0123456789abcdef"
#define CERTIFICATE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void request_comes_back_as_it_went(void **state)
{
    (void)state;
    static const uint64_t serials[] = {0, 1, 0x0123456789abcdef, UINT64_MAX};
    for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        char text[256];
        struct private_topic topic = {.serial = serials[i],
                                      .certificate_id = CERTIFICATE,
                                      .qos = i % 2,
                                      .topic = slice_from("$aws/things/lamp/jobs/get")};
        struct private_topic back;
        assert_int_equal(private_topic_write_request(&topic, text, sizeof(text)), ERR_OK);
        assert_true(strlen(text) < topic.topic.len + PRIVATE_TOPIC_EXTRA);
        assert_false(private_topic_parse_answer(text, &back));
        assert_true(private_topic_parse_request(text, &back));
        assert_true(back.serial == topic.serial);
        assert_string_equal(back.certificate_id, CERTIFICATE);
        assert_int_equal(back.qos, topic.qos);
        assert_true(slice_equals(back.topic, topic.topic));
        assert_int_equal(back.topic.ptr[back.topic.len], '\0');
    }
}

static void provisioning_request_brings_its_client_id(void **state)
{
    (void)state;
    static const char *const clients[] = {"", "claim-1", "a/b+c#d", "\xc3\xbc \x01"};
    char longest[129];
    memset(longest, '/', 128);
    longest[128] = '\0';
    for (size_t i = 0; i <= sizeof(clients) / sizeof(clients[0]); i++) {
        const char *client = i < sizeof(clients) / sizeof(clients[0]) ? clients[i] : longest;
        char text[512];
        struct private_topic topic = {7,    CERTIFICATE, 1, slice_from("$aws/certificates/create/json"),
                                      true, ""};
        struct private_topic back;
        strcpy(topic.client_id, client);
        assert_int_equal(private_topic_write_request(&topic, text, sizeof(text)), ERR_OK);
        assert_true(strlen(text) < topic.topic.len + PRIVATE_TOPIC_EXTRA);
        assert_null(strpbrk(text, "+#"));
        assert_true(private_topic_parse_request(text, &back));
        assert_true(back.is_provisioning);
        assert_string_equal(back.client_id, client);
        assert_string_equal(back.certificate_id, CERTIFICATE);
        assert_true(slice_equals(back.topic, topic.topic));
        assert_int_equal(back.qos, 1);
    }
}

static void answer_comes_back_as_it_went(void **state)
{
    (void)state;
    char text[256];
    struct private_topic topic = {.serial = 42,
                                  .certificate_id = CERTIFICATE,
                                  .qos = 1,
                                  .topic = slice_from("$aws/things/lamp/jobs/get/accepted")};
    struct private_topic back;
    assert_int_equal(private_topic_write_answer(&topic, text, sizeof(text)), ERR_OK);
    assert_string_equal(text, "$iotlocal/answer/000000000000002a/1/$aws/things/lamp/jobs/get/accepted");
    assert_false(private_topic_parse_request(text, &back));
    assert_true(private_topic_parse_answer(text, &back));
    assert_true(back.serial == 42);
    assert_string_equal(back.certificate_id, "");
    assert_int_equal(back.qos, 1);
    assert_true(slice_equals(back.topic, topic.topic));
}

static void private_topic_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    char text[10];
    char long_enough[256];
    struct private_topic topic = {.serial = 1, .certificate_id = CERTIFICATE, .topic = slice_from("a")};
    assert_int_equal(private_topic_write_answer(&topic, text, sizeof(text)), ERR_TOO_LONG);
    assert_int_equal(private_topic_write_request(&topic, text, sizeof(text)), ERR_TOO_LONG);
    topic.certificate_id[63] = '\0';
    assert_int_equal(private_topic_write_request(&topic, long_enough, sizeof(long_enough)), ERR_ARG);
}

/* Nothing is taken for a request or an answer that is not exactly one, and what was there before stays. */
static void malformed_private_topics_are_refused(void **state)
{
    (void)state;
    static const char *const tails[] = {
        "",
        SERIAL,
        SERIAL "/1",
        SERIAL "/1/",
        SERIAL "/2/a",
        SERIAL "/01/a",
        SERIAL "//a",
        "0123456789abcde/1/a",
        SERIAL "0/1/a",
        "0123456789ABCDEF/1/a",
        "0123456789abcdeg/1/a",
        " 123456789abcdef/1/a",
        "-123456789abcdef/1/a",
        SERIAL "/" CERTIFICATE,
        SERIAL "/" CERTIFICATE "/1",
        SERIAL "/" CERTIFICATE "/1/",
        SERIAL "/" CERTIFICATE "/2/a",
        SERIAL "/" CERTIFICATE "0/1/a",
        SERIAL "//1/a",
        "/" CERTIFICATE "/1/a",
        SERIAL "/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF/1/a",
    };
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char text[200];
        struct private_topic topic = {.serial = 7};
        snprintf(text, sizeof(text), PRIVATE_TOPIC_ANSWER "%s", tails[i]);
        if (private_topic_parse_answer(text, &topic) || topic.serial != 7) {
            fail_msg("%s", text);
        }
        snprintf(text, sizeof(text), PRIVATE_TOPIC_REQUEST "%s", tails[i]);
        if (private_topic_parse_request(text, &topic) || topic.serial != 7) {
            fail_msg("%s", text);
        }
    }
}

static void malformed_provisioning_requests_are_refused(void **state)
{
    (void)state;
    static const char *const tails[] = {
        "",
        "61",
        "6/a",
        "6g/a",
        "61/",
        "/",
        "616/a",
        "6161616161616161616161616161616161616161616161616161616161616161616161"
        "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
        "61"
        "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
        "61/a",
    };
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char text[600];
        struct private_topic topic = {.serial = 7};
        snprintf(text, sizeof(text), PRIVATE_TOPIC_PROVISION SERIAL "/" CERTIFICATE "/1/%s", tails[i]);
        if (private_topic_parse_request(text, &topic) || topic.serial != 7) {
            fail_msg("%s", text);
        }
    }
}

static void word_of_a_subscription_names_its_filter(void **state)
{
    (void)state;
    assert_string_equal(private_topic_subscribed_filter("$iotlocal/subscribed/$aws/things/+/jobs/#"),
                        "$aws/things/+/jobs/#");
    assert_null(private_topic_subscribed_filter("$iotlocal/subscribed/"));
    assert_null(private_topic_subscribed_filter("$iotlocal/subscribed"));
    assert_null(private_topic_subscribed_filter("$iotlocal/answer/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_have_the_class_of_their_place),
        cmocka_unit_test(shared_subscription_gives_its_filter),
        cmocka_unit_test(limits_are_256_bytes_and_7_slashes),
        cmocka_unit_test(filters_that_hear_of_jobs),
        cmocka_unit_test(wildcards_are_seen),
        cmocka_unit_test(request_comes_back_as_it_went),
        cmocka_unit_test(provisioning_request_brings_its_client_id),
        cmocka_unit_test(malformed_provisioning_requests_are_refused),
        cmocka_unit_test(answer_comes_back_as_it_went),
        cmocka_unit_test(private_topic_that_cannot_be_written_is_an_error),
        cmocka_unit_test(malformed_private_topics_are_refused),
        cmocka_unit_test(word_of_a_subscription_names_its_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
