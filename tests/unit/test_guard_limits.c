/* SPDX-License-Identifier: MIT */
/* What AWS IoT refuses although no policy forbids it, whose ARNs count, and what cannot be loaded: docs/protocol.md 4 and 8, R-56. */
// LINK: cloud_guard cloud_store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/topic_class.h"
#include "tests/fakes/guard_fixture.h"

/* 8: QoS 2 is not there, whatever the policies say. */
static void qos_2_is_refused_everywhere(void **state)
{
    (void)state;
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    struct identity lamp = identity_of(LAMP_CERT, "lamp");
    for (int qos = 0; qos < 2; qos++) {
        assert_true(guard_takes_qos(&f.guard, &lamp, GUARD_SUBSCRIBE, "a/#", qos));
        assert_true(guard_takes_qos(&f.guard, &lamp, GUARD_PUBLISH, "a", qos));
        assert_true(guard_may_will(&f.guard, &lamp, "a", qos, false));
    }
    assert_int_equal(f.lines, 0);
    assert_false(guard_takes_qos(&f.guard, &lamp, GUARD_SUBSCRIBE, "a/#", 2));
    assert_told("iot:Subscribe on topicfilter/a/#: client lamp, address 127.0.0.1, certificate aaaa0000: ");
    assert_told("QoS 2");
    assert_false(guard_takes_qos(&f.guard, &lamp, GUARD_PUBLISH, "a", 2));
    assert_told("iot:Publish on topic/a: client lamp, address 127.0.0.1");
    assert_false(guard_may_will(&f.guard, &lamp, "a", 2, false));
    assert_told("last will has QoS 2");
    assert_int_equal(f.lines, 3);
    authority_release(f.authority, &lamp);
}

/* 1.13: what of a refused PUBLISH AWS calls an error of the client. */
static void limits_are_the_clients_error_and_rights_are_not(void **state)
{
    (void)state;
    char topic[TOPIC_LEN_MAX + 2];
    memset(topic, 'x', sizeof topic - 1);
    topic[sizeof topic - 1] = '\0';
    assert_true(guard_is_client_error(topic, 0));
    topic[TOPIC_LEN_MAX] = '\0';
    assert_false(guard_is_client_error(topic, 0));
    assert_true(guard_is_client_error("1/2/3/4/5/6/7/8/9", 0));
    assert_false(guard_is_client_error("1/2/3/4/5/6/7/8", 0));
    assert_false(guard_is_client_error("a", GUARD_PAYLOAD_MAX));
    assert_true(guard_is_client_error("a", GUARD_PAYLOAD_MAX + 1));
    assert_false(guard_is_client_error("$aws/events/presence/connected/lamp", 0));
}

static bool may_subscribe_number(struct connection *connection, int number)
{
    char filter[30];
    snprintf(filter, sizeof(filter), number % 2 == 0 ? "a/%d/+" : "$share/g%d/a", number);
    return guard_may(&f.guard, connection, GUARD_SUBSCRIBE, filter, 0);
}

/* 4: 50 subscriptions of a connection: different filters count, and what is given back counts no more. */
static void connection_has_50_subscriptions_at_most(void **state)
{
    (void)state;
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    struct connection *other = connect_as(LAMP_CERT, "other", 2);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
            assert_true(may_subscribe_number(lamp, i));
        }
    }
    assert_false(may_subscribe_number(lamp, 50));
    assert_told(
        "client lamp, address 127.0.0.1, certificate aaaa0000: a connection has at most 50 subscriptions");
    assert_true(may_subscribe_number(lamp, 49)); /* the old ones may be asked for again */
    assert_true(may_subscribe_number(other, 50));

    subscriptions_remove(&lamp->subscriptions, "a/4/+");
    subscriptions_remove(&lamp->subscriptions, "never subscribed");
    assert_true(may_subscribe_number(lamp, 50));
    assert_false(may_subscribe_number(lamp, 51));
    assert_false(may_subscribe_number(lamp, 4));
}

static void refused_filters_are_not_counted(void **state)
{
    (void)state;
    add_policy("p", LAMP_CERT, ALLOW("iot:Subscribe", ARN "topicfilter/a/*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    for (int i = 0; i < 100; i++) {
        char filter[20];
        snprintf(filter, sizeof(filter), "b/%d", i);
        assert_false(guard_may(&f.guard, lamp, GUARD_SUBSCRIBE, filter, 0));
    }
    assert_true(guard_may(&f.guard, lamp, GUARD_SUBSCRIBE, "a/b", 0));
    assert_int_equal(lamp->subscriptions.count, 1);
}

static void session_memory_gives_back_what_it_was_given_once(void **state)
{
    (void)state;
    struct session_memory *memory = session_memory_create();
    struct subscriptions filters = {0};
    subscriptions_add(&filters, "a");
    subscriptions_add(&filters, "b");
    for (int i = 0; i < 10000; i++) { /* more than it has places for: some are forgotten, none is mixed up */
        char client[20];
        snprintf(client, sizeof(client), "client-%d", i);
        session_memory_keep(memory, client, &filters);
    }
    assert_int_equal(session_memory_take(memory, "client-9999").count, 2);
    assert_int_equal(session_memory_take(memory, "client-9999").count, 0);
    assert_int_equal(session_memory_take(memory, "nobody").count, 0);
    session_memory_destroy(memory);
}

/* 1.10, 8: every delivery asks iot:Receive, an answer to one's own request, too. */
static void answers_ask_for_the_right_to_receive(void **state)
{
    (void)state;
    const char *answer = "$aws/things/lamp/jobs/get/accepted";
    add_policy("p", LAMP_CERT, ALLOW("iot:Publish", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    poll_changes();
    assert_false(guard_may_hear_answer(&f.guard, lamp, answer));
    assert_told("refused iot:Receive on topic/$aws/things/lamp/jobs/get/accepted: client lamp");
    assert_false(guard_may_hear_answer(&f.guard, lamp, answer));
    assert_int_equal(f.lines, 1); /* once for a topic */

    add_policy("q", LAMP_CERT, ALLOW("iot:Receive", ARN "topic/$aws/things/lamp/jobs/get/*"));
    poll_changes();
    assert_true(guard_may_hear_answer(&f.guard, lamp, answer));
    assert_false(guard_may_hear_answer(&f.guard, lamp, "$aws/things/lamp/jobs/start-next/accepted"));
    assert_false(guard_may(&f.guard, lamp, GUARD_RECEIVE, answer, 0)); /* the answers to others */

    add_policy("r", LAMP_CERT, DENY("iot:Receive", "*"));
    poll_changes();
    assert_false(guard_may_hear_answer(&f.guard, lamp, answer));
    assert_told("denies it");
}

/* The ARN of another partition is that of another account's world. */
static void arns_have_the_partition_of_the_region(void **state)
{
    (void)state;
    static const struct {
        const char *region, *partition;
    } rows[] = {{"cn-north-1", "aws-cn"}, {"us-gov-west-1", "aws-us-gov"}, {"eu-central-1", "aws"}};
    char why[300];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
            char statement[400];
            const struct authority_config config = {f.path, rows[i].region, "123456789012"};
            struct authority *authority = authority_open(&config, why, sizeof(why));
            assert_non_null(authority);
            sql("DELETE FROM policy_attachments; DELETE FROM policies");
            snprintf(statement, sizeof(statement),
                     ALLOW("iot:Connect", "arn:%s:iot:%s:123456789012:client/${iot:ClientId}"),
                     rows[k].partition, rows[i].region);
            add_policy("p", LAMP_CERT, statement);
            struct identity lamp = {.certificate_id = LAMP_CERT, .client_id = "lamp"};
            const struct authority_question question = {"iot:Connect", "client", "lamp"};
            assert_true(authority_load(authority, &lamp));
            assert_int_equal(authority_allows(authority, &lamp, &question), i == k);
            authority_release(authority, &lamp);
            authority_close(authority);
        }
    }
}

static void identity_that_could_not_be_loaded_has_no_rights_and_says_so(void **state)
{
    (void)state;
    struct identity lamp = {.certificate_id = LAMP_CERT, .client_id = "lamp", .source_ip = "10.0.0.1"};
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    assert_false(guard_may_connect(&f.guard, &lamp));
    assert_told("client lamp, address 10.0.0.1");
    assert_told("cannot be read now");
}

/* More than the service ever attaches, or longer than it ever stores: not ours, so nothing of it counts. */
static void policies_beyond_the_limits_give_no_rights(void **state)
{
    (void)state;
    struct identity lamp = {.certificate_id = LAMP_CERT, .client_id = "lamp"};
    for (int i = 0; i < 10; i++) {
        char name[20];
        snprintf(name, sizeof(name), "p%d", i);
        add_policy(name, LAMP_CERT, ALLOW("*", "*"));
    }
    assert_true(authority_load(f.authority, &lamp));
    assert_int_equal(lamp.policy_count, 10);
    add_policy("eleventh", LAMP_CERT, DENY("*", "*"));
    assert_false(authority_load(f.authority, &lamp));
    assert_int_equal(lamp.policy_count, 0);
    sql("DELETE FROM policy_attachments WHERE policy_name <> 'p0';"
        "UPDATE policies SET document = document || printf('%40000s', '') WHERE name = 'p0'");
    assert_false(authority_load(f.authority, &lamp));
}

static void decisions_about_very_long_topics_are_not_kept(void **state)
{
    (void)state;
    char topic[60001];
    memset(topic, 'a', sizeof(topic) - 1);
    topic[60000] = '\0';
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    bool is_allowed;
    connection_remember(lamp, GUARD_RECEIVE, topic, true);
    assert_false(connection_recall(lamp, GUARD_RECEIVE, topic, &is_allowed));
    topic[256] = '\0';
    connection_remember(lamp, GUARD_RECEIVE, topic, true);
    assert_true(connection_recall(lamp, GUARD_RECEIVE, topic, &is_allowed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUARD_TEST(qos_2_is_refused_everywhere),
        GUARD_TEST(connection_has_50_subscriptions_at_most),
        GUARD_TEST(refused_filters_are_not_counted),
        GUARD_TEST(session_memory_gives_back_what_it_was_given_once),
        GUARD_TEST(answers_ask_for_the_right_to_receive),
        GUARD_TEST(arns_have_the_partition_of_the_region),
        GUARD_TEST(identity_that_could_not_be_loaded_has_no_rights_and_says_so),
        GUARD_TEST(policies_beyond_the_limits_give_no_rights),
        GUARD_TEST(decisions_about_very_long_topics_are_not_kept),
        GUARD_TEST(limits_are_the_clients_error_and_rights_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
