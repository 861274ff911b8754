/* SPDX-License-Identifier: MIT */
/* device/runtime/reception.c: a message comes in pieces, its document goes to the application's buffer and the rest to the engine
 * a dropped message sets a resync flag. The buffer is written only while nobody reads it. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEXT_ACCEPTED "$next/get/accepted"
#define TOO_LARGE     "an answer is too large for CONFIG_DEVICE_JOBS_MESSAGE_OVERHEAD"

static char payload[FAKE_ANSWER_CAP];

/* One byte more than a message may have. */
static void deliver_filler(void)
{
    static char filler[DEVICE_MESSAGE_CAP + 2];
    memset(filler, ' ', sizeof(filler) - 1);
    fake_deliver("j9/get/accepted", filler);
}

/* Connected, and the question for the next job is taken. */
static struct fake_request ask(void)
{
    struct fake_request request;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_connect();
    fake_expect_request(&request, "$next/get");
    return request;
}

/* The job is what the service has, until it is claimed: the device asks again for what may have changed between two answers. */
static void serve_until_claimed(const char *job_id, const char *document)
{
    struct fake_request request;
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        if (strcmp(request.topic, "$next/get") == 0) {
            fake_write_next(&request, job_id, document, payload, sizeof(payload));
            fake_deliver(NEXT_ACCEPTED, payload);
        } else {
            assert_true(fake_serve_job(&request, job_id));
        }
    } while (!strstr(request.payload, "\"IN_PROGRESS\""));
}

/* {"action":"blink","x":"xxx..."} of `len` bytes, freed by the caller. */
static char *long_document(size_t len)
{
    static const char head[] = "{\"action\":\"blink\",\"x\":\"";
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + len - 2, "\"}", 3);
    return text;
}

static void test_document_in_pieces_of_any_size(void **state)
{
    static const size_t pieces[] = {1, 7, 100, 1024, 5000};
    char *document = long_document(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE - 1);
    (void)state;
    struct fake_request request = ask();
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        char job_id[] = {'j', (char)('1' + i), '\0'};
        atomic_store(&table.return_status, JOBS_STATUS_SUCCEEDED);
        if (i > 0) {
            fake_expect_request(&request, "$next/get");
        }
        fake_write_next(&request, job_id, document, payload, sizeof(payload));
        assert_true(fake_deliver_pieces(NEXT_ACCEPTED, payload, pieces[i]));
        fake_accept_until(&request, job_id, "SUCCEEDED");
        assert_string_equal(table.seen_document, document);
        assert_string_equal(table.seen_job_id, job_id);
    }
    free(document);
}

/* However large: refused by name, with its size, at once. */
static void test_document_larger_than_the_buffer(void **state)
{
    static const size_t sizes[] = {CONFIG_DEVICE_JOBS_DOCUMENT_SIZE, 32768, 65000};
    (void)state;
    struct fake_request request = ask();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char job_id[] = {'j', (char)('1' + i), '\0'};
        char expected[64];
        char *document = long_document(sizes[i]);
        if (i > 0) {
            fake_expect_request(&request, "$next/get");
        }
        fake_write_next(&request, job_id, document, payload, sizeof(payload));
        assert_true(fake_deliver_pieces(NEXT_ACCEPTED, payload, 1024));
        fake_accept_until(&request, job_id, "REJECTED");
        snprintf(expected, sizeof(expected), "too large: %zu bytes, limit 4095", sizes[i]);
        assert_non_null(strstr(request.payload, expected));
        free(document);
    }
    assert_false(atomic_load(&table.is_in_handler));
}

/* A late answer to an older question, while the handler reads its document; and documents in topics that bring none. */
static void test_document_in_use_is_not_overwritten(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    table_start_job();
    struct fake_request request = {.payload = "{\"clientToken\":\"0123456789abcdef\"}"};
    fake_write_next(&request, "j9", "{\"action\":\"other\"}", payload, sizeof(payload));
    fake_deliver(NEXT_ACCEPTED, payload);
    fake_deliver("notify-next", payload);
    fake_deliver("j1/get/accepted", payload);
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL),
                     ERR_OK); /* by now the engine has seen the messages before it */
    assert_string_equal(table_document(), TABLE_DOCUMENT);
    atomic_store(&table.may_return, true);
    fake_accept_until(&request, "j1", "SUCCEEDED");
}

/* The answer arrives while one that nobody waits for holds the buffer: it counts as lost, is asked again, and run. */
static void test_document_that_found_the_buffer_taken(void **state)
{
    (void)state;
    struct fake_request request = ask();
    static char stale[1000];
    const struct fake_request old = {.payload = "{\"clientToken\":\"0123456789abcdef\"}"};
    fake_write_next(&old, "j9", "{\"action\":\"blink\"}", stale, sizeof(stale));
    fake_write_next(&request, "j1", TABLE_DOCUMENT, payload, sizeof(payload));
    fake_log_hold(TOO_LARGE);
    deliver_filler();
    fake_wait_log(TOO_LARGE); /* the engine task stands still, and both answers come */
    fake_deliver(NEXT_ACCEPTED, stale);
    fake_deliver(NEXT_ACCEPTED, payload);
    fake_log_release();
    fake_answer_next("j1", TABLE_DOCUMENT);
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_document, TABLE_DOCUMENT);
}

/* A notification brings the document as well, and nobody has looked at it when the answer comes: it gives way. The answer is older than the
 * notification, so the device asks again, at once and not when an answer counts as lost. */
static void test_document_of_a_notification_gives_way_to_an_answer(void **state)
{
    (void)state;
    struct fake_request request = ask();
    uint64_t since_ms = port_time_monotonic_ms();
    fake_write_next(&request, "j1", TABLE_DOCUMENT, payload, sizeof(payload));
    fake_log_hold(TOO_LARGE);
    deliver_filler();
    fake_wait_log(TOO_LARGE);
    fake_notify_next("j0", "{\"action\":\"other\"}");
    fake_deliver(NEXT_ACCEPTED, payload);
    fake_log_release();
    fake_answer_next("j1", TABLE_DOCUMENT);
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_document, TABLE_DOCUMENT);
    assert_true(port_time_monotonic_ms() - since_ms < CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
}

/* Connected and idle: nothing is asked and nothing on its way. */
static void become_idle(void)
{
    struct fake_request request = ask();
    fake_accept_request(&request, "");
    fake_answer_no_job();
}

/* The fast way: notify-next, claim, handler. What runs is the document of the claim's answer. */
static void test_document_of_a_notification_is_claimed_and_that_of_the_answer_runs(void **state)
{
    static const char other[] = "{\"action\":\"blink\",\"count\":7}";
    struct fake_request request;
    (void)state;
    become_idle();
    fake_notify_next("j1", TABLE_DOCUMENT);
    fake_expect_request(&request, "j1/update");
    assert_non_null(strstr(request.payload, "\"includeJobDocument\":true"));
    assert_string_equal(table_document(), TABLE_DOCUMENT);
    fake_write_next(&request, "j1", other, payload, sizeof(payload)); /* made again meanwhile */
    assert_true(fake_serve_job(&request, "j1"));
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_document, other);
}

/* A notification that finds the buffer taken is news all the same: without its document, and the running one stays. */
static void test_notification_while_a_handler_reads_its_document(void **state)
{
    struct fake_request request;
    (void)state;
    atomic_store(&table.may_return, false);
    table_start_job();
    fake_notify_next("j9", "{\"action\":\"blink\",\"count\":9}"); /* does not name j1: is it still there? */
    fake_expect_request(&request, "j1/get");
    assert_string_equal(table_document(), TABLE_DOCUMENT);
    assert_true(fake_serve_job(&request, "j1"));
    atomic_store(&table.may_return, true);
}

/* Two notifications before anybody looks: the second has no place, and the first is not taken for the second. */
static void test_second_notification_has_no_place(void **state)
{
    (void)state;
    become_idle();
    fake_log_hold(TOO_LARGE);
    deliver_filler();
    fake_wait_log(TOO_LARGE);
    fake_notify_next("j1", TABLE_DOCUMENT);
    fake_notify_next("j2", "{\"action\":\"blink\",\"count\":2}");
    fake_log_release();
    struct fake_request request;
    fake_expect_request(&request,
                        "j1/update"); /* claimed, and then doubted: it is read again before it starts */
    assert_true(fake_serve_job(&request, "j1"));
    fake_answer_next("j2", "{\"action\":\"blink\",\"count\":2}");
    fake_accept_claim("j2");
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_document, "{\"action\":\"blink\",\"count\":2}");
    assert_string_equal(table.seen_job_id, "j2");
}

/* The claim's answer finds the buffer taken by a notification that is being looked at or waits: read again, and run. */
static void test_answer_to_a_claim_takes_the_place_of_a_notification(void **state)
{
    struct fake_request request;
    (void)state;
    become_idle();
    fake_notify_next("j1", TABLE_DOCUMENT);
    fake_expect_request(&request, "j1/update");
    fake_log_hold(TOO_LARGE);
    deliver_filler();
    fake_wait_log(TOO_LARGE);
    fake_notify_next("j1", "{\"action\":\"blink\",\"count\":5}");
    fake_write_next(&request, "j1", TABLE_DOCUMENT, payload, sizeof(payload)); /* what the answer brings */
    assert_true(fake_serve_job(&request, "j1"));
    fake_log_release();
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_document, TABLE_DOCUMENT);
}

/* A claim's answer is cut off by the connection's end: nothing of it runs. */
static void test_claim_that_is_cut_off(void **state)
{
    struct fake_request request;
    (void)state;
    become_idle();
    fake_notify_next("j1", TABLE_DOCUMENT);
    fake_expect_request(&request, "j1/update");
    snprintf(payload, sizeof(payload), "{\"jobDocument\":%s,\"timestamp\":1}", TABLE_DOCUMENT);
    fake_deliver_piece("j1/update/accepted", payload, 0, 30);
    fake_disconnect("in the middle");
    fake_offer_job(2, "j2", TABLE_DOCUMENT);
    fake_accept_claim("j2");
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_job_id, "j2");
}

/* The answer with these details in it. */
static void write_next_with_details(const struct fake_request *request, const char *job_id,
                                    const char *details)
{
    static char plain[FAKE_ANSWER_CAP];
    fake_write_next(request, job_id, TABLE_DOCUMENT, plain, sizeof(plain));
    const char *behind = strstr(plain, "\"queuedAt\"");
    assert_non_null(behind);
    snprintf(payload, sizeof(payload), "%.*s\"statusDetails\":%s,%s", (int)(behind - plain), plain, details,
             behind);
}

/* statusDetails that somebody else wrote: what we can hold stays, more than that must not keep the job from being read (G3). */
static void test_details_of_any_size(void **state)
{
    static const size_t lengths[] = {10, 600, 1100, 3000, 12000};
    (void)state;
    struct fake_request request = ask();
    atomic_store(&table.return_status, JOBS_STATUS_SUCCEEDED);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (size_t piece = 50; piece <= 20000; piece *= 20) {
            static char details[13000];
            char job_id[32];
            snprintf(job_id, sizeof(job_id), "j-%zu-%zu", i, piece);
            snprintf(details, sizeof(details), "{\"note\":\"%0*d\"}", (int)lengths[i], 7);
            write_next_with_details(&request, job_id, details);
            assert_true(fake_deliver_pieces(NEXT_ACCEPTED, payload, piece));
            fake_accept_until(&request, job_id, "IN_PROGRESS");
            assert_int_equal(strstr(request.payload, "\"note\"") != NULL, lengths[i] <= 600);
            fake_accept_until(&request, job_id, "SUCCEEDED");
            fake_expect_request(&request, "$next/get");
        }
    }
    assert_false(fake_log_has(TOO_LARGE));
}

/* The connection ends within a message: nothing of it is taken, and the next connection starts clean. */
static void test_connection_ends_within_a_message(void **state)
{
    (void)state;
    struct fake_request request = ask();
    fake_write_next(&request, "j1", TABLE_DOCUMENT, payload, sizeof(payload));
    fake_deliver_piece(NEXT_ACCEPTED, payload, 0, 200);
    fake_disconnect("in the middle");
    fake_wait_open(2);
    fake_connect();
    serve_until_claimed("j2", TABLE_DOCUMENT);
    fake_wait_flag(&table.is_in_handler);
    assert_string_equal(table.seen_job_id, "j2");
    assert_string_equal(table.seen_document, TABLE_DOCUMENT);
}

/* A notification that is too large is news like any other. */
static void test_notification_that_is_too_large(void **state)
{
    (void)state;
    become_idle();
    static char filler[DEVICE_MESSAGE_CAP + 2];
    memset(filler, ' ', sizeof(filler) - 1);
    fake_deliver_pieces("notify", filler, 100);
    serve_until_claimed("j1", TABLE_DOCUMENT);
    fake_wait_flag(&table.is_in_handler);
    assert_false(fake_log_has(TOO_LARGE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_document_in_pieces_of_any_size),
        TEST(test_document_larger_than_the_buffer),
        TEST(test_document_in_use_is_not_overwritten),
        TEST(test_document_that_found_the_buffer_taken),
        TEST(test_document_of_a_notification_gives_way_to_an_answer),
        TEST(test_document_of_a_notification_is_claimed_and_that_of_the_answer_runs),
        TEST(test_notification_while_a_handler_reads_its_document),
        TEST(test_second_notification_has_no_place),
        TEST(test_answer_to_a_claim_takes_the_place_of_a_notification),
        TEST(test_claim_that_is_cut_off),
        TEST(test_details_of_any_size),
        TEST(test_connection_ends_within_a_message),
        TEST(test_notification_that_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
