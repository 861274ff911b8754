/* SPDX-License-Identifier: MIT */
/* device/runtime/answer: answers of the service in pieces, of any size and in any disorder, and doubles of them (docs/requirements.md R-54). */
// LINK: device_runtime device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/answer.h"

#include <string.h>

#define TOPIC "$aws/certificates/create-from-csr/json/accepted"

static struct runtime_answers answers;
static char text[DEVICE_PROVISION_MESSAGE_CAP + 10];

static int setup(void **state)
{
    (void)state;
    memset(&answers, 0, sizeof(answers));
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 26);
    }
    return 0;
}

static void hear(size_t offset, size_t len, size_t total)
{
    const struct port_mqtt_event event = {.type = PORT_MQTT_MESSAGE,
                                          .topic = offset == 0 ? slice_from(TOPIC) : SLICE_EMPTY,
                                          .payload = {text + offset, len},
                                          .offset = offset,
                                          .total = total};
    runtime_answers_hear(&answers, &event);
}

static void hear_whole(const char *payload)
{
    const struct port_mqtt_event event = {
        .topic = slice_from(TOPIC), .payload = slice_from(payload), .total = strlen(payload)};
    runtime_answers_hear(&answers, &event);
}

static void expect_none(void)
{
    assert_null(runtime_answers_take(&answers));
}

static void expect(const char *payload, size_t len)
{
    struct runtime_answer *answer = runtime_answers_take(&answers);
    assert_non_null(answer);
    assert_int_equal(answer->payload_len, len);
    assert_memory_equal(answer->payload, payload, len);
    assert_int_equal(answer->topic_len, strlen(TOPIC));
    assert_memory_equal(answer->topic, TOPIC, strlen(TOPIC));
    runtime_answers_give_back(answer);
}

static void test_pieces_of_every_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= 64; piece++) {
        for (size_t at = 0; at < 64; at += piece) {
            expect_none();
            hear(at, at + piece < 64 ? piece : 64 - at, 64);
        }
        expect(text, 64);
        expect_none();
    }
}

static void test_largest_one_and_larger(void **state)
{
    (void)state;
    hear(0, 1000, DEVICE_PROVISION_MESSAGE_CAP);
    hear(1000, DEVICE_PROVISION_MESSAGE_CAP - 1000, DEVICE_PROVISION_MESSAGE_CAP);
    expect(text, DEVICE_PROVISION_MESSAGE_CAP);
    hear(0, 1000, DEVICE_PROVISION_MESSAGE_CAP + 1);
    hear(1000, DEVICE_PROVISION_MESSAGE_CAP + 1 - 1000, DEVICE_PROVISION_MESSAGE_CAP + 1);
    expect_none();
    assert_int_equal(answers.too_large, 1);
    hear(0, 5, 5);
    expect(text, 5);
}

/* A port hands pieces over in order; one that does not, or says less at first than comes, writes nowhere. */
static void test_pieces_that_do_not_fit(void **state)
{
    (void)state;
    hear(0, 10, 30);
    hear(20, 10, 30);
    hear(10, 20, 30);
    expect_none();
    hear(0, 10, 30);
    const struct port_mqtt_event more = {.payload = {text, sizeof(text)}, .offset = 10, .total = 30};
    runtime_answers_hear(&answers, &more);
    expect_none();
    char topic[DEVICE_TOPIC_CAP];
    memset(topic, 'x', sizeof(topic));
    const struct port_mqtt_event far = {.topic = {topic, DEVICE_TOPIC_CAP}, .payload = {text, 1}, .total = 1};
    runtime_answers_hear(&answers, &far);
    expect_none();
    assert_int_equal(answers.too_large, 1);
}

/* A double of the last one does not keep the next one out; both are read in their order. */
static void test_two_of_them(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) { /* from either place */
        hear_whole("double");
        hear_whole("next");
        expect("double", 6);
        expect("next", 4);
        expect_none();
        hear_whole("one");
        expect("one", 3);
    }
}

static void test_more_than_there_are_places(void **state)
{
    (void)state;
    hear_whole("first");
    hear_whole("double");
    hear_whole("double");
    hear_whole("next");
    expect("first", 5);
    expect("next", 4);
}

/* Nobody writes where the engine task reads, whatever comes meanwhile. */
static void test_one_that_is_read(void **state)
{
    (void)state;
    hear_whole("first");
    struct runtime_answer *answer = runtime_answers_take(&answers);
    assert_non_null(answer);
    for (int i = 0; i < 3; i++) {
        hear_whole("other");
        hear(0, 10, 30); /* and cut off */
    }
    runtime_answers_forget(&answers);
    assert_memory_equal(answer->payload, "first", 5);
    assert_int_equal(answer->state, RUNTIME_ANSWER_READ);
    runtime_answers_give_back(answer);
    expect_none();
}

static void test_empty_one(void **state)
{
    (void)state;
    hear(0, 0, 0);
    expect("", 0);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pieces_of_every_size),
        TEST(test_largest_one_and_larger),
        TEST(test_pieces_that_do_not_fit),
        TEST(test_two_of_them),
        TEST(test_more_than_there_are_places),
        TEST(test_one_that_is_read),
        TEST(test_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
