/* SPDX-License-Identifier: MIT */
/* Lifecycle events as texts, member by member as AWS's page "Lifecycle events" has them, and the versions of client ids
 * (docs/protocol.md 1.13). */
// LINK: cloud_guard cloud_base
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/disconnect_reason.h"
#include "cloud/broker/presence.h"
#include "cloud/broker/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION   "a4666d2a-7d84-4ae4-ac5d-7b38c9cb7967"
#define PRINCIPAL "1234567890123456789012345678901212345678901234567890123456789012"
#define COMMON    "\"sessionIdentifier\":\"" SESSION "\",\"principalIdentifier\":\"" PRINCIPAL "\","

static char topic[PRESENCE_TOPIC_CAP];
static char payload[PRESENCE_PAYLOAD_CAP];
static size_t payload_len;

static struct presence event(enum presence_kind kind)
{
    return (struct presence){.kind = kind,
                             .at_ms = 1573002230757,
                             .client_id = "186b5",
                             .session = SESSION,
                             .principal = PRINCIPAL,
                             .address = "192.0.2.0",
                             .version = 7};
}

static void expect(const struct presence *presence, const char *wanted_topic, const char *wanted)
{
    assert_true(presence_write(presence, topic, payload, &payload_len));
    assert_string_equal(topic, wanted_topic);
    assert_string_equal(payload, wanted);
    assert_int_equal(payload_len, strlen(wanted));
}

static void texts(void **state)
{
    (void)state;
    struct presence e = event(PRESENCE_CONNECTED);
    expect(&e, "$aws/events/presence/connected/186b5",
           "{\"clientId\":\"186b5\",\"timestamp\":1573002230757,\"eventType\":\"connected\"," COMMON
           "\"ipAddress\":\"192.0.2.0\",\"versionNumber\":7}");
    e = event(PRESENCE_DISCONNECTED);
    e.reason = DISCONNECT_CLIENT_INITIATED;
    expect(&e, "$aws/events/presence/disconnected/186b5",
           "{\"clientId\":\"186b5\",\"timestamp\":1573002230757,\"eventType\":\"disconnected\"," COMMON
           "\"clientInitiatedDisconnect\":true,\"disconnectReason\":\"CLIENT_INITIATED_DISCONNECT\","
           "\"versionNumber\":7}");
    e.reason = DISCONNECT_CONNECTION_LOST;
    expect(
        &e, "$aws/events/presence/disconnected/186b5",
        "{\"clientId\":\"186b5\",\"timestamp\":1573002230757,\"eventType\":\"disconnected\"," COMMON
        "\"clientInitiatedDisconnect\":false,\"disconnectReason\":\"CONNECTION_LOST\",\"versionNumber\":7}");
    e = event(PRESENCE_CONNECT_FAILED);
    expect(&e, "$aws/events/presence/connect_failed/186b5",
           "{\"clientId\":\"186b5\",\"timestamp\":1573002230757,\"eventType\":\"connect_failed\"," COMMON
           "\"connectFailureReason\":\"AUTHORIZATION_FAILED\",\"ipAddress\":\"192.0.2.0\"}");
    static const char *const filters[] = {"foo/bar", "a\"b/#"};
    e = event(PRESENCE_SUBSCRIBED);
    e.filters = filters;
    e.filter_count = 2;
    expect(&e, "$aws/events/subscriptions/subscribed/186b5",
           "{\"clientId\":\"186b5\",\"timestamp\":1573002230757,\"eventType\":\"subscribed\"," COMMON
           "\"topics\":[\"foo/bar\",\"a\\\"b/#\"]}");
    e.kind = PRESENCE_UNSUBSCRIBED;
    e.filter_count = 1;
    expect(&e, "$aws/events/subscriptions/unsubscribed/186b5",
           "{\"clientId\":\"186b5\",\"timestamp\":1573002230757,\"eventType\":\"unsubscribed\"," COMMON
           "\"topics\":[\"foo/bar\"]}");
}

static void client_ids_without_events(void **state)
{
    (void)state;
    char long_id[130];
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[129] = '\0';
    const char *const ids[] = {"", "#", "a+b", "a/#", long_id};
    strcpy(topic, "unchanged");
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct presence e = event(PRESENCE_CONNECTED);
        e.client_id = ids[i];
        assert_false(presence_write(&e, topic, payload, &payload_len));
        assert_string_equal(topic, "unchanged");
    }
    struct presence e = event(PRESENCE_CONNECTED);
    long_id[128] = '\0';
    e.client_id = long_id;
    assert_true(presence_write(&e, topic, payload, &payload_len));
}

/* Whatever a device can bring has room. */
static void the_largest_fits(void **state)
{
    (void)state;
    char id[129], filter[PRESENCE_FILTER_CAP];
    const char *filters[PRESENCE_TOPICS_MAX];
    memset(id, 1, sizeof id - 1);
    memset(filter, 1, sizeof filter - 1);
    id[sizeof id - 1] = filter[sizeof filter - 1] = '\0';
    for (size_t i = 0; i < PRESENCE_TOPICS_MAX; i++) {
        filters[i] = filter;
    }
    struct presence e = event(PRESENCE_UNSUBSCRIBED);
    e.client_id = id;
    e.filters = filters;
    e.filter_count = PRESENCE_TOPICS_MAX;
    assert_true(presence_write(&e, topic, payload, &payload_len));
    assert_int_equal(strlen(topic), strlen("$aws/events/subscriptions/unsubscribed/") + 128);
    assert_true(payload_len > 6 * (sizeof filter - 1) * PRESENCE_TOPICS_MAX);
}

/* --- Versions --- */

static void versions_grow_for_each_client_id(void **state)
{
    (void)state;
    struct versions *versions = versions_create();
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(versions_connect(versions, "lamp", 1000 * i), i);
        versions_leave(versions, "lamp", 1000 * i + 1);
        assert_int_equal(versions_connect(versions, "pump", 1000 * i), 2 * i);
        assert_int_equal(versions_connect(versions, "pump", 1000 * i), 2 * i + 1); /* takes over */
        versions_leave(versions, "pump", 1000 * i);
        versions_leave(versions, "pump", 1000 * i + 1);
    }
    versions_leave(versions, "pump", 9000); /* more often than it came */
    versions_leave(versions, "nobody", 9000);
    assert_int_equal(versions_connect(versions, "pump", 9000), 10);
    versions_destroy(versions);
}

static void away_for_an_hour(void **state)
{
    (void)state;
    struct versions *versions = versions_create();
    assert_int_equal(versions_connect(versions, "lamp", 0), 0);
    assert_int_equal(versions_connect(versions, "pump", 0), 0);
    versions_leave(versions, "pump", 5);
    assert_int_equal(versions_connect(versions, "pump", 4 + VERSIONS_AWAY_MS), 1); /* not quite an hour */
    versions_leave(versions, "pump", 10000000);
    assert_int_equal(versions_connect(versions, "pump", 10000000 + VERSIONS_AWAY_MS), 0);
    assert_int_equal(versions_connect(versions, "lamp", 10000001 + VERSIONS_AWAY_MS),
                     1); /* was here all the time */
    assert_int_equal(versions_connect(versions, "door", 20000000), 0);
    assert_int_equal(versions_connect(versions, "door", 20000000), 1); /* takes over */
    versions_leave(versions, "door", 20000000);
    assert_int_equal(versions_connect(versions, "door", 20000000 + 2 * VERSIONS_AWAY_MS),
                     2); /* one was here */
    versions_destroy(versions);
    versions_destroy(NULL);
}

/* Strangers with ever new client ids take no more memory, and push out those who left first. */
static void those_who_are_away_are_bounded(void **state)
{
    (void)state;
    struct versions *versions = versions_create();
    char id[30];
    for (int i = 0; i < VERSIONS_AWAY_MAX + 10; i++) {
        snprintf(id, sizeof id, "client-%d", i);
        assert_int_equal(versions_connect(versions, id, i), 0);
        versions_leave(versions, id, i);
    }
    for (int i = 0; i < VERSIONS_AWAY_MAX + 10;
         i++) { /* backwards, so that nobody who is asked pushes anybody out */
        snprintf(id, sizeof id, "client-%d", VERSIONS_AWAY_MAX + 9 - i);
        assert_int_equal(versions_connect(versions, id, VERSIONS_AWAY_MAX), i < VERSIONS_AWAY_MAX);
    }
    versions_destroy(versions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(client_ids_without_events),
        cmocka_unit_test(the_largest_fits),
        cmocka_unit_test(versions_grow_for_each_client_id),
        cmocka_unit_test(away_for_an_hour),
        cmocka_unit_test(those_who_are_away_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
