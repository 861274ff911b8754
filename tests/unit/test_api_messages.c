/* SPDX-License-Identifier: MIT */
/* The application's own messages, from lib_aws.h to the port and back (docs/guarantees.md M1 to M5; docs/protocol.md 4). */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/config.h"
#include "device/runtime/runtime.h"
#include "device/runtime/state.h"
#include "fakes/fake_service.h"
#include "lib_system.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static char big[200000];
static unsigned connections;

/* Who listens. */
static struct {
    pthread_mutex_t lock;
    char said[500]; /* "topic=payload " of each message */
    const void *context;
    uint32_t length, capacity; /* of the last one */
    bool has_payload;
    atomic_uint count;
    atomic_bool must_wait, is_waiting;
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_message(const awsMessage_st *message, void *context)
{
    pthread_mutex_lock(&heard.lock);
    size_t len = strlen(heard.said);
    heard.context = context;
    heard.length = message->length_u32;
    heard.capacity = message->capacity_u32;
    heard.has_payload = message->pPayload != NULL;
    snprintf(heard.said + len, sizeof(heard.said) - len, "%s=%.20s ", message->pTopicStr,
             message->pPayload ? (const char *)message->pPayload : "-");
    pthread_mutex_unlock(&heard.lock);
    atomic_fetch_add(&heard.count, 1);
    atomic_store(&heard.is_waiting, true);
    while (atomic_load(&heard.must_wait)) {
        sched_yield();
    }
}

static void forget(void)
{
    heard.said[0] = '\0';
    atomic_store(&heard.count, 0);
}

static void deliver(const char *topic, const char *payload)
{
    assert_true(fake_deliver_own(topic, slice_from(payload), 1, false));
}

static void connect(void)
{
    fake_wait_open(++connections);
    fake_connect();
    fake_answer_no_job();
    FAKE_WAIT(AWS_isConnected());
}

static int start(void **state)
{
    static systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "localhost",
                                                         .port_u16 = 8883,
                                                         .pRootCaStr = CERT,
                                                         .pThingCertStr = CERT,
                                                         .pThingPrivateKeyStr = KEY,
                                                         .pThingNameStr = "lamp"}};
    (void)state;
    memset(big, 'x', sizeof(big));
    fake_reset();
    assert_false(AWS_publishMessage("t", "x", 1, QOS1_AT_LEASET_ONCE, false));
    fake_wait_log("SYSTEM_init has not succeeded yet");
    assert_true(SYSTEM_init(&config));
    SYSTEM_start();
    connect();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return runtime_stop() == ERR_OK ? 0 : -1;
}

/* The next publish that is the application's; what jobs ask for between is answered. */
static void take_publish(struct fake_request *publish)
{
    for (;;) {
        fake_wait_publish(publish->topic, sizeof(publish->topic), publish->payload, sizeof(publish->payload));
        if (strcmp(publish->topic, "$next/get") != 0) {
            return;
        }
        fake_accept_request(publish, "");
    }
}

static void expect_publish(const char *topic, const char *payload)
{
    struct fake_request publish;
    take_publish(&publish);
    assert_string_equal(publish.topic, topic);
    assert_string_equal(publish.payload, payload);
}

static void wait_sent(void)
{
    FAKE_WAIT(!AWS_publishInProgress());
}

/* --- out */

static void published_as_given(void **state)
{
    uint8_t qos;
    bool is_retained;
    (void)state;
    assert_true(AWS_publishMessage("lamp/state", "{\"on\":true}", 11, QOS1_AT_LEASET_ONCE, true));
    expect_publish("lamp/state", "{\"on\":true}");
    fake_taken_publish(&qos, &is_retained);
    assert_int_equal(qos, 1);
    assert_true(is_retained);
    assert_true(AWS_publishMessage("lamp/state", NULL, 0, QOS0_AT_MOST_ONCE, false));
    expect_publish("lamp/state", "");
    fake_taken_publish(&qos, &is_retained);
    assert_int_equal(qos, 0);
    assert_false(is_retained);
    wait_sent();
}

static void published_as_programs_of_the_original_library_do_it(void **state)
{
    mqttMsg_st message = {.topicStr = "lamp/state", .payloadStr = "a text", .qos_e = QOS1_AT_LEASET_ONCE};
    (void)state;
    assert_true(AWS_publish(&message));
    expect_publish("lamp/state", "a text");
    message.payloadLen_u16 = 3;
    assert_true(AWS_publish(&message));
    expect_publish("lamp/state", "a t");
    memset(message.payloadStr, 'y', sizeof(message.payloadStr)); /* 1024 bytes, and no NUL */
    message.payloadLen_u16 = 0;
    assert_true(AWS_publish(&message));
    struct fake_request publish;
    take_publish(&publish);
    assert_int_equal(strlen(publish.payload), sizeof(message.payloadStr));
    message.payloadLen_u16 = 1025;
    assert_false(AWS_publish(&message));
    memset(message.topicStr, 'y', sizeof(message.topicStr));
    assert_false(AWS_publish(&message));
    assert_false(AWS_publish(NULL));
    wait_sent();
}

static void refused_with_the_reason(void **state)
{
    (void)state;
    assert_false(AWS_publishMessage("a/+", "", 0, QOS1_AT_LEASET_ONCE, false));
    fake_wait_log("AWS_publishMessage: the topic 'a/+' has a wildcard");
    assert_false(AWS_publishMessage("$aws/things/lamp/jobs/get", "{}", 2, QOS1_AT_LEASET_ONCE, false));
    fake_wait_log("is one of the library's own");
    assert_false(AWS_publishMessage("t", big, 131073, QOS1_AT_LEASET_ONCE, false));
    fake_wait_log("a message of 131073 bytes on 't' never has room: CONFIG_DEVICE_JOBS_OUTBOX_SIZE is 4096");
    assert_false(AWS_publishMessage("t", big, CONFIG_DEVICE_JOBS_OUTBOX_SIZE, QOS1_AT_LEASET_ONCE, false));
    assert_false(AWS_publishMessage("t", NULL, 1, QOS1_AT_LEASET_ONCE, false));
    assert_false(AWS_publishMessage(NULL, "", 0, QOS1_AT_LEASET_ONCE, false));
    assert_false(AWS_publishMessage("t", "", 0, (qos_et)2, false));
    assert_false(AWS_subscribeTopic("$aws/things/+/jobs/#", QOS1_AT_LEASET_ONCE, on_message, NULL));
    fake_wait_log(
        "AWS_subscribeTopic: the filter '$aws/things/+/jobs/#' reaches topics of the library's own");
    assert_false(AWS_subscribeTopic("a", QOS1_AT_LEASET_ONCE, NULL, NULL));
    assert_false(AWS_subscribeTopic(NULL, QOS1_AT_LEASET_ONCE, on_message, NULL));
    assert_false(AWS_subscribeTopic("a", (qos_et)2, on_message, NULL));
    big[CONFIG_DEVICE_JOBS_FILTER_SIZE] = '\0';
    assert_false(AWS_subscribeTopic(big, QOS1_AT_LEASET_ONCE, on_message, NULL));
    big[CONFIG_DEVICE_JOBS_FILTER_SIZE] = 'x';
    fake_wait_log("is too long: CONFIG_DEVICE_JOBS_FILTER_SIZE is 128");
    assert_false(AWS_unsubscribe("nobody"));
    fake_wait_log("nobody has subscribed to 'nobody'");
}

/* M3, M1: without acknowledgements the queue fills, the newest is refused, and everything that was taken arrives, in order. */
static void full_queue(void **state)
{
    awsMessageCounters_st before, after;
    char payload[500];
    unsigned taken = 0;
    (void)state;
    AWS_getMessageCounters(&before);
    fake_withhold_acknowledgements(true);
    memset(payload, 'p', sizeof(payload));
    payload[sizeof(payload) - 1] = '\0';
    for (;; taken++) {
        payload[0] = (char)('0' + taken);
        if (!AWS_publishMessage("t", payload, sizeof(payload) - 1, QOS1_AT_LEASET_ONCE, false)) {
            break;
        }
    }
    assert_in_range(taken, 7, 8);
    fake_wait_log("a message of 499 bytes on 't' is refused: no room now");
    assert_int_equal(AWS_pubMsgAvailable(), taken);
    AWS_getMessageCounters(&after);
    assert_int_equal(after.refused_u32 - before.refused_u32, 1);
    assert_int_equal(after.taken_u32 - before.taken_u32, taken);
    for (unsigned i = 0; i < 7; i++) { /* the window */
        payload[0] = (char)('0' + i);
        expect_publish("t", payload);
    }
    fake_disconnect("cut");
    fake_withhold_acknowledgements(false);
    connect();
    for (unsigned i = 0; i < taken; i++) {
        payload[0] = (char)('0' + i);
        expect_publish("t", payload);
    }
    wait_sent();
    AWS_getMessageCounters(&after);
    assert_int_equal(after.acknowledged_u32 - before.acknowledged_u32, taken);
    assert_int_equal(after.dropped_u32, before.dropped_u32);
}

/* --- in */

static unsigned subscribes;

/* Until so many more filters were asked for. */
static void wait_subscribed(unsigned count)
{
    FAKE_WAIT(fake_subscribe_count() >= subscribes + count);
    subscribes = fake_subscribe_count();
}

static void listen(const char *filter, void *context)
{
    subscribes = fake_subscribe_count();
    assert_true(AWS_subscribeTopic(filter, QOS1_AT_LEASET_ONCE, on_message, context));
    wait_subscribed(1);
}

static void heard_by_whoever_listens(void **state)
{
    int context;
    (void)state;
    forget();
    listen("a/+", &context);
    deliver("a/b", "one");
    FAKE_WAIT(atomic_load(&heard.count) == 1);
    assert_string_equal(heard.said, "a/b=one ");
    assert_ptr_equal(heard.context, &context);
    assert_int_equal(heard.length, 3);
    deliver("a", "nobody");
    deliver("c/d", "nobody");
    deliver("a/empty", "");
    FAKE_WAIT(atomic_load(&heard.count) == 2);
    listen("#", NULL); /* each filter that matches */
    deliver("a/b", "two");
    FAKE_WAIT(atomic_load(&heard.count) == 4);
    assert_string_equal(heard.said, "a/b=one a/empty= a/b=two a/b=two ");
    assert_true(AWS_unsubscribe("#"));
    assert_true(AWS_unsubscribe("a/+"));
    char filter[200];
    FAKE_WAIT(fake_unsubscribe_count(filter, sizeof(filter)) == 2);
    deliver("a/b", "three");
    listen("z", NULL);
    deliver("z", "end");
    FAKE_WAIT(atomic_load(&heard.count) == 5); /* and nobody has heard three */
    assert_true(AWS_unsubscribe("z"));
}

static void asked_again_on_the_next_connection(void **state)
{
    (void)state;
    forget();
    listen("again", NULL);
    fake_disconnect("cut");
    subscribes = fake_subscribe_count();
    connect();
    wait_subscribed(5); /* the library's four, and then ours */
    deliver("again", "1");
    FAKE_WAIT(atomic_load(&heard.count) == 1);
    assert_true(AWS_unsubscribe("again"));
}

/* M3: a message for which there never is room is reported, one for which there is no room now is left out, and the connection lives. */
static void bounded_inbox(void **state)
{
    awsMessageCounters_st before, after;
    (void)state;
    forget();
    AWS_getMessageCounters(&before);
    listen("in", NULL);
    assert_true(fake_deliver_own("in", (struct slice){big, 100000}, 1, false));
    FAKE_WAIT(atomic_load(&heard.count) == 1);
    assert_false(heard.has_payload);
    assert_int_equal(heard.length, 100000);
    assert_in_range(heard.capacity, CONFIG_DEVICE_JOBS_RECEIVED_SIZE - 30, CONFIG_DEVICE_JOBS_RECEIVED_SIZE);
    assert_true(fake_deliver_own("in", (struct slice){big, heard.capacity}, 1, false)); /* the largest */
    FAKE_WAIT(atomic_load(&heard.count) == 2);
    assert_true(heard.has_payload);
    do { /* its place in the queue is free */
        AWS_getMessageCounters(&after);
    } while (after.received_u32 == before.received_u32);
    atomic_store(&heard.is_waiting, false);
    atomic_store(&heard.must_wait, true);
    for (int i = 0; i < 4; i++) {
        assert_true(fake_deliver_own("in", (struct slice){big, 1500}, 1, false));
    }
    FAKE_WAIT(atomic_load(&heard.is_waiting));
    atomic_store(&heard.must_wait, false);
    fake_wait_log(
        " received messages are left out: no room"); /* at once, and what follows within 10 s together */
    FAKE_WAIT(atomic_load(&heard.count) == 4);
    AWS_getMessageCounters(&after);
    assert_int_equal(after.receivedTooLarge_u32 - before.receivedTooLarge_u32, 1);
    assert_int_equal(after.receivedRefused_u32 - before.receivedRefused_u32, 2);
    assert_int_equal(after.received_u32 - before.received_u32, 3);
    assert_true(AWS_isConnected());
    assert_true(AWS_unsubscribe("in"));
}

/* A message whose pieces are longer than its first one said is left out; the next one is heard, and is as long as it is. */
static void longer_than_it_said(void **state)
{
    awsMessageCounters_st before, after;
    struct port_mqtt_event piece = {
        .type = PORT_MQTT_MESSAGE, .topic = slice_from("liar"), .payload = {big, 2}, .total = 3};
    (void)state;
    forget();
    listen("liar", NULL);
    AWS_getMessageCounters(&before);
    runtime_reception_event(NULL, &piece);
    piece.offset = 2;
    piece.payload.len = CONFIG_DEVICE_JOBS_RECEIVED_SIZE;
    runtime_reception_event(NULL, &piece);
    deliver("liar", "true");
    FAKE_WAIT(atomic_load(&heard.count) == 1);
    assert_string_equal(heard.said, "liar=true ");
    assert_int_equal(heard.length, 4);
    AWS_getMessageCounters(&after);
    assert_int_equal(after.receivedRefused_u32 - before.receivedRefused_u32, 1);
    assert_true(AWS_unsubscribe("liar"));
}

static void fetched_as_programs_of_the_original_library_do_it(void **state)
{
    mqttMsg_st message = {0};
    (void)state;
    assert_int_equal(AWS_subMsgAvailable(), 0);
    assert_false(AWS_subMsgRead(&message));
    subscribes = fake_subscribe_count();
    assert_true(AWS_subscribe("poll/#", 1));
    assert_true(AWS_subscribe("poll/a", 1)); /* both match, and it is one message */
    wait_subscribed(2);
    deliver("poll/a", "first");
    deliver("poll/b", "second");
    FAKE_WAIT(AWS_subMsgAvailable() == 2);
    assert_true(AWS_subMsgRead(&message));
    assert_string_equal(message.topicStr, "poll/a");
    assert_string_equal(message.payloadStr, "first");
    assert_int_equal(message.payloadLen_u16, 5);
    assert_int_equal(message.topicLen_u8, 6);
    assert_true(AWS_subMsgRead(&message));
    assert_string_equal(message.payloadStr, "second");
    assert_false(AWS_subMsgRead(&message));
    assert_true(fake_deliver_own("poll/c", (struct slice){big, 1025}, 1, false)); /* larger than mqttMsg_st */
    assert_true(fake_deliver_own("poll/d", (struct slice){big, 1024}, 1, false));
    FAKE_WAIT(AWS_subMsgAvailable() == 2);
    assert_true(AWS_subMsgRead(&message));
    assert_string_equal(message.topicStr, "poll/d");
    assert_int_equal(message.payloadLen_u16, 1024);
    fake_wait_log("a message of 1025 bytes on 'poll/c' is left out: there is room for 1024");
    for (int i = 0; i < 4; i++) {
        assert_true(fake_deliver_own("poll/e", (struct slice){big, 1000}, 1, false));
    }
    fake_wait_log("a message of 1000 bytes on 'poll/e' is left out");
    assert_int_equal(AWS_subMsgAvailable(), 2);
    assert_false(AWS_subMsgRead(NULL));
    assert_true(AWS_subMsgRead(&message) && AWS_subMsgRead(&message));
    assert_false(AWS_subscribe(NULL, 1));
    assert_false(AWS_subscribe("a", 2));
    assert_true(AWS_unsubscribe("poll/#") && AWS_unsubscribe("poll/a"));
}

/* 0x80 and AWS's way, the connection's end: a line names what the policy lacks, and the others live. */
static void refused_filter(void **state)
{
    (void)state;
    fake_refuse_subscribe("secret", FAKE_REFUSED);
    listen("secret", NULL);
    fake_wait_log(
        "'secret' is refused, and left out for a day: the policy needs iot:Subscribe and iot:Receive");
    AWS_printSubscribedTopics();
    fake_wait_log("subscription 'secret', QoS 1: refused");
    AWS_printStatus();
    fake_wait_log("thing 'lamp', connection CONNECTED");
    fake_refuse_subscribe(NULL, FAKE_REFUSED);
    listen("secret", NULL); /* somebody has mended the policy */
    AWS_printSubscribedTopics();
    fake_wait_log("subscription 'secret', QoS 1: granted");
    assert_true(AWS_unsubscribe("secret"));
}

static void all_places_are_taken(void **state)
{
    char filter[20];
    (void)state;
    for (int i = 0; i <= CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        snprintf(filter, sizeof(filter), "f/%d", i);
        assert_int_equal(AWS_subscribeTopic(filter, QOS1_AT_LEASET_ONCE, on_message, NULL),
                         i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS);
    }
    fake_wait_log("is one filter too many: CONFIG_DEVICE_JOBS_SUBSCRIPTIONS is 8");
    for (int i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        snprintf(filter, sizeof(filter), "f/%d", i);
        assert_true(AWS_unsubscribe(filter));
    }
}

/* AWS_close and AWS_restart, with a message that waits meanwhile. */
static void closed_and_opened_again(void **state)
{
    (void)state;
    AWS_close();
    FAKE_WAIT(AWS_getState() == STATE_AWS_SUSPENDED);
    assert_true(AWS_publishMessage("t", "later", 5, QOS1_AT_LEASET_ONCE, false));
    assert_true(AWS_publishInProgress());
    AWS_restart();
    connect();
    expect_publish("t", "later");
    wait_sent();
}

/* --- devices that sleep */

static bool is_idle_when_jobs_are_answered(void)
{
    if (fake_is_next_publish("$next/get")) {
        fake_answer_no_job();
    }
    return SYSTEM_isIdle();
}

static void not_idle_before_all_is_sent(void **state)
{
    (void)state;
    FAKE_WAIT(is_idle_when_jobs_are_answered());
    fake_withhold_acknowledgements(true);
    assert_true(AWS_publishMessage("t", "kept", 4, QOS1_AT_LEASET_ONCE, false));
    assert_false(SYSTEM_isIdle());
    expect_publish("t", "kept");
    assert_false(SYSTEM_isIdle()); /* on its way, and lost with the power */
    assert_true(SYSTEM_stop());
    assert_false(SYSTEM_isIdle());
    fake_withhold_acknowledgements(false);
    SYSTEM_start();
    connect();
    expect_publish("t", "kept");
    wait_sent();
    FAKE_WAIT(is_idle_when_jobs_are_answered());
}

/* What was taken before SYSTEM_stop and after it goes out after the next SYSTEM_start, once each, and subscriptions are asked again. */
static void stopped_and_started_again(void **state)
{
    awsMessageCounters_st before, after;
    (void)state;
    forget();
    listen("again", NULL);
    AWS_getMessageCounters(&before);
    for (int i = 0; i < 3; i++) {
        assert_true(SYSTEM_stop());
        assert_true(AWS_publishMessage("t", "while it sleeps", 15, QOS1_AT_LEASET_ONCE, false));
        subscribes = fake_subscribe_count();
        SYSTEM_start();
        connect();
        expect_publish("t", "while it sleeps");
        wait_sent();
        wait_subscribed(5); /* the library's four, and then ours */
        deliver("again", "1");
        FAKE_WAIT(atomic_load(&heard.count) == (unsigned)i + 1);
    }
    AWS_getMessageCounters(&after);
    assert_int_equal(after.acknowledged_u32 - before.acknowledged_u32, 3);
    assert_int_equal(after.dropped_u32, before.dropped_u32);
    assert_true(AWS_unsubscribe("again"));
}

/* A message that came is acknowledged, so nobody sends it again: the library stops when the application has heard of it. */
static void heard_before_it_stops(void **state)
{
    (void)state;
    forget();
    listen("in", NULL);
    FAKE_WAIT(is_idle_when_jobs_are_answered());
    atomic_store(&heard.is_waiting, false);
    atomic_store(&heard.must_wait, true);
    deliver("in", "1");
    deliver("in", "2");
    deliver("in", "3");
    FAKE_WAIT(atomic_load(&heard.is_waiting));
    assert_false(SYSTEM_isIdle());
    assert_false(SYSTEM_stop());
    assert_true(fake_log_has("the library stops when it can: a callback has not returned"));
    atomic_store(&heard.must_wait, false);
    FAKE_WAIT(SYSTEM_stop());
    assert_int_equal(atomic_load(&heard.count), 3);
    assert_true(SYSTEM_isIdle());
    SYSTEM_start();
    connect();
    assert_true(AWS_unsubscribe("in"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_as_given),
        cmocka_unit_test(published_as_programs_of_the_original_library_do_it),
        cmocka_unit_test(refused_with_the_reason),
        cmocka_unit_test(full_queue),
        cmocka_unit_test(heard_by_whoever_listens),
        cmocka_unit_test(asked_again_on_the_next_connection),
        cmocka_unit_test(bounded_inbox),
        cmocka_unit_test(longer_than_it_said),
        cmocka_unit_test(fetched_as_programs_of_the_original_library_do_it),
        cmocka_unit_test(refused_filter),
        cmocka_unit_test(all_places_are_taken),
        cmocka_unit_test(closed_and_opened_again),
        cmocka_unit_test(not_idle_before_all_is_sent),
        cmocka_unit_test(stopped_and_started_again),
        cmocka_unit_test(heard_before_it_stops),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
