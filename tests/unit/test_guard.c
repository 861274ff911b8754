/* SPDX-License-Identifier: MIT */
/* What the broker plugin decides, from the service's own database: docs/protocol.md 1.10 and 8, R-16, R-56. */
// LINK: cloud_guard cloud_store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/guard.h"
#include "cloud/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARN        "arn:aws:iot:us-east-1:123456789012:"
#define LAMP_CERT  "aaaa000000000000000000000000000000000000000000000000000000000001"
#define OTHER_CERT "aaab000000000000000000000000000000000000000000000000000000000002"

static struct fixture {
    char folder[40];
    char path[80];
    struct store *store; /* makes the real schema */
    sqlite3 *db;         /* the service's side: writes while the plugin reads */
    struct authority *authority;
    struct connection_table *connections;
    struct guard guard;
    char log[40][2000];
    int lines;
    struct clock_times times;
    struct clock clock;
} f;

static void keep_line(const char *line)
{
    snprintf(f.log[f.lines % 40], sizeof(f.log[0]), "%s", line);
    f.lines++;
}

static const char *last_line(void)
{
    return f.lines > 0 ? f.log[(f.lines - 1) % 40] : "";
}

static void sql(const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(f.db, text, NULL, NULL, &why) != SQLITE_OK) {
        fail_msg("%s: %s", text, why);
    }
}

static void add_policy(const char *name, const char *certificate, const char *statements)
{
    char text[4000];
    snprintf(text, sizeof(text),
             "INSERT INTO policies(name, created_at_ms, document) VALUES "
             "('%s', 0, '{\"Version\":\"2012-10-17\",\"Statement\":[%s]}');"
             "INSERT INTO policy_attachments(policy_name, certificate_id) VALUES ('%s', '%s');",
             name, statements, name, certificate);
    sql(text);
}

#define ALLOW(action, resource)                                                                              \
    "{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"" resource "\"}"
#define DENY(action, resource)                                                                               \
    "{\"Sid\":\"No\",\"Effect\":\"Deny\",\"Action\":\"" action "\",\"Resource\":\"" resource "\"}"

static int make_fixture(void **state)
{
    (void)state;
    char why[300];
    memset(&f, 0, sizeof(f));
    strcpy(f.folder, "/tmp/test-guard-XXXXXX");
    if (mkdtemp(f.folder) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/iot.db", f.folder);
    f.store = store_open(f.path, why, sizeof(why));
    if (f.store == NULL || sqlite3_open(f.path, &f.db) != SQLITE_OK) {
        return -1;
    }
    sql("INSERT INTO things VALUES ('lamp', 'x', '{}', 1, 0);"
        "INSERT INTO certificates VALUES ('" LAMP_CERT "', 'ACTIVE', 0, 0, 0, 0, '');"
        "INSERT INTO certificates VALUES ('" OTHER_CERT "', 'ACTIVE', 0, 0, 0, 0, '');"
        "INSERT INTO thing_principals(thing_name, certificate_id) VALUES ('lamp', '" LAMP_CERT "');");
    f.times = (struct clock_times){1000, 1000};
    f.clock = clock_virtual(&f.times);
    const struct authority_config config = {f.path, "us-east-1", "123456789012"};
    f.authority = authority_open(&config, why, sizeof(why));
    f.connections = f.authority != NULL ? connection_table_create(f.authority) : NULL;
    f.guard = (struct guard){
        .authority = f.authority, .connections = f.connections, .clock = &f.clock, .log = keep_line};
    return f.connections != NULL ? 0 : -1;
}

static int remove_fixture(void **state)
{
    (void)state;
    char path[100];
    connection_table_destroy(f.connections);
    authority_close(f.authority);
    sqlite3_close(f.db);
    store_close(f.store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", f.path, ends[i]);
        unlink(path);
    }
    return rmdir(f.folder);
}

static struct identity identity_of(const char *certificate, const char *client_id)
{
    struct identity identity = {.source_ip = "127.0.0.1", .common_name = "AWS IoT Certificate"};
    strcpy(identity.certificate_id, certificate);
    strcpy(identity.client_id, client_id);
    assert_true(authority_load(f.authority, &identity));
    return identity;
}

/* The pointer only has to differ. */
static struct connection *connect_as(const char *certificate, const char *client_id, uintptr_t pointer)
{
    struct identity identity = identity_of(certificate, client_id);
    struct connection *connection = connection_add(f.connections, (const void *)pointer, &identity);
    assert_non_null(connection);
    return connection;
}

/* What the plugin does every 100 ms. */
static bool poll_changes(void)
{
    bool has_changed = authority_has_changed(f.authority);
    if (has_changed) {
        connection_mark_all_stale(f.connections);
    }
    return has_changed;
}

static bool may_connect(const char *certificate, const char *client_id)
{
    struct identity identity = identity_of(certificate, client_id);
    bool is_allowed = guard_may_connect(&f.guard, &identity);
    authority_release(f.authority, &identity);
    return is_allowed;
}

static void assert_told(const char *words)
{
    if (strstr(last_line(), words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", last_line(), words);
    }
}

static void connect_asks_for_certificate_then_policy(void **state)
{
    (void)state;
    assert_false(may_connect("ffff", "lamp"));
    assert_told("not registered");
    assert_false(may_connect(LAMP_CERT, "lamp"));
    assert_told("no policy is attached");
    assert_told("iot:Connect on client/lamp: client lamp, address 127.0.0.1, certificate aaaa0000: ");
    assert_told("certificate aaaa0000");

    add_policy("p", LAMP_CERT, ALLOW("iot:Connect", ARN "client/${iot:Connection.Thing.ThingName}"));
    assert_true(may_connect(LAMP_CERT, "lamp"));
    assert_false(may_connect(LAMP_CERT, "pump"));
    assert_told("policy p, statement 1 allows it on");
    assert_told("not attached to a thing named pump");

    sql("UPDATE certificates SET status = 'INACTIVE'");
    assert_false(may_connect(LAMP_CERT, "lamp"));
    assert_told("this certificate is INACTIVE");
}

static void client_ids_that_begin_with_a_dollar_are_refused(void **state)
{
    (void)state;
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    assert_true(may_connect(LAMP_CERT, "anything"));
    assert_false(may_connect(LAMP_CERT, "$iot-local"));
    assert_told("reserved");
}

static void deny_of_one_policy_beats_allow_of_another(void **state)
{
    (void)state;
    add_policy("a", LAMP_CERT, ALLOW("*", "*"));
    add_policy("b", LAMP_CERT, DENY("iot:Publish", ARN "topic/secret"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH, "open", 0));
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "secret", 0));
    assert_told("policy b denies it in statement No");
}

static void document_that_cannot_be_read_allows_nothing(void **state)
{
    (void)state;
    add_policy("a", LAMP_CERT, ALLOW("*", "*"));
    add_policy("broken", LAMP_CERT, "{\"Effect\":\"Deny\",\"NotAction\":\"x\"}");
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "open", 0));
    assert_told("policy broken cannot be understood");
}

static void policy_cannot_open_what_belongs_to_the_service(void **state)
{
    (void)state;
    static const char *const publish[] = {"$aws/things/lamp/jobs/notify",
                                          "$aws/things/lamp/jobs/get/accepted", "$aws/x", "$SYS/x",
                                          "$iotlocal/answer/0000000000000001/1/a"};
    static const char *const filters[] = {"$iotlocal/#", "$SYS/#", "$share/g/$iotlocal/#", "$share/g",
                                          "$+/#"};
    static const char *const hear[] = {"$aws/things/lamp/jobs/get", "$aws/things/lamp/jobs/get/accepted",
                                       "$iotlocal/request/0000000000000001/1/a"};
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);

    for (size_t i = 0; i < sizeof(publish) / sizeof(publish[0]); i++) {
        assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, publish[i], 0));
    }
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        assert_false(guard_may(&f.guard, lamp, GUARD_SUBSCRIBE, filters[i], 0));
    }
    for (size_t i = 0; i < sizeof(hear) / sizeof(hear[0]); i++) {
        assert_false(guard_may(&f.guard, lamp, GUARD_RECEIVE, hear[i], 0));
    }
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH, "$aws/things/lamp/jobs/get", 0));
    assert_true(guard_may(&f.guard, lamp, GUARD_SUBSCRIBE, "$aws/#", 0));
    assert_true(guard_may(&f.guard, lamp, GUARD_RECEIVE, "$aws/things/lamp/jobs/notify", 0));
}

static void payload_limit_is_128_kb_also_for_a_remembered_topic(void **state)
{
    (void)state;
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 131072));
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 131073));
    assert_told("128 KB");
}

static void retaining_needs_both_rights(void **state)
{
    (void)state;
    add_policy("p", LAMP_CERT, ALLOW("iot:Publish", "*") "," ALLOW("iot:RetainPublish", ARN "topic/kept"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH_RETAINED, "kept", 0));
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH_RETAINED, "other", 0));
    add_policy("q", OTHER_CERT, ALLOW("iot:RetainPublish", "*"));
    struct connection *other = connect_as(OTHER_CERT, "other", 2);
    assert_false(guard_may(&f.guard, other, GUARD_PUBLISH_RETAINED, "kept", 0));
}

/* A remembered decision is one of this access and this topic of this connection, also when the places collide. */
static void remembered_decisions_are_not_mixed_up(void **state)
{
    (void)state;
    add_policy("p", LAMP_CERT,
               ALLOW("iot:Publish", ARN "topic/even/*") "," ALLOW("iot:Receive", ARN "topic/odd/*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    struct connection *other = connect_as(OTHER_CERT, "other", 2);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            char topic[20];
            snprintf(topic, sizeof(topic), "%s/%d", i % 2 == 0 ? "even" : "odd", i);
            assert_int_equal(guard_may(&f.guard, lamp, GUARD_PUBLISH, topic, 0), i % 2 == 0);
            assert_int_equal(guard_may(&f.guard, lamp, GUARD_RECEIVE, topic, 0), i % 2 == 1);
            assert_false(guard_may(&f.guard, other, GUARD_PUBLISH, topic, 0));
        }
    }
}

static void change_of_rights_is_noticed_and_forgets_decisions(void **state)
{
    (void)state;
    add_policy("p", LAMP_CERT, ALLOW("iot:Publish", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    poll_changes();
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
    assert_false(poll_changes());

    sql("DELETE FROM policy_attachments");
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0)); /* not polled yet */
    assert_true(poll_changes());
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
    assert_false(poll_changes());

    sql("INSERT INTO policy_attachments(policy_name, certificate_id) VALUES ('p', '" LAMP_CERT "')");
    assert_true(poll_changes());
    assert_true(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
    sql("UPDATE policies SET document = replace(document, 'Allow', 'Deny')");
    assert_true(poll_changes());
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
    sql("UPDATE policies SET document = replace(document, 'Deny', 'Allow')");
    sql("UPDATE certificates SET status = 'INACTIVE'");
    assert_true(poll_changes());
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
}

/* Jobs change all the time; rights do not: nothing is read again for that. */
static void change_of_jobs_is_no_change_of_rights(void **state)
{
    (void)state;
    poll_changes();
    sql("INSERT INTO things VALUES ('pump', 'x', '{}', 1, 0)");
    sql("INSERT INTO jobs(job_id, status, created_at_ms, last_updated_at_ms, retries_failed, "
        "retries_timed_out, "
        "retries_all, targets, document) VALUES ('j', 'IN_PROGRESS', 0, 0, 0, 0, 0, '[]', '{}')");
    assert_false(poll_changes());
    sql("INSERT INTO thing_principals(thing_name, certificate_id) VALUES ('pump', '" OTHER_CERT "')");
    assert_true(poll_changes());
}

static int kicked;
static void count_certificate(void *ctx, const char *certificate)
{
    (void)ctx;
    assert_string_equal(certificate, OTHER_CERT);
    kicked++;
}

static void inactive_certificates_are_listed(void **state)
{
    (void)state;
    authority_inactive(f.authority, count_certificate, NULL);
    assert_int_equal(kicked, 0);
    sql("UPDATE certificates SET status = 'REVOKED' WHERE certificate_id = '" OTHER_CERT "'");
    authority_inactive(f.authority, count_certificate, NULL);
    assert_int_equal(kicked, 1);
}

static void refused_message_is_told_once_but_refused_always(void **state)
{
    (void)state;
    add_policy("p", LAMP_CERT, ALLOW("iot:Publish", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    for (int i = 0; i < 10; i++) {
        assert_false(guard_may(&f.guard, lamp, GUARD_RECEIVE, "a", 0));
    }
    assert_int_equal(f.lines, 1);
    assert_told("no statement of its policies allows iot:Receive");
}

static void refusals_in_a_loop_do_not_fill_the_log(void **state)
{
    (void)state;
    add_policy("p", LAMP_CERT, ALLOW("iot:Connect", "*"));
    struct connection *lamp = connect_as(LAMP_CERT, "lamp", 1);
    for (int i = 0; i < 5000; i++) {
        assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
    }
    assert_int_equal(f.lines, 20);
    clock_advance(&f.times, 1000);
    assert_false(guard_may(&f.guard, lamp, GUARD_PUBLISH, "a", 0));
    assert_int_equal(f.lines, 22);
    assert_string_equal(f.log[20], "4980 more refusals in the second before");
}

static void names_of_strangers_write_no_lines_of_their_own(void **state)
{
    (void)state;
    may_connect("ffff", "a\nrefused nothing\x1b[2J\xc2\x9b\x7f\xff");
    assert_null(strpbrk(last_line(), "\n\x1b\x7f\xc2\xff"));
    assert_told("client a?refused nothing?[2J???, address");
    may_connect("ffff", "p\xc3\xbcmpe \xe6\xb0\xb4 \xf0\x9f\x92\xa7"); /* people's own letters stay */
    assert_told("client p\xc3\xbcmpe \xe6\xb0\xb4 \xf0\x9f\x92\xa7, address 127.0.0.1");
}

static void will_may_use_ordinary_topics_only(void **state)
{
    (void)state;
    add_policy("all", LAMP_CERT, ALLOW("*", "*"));
    struct identity lamp = identity_of(LAMP_CERT, "lamp");
    assert_true(guard_may_will(&f.guard, &lamp, "gone", 1, true));
    assert_false(guard_may_will(&f.guard, &lamp, "$aws/things/lamp/jobs/get", 1, false));
    authority_release(f.authority, &lamp);

    add_policy("p", OTHER_CERT, ALLOW("iot:Publish", ARN "topic/gone"));
    struct identity other = identity_of(OTHER_CERT, "other");
    assert_true(guard_may_will(&f.guard, &other, "gone", 0, false));
    assert_false(guard_may_will(&f.guard, &other, "gone", 0, true));
    assert_false(guard_may_will(&f.guard, &other, "here", 0, false));
    authority_release(f.authority, &other);
}

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
        char name[10];
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

static void connections_are_found_by_pointer_serial_and_certificate(void **state)
{
    (void)state;
    struct connection *all[200];
    for (uintptr_t i = 0; i < 200; i++) {
        all[i] = connect_as(i % 2 == 0 ? LAMP_CERT : OTHER_CERT, "x", 16 * (i + 1));
        for (uintptr_t k = 0; k < i; k++) {
            assert_true(all[k]->serial != all[i]->serial);
        }
    }
    for (uintptr_t i = 0; i < 200; i++) {
        assert_ptr_equal(connection_find(f.connections, (const void *)(16 * (i + 1))), all[i]);
        assert_ptr_equal(connection_find_serial(f.connections, all[i]->serial), all[i]);
    }
    assert_true(connection_has_certificate(f.connections, OTHER_CERT));
    for (uintptr_t i = 1; i < 200; i += 2) {
        connection_remove(f.connections, (const void *)(16 * (i + 1)));
    }
    assert_false(connection_has_certificate(f.connections, OTHER_CERT));
    assert_true(connection_has_certificate(f.connections, LAMP_CERT));
    assert_null(connection_find(f.connections, (const void *)32));
    connection_remove(f.connections, NULL);
}

/* mosquitto reuses memory: the next client may have the last one's pointer, but never its serial number. */
static void same_pointer_again_is_another_connection(void **state)
{
    (void)state;
    uint64_t first = connect_as(LAMP_CERT, "lamp", 16)->serial;
    struct connection *second = connect_as(OTHER_CERT, "other", 16);
    assert_null(connection_find_serial(f.connections, first));
    assert_ptr_equal(connection_find(f.connections, (const void *)16), second);
    assert_false(connection_has_certificate(f.connections, LAMP_CERT));
}

/* An answer of the broker that ran before must not find a connection of this one. */
static void serial_numbers_start_anywhere(void **state)
{
    (void)state;
    struct connection_table *next = connection_table_create(f.authority);
    struct connection *here = connection_add(f.connections, (const void *)1, NULL);
    struct connection *there = connection_add(next, (const void *)1, NULL);
    assert_true(here->serial != there->serial);
    assert_true(here->is_daemon);
    connection_table_destroy(next);
}

static void database_that_is_missing_is_an_error_that_names_it(void **state)
{
    (void)state;
    char why[200];
    const struct authority_config config = {"/nonexistent/iot.db", "r", "a"};
    assert_null(authority_open(&config, why, sizeof(why)));
    assert_non_null(strstr(why, "/nonexistent/iot.db"));
}

#define GUARD_TEST(name) cmocka_unit_test_setup_teardown(name, make_fixture, remove_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUARD_TEST(connect_asks_for_certificate_then_policy),
        GUARD_TEST(client_ids_that_begin_with_a_dollar_are_refused),
        GUARD_TEST(deny_of_one_policy_beats_allow_of_another),
        GUARD_TEST(document_that_cannot_be_read_allows_nothing),
        GUARD_TEST(policy_cannot_open_what_belongs_to_the_service),
        GUARD_TEST(payload_limit_is_128_kb_also_for_a_remembered_topic),
        GUARD_TEST(retaining_needs_both_rights),
        GUARD_TEST(remembered_decisions_are_not_mixed_up),
        GUARD_TEST(change_of_rights_is_noticed_and_forgets_decisions),
        GUARD_TEST(change_of_jobs_is_no_change_of_rights),
        GUARD_TEST(inactive_certificates_are_listed),
        GUARD_TEST(refused_message_is_told_once_but_refused_always),
        GUARD_TEST(refusals_in_a_loop_do_not_fill_the_log),
        GUARD_TEST(names_of_strangers_write_no_lines_of_their_own),
        GUARD_TEST(will_may_use_ordinary_topics_only),
        GUARD_TEST(qos_2_is_refused_everywhere),
        GUARD_TEST(connection_has_50_subscriptions_at_most),
        GUARD_TEST(refused_filters_are_not_counted),
        GUARD_TEST(session_memory_gives_back_what_it_was_given_once),
        GUARD_TEST(answers_ask_for_the_right_to_receive),
        GUARD_TEST(arns_have_the_partition_of_the_region),
        GUARD_TEST(identity_that_could_not_be_loaded_has_no_rights_and_says_so),
        GUARD_TEST(policies_beyond_the_limits_give_no_rights),
        GUARD_TEST(decisions_about_very_long_topics_are_not_kept),
        GUARD_TEST(connections_are_found_by_pointer_serial_and_certificate),
        GUARD_TEST(same_pointer_again_is_another_connection),
        GUARD_TEST(serial_numbers_start_anywhere),
        GUARD_TEST(database_that_is_missing_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
