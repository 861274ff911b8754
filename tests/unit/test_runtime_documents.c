/* SPDX-License-Identifier: MIT */
/* Documents beside the start of a run: read anew while the handler waits (runtime_refresh_document), and that of a run of an earlier boot
 * (runtime_get_waiting). The buffer is lent to an answer about the run's own execution and to nothing else; a half of a document never stays. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/state.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH "{\"action\":\"blink\",\"count\":3,\"link\":\"new\"}"
#define IN_WORK                                                                                              \
    "\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,\"lastUpdatedAt\":1799999990,\"versionNumber\":2,"

static char payload[FAKE_ANSWER_CAP];
static char
    text_after[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE]; /* what the handler sees when its call has returned */

static enum err refresh(void)
{
    enum err err = runtime_refresh_document(atomic_load(&table.seen_run_id));
    snprintf(text_after, sizeof(text_after), "%s", table_document());
    return err;
}

/* The handler of j1 waits for its document; the device's question is here. */
static struct fake_request start_refresh(void)
{
    struct fake_request request;
    table.in_handler = refresh;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", TABLE_DOCUMENT);
    fake_accept_claim("j1");
    fake_expect_request(&request, "j1/get");
    assert_null(strstr(request.payload, "\"includeJobDocument\":false"));
    return request;
}

/* Its call has returned. */
static enum err wait_refreshed(void)
{
    fake_wait_flag(&table.is_in_handler);
    return atomic_load(&table.in_handler_result);
}

/* `execution`: members of it, and the document. */
static const char *answer_to(const struct fake_request *request, const char *execution, const char *document)
{
    char token[20] = "";
    const char *found = strstr(request->payload, "\"clientToken\":\"");
    assert_non_null(found);
    sscanf(found + strlen("\"clientToken\":\""), "%16[0-9a-f]", token);
    snprintf(payload, sizeof(payload),
             "{\"timestamp\":1800000001,\"clientToken\":\"%s\",\"execution\":{%s\"executionNumber\":1,"
             "\"jobDocument\":%s}}",
             token, execution, document);
    return payload;
}

static const char *fresh_answer(const struct fake_request *request)
{
    return answer_to(request, "\"jobId\":\"j1\"," IN_WORK, FRESH);
}

static void test_document_is_read_anew(void **state)
{
    (void)state;
    struct fake_request request = start_refresh();
    fake_deliver_pieces("j1/get/accepted", fresh_answer(&request), 7);
    assert_int_equal(wait_refreshed(), ERR_OK);
    assert_string_equal(text_after, FRESH);
    fake_deliver("j1/get/accepted",
                 answer_to(&request, "\"jobId\":\"j1\"," IN_WORK, "{\"late\":1}")); /* a double */
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    assert_string_equal(table_document(), FRESH);
}

/* Everything else that carries a document finds no place while the buffer is lent. */
static void test_nothing_else_is_written_meanwhile(void **state)
{
    (void)state;
    struct fake_request request = start_refresh();
    fake_notify_next("j9", "{\"action\":\"hint\"}");
    answer_to(&request, "\"jobId\":\"j1\"," IN_WORK, "{\"action\":\"next\"}");
    fake_deliver("$next/get/accepted", payload);
    fake_deliver("j1/update/accepted", "{\"jobDocument\":{\"action\":\"update\"},\"clientToken\":\"0\"}");
    fake_deliver("j11/get/accepted", payload);
    fake_deliver("1/get/accepted", payload);
    assert_string_equal(table_document(), TABLE_DOCUMENT); /* the handler does not run, it waits */
    fake_deliver("j1/get/accepted", fresh_answer(&request));
    fake_expect_request(
        &request, "j1/get"); /* the notification is newer than that answer, and shows another execution */
    fake_deliver("j1/get/accepted", fresh_answer(&request));
    assert_int_equal(wait_refreshed(), ERR_OK);
    assert_string_equal(text_after, FRESH);
}

/* While nobody but the engine task writes. */
static bool is_text_empty(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = table_document()[0] == '\0';
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* An answer with another question's token is not judged by the engine: what it has brought does not stay, the right one does. */
static void test_answer_to_an_older_question(void **state)
{
    static const struct fake_request old = {.payload = "{\"clientToken\":\"0123456789abcdef\"}"};
    (void)state;
    struct fake_request request = start_refresh();
    answer_to(&old, "\"jobId\":\"j1\"," IN_WORK, "{\"action\":\"blink\",\"old\":1}");
    fake_deliver("j1/get/accepted", payload);
    FAKE_WAIT(is_text_empty());
    fake_deliver("j1/get/accepted", fresh_answer(&request));
    assert_int_equal(wait_refreshed(), ERR_OK);
    assert_string_equal(text_after, FRESH);
}

static void test_document_that_does_not_fit_any_more(void **state)
{
    static char large[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE + 100];
    (void)state;
    struct fake_request request = start_refresh();
    snprintf(large, sizeof(large), "{\"x\":\"%0*d\"}", (int)sizeof(large) - 20, 7);
    fake_deliver_pieces("j1/get/accepted", answer_to(&request, "\"jobId\":\"j1\"," IN_WORK, large), 500);
    assert_int_equal(wait_refreshed(), ERR_NOT_FOUND);
    assert_string_equal(text_after, "");
}

/* The id was deleted and made again: that document is not of this run. */
static void test_document_of_another_execution(void **state)
{
    (void)state;
    struct fake_request request = start_refresh();
    answer_to(&request,
              "\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1799999999,\"lastUpdatedAt\":1799999999,"
              "\"versionNumber\":1,",
              FRESH);
    fake_deliver("j1/get/accepted", payload);
    assert_int_equal(wait_refreshed(), ERR_NOT_FOUND);
    assert_string_equal(text_after, "");
    FAKE_WAIT(atomic_load(&table.cancels) > 0);
}

static void test_execution_that_is_gone(void **state)
{
    (void)state;
    struct fake_request request = start_refresh();
    fake_reject_request(&request, "ResourceNotFound");
    assert_int_equal(wait_refreshed(), ERR_NOT_FOUND);
    assert_string_equal(text_after, TABLE_DOCUMENT);
}

/* The connection ends within the answer: no half of it, and the next connection brings all. */
static void test_answer_that_is_cut_off(void **state)
{
    (void)state;
    struct fake_request request = start_refresh();
    fake_deliver_piece("j1/get/accepted", fresh_answer(&request), 0, strlen(payload) - 20);
    fake_disconnect("in the middle");
    fake_wait_log("disconnected");
    assert_string_equal(table_document(), "");
    fake_wait_open(2);
    fake_connect();
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        if (strcmp(request.topic, "j1/get") != 0) {
            assert_true(fake_serve_job(&request, "j1"));
        }
    } while (strcmp(request.topic, "j1/get") != 0 || strstr(request.payload, "\"includeJobDocument\":false"));
    fake_deliver("j1/get/accepted", fresh_answer(&request));
    assert_int_equal(wait_refreshed(), ERR_OK);
    assert_string_equal(text_after, FRESH);
}

/* The clock jumps over the time that the call waits. An answer that comes later writes nothing. */
static void expire(void)
{
    fake_advance_ms(3 * CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
    port_signal_set(&device_runtime.refreshed);
}

static void test_no_answer(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    struct fake_request request = start_refresh();
    expire();
    assert_int_equal(wait_refreshed(), ERR_TIMEOUT);
    assert_string_equal(text_after, TABLE_DOCUMENT);
    fake_deliver("j1/get/accepted", fresh_answer(&request));
    fake_deliver("j1/get/accepted", fresh_answer(&request));
    assert_string_equal(table_document(), TABLE_DOCUMENT);
    atomic_store(&table.may_return, true);
}

/* The call gives up in the middle of the answer, whose rest comes later. */
static void test_answer_whose_rest_comes_too_late(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    struct fake_request request = start_refresh();
    fresh_answer(&request);
    const size_t half = strlen(payload) - 20;
    fake_deliver_piece("j1/get/accepted", payload, 0, half);
    expire();
    assert_int_equal(wait_refreshed(), ERR_TIMEOUT);
    assert_string_equal(text_after, "");
    fake_deliver_piece("j1/get/accepted", payload, half, 20);
    assert_string_equal(table_document(), "");
    atomic_store(&table.may_return, true);
}

static enum err refresh_twice(void)
{
    enum err err = refresh();
    return err == ERR_TIMEOUT ? refresh() : ERR_INTERNAL;
}

/* The engine drops the first wish before it takes the second. */
static void test_second_try_in_one_handler(void **state)
{
    struct fake_request request;
    (void)state;
    table.in_handler = refresh_twice;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", TABLE_DOCUMENT);
    fake_accept_claim("j1");
    fake_expect_request(&request, "j1/get");
    expire();
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        if (strcmp(request.topic, "j1/get") == 0) {
            fake_deliver("j1/get/accepted", fresh_answer(&request));
        } else {
            fake_serve_job(&request, "j1");
        }
    } while (!atomic_load(&table.is_in_handler) && strcmp(request.topic, "j1/get") != 0);
    assert_int_equal(wait_refreshed(), ERR_OK);
    assert_string_equal(text_after, FRESH);
}

/* A handler in the middle of the call does not keep runtime_stop, and its call returns. */
static void test_stop_during_the_call(void **state)
{
    (void)state;
    start_refresh();
    runtime_stop(); /* ERR_BUSY when it meets the handler before that has returned */
    assert_int_equal(wait_refreshed(), ERR_BUSY);
    assert_int_equal(runtime_refresh_document(atomic_load(&table.seen_run_id)), ERR_BUSY);
}

static void test_runs_that_have_no_handler_out(void **state)
{
    (void)state;
    assert_int_equal(runtime_refresh_document(1), ERR_BUSY); /* not started */
    table_start_job();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS); /* the engine knows of the return */
    }
    assert_int_equal(runtime_refresh_document(atomic_load(&table.seen_run_id)), ERR_NOT_FOUND);
    assert_int_equal(runtime_refresh_document(atomic_load(&table.seen_run_id) + 1), ERR_NOT_FOUND);
    assert_string_equal(table_document(), TABLE_DOCUMENT);
}

/* ---- a run of an earlier boot */

static const struct jobs_action waiting_action = {.name = "wait",
                                                  .max_attempts = 1,
                                                  .deadline_s = 600,
                                                  .has_cancel = true,
                                                  .on_interrupted = JOBS_INTERRUPTED_WAIT,
                                                  .user = &table.user};

/* j1 was started, and the power went; the service says so. */
static void boot_with_waiting_run(void)
{
    assert_int_equal(runtime_register(&waiting_action), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", "{\"action\":\"wait\",\"n\":1}");
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
    fake_disconnect("power");
    FAKE_WAIT(runtime_stop() == ERR_OK);
    table_init();
    assert_int_equal(table_register_blink(), ERR_OK);
    assert_int_equal(runtime_register(&waiting_action), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
}

static void show_running_job(void)
{
    struct fake_request request;
    fake_wait_open(2);
    fake_connect();
    do { /* behind what was sent before the boot */
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    } while (strcmp(request.topic, "$next/get") != 0);
    answer_to(&request, "\"jobId\":\"j1\"," IN_WORK "\"statusDetails\":{\"attempt\":\"1\"},",
              "{\"action\":\"wait\",\"n\":1}");
    fake_deliver("$next/get/accepted", payload);
    fake_wait_log("waits for its report");
}

static void test_waiting_run_and_its_document(void **state)
{
    struct jobs_run run;
    char job_id[DEVICE_JOB_ID_CAP] = "untouched";
    char document[64];
    (void)state;
    boot_with_waiting_run();
    assert_false(
        runtime_get_waiting(&run, job_id, document, sizeof(document))); /* the service was not asked yet */
    assert_string_equal(job_id, "untouched");
    show_running_job();
    FAKE_WAIT(runtime_get_waiting(&run, job_id, document, sizeof(document)));
    assert_string_equal(job_id, "j1");
    assert_ptr_equal(run.job_id, job_id);
    assert_string_equal(document, "{\"action\":\"wait\",\"n\":1}");
    assert_int_equal(run.run_id, atomic_load(&table.seen_run_id));
    assert_int_equal(run.attempt, 1);
    assert_int_equal(run.execution_number, 1);
    assert_false(runtime_get_waiting(&run, job_id, document, 10));
    struct jobs_report report = {
        .run_id = run.run_id, .status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    FAKE_WAIT(!runtime_get_waiting(&run, job_id, document, sizeof(document)));
}

/* Cancelled after the boot: the callback is called, with the action's user. */
static void test_waiting_run_is_cancelled(void **state)
{
    struct jobs_run run;
    char job_id[DEVICE_JOB_ID_CAP];
    char document[64];
    struct fake_request request;
    (void)state;
    boot_with_waiting_run();
    show_running_job();
    fake_deliver("notify", "{\"timestamp\":1800000002,\"jobs\":{}}");
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        assert_true(strcmp(request.topic, "j1/get") == 0 || fake_serve_job(&request, "j1"));
    } while (strcmp(request.topic, "j1/get") != 0);
    fake_reject_request(&request, "TerminalStateReached");
    FAKE_WAIT(atomic_load(&table.cancels) == 1);
    assert_int_equal(atomic_load(&table.cancel_run_id), atomic_load(&table.seen_run_id));
    assert_ptr_equal(atomic_load(&table.cancel_user), &table.user);
    FAKE_WAIT(!runtime_get_waiting(&run, job_id, document, sizeof(document)));
    fake_answer_next("j2", TABLE_DOCUMENT);
    fake_accept_claim("j2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_document_is_read_anew),
        TEST(test_nothing_else_is_written_meanwhile),
        TEST(test_answer_to_an_older_question),
        TEST(test_document_that_does_not_fit_any_more),
        TEST(test_document_of_another_execution),
        TEST(test_execution_that_is_gone),
        TEST(test_answer_that_is_cut_off),
        TEST(test_no_answer),
        TEST(test_answer_whose_rest_comes_too_late),
        TEST(test_second_try_in_one_handler),
        TEST(test_stop_during_the_call),
        TEST(test_runs_that_have_no_handler_out),
        TEST(test_waiting_run_and_its_document),
        TEST(test_waiting_run_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
