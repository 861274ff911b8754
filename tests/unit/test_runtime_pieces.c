/* SPDX-License-Identifier: MIT */
/* device/runtime/reception.c alone: what stands in the queue and whose the buffer is after each event. No task runs. */
// LINK: device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/state.h"
#include "fakes/fake_ports.h"

#include <stdio.h>
#include <string.h>

#define NEXT    "$aws/things/lamp/jobs/$next/get/accepted"
#define OF_RUN  "$aws/things/lamp/jobs/j1/get/accepted"
#define MESSAGE "{\"clientToken\":\"1\",\"jobDocument\":{\"n\":1},\"timestamp\":1}"

static char document[64];
static struct runtime_incoming *const incoming = &device_runtime.incoming;

static int setup(void **state)
{
    (void)state;
    fake_reset();
    const struct runtime_config config = {
        .thing_name = "lamp", .document = document, .document_cap = sizeof(document)};
    assert_int_equal(runtime_init(&config), ERR_OK);
    device_runtime.worker.run.job_id = "j1";
    return 0;
}

static void deliver(struct slice topic, const char *payload, size_t offset, size_t len)
{
    runtime_reception_event(NULL, &(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                                            .topic = offset == 0 ? topic : SLICE_EMPTY,
                                                            .payload = {payload + offset, len},
                                                            .offset = offset,
                                                            .total = strlen(payload)});
    runtime_check();
}

static void deliver_whole(const char *topic, const char *payload)
{
    deliver(slice_from(topic), payload, 0, strlen(payload));
}

static bool is_queued(struct inbox_item *item)
{
    return inbox_peek(&incoming->inbox, item);
}

/* `left` bytes are free behind what INBOX_RESERVE keeps for others. */
static void fill_queue(size_t left)
{
    incoming->inbox.whole = incoming->inbox.used = INBOX_CAP - INBOX_RESERVE - left;
}

static void test_message_that_stops_is_forgotten(void **state)
{
    struct inbox_item item;
    (void)state;
    deliver(slice_from(NEXT), MESSAGE, 0, strlen(MESSAGE) - 20);
    assert_int_equal(incoming->document, RUNTIME_DOCUMENT_ARRIVING);
    deliver(slice_from("$aws/things/lamp/jobs/notify"), MESSAGE, 0, 5);
    assert_int_equal(incoming->document, RUNTIME_DOCUMENT_FREE);
    deliver_whole(NEXT, MESSAGE);
    assert_true(is_queued(&item));
    assert_true(item.flag);
    assert_int_equal(item.number, strlen("{\"n\":1}"));
    assert_string_equal(document, "{\"n\":1}");
    assert_true(slice_is(item.topic, NEXT));
    assert_true(slice_is(item.payload, "{\"clientToken\":\"1\",\"jobDocument\":0,\"timestamp\":1}"));
}

/* The engine waits for answers: an acknowledgement takes no room in the queue and wakes nobody. */
static void test_acknowledgement_is_left_out(void **state)
{
    struct inbox_item item;
    (void)state;
    port_signal_wait(&device_runtime.wake, 0); /* whatever was before */
    runtime_reception_event(NULL, &(struct port_mqtt_event){.type = PORT_MQTT_PUBLISHED, .message_id = 1});
    runtime_check();
    assert_false(is_queued(&item));
    assert_false(port_signal_wait(&device_runtime.wake, 0));
    deliver_whole(NEXT, MESSAGE);
    assert_true(port_signal_wait(&device_runtime.wake, 0));
}

/* No room for its topic, for what is around its document, for what comes behind its details: it is lost as a whole, and that is known. */
static void test_message_that_finds_no_room(void **state)
{
    static const char details[] =
        "{\"a\":\"0123456789\",\"statusDetails\":{\"n\":1},\"jobDocument\":{\"n\":1}}";
    static const size_t left[] = {10, 60, 70, 80};
    (void)state;
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        fill_queue(left[i]);
        const size_t before = incoming->inbox.whole;
        incoming->is_message_lost = false;
        deliver_whole(NEXT, details);
        assert_true(incoming->is_message_lost);
        assert_int_equal(incoming->inbox.whole, before);
        assert_false(inbox_is_open(&incoming->inbox));
        assert_int_equal(incoming->document, RUNTIME_DOCUMENT_FREE);
    }
}

/* All but the document and the details is more than a message may have. */
static void test_message_that_is_too_large(void **state)
{
    static char large[DEVICE_MESSAGE_CAP + 200];
    struct inbox_item item;
    (void)state;
    snprintf(large, sizeof(large), "{\"jobDocument\":{\"n\":1},\"x\":\"%0*d\"}", DEVICE_MESSAGE_CAP, 7);
    for (size_t at = 0; at < strlen(large); at += 100) {
        deliver(slice_from(NEXT), large, at, strlen(large) - at < 100 ? strlen(large) - at : 100);
    }
    assert_true(is_queued(&item));
    assert_int_equal(item.number, RUNTIME_MESSAGE_TOO_LARGE);
    assert_false(item.flag);
    assert_int_equal(item.payload.len, 0);
    assert_int_equal(incoming->document, RUNTIME_DOCUMENT_FREE);
}

/* One byte less than the buffer fits, with its NUL; more does not, and is counted; nothing is no document. */
static void test_documents_and_the_buffer(void **state)
{
    static const size_t lengths[] = {sizeof(document) - 1, sizeof(document), 200, 0};
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char text[300];
        struct inbox_item item;
        bool is_good = i == 0;
        int len = snprintf(text, sizeof(text), "{\"jobDocument\":%s", lengths[i] == 0 ? ",\"a\":1}" : "");
        if (lengths[i] > 0) {
            snprintf(text + len, sizeof(text) - (size_t)len, "\"%0*d\"}", (int)lengths[i] - 2, 7);
        }
        deliver_whole(NEXT, text);
        assert_true(is_queued(&item));
        assert_int_equal(item.flag, is_good);
        assert_int_equal(item.number, lengths[i]);
        assert_int_equal(incoming->document, is_good ? RUNTIME_DOCUMENT_QUEUED : RUNTIME_DOCUMENT_FREE);
        inbox_pop(&incoming->inbox);
        runtime_document_forget_queued();
    }
}

/* While the buffer has another user: an answer to a question for the document is dropped, everything else goes on without it. */
static void test_answers_that_find_the_buffer_taken(void **state)
{
    static const struct {
        const char *topic;
        enum runtime_document document;
        bool is_dropped;
    } cases[] = {
        {NEXT, RUNTIME_DOCUMENT_IN_HAND, true},
        {OF_RUN, RUNTIME_DOCUMENT_LENT_QUEUED, true},
        {OF_RUN, RUNTIME_DOCUMENT_IN_HAND, false}, /* was not asked for */
        {"$aws/things/lamp/jobs/j1/update/accepted", RUNTIME_DOCUMENT_IN_HAND, false},
        {"$aws/things/lamp/jobs/notify-next", RUNTIME_DOCUMENT_LENT, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct inbox_item item;
        incoming->document = cases[i].document;
        incoming->queued_documents = 1;
        device_runtime.refresh.state = RUNTIME_REFRESH_OUT; /* as while it is lent */
        strcpy(document, "kept");
        deliver_whole(cases[i].topic, MESSAGE);
        assert_int_equal(is_queued(&item), !cases[i].is_dropped);
        assert_int_equal(incoming->document, cases[i].document);
        assert_string_equal(document, "kept");
        if (!cases[i].is_dropped) {
            assert_false(item.flag);
            assert_int_equal(item.number, strlen("{\"n\":1}"));
        }
        inbox_clear(&incoming->inbox);
    }
}

/* The buffer that was lent is written by .../jobs/j1/get/accepted and by nothing else. */
static void test_which_answer_is_about_the_run(void **state)
{
    static const char *const others[] = {
        "$aws/things/lamp/jobs/j2/get/accepted",
        "$aws/things/lamp/jobs/xj1/get/accepted",
        "$aws/things/lamp/jobs/j1/get/rejected",
        "$aws/things/lamp/jobs/j11/get/accepted",
    };
    (void)state;
    device_runtime.refresh.state = RUNTIME_REFRESH_OUT;
    strcpy(document, "kept");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        incoming->document = RUNTIME_DOCUMENT_LENT;
        deliver_whole(others[i], MESSAGE);
        assert_int_equal(incoming->document, RUNTIME_DOCUMENT_LENT);
        assert_string_equal(document, "kept");
        inbox_clear(&incoming->inbox);
    }
    /* shorter than the run's: what stands before it in memory is not looked at */
    static const char whole[] = OF_RUN;
    const struct slice within = slice_from(&whole[sizeof("$aws/things/lamp/jobs/") - 1]);
    deliver(within, MESSAGE, 0, strlen(MESSAGE));
    assert_int_equal(incoming->document, RUNTIME_DOCUMENT_LENT);
    inbox_clear(&incoming->inbox);
    deliver_whole(OF_RUN, MESSAGE);
    assert_int_equal(incoming->document, RUNTIME_DOCUMENT_LENT_QUEUED);
    assert_string_equal(document, "{\"n\":1}");
}

static void test_reason_of_an_end_is_cut(void **state)
{
    static char long_text[RUNTIME_REASON_CAP + 100];
    struct inbox_item item;
    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    runtime_reception_event(NULL,
                            &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED, .text = long_text});
    assert_true(is_queued(&item));
    assert_int_equal(item.payload.len, RUNTIME_REASON_CAP - 1);
    inbox_pop(&incoming->inbox);
    runtime_reception_event(NULL, &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED, .text = "gone"});
    assert_true(is_queued(&item));
    assert_true(slice_is(item.payload, "gone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_message_that_stops_is_forgotten, setup),
        cmocka_unit_test_setup(test_acknowledgement_is_left_out, setup),
        cmocka_unit_test_setup(test_message_that_finds_no_room, setup),
        cmocka_unit_test_setup(test_message_that_is_too_large, setup),
        cmocka_unit_test_setup(test_documents_and_the_buffer, setup),
        cmocka_unit_test_setup(test_answers_that_find_the_buffer_taken, setup),
        cmocka_unit_test_setup(test_which_answer_is_about_the_run, setup),
        cmocka_unit_test_setup(test_reason_of_an_end_is_cut, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
