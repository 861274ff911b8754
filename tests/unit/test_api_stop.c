/* SPDX-License-Identifier: MIT */
/* SYSTEM_stop, SYSTEM_isIdle and a second SYSTEM_start: nothing of a job is lost over them (include/lib_system.h; docs/guarantees.md, G2;
 * design: stop returns false while a handler or callback has not returned, idle is "no job in hand, nothing unsent"). */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <stdio.h>
#include <string.h>

#define CERT     "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY      "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"
#define DOCUMENT "{\"action\":\"work\"}"

static atomic_bool is_in_handler, may_return, does_stop, stop_result;
static atomic_uint run_id, is_up;
static atomic_int return_status;

static jobsStatus_et work(job_st *ps_job)
{
    atomic_store(&run_id, ps_job->runId_u32);
    if (atomic_load(&does_stop)) {
        atomic_store(&stop_result, SYSTEM_stop());
    }
    atomic_store(&is_in_handler, true);
    fake_wait_flag(&may_return);
    return (jobsStatus_et)atomic_load(&return_status);
}

static void on_event(systemEvents_et event)
{
    if (event == EVENT_AWS_CONNECTED || event == EVENT_AWS_DISCONNECTED) {
        atomic_store(&is_up, event == EVENT_AWS_CONNECTED);
    }
}

static int start_library(void **state)
{
    (void)state;
    fake_reset();
    assert_true(SYSTEM_isIdle());
    assert_true(SYSTEM_stop()); /* before SYSTEM_init there is nothing to stop */
    systemInitConfig_st config = {
        .systemEventCallBack = on_event,
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = FAKE_THING},
    };
    assert_true(SYSTEM_init(&config));
    assert_true(JOBS_register("work", 0, work)); /* once, for all starts */
    assert_true(SYSTEM_isIdle());
    return 0;
}

static int setup(void **state)
{
    (void)state;
    atomic_store(&is_in_handler, false);
    atomic_store(&may_return, true);
    atomic_store(&does_stop, false);
    atomic_store(&return_status, JOB_STATUS_SUCCEEDED);
    return 0;
}

/* The next connection; the device asks for what is pending, and gets this job. */
static void start_job(const char *job_id)
{
    unsigned connection = fake_open_count() + 1;
    SYSTEM_start();
    fake_offer_job(connection, job_id, DOCUMENT);
    fake_accept_claim(job_id);
    fake_wait_flag(&is_in_handler);
}

static void start_and_send(const char *job_id, const char *status)
{
    struct fake_request request;
    unsigned connection = fake_open_count() + 1;
    SYSTEM_start();
    fake_wait_open(connection);
    fake_connect();
    fake_accept_until(&request, job_id, status);
}

static bool is_idle_after_an_answer(void)
{
    if (fake_is_next_publish("$next/get")) {
        fake_answer_no_job();
    }
    return SYSTEM_isIdle();
}

/* The device asks once more when it knows which notifications it will get. */
static void answer_until_idle(void)
{
    FAKE_WAIT(is_idle_after_an_answer());
}

static void stop_at_once(void)
{
    unsigned closes = fake_close_count();
    assert_true(SYSTEM_stop());
    assert_int_equal(fake_close_count(), closes + 1);
    assert_int_equal(AWS_getState(), STATE_AWS_INIT);
    assert_true(SYSTEM_stop());
}

static void test_second_start_serves_the_same_handlers(void **state)
{
    (void)state;
    struct fake_request request;
    for (int i = 0; i < 3; i++) {
        char job_id[16];
        snprintf(job_id, sizeof(job_id), "a%d", i);
        atomic_store(&is_in_handler, false);
        start_job(job_id);
        assert_false(SYSTEM_isIdle());
        fake_accept_until(&request, job_id, "SUCCEEDED");
        answer_until_idle();
        FAKE_WAIT(atomic_load(&is_up));
        stop_at_once();
        assert_true(SYSTEM_isIdle());
    }
    FAKE_WAIT(!atomic_load(&is_up)); /* the application has heard of the end */
    assert_false(fake_log_has("runs already"));
}

/* SYSTEM_isIdle says that a device which wakes may sleep again: not before the service has answered what is pending. */
static void test_not_idle_before_the_service_has_answered(void **state)
{
    (void)state;
    unsigned connection = fake_open_count() + 1;
    SYSTEM_start();
    fake_wait_open(connection);
    fake_connect();
    FAKE_WAIT(AWS_isConnected());
    assert_false(SYSTEM_isIdle());
    answer_until_idle();
    stop_at_once();
}

/* The final status was reported without a connection: confirmed, so the next start sends it. */
static void test_unsent_status_is_sent_after_the_next_start(void **state)
{
    (void)state;
    atomic_store(&return_status, JOB_STATUS_IN_PROGRESS);
    start_job("b1");
    fake_disconnect("gone");
    assert_true(JOBS_report(atomic_load(&run_id), JOB_STATUS_FAILED, NULL, 0));
    assert_false(SYSTEM_isIdle());
    FAKE_WAIT(SYSTEM_stop());
    assert_false(SYSTEM_isIdle()); /* it tells what the storage has */
    start_and_send("b1", "FAILED");
    answer_until_idle();
    stop_at_once();
}

/* What a handler returns after SYSTEM_stop has returned false is in storage before SYSTEM_stop returns true. */
static void test_handler_that_returns_after_the_stop(void **state)
{
    (void)state;
    atomic_store(&may_return, false);
    start_job("c1");
    unsigned closes = fake_close_count(), puts = fake_put_count();
    for (int i = 0; i < 3; i++) {
        assert_false(SYSTEM_stop());
    }
    assert_true(fake_log_has("the library stops when it can: a handler has not returned"));
    assert_int_equal(fake_close_count(), closes + 1);
    assert_false(AWS_isConnected());
    assert_false(SYSTEM_isIdle());
    atomic_store(&may_return, true);
    FAKE_WAIT(SYSTEM_stop());
    assert_int_equal(fake_put_count(), puts + 1);
    assert_false(SYSTEM_isIdle());
    start_and_send("c1", "SUCCEEDED");
    answer_until_idle();
    stop_at_once();
}

/* A handler puts the device to sleep: the library stops when it returns. */
static void test_stop_inside_the_handler(void **state)
{
    (void)state;
    atomic_store(&does_stop, true);
    atomic_store(&stop_result, true);
    start_job("d1");
    assert_false(atomic_load(&stop_result));
    FAKE_WAIT(AWS_getState() == STATE_AWS_INIT); /* by itself */
    assert_true(SYSTEM_stop());
    start_and_send("d1", "SUCCEEDED");
    answer_until_idle();
    stop_at_once();
}

/* The program does not want to wait for the handler: SYSTEM_start takes the stop back. */
static void test_start_takes_a_stop_back(void **state)
{
    (void)state;
    atomic_store(&may_return, false);
    start_job("e1");
    assert_false(SYSTEM_stop());
    unsigned connection = fake_open_count() + 1;
    SYSTEM_start();
    fake_wait_open(connection);
    fake_connect();
    atomic_store(&may_return, true);
    struct fake_request request;
    fake_accept_until(&request, "e1", "SUCCEEDED");
    answer_until_idle();
    stop_at_once();
}

/* Somebody works in a task of his own: his run goes on over stop and start, and no other job begins beside it. */
static void test_run_of_another_task_goes_on(void **state)
{
    (void)state;
    atomic_store(&return_status, JOB_STATUS_IN_PROGRESS);
    start_job("f1");
    FAKE_WAIT(SYSTEM_stop());
    assert_false(SYSTEM_isIdle());
    assert_false(JOBS_report(atomic_load(&run_id), JOB_STATUS_SUCCEEDED, NULL, 0));
    unsigned connection = fake_open_count() + 1;
    SYSTEM_start();
    fake_wait_open(connection);
    assert_true(JOBS_report(atomic_load(&run_id), JOB_STATUS_SUCCEEDED, NULL, 0));
    fake_connect();
    struct fake_request request;
    fake_accept_until(&request, "f1", "SUCCEEDED");
    answer_until_idle();
    stop_at_once();
}

static int end_library(void **state)
{
    (void)state;
    assert_true(SYSTEM_stop());
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_second_start_serves_the_same_handlers),
        TEST(test_not_idle_before_the_service_has_answered),
        TEST(test_unsent_status_is_sent_after_the_next_start),
        TEST(test_handler_that_returns_after_the_stop),
        TEST(test_stop_inside_the_handler),
        TEST(test_start_takes_a_stop_back),
        TEST(test_run_of_another_task_goes_on),
    };
    return cmocka_run_group_tests(tests, start_library, end_library);
}
