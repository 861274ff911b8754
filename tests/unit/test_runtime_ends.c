/* SPDX-License-Identifier: MIT */
/* device/runtime at the end of a run: the service ends it while the application works, a cancel callback that blocks and its return, what a
 * report is answered then, when the next handler starts (docs/guarantees.md; include/lib_jobs.h, "When is a run over?"). */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/state.h"
#include "fakes/runtime_table.h"

#include <stdio.h>
#include <string.h>

/* The service has ended j1, as the answer to the device's question tells. */
static void end_job(void)
{
    struct fake_request request;
    assert_true(fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}"));
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        assert_true(strcmp(request.topic, "j1/get") == 0 || fake_serve_job(&request, "j1"));
    } while (strcmp(request.topic, "j1/get") != 0);
    fake_reject_request(&request, "ResourceNotFound");
    fake_wait_log("ended or deleted in the service");
}

static bool has_line(const char *text)
{
    fake_wait_log(text);
    return true;
}

/* The engine task has looked at everything that it was told before. */
static void let_engine_turn(void)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS);
    }
}

/* j2 is the next job, whenever the device asks. */
static void serve_next_job(void)
{
    fake_answer_next("j2", TABLE_DOCUMENT);
    fake_accept_claim("j2");
}

/* The handler has returned IN_PROGRESS, the application works in a task of its own: no job starts before the callback has returned. */
static void test_next_job_waits_for_the_callback(void **state)
{
    (void)state;
    atomic_store(&table.may_leave_cancel, false);
    table_start_job();
    end_job();
    FAKE_WAIT(atomic_load(&table.cancels) == 1);
    assert_true(has_line("callback returns"));
    unsigned asked = fake_publish_count();
    fake_notify_next("j2", TABLE_DOCUMENT);
    let_engine_turn();
    assert_int_equal(fake_publish_count(), asked);
    assert_string_equal(table.seen_job_id, "j1");
    atomic_store(&table.may_leave_cancel, true);
    serve_next_job();
    FAKE_WAIT(fake_log_has("job j2: started"));
    assert_int_equal(atomic_load(&table.cancels), 1);
}

/* The callback came while the handler ran: it comes once more after the handler's return, and only then the run is over. */
static void test_callback_comes_once_more_after_the_handlers_return(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    table_start_job();
    end_job();
    FAKE_WAIT(atomic_load(&table.cancels) == 1);
    let_engine_turn();
    atomic_store(&table.may_return, true);
    FAKE_WAIT(atomic_load(&table.cancels) == 2);
    serve_next_job();
}

/* The handler returns while the first callback blocks: the second call waits for its return, and neither is lost. */
static void test_calls_do_not_overtake_each_other(void **state)
{
    (void)state;
    atomic_store(&table.may_return, false);
    atomic_store(&table.may_leave_cancel, false);
    table_start_job();
    end_job();
    FAKE_WAIT(atomic_load(&table.cancels) == 1);
    atomic_store(&table.may_return, true);
    fake_wait_log("callback returns");
    assert_int_equal(atomic_load(&table.cancels), 1);
    atomic_store(&table.may_leave_cancel, true);
    FAKE_WAIT(atomic_load(&table.cancels) == 2);
    serve_next_job();
}

/* A callback of the connection blocks when the run is cancelled: the cancel comes right after it. */
static void test_cancel_behind_a_blocked_event_callback(void **state)
{
    (void)state;
    table_start_job();
    FAKE_WAIT(atomic_load(&table.ups) == 1);
    atomic_store(&table.may_leave_event, false);
    runtime_network_changed(true);
    FAKE_WAIT(atomic_load(&table.is_in_event));
    end_job();
    let_engine_turn();
    assert_int_equal(atomic_load(&table.cancels), 0);
    runtime_network_changed(false); /* comes after the cancel */
    atomic_store(&table.may_leave_event, true);
    FAKE_WAIT(atomic_load(&table.cancels) == 1);
    assert_int_equal(atomic_load(&table.cancel_run_id), atomic_load(&table.seen_run_id));
    assert_ptr_equal(atomic_load(&table.cancel_user), &table.user);
    serve_next_job();
}

/* The deadline takes the same way: the run passes it while a callback of the connection blocks. */
static void test_deadline_behind_a_blocked_event_callback(void **state)
{
    (void)state;
    struct fake_request request;
    const struct jobs_action slow = {
        .name = "slow", .max_attempts = 1, .has_cancel = true, .deadline_s = 2, .user = &table.user};
    assert_int_equal(runtime_register(&slow), ERR_OK);
    atomic_store(&table.may_return, false);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", "{\"action\":\"slow\"}");
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
    FAKE_WAIT(atomic_load(&table.ups) == 1);
    atomic_store(&table.may_leave_event, false);
    runtime_network_changed(true);
    FAKE_WAIT(atomic_load(&table.is_in_event));
    fake_advance_ms(2000);
    let_engine_turn();
    assert_int_equal(atomic_load(&table.cancels), 0);
    atomic_store(&table.may_leave_event, true);
    FAKE_WAIT(atomic_load(&table.cancels) == 1);
    assert_int_equal(atomic_load(&table.cancel_run_id), atomic_load(&table.seen_run_id));
    atomic_store(&table.may_return, true);
    fake_accept_until(&request, "j1", "FAILED");
    assert_non_null(strstr(request.payload, "DEADLINE"));
    assert_int_equal(fake_restart_count(), 0);
}

/* A final report ends the application's part; it is not sent, and its caller learns that. */
static void test_reports_of_a_run_that_the_service_has_ended(void **state)
{
    (void)state;
    atomic_store(&table.may_leave_cancel, false);
    table_start_job();
    end_job();
    struct jobs_report report = {
        .run_id = atomic_load(&table.seen_run_id), .status = JOBS_STATUS_IN_PROGRESS, .progress_percent = 5};
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_STALE);
    report = table_report(JOBS_STATUS_IN_PROGRESS); /* by id nobody waits for the answer */
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_STALE);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_NOT_FOUND);
    serve_next_job(); /* the callback is still out, and the application has had its last word */
    atomic_store(&table.may_leave_cancel, true);
}

static enum err report_in_callback(void)
{
    struct jobs_report report = table_report(JOBS_STATUS_FAILED);
    return runtime_report(&report, NULL, 0, NULL);
}

static void test_final_report_inside_the_callback(void **state)
{
    (void)state;
    table.in_cancel = report_in_callback;
    table_start_job();
    end_job();
    serve_next_job();
    assert_int_equal(atomic_load(&table.in_cancel_result), ERR_STALE);
    assert_int_equal(atomic_load(&table.cancels), 1);
}

/* The seed's program clears its flag behind its call. The 20 ms run from when the caller has the answer, however late it wakes. */
static void test_next_claim_comes_20_ms_after_the_report_was_answered(void **state)
{
    (void)state;
    for (int i = 1; i <= 5; i++) {
        struct fake_request request;
        if (i == 1) {
            table_start_job();
        }
        struct jobs_report report = {.run_id = atomic_load(&table.seen_run_id),
                                     .status = JOBS_STATUS_SUCCEEDED,
                                     .progress_percent = -1};
        FAKE_WAIT(fake_log_has("connected"));
        fake_wait_flag(&table.is_in_handler);
        let_engine_turn(); /* it knows that the handler has returned */
        assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
        uint64_t answered_ms = port_time_monotonic_ms();
        char job_id[16];
        snprintf(job_id, sizeof(job_id), "j%d", i);
        fake_accept_until(&request, job_id, "SUCCEEDED");
        snprintf(job_id, sizeof(job_id), "j%d", i + 1);
        atomic_store(&table.is_in_handler, false);
        fake_answer_next(job_id, TABLE_DOCUMENT);
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        assert_true(port_time_monotonic_ms() + 1 >= answered_ms + 20);
        assert_true(fake_serve_job(&request, job_id));
        fake_wait_flag(&table.is_in_handler);
    }
}

/* What the engine task has not looked at yet: the handler's return, a report. */
static bool has_returned(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.worker.has_returned;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

static bool has_command(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.mailbox.command.state == RUNTIME_COMMAND_GIVEN;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* The report comes when the handler has returned and the engine task has not heard of that: it is one from outside all the same. */
static void test_report_right_behind_the_handlers_return(void **state)
{
    static const char held[] = "an answer is too large";
    static char filler[DEVICE_MESSAGE_CAP + 2];
    (void)state;
    atomic_store(&table.may_return, false);
    table_start_job();
    memset(filler, ' ', sizeof(filler) - 1);
    fake_log_hold(held);
    fake_deliver("j9/get/accepted", filler);
    fake_wait_log(held); /* the engine task stands still */
    atomic_store(&table.may_return, true);
    FAKE_WAIT(has_returned());
    struct table_reporter reporter;
    table_start_reporter(&reporter, JOBS_STATUS_SUCCEEDED);
    FAKE_WAIT(has_command());
    fake_log_release();
    assert_int_equal(table_join_reporter(&reporter), ERR_OK);
    uint64_t answered_ms = port_time_monotonic_ms();
    struct fake_request request;
    fake_accept_until(&request, "j1", "SUCCEEDED");
    fake_answer_next("j2", TABLE_DOCUMENT);
    fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    assert_string_equal(request.topic, "j2/update");
    assert_true(port_time_monotonic_ms() + 1 >= answered_ms + 15); /* joining takes its time, too */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_next_job_waits_for_the_callback),
        TEST(test_callback_comes_once_more_after_the_handlers_return),
        TEST(test_calls_do_not_overtake_each_other),
        TEST(test_cancel_behind_a_blocked_event_callback),
        TEST(test_deadline_behind_a_blocked_event_callback),
        TEST(test_reports_of_a_run_that_the_service_has_ended),
        TEST(test_final_report_inside_the_callback),
        TEST(test_next_claim_comes_20_ms_after_the_report_was_answered),
        TEST(test_report_right_behind_the_handlers_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
