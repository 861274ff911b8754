/* SPDX-License-Identifier: MIT */
/* What the broker plugin decides, from the service's own database: docs/protocol.md 1.10 and 8, R-16, R-56. */
// LINK: cloud_guard cloud_store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/fakes/guard_fixture.h"

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
                                          "$aws/things/lamp/jobs/get/accepted",
                                          "$aws/x",
                                          "$SYS/x",
                                          "$aws/certificates/create/json/accepted",
                                          "$aws/certificates/create/xml",
                                          "$aws/provisioning-templates/fleet/provision/json/rejected",
                                          "$iotlocal/answer/0000000000000001/1/a"};
    static const char *const filters[] = {"$iotlocal/#", "$SYS/#", "$share/g/$iotlocal/#", "$share/g",
                                          "$+/#"};
    static const char *const hear[] = {"$aws/things/lamp/jobs/get",
                                       "$aws/things/lamp/jobs/get/accepted",
                                       "$aws/certificates/create/json",
                                       "$aws/certificates/create/json/accepted",
                                       "$aws/provisioning-templates/fleet/provision/cbor",
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

    sql("INSERT INTO policy_attachments(policy_name, target_kind, target) VALUES ('p', 'cert', '" LAMP_CERT
        "')");
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
    sql("INSERT INTO things(name, thing_id, attributes, version, created_at_ms) VALUES ('pump', 'x', '{}', "
        "1, 0)");
    sql("INSERT INTO jobs(job_id, status, created_at_ms, last_updated_at_ms, retries_failed, "
        "retries_timed_out, "
        "retries_all, target_selection, config, document) VALUES ('j', 'IN_PROGRESS', 0, 0, 0, 0, 0, "
        "'SNAPSHOT', '{}', '{}')");
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
    sql("DELETE FROM certificates WHERE certificate_id = '" OTHER_CERT "'");
    sql("INSERT INTO deleted_certificates VALUES ('" OTHER_CERT "', 1)"); /* deleted at once after that */
    kicked = 0;
    authority_inactive(f.authority, count_certificate, NULL);
    assert_int_equal(kicked, 1);
}

/* A certificate that has one thing only is that thing, whatever client id it connects with. */
static void exclusive_thing_needs_no_client_id(void **state)
{
    (void)state;
    add_policy("own", LAMP_CERT, ALLOW("iot:Publish", ARN "topic/${iot:Connection.Thing.ThingName}"));
    struct connection *other = connect_as(LAMP_CERT, "any-name", 1);
    assert_false(guard_may(&f.guard, other, GUARD_PUBLISH, "lamp", 0));
    sql("UPDATE thing_principals SET type = 'EXCLUSIVE_THING'");
    poll_changes();
    assert_true(guard_may(&f.guard, other, GUARD_PUBLISH, "lamp", 0));
    assert_false(guard_may(&f.guard, other, GUARD_PUBLISH, "any-name", 0));
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
        GUARD_TEST(exclusive_thing_needs_no_client_id),
        GUARD_TEST(refused_message_is_told_once_but_refused_always),
        GUARD_TEST(refusals_in_a_loop_do_not_fill_the_log),
        GUARD_TEST(names_of_strangers_write_no_lines_of_their_own),
        GUARD_TEST(will_may_use_ordinary_topics_only),
        GUARD_TEST(connections_are_found_by_pointer_serial_and_certificate),
        GUARD_TEST(same_pointer_again_is_another_connection),
        GUARD_TEST(serial_numbers_start_anywhere),
        GUARD_TEST(database_that_is_missing_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
