/* SPDX-License-Identifier: MIT */
/* device/runtime, a job over three tasks: handlers on the worker task, a final status in storage when the report returns, reports
 * from any task (docs/architecture.md; ). */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/state.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <string.h>

static void test_handler_runs_on_a_task_of_its_own_with_the_document(void **state)
{
    (void)state;
    atomic_store(&table.return_status, JOBS_STATUS_SUCCEEDED);
    table_start_job();
    assert_string_equal(table.seen_document, TABLE_DOCUMENT);
    assert_string_equal(table.seen_job_id, "j1");
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
    assert_false(pthread_equal(table.handler_thread, pthread_self()));
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_UP);
}

static bool is_command(enum runtime_command_state state)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.mailbox.command.state == state;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

static void test_final_status_is_stored_when_the_report_returns(void **state)
{
    (void)state;
    table_start_job();
    unsigned puts = fake_put_count();
    fake_store_hold();
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    fake_wait_held();
    assert_false(atomic_load(&reporter.has_returned));
    assert_true(is_command(RUNTIME_COMMAND_TAKEN)); /* newer progress must not touch it */
    assert_int_equal(fake_put_count(), puts);
    fake_store_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    assert_int_equal(fake_put_count(), puts + 1);
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
}

/* G2: the engine task stands still for longer than anybody waits, and progress lies in the slot: the final status takes its place
 * and is kept. */
static void test_final_status_behind_pending_progress(void **state)
{
    static const char held[] = "an answer is too large";
    static char filler[DEVICE_MESSAGE_CAP + 2];
    (void)state;
    table_start_job();
    memset(filler, ' ', sizeof(filler) - 1);
    fake_log_hold(held);
    fake_deliver("j9/get/accepted", filler);
    fake_wait_log(held);
    struct jobs_report report = table_report(JOBS_STATUS_IN_PROGRESS);
    report.progress_percent = 90;
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_TIMEOUT);
    fake_log_release();
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
}

/* The power goes right after the report returned: the next boot sends the status. */
/* Progress by job id stands in the mailbox when the final status comes by run id. However long the engine task is held up, the final
 * status waits for its turn: turned away it would be lost. It waits longer than two registrations do, one behind the other. */
static void test_final_status_waits_for_its_turn(void **state)
{
    (void)state;
    static const char held[] = "an answer is too large";
    static char filler[DEVICE_MESSAGE_CAP + 2];
    table_start_job();
    memset(filler, ' ', sizeof(filler) - 1);
    fake_log_hold(held);
    fake_deliver("j9/get/accepted", filler);
    fake_wait_log(held); /* the engine task stands still */
    struct jobs_report progress = table_report(JOBS_STATUS_IN_PROGRESS);
    assert_int_equal(runtime_report(&progress, NULL, 0, NULL), ERR_OK);
    struct table_reporter reporter;
    table_start_reporter_of_run(&reporter, JOBS_STATUS_SUCCEEDED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_BUSY);
    }
    fake_log_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
}

static void *stop_on_thread(void *ctx)
{
    (void)ctx;
    runtime_stop();
    return NULL;
}

static bool is_stopping(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.life.is_stopping;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* The same when the engine task ends instead: nobody waits for ever. */
static void test_final_status_does_not_outwait_the_engine_task(void **state)
{
    (void)state;
    table_start_job();
    fake_store_hold();
    struct table_reporter first, second;
    table_start_reporter(&first, JOBS_STATUS_SUCCEEDED);
    fake_wait_held(); /* the engine task stands still */
    table_start_reporter_of_run(&second, JOBS_STATUS_FAILED);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_on_thread, NULL), 0);
    FAKE_WAIT(is_stopping());
    fake_store_release();
    assert_int_equal(table_join_reporter(&first), ERR_OK);
    assert_int_equal(table_join_reporter(&second), ERR_BUSY);
    pthread_join(stopper, NULL);
}

/* What stands in the slot when the tasks are told to end is taken before they do. */
static void test_report_that_the_engine_task_takes_before_it_ends(void **state)
{
    static const char held[] = "disconnected: suspended";
    (void)state;
    table_start_job();
    fake_log_hold(held);
    runtime_suspend(true);
    fake_wait_log(held); /* the engine task has looked for reports in this turn */
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    FAKE_WAIT(is_command(RUNTIME_COMMAND_GIVEN));
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_on_thread, NULL), 0);
    FAKE_WAIT(is_stopping());
    fake_log_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    pthread_join(stopper, NULL);
}

__attribute__((noinline)) static void dirty_the_stack(void)
{
    volatile char bytes[4096];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = 'x';
    }
}

/* Everything is as before the first start, whatever an earlier run has left. */
static void test_init_forgets_everything(void **state)
{
    (void)state;
    struct runtime *r = &device_runtime;
    r->life.is_stopping = true;
    r->wishes = (struct runtime_wishes){true, true, true, 7, dirty_the_stack};
    r->incoming.document = RUNTIME_DOCUMENT_LENT_QUEUED;
    r->incoming.queued_documents = 3;
    r->incoming.is_message_lost = r->incoming.is_event_lost = true;
    r->incoming.inbox.used = r->incoming.inbox.whole = 7;
    r->mailbox.is_report_answered = true;
    r->refresh.state = RUNTIME_REFRESH_DONE;
    r->shown.link = RUNTIME_LINK_UP;
    r->shown.has_waiting = true;
    r->worker.has_work = r->worker.is_busy = r->worker.has_returned = true;
    r->events.cancel.state = RUNTIME_CANCEL_OUT;
    r->events.is_link_told = true;
    r->own.must_drop = r->own.must_restart = r->own.is_refresh_known = true;
    r->own.link.state = LINK_UP;
    r->own.link.failures = 7;
    table_init();
    assert_true(r->life.is_ready && !r->life.is_stopping);
    assert_false(r->wishes.suspend || r->wishes.reconnect || r->wishes.has_network_come);
    assert_true(r->wishes.restart_at_ms == RUNTIME_NEVER && !r->wishes.before_restart);
    assert_int_equal(r->incoming.document, RUNTIME_DOCUMENT_FREE);
    assert_int_equal(r->incoming.queued_documents, 0);
    assert_false(r->incoming.is_message_lost || r->incoming.is_event_lost);
    assert_int_equal(r->incoming.inbox.used + r->incoming.inbox.whole, 0);
    assert_false(r->mailbox.is_report_answered);
    assert_int_equal(r->refresh.state, RUNTIME_REFRESH_NONE);
    assert_int_equal(r->shown.link, RUNTIME_LINK_IDLE);
    assert_false(r->shown.has_waiting);
    assert_false(r->worker.has_work || r->worker.is_busy || r->worker.has_returned);
    assert_int_equal(r->events.cancel.state, RUNTIME_CANCEL_NONE);
    assert_false(r->events.is_link_told);
    assert_false(r->own.must_drop || r->own.must_restart || r->own.is_refresh_known);
    assert_int_equal(r->own.link.state, LINK_STOPPED);
    assert_int_equal(r->own.link.failures, 0);
}

static void accept_describe_canceled(void)
{
    struct fake_request request;
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    } while (strcmp(request.topic, "j1/get") != 0);
    fake_accept_request(&request,
                        "\"execution\":{\"jobId\":\"j1\",\"status\":\"CANCELED\",\"queuedAt\":1799999990,"
                        "\"lastUpdatedAt\":1799999999,\"versionNumber\":3,\"executionNumber\":1}");
}

/* Whoever of an earlier run still lives, or has not come for his answer, uses what runtime_init would make new. */
static void test_init_while_somebody_is_left(void **state)
{
    (void)state;
    const struct runtime_config config = device_runtime.config;
    bool *const alive[] = {&device_runtime.life.is_started, &device_runtime.life.is_worker_alive,
                           &device_runtime.life.is_event_alive};
    for (int i = 0; i < 3; i++) {
        *alive[i] = true;
        assert_int_equal(runtime_init(&config), ERR_BUSY);
        *alive[i] = false;
    }
    device_runtime.mailbox.command.state = RUNTIME_COMMAND_DONE;
    assert_int_equal(runtime_init(&config), ERR_BUSY);
    device_runtime.mailbox.command.state = RUNTIME_COMMAND_FREE;
    device_runtime.life.is_started = true;
    assert_int_equal(runtime_start(), ERR_BUSY);
    device_runtime.life.is_started = false;
    assert_int_equal(runtime_init(&config), ERR_OK);
}

/* Nobody runs the application's code: the tasks end at once. */
static void test_stop_of_an_idle_device(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS);
    }
    assert_int_equal(runtime_stop(), ERR_OK);
    assert_int_equal(runtime_stop(), ERR_OK);
}

/* A cancel callback that does not return is left alone. */
static void test_stop_while_a_cancel_callback_blocks(void **state)
{
    (void)state;
    atomic_store(&table.may_leave_cancel, false);
    atomic_store(&table.may_return, false);
    table_start_job();
    assert_true(fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}"));
    accept_describe_canceled();
    FAKE_WAIT(atomic_load(&table.cancels) > 0);
    atomic_store(&table.may_return, true);
    enum err err = ERR_OK;
    for (int i = 0; i < 2; i++) { /* the worker task may be the first that is left alone */
        err = runtime_stop();
    }
    assert_int_equal(err, ERR_BUSY);
}

/* The board shuts down: the connection ends in good order. */
static void test_shutdown(void **state)
{
    (void)state;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_shut_down();
    assert_int_equal(fake_close_count(), 1);
    assert_false(runtime_is_started());
}

/* Callbacks are optional. */
static void test_device_without_callbacks(void **state)
{
    (void)state;
    struct runtime_config config = device_runtime.config;
    config.link_changed = config.network_changed = NULL;
    assert_int_equal(runtime_init(&config), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    runtime_network_changed(true);
    fake_connect();
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
    fake_disconnect("gone");
    fake_wait_open(2);
    FAKE_WAIT(runtime_stop() == ERR_OK);
}

static void test_line_of_the_log(void **state)
{
    (void)state;
    size_t before = strlen(fake_log());
    dirty_the_stack();
    runtime_log(LOG_LEVEL_ERROR, "%s is %d", "it", 7);
    assert_string_equal(fake_log() + before, "error: it is 7\n");
}

/* handlers may be registered for a while after the start, then what nobody serves is rejected. */
static void test_job_that_nobody_serves(void **state)
{
    (void)state;
    static const char document[] = "{\"action\":\"nobody\"}";
    static char payload[FAKE_ANSWER_CAP];
    struct fake_request request;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", document);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS); /* a turn of the engine task */
    }
    fake_advance_ms(CONFIG_DEVICE_JOBS_GRACE_MS);
    runtime_network_changed(true); /* it looks at the clock */
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        if (strcmp(request.topic, "$next/get") == 0) {
            fake_write_next(&request, "j1", document, payload, sizeof(payload));
            fake_deliver("$next/get/accepted", payload);
        }
    } while (!strstr(request.payload, "REJECTED"));
}

static void test_stored_status_is_sent_after_the_next_boot(void **state)
{
    (void)state;
    table_start_job();
    struct fake_request request;
    fake_disconnect("gone");
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    FAKE_WAIT(runtime_stop() == ERR_OK);
    table_init();
    assert_int_equal(table_register_blink(), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
    unsigned opens = fake_open_count();
    fake_wait_open(opens + (opens == 1));
    fake_connect();
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        fake_serve_job(&request, "j1");
    } while (strcmp(request.topic, "j1/update") != 0 || !strstr(request.payload, "SUCCEEDED"));
}

static enum err report_inside(void)
{
    struct jobs_report report = table_report(JOBS_STATUS_FAILED);
    report.message = "from inside";
    return runtime_report(&report, NULL, 0, NULL);
}

/* "a final report that came before the handler's IN_PROGRESS wins" */
static void test_report_from_inside_the_handler(void **state)
{
    (void)state;
    table.in_handler = report_inside;
    atomic_store(&table.may_return, false);
    table_start_job();
    assert_int_equal(atomic_load(&table.in_handler_result), ERR_OK);
    atomic_store(&table.may_return, true);
    struct fake_request request;
    fake_accept_until(&request, "j1", "FAILED");
    assert_non_null(strstr(request.payload, "from inside"));
    fake_answer_no_job();
}

static void test_two_tasks_report_at_once_and_one_wins(void **state)
{
    (void)state;
    table_start_job();
    struct table_reporter reporters[4];
    for (int i = 0; i < 4; i++) {
        table_start_reporter(&reporters[i], i % 2 ? JOBS_STATUS_SUCCEEDED : JOBS_STATUS_FAILED);
    }
    int good = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(reporters[i].thread, NULL);
        enum err result = atomic_load(&reporters[i].result);
        assert_true(result == ERR_OK || result == ERR_BUSY || result == ERR_NOT_FOUND);
        good += result == ERR_OK;
    }
    assert_int_equal(good, 1);
}

static void test_report_of_a_run_that_is_not_there(void **state)
{
    (void)state;
    table_start_job();
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    report.job_id = "other";
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_NOT_FOUND);
    report = (struct jobs_report){.run_id = atomic_load(&table.seen_run_id) + 1,
                                  .status = JOBS_STATUS_SUCCEEDED,
                                  .progress_percent = -1};
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_NOT_FOUND);
    report.run_id = atomic_load(&table.seen_run_id);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
}

static void test_bad_reports_are_refused(void **state)
{
    (void)state;
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_BUSY); /* not started */
    table_start_job();
    report.job_id = NULL;
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_ARG);
    report.job_id = "";
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_ARG);
    char long_id[DEVICE_JOB_ID_CAP + 1];
    memset(long_id, 'a', sizeof(long_id) - 1);
    long_id[sizeof(long_id) - 1] = '\0';
    report.job_id = long_id;
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_ARG);
    report = table_report(JOBS_STATUS_COUNT);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_ARG);
    report = table_report(JOBS_STATUS_IN_PROGRESS);
    report.progress_percent = 101;
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_ARG);
}

/* "a put that fails for a final status: send from RAM and tell the caller" */
static void test_broken_storage_is_told_and_the_status_is_sent(void **state)
{
    (void)state;
    table_start_job();
    fake_store_fail(ERR_STORAGE);
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_STORAGE);
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
    fake_store_fail(ERR_OK);
}

static void test_details_and_progress_reach_the_service(void **state)
{
    (void)state;
    table_start_job();
    const struct runtime_pair pairs[] = {{"phase", "one"}, {"state", "reserved"}, {"bad key", "x"}};
    struct jobs_report report = table_report(JOBS_STATUS_IN_PROGRESS);
    size_t refused = 0;
    assert_int_equal(runtime_report(&report, pairs, 3, &refused), ERR_OK);
    assert_int_equal(refused, 2);
    report = table_report(JOBS_STATUS_IN_PROGRESS);
    report.progress_percent = 40;
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
    assert_non_null(strstr(request.payload, "\"phase\":\"one\""));
    assert_null(strstr(request.payload, "reserved"));
}

/* The cancel callback comes while the handler hangs, and a callback that hangs does not hold the engine up. */
static void test_cancel_reaches_the_application_while_the_handler_runs(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    atomic_store(&table.may_leave_cancel, false);
    table_start_job();
    assert_true(fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}"));
    accept_describe_canceled();
    FAKE_WAIT(atomic_load(&table.cancels) > 0);
    assert_int_equal(atomic_load(&table.cancel_run_id), atomic_load(&table.seen_run_id));
    assert_ptr_equal(atomic_load(&table.cancel_user), &table.user);
    const struct jobs_action action = {.name = "other", .max_attempts = 1};
    assert_int_equal(runtime_register(&action), ERR_OK); /* the engine task answers */
    atomic_store(&table.may_leave_cancel, true);
    atomic_store(&table.may_return, true);
    fake_answer_no_job();
}

static void test_registration_before_and_after_the_start(void **state)
{
    (void)state;
    assert_int_equal(table_register_blink(), ERR_EXISTS);
    assert_int_equal(runtime_start(), ERR_OK);
    assert_int_equal(table_register_blink(), ERR_EXISTS);
    char name[DEVICE_ACTION_CAP];
    for (int i = 1; i < CONFIG_DEVICE_JOBS_MAX_ACTIONS; i++) {
        snprintf(name, sizeof(name), "action-%d", i);
        const struct jobs_action action = {.name = name, .max_attempts = 1};
        assert_int_equal(runtime_register(&action), ERR_OK);
    }
    const struct jobs_action one_more = {.name = "one-more", .max_attempts = 1};
    assert_int_equal(runtime_register(&one_more), ERR_FULL);
    const struct jobs_action no_attempts = {.name = "none"};
    assert_int_equal(runtime_register(&no_attempts), ERR_ARG);
}

static void test_stop_while_a_handler_runs(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    table_start_job();
    assert_int_equal(runtime_stop(), ERR_BUSY);
    assert_int_equal(fake_close_count(), 1);
    assert_true(runtime_is_started());
    const struct runtime_config config = {.thing_name = FAKE_THING};
    assert_int_equal(runtime_init(&config), ERR_BUSY);
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK); /* it is in storage */
    atomic_store(&table.may_return, true);
    FAKE_WAIT(runtime_stop() == ERR_OK);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_BUSY);
}

static void test_many_starts_and_stops(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 20; i++) {
        assert_int_equal(runtime_start(), ERR_OK);
        fake_wait_open(i);
        fake_connect();
        struct fake_request request;
        fake_expect_request(&request, "$next/get");
        runtime_stop(); /* ERR_BUSY when it meets a callback: see table_init */
        assert_int_equal(fake_close_count(), i);
        if (i % 2 == 0) { /* or it goes on as it is */
            table_init();
            assert_int_equal(table_register_blink(), ERR_OK);
        }
    }
}

static void test_storage_that_does_not_open(void **state)
{
    (void)state;
    fake_store_fail(ERR_STORAGE);
    const struct runtime_config config = {.thing_name = FAKE_THING};
    assert_int_equal(runtime_init(&config), ERR_STORAGE);
    assert_int_equal(runtime_start(), ERR_BUSY);
    assert_int_equal(table_register_blink(), ERR_BUSY);
    fake_store_fail(ERR_OK);
}

/* The journal of a firmware that writes larger ones: the device runs, and the loss is told and counted. */
static void test_stored_journal_that_does_not_fit(void **state)
{
    (void)state;
    static const char record[JOBS_RECORD_CAP + 1] = "JOBJ";
    assert_int_equal(port_store_put("jobs", record, sizeof(record)), ERR_OK);
    table_init();
    assert_true(fake_log_has("it is too large"));
    assert_int_equal(table_register_blink(), ERR_OK);
    table_start_job();
    struct jobs_counters counters;
    FAKE_WAIT((runtime_get_counters(&counters), counters.journal_damaged == 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_handler_runs_on_a_task_of_its_own_with_the_document),
        TEST(test_final_status_is_stored_when_the_report_returns),
        TEST(test_final_status_behind_pending_progress),
        TEST(test_final_status_waits_for_its_turn),
        TEST(test_final_status_does_not_outwait_the_engine_task),
        TEST(test_report_that_the_engine_task_takes_before_it_ends),
        TEST(test_init_forgets_everything),
        TEST(test_init_while_somebody_is_left),
        TEST(test_stop_of_an_idle_device),
        TEST(test_stop_while_a_cancel_callback_blocks),
        TEST(test_shutdown),
        TEST(test_device_without_callbacks),
        TEST(test_line_of_the_log),
        TEST(test_job_that_nobody_serves),
        TEST(test_stored_status_is_sent_after_the_next_boot),
        TEST(test_report_from_inside_the_handler),
        TEST(test_two_tasks_report_at_once_and_one_wins),
        TEST(test_report_of_a_run_that_is_not_there),
        TEST(test_bad_reports_are_refused),
        TEST(test_broken_storage_is_told_and_the_status_is_sent),
        TEST(test_details_and_progress_reach_the_service),
        TEST(test_cancel_reaches_the_application_while_the_handler_runs),
        TEST(test_registration_before_and_after_the_start),
        TEST(test_stop_while_a_handler_runs),
        TEST(test_many_starts_and_stops),
        TEST(test_storage_that_does_not_open),
        TEST(test_stored_journal_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
