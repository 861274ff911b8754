/* SPDX-License-Identifier: MIT */
/* lib_jobs.h and the rest of the API over a running library with fake ports: the seed's order of calls, the table of actions, what
 * handlers see, what reports do, what the operator reads (include/lib_jobs.h). */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/config.h"
#include "fakes/fake_service.h"
#include "lib_delay.h"
#include "lib_gpio.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_print.h"
#include "lib_system.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define CERT          "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY           "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"
#define SEED_DOCUMENT "{\"action\":\"blink\",\"count\":3,\"onTime\":250,\"offTime\":500}"

static unsigned job_number;
static char job_name[LENGTH_JOB_ID];
static atomic_bool has_copy;
static job_st copy;
static atomic_uint events[EVENT_MAX];

static void on_event(systemEvents_et event_e)
{
    atomic_fetch_add(&events[event_e], 1);
}

/* The seed's handler. */
static jobsStatus_et keep_copy(job_st *ps_job)
{
    copy = *ps_job;
    strcpy(copy.documentStr, ps_job->documentStr);
    atomic_store(&has_copy, true);
    return JOB_STATUS_IN_PROGRESS;
}

/* Reads the document in the handler, as small programs do. */
static jobsStatus_et read_in_handler(job_st *ps_job)
{
    char countStr[4];
    const tagStructure_st tags[] = {{"count", countStr}};
    return JSON_processString(ps_job->documentStr, tags, 1) ? JOB_STATUS_SUCCESSED : JOB_STATUS_FAILED;
}

static jobsStatus_et return_nonsense(job_st *ps_job)
{
    (void)ps_job;
    return (jobsStatus_et)77;
}

static atomic_bool was_canceled;
static uint32_t seen_run_id;
static int context;

static jobsStatus_et wait_for_cancel(job_st *ps_job, void *pContext)
{
    assert_ptr_equal(pContext, &context);
    seen_run_id = ps_job->runId_u32;
    atomic_store(&has_copy, true);
    fake_wait_flag(&was_canceled);
    return JOB_STATUS_SUCCESSED;
}

static void on_cancel(uint32_t runId_u32, void *pContext)
{
    assert_ptr_equal(pContext, &context);
    assert_int_equal(runId_u32, seen_run_id);
    atomic_store(&was_canceled, true);
}

/* SYSTEM_init, SYSTEM_start, then JOBS_register: the seed's order. */
static int start_library(void **state)
{
    (void)state;
    fake_reset();
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
    SYSTEM_start();
    SYSTEM_start();
    assert_true(fake_log_has("SYSTEM_start: the library runs already"));
    assert_true(JOBS_register("blink", 0, keep_copy));
    assert_true(JOBS_register("read", 1, read_in_handler));
    assert_true(JOBS_register("nonsense", 0, return_nonsense));
    const jobHandler_st handler = {.pActionStr = "hold",
                                   .pHandler = wait_for_cancel,
                                   .pContext = &context,
                                   .pCancelHandler = on_cancel,
                                   .timeoutMin_u8 = 5};
    assert_true(JOBS_registerHandler(&handler));
    fake_wait_open(1);
    fake_connect();
    return 0;
}

/* The device asks for the next job: this one. */
static void offer(const char *document)
{
    snprintf(job_name, sizeof(job_name), "job-%u", ++job_number);
    atomic_store(&has_copy, false);
    fake_answer_next(job_name, document);
    fake_accept_claim(job_name);
}

static void accept_final(struct fake_request *request, const char *status)
{
    fake_accept_until(request, job_name, status);
}

static void test_handler_gets_the_whole_job(void **state)
{
    (void)state;
    offer(SEED_DOCUMENT);
    fake_wait_flag(&has_copy);
    assert_string_equal(copy.idStr, job_name);
    assert_string_equal(copy.documentStr, SEED_DOCUMENT);
    assert_int_equal(copy.queuedAt_u32, 1799999990);
    assert_int_equal(copy.currentTimeStamp_u32, 1800000000);
    assert_int_equal(copy.attempt_u8, 1);
    assert_int_not_equal(copy.runId_u32, 0);
    assert_int_equal(copy.executionNumber_s64, 1);
    unsigned puts = fake_put_count();
    JOBS_updateStatus(copy.idStr, JOB_STATUS_SUCCESSED);
    assert_int_equal(fake_put_count(), puts + 1); /* in storage when the call returns */
    struct fake_request request;
    accept_final(&request, "SUCCEEDED");
}

/* A reason that machines read, and a message that names the key and the bytes it needs. */
static void test_unfit_value_is_told_to_the_operator(void **state)
{
    (void)state;
    offer("{\"action\":\"blink\",\"count\":100000}");
    fake_wait_flag(&has_copy);
    char countStr[4] = {0};
    const tagStructure_st tags[] = {{"count", countStr}};
    assert_false(JSON_processString(copy.documentStr, tags, 1));
    JOBS_updateStatus(copy.idStr, JOB_STATUS_FAILED);
    struct fake_request request;
    accept_final(&request, "FAILED");
    assert_non_null(strstr(request.payload, "\"reason\":\"HANDLER_FAILED\""));
    assert_non_null(strstr(request.payload, "key 'count' needs 7 bytes"));
}

static void test_unfit_value_read_in_the_handler(void **state)
{
    (void)state;
    offer("{\"action\":\"read\",\"count\":100000}");
    struct fake_request request;
    accept_final(&request, "FAILED");
    assert_non_null(strstr(request.payload, "key 'count' needs 7 bytes"));
}

static void *read_badly(void *ctx)
{
    (void)ctx;
    uint32_t value;
    assert_false(JSON_getUint32("{}", "elsewhere", &value));
    return NULL;
}

/* A cause that another task saw, or that was overcome, or that belongs to an earlier job, is not this failure's. */
static void test_foreign_causes_are_not_told(void **state)
{
    (void)state;
    uint32_t value;
    assert_false(JSON_getUint32("{}", "earlier", &value)); /* before the job */
    offer(SEED_DOCUMENT);
    fake_wait_flag(&has_copy);
    pthread_t thread;
    pthread_create(&thread, NULL, read_badly, NULL);
    pthread_join(thread, NULL);
    JOBS_updateStatus(copy.idStr, JOB_STATUS_FAILED);
    struct fake_request request;
    accept_final(&request, "FAILED");
    assert_null(strstr(request.payload, "elsewhere"));
    assert_null(strstr(request.payload, "earlier"));

    offer(SEED_DOCUMENT);
    fake_wait_flag(&has_copy);
    assert_false(JSON_getUint32(copy.documentStr, "optional", &value));
    assert_true(JSON_getUint32(copy.documentStr, "count", &value));
    JOBS_updateStatus(copy.idStr, JOB_STATUS_FAILED);
    accept_final(&request, "FAILED");
    assert_null(strstr(request.payload, "optional"));
}

static void test_status_that_does_not_exist(void **state)
{
    (void)state;
    offer("{\"action\":\"nonsense\"}");
    struct fake_request request;
    accept_final(&request, "FAILED");
    offer(SEED_DOCUMENT);
    fake_wait_flag(&has_copy);
    JOBS_updateStatus(copy.idStr, (jobsStatus_et)77);
    assert_true(fake_log_has("JOBS_updateStatus: a status that does not exist was given"));
    JOBS_updateStatus(copy.idStr, JOB_STATUS_ACCEPTED); /* goes on */
    JOBS_updateStatus(copy.idStr, JOB_STATUS_REJECTED);
    accept_final(&request, "REJECTED");
}

static void test_reports_with_details(void **state)
{
    (void)state;
    offer(SEED_DOCUMENT);
    fake_wait_flag(&has_copy);
    const jobDetail_st details[] = {{"one", "1"},   {"two", "a\nb"}, {"reason", "mine"}, {NULL, "x"},
                                    {"three", "3"}, {"four", "4"},   {"five", "5"},      {"six", "6"}};
    JOBS_updateStatusDetails(copy.idStr, JOB_STATUS_SUCCESSED, details, 8);
    assert_true(fake_log_has("of the details are left out"));
    struct fake_request request;
    accept_final(&request, "SUCCEEDED");
    assert_non_null(strstr(request.payload, "\"one\":\"1\""));
    assert_non_null(strstr(request.payload, "\"two\":\"a b\""));
    assert_null(strstr(request.payload, "mine"));
}

/* JOBS_report names the run: a late report of another run has no effect. */
static void test_report_by_run(void **state)
{
    (void)state;
    offer(SEED_DOCUMENT);
    fake_wait_flag(&has_copy);
    assert_false(JOBS_report(copy.runId_u32 - 1, JOB_STATUS_FAILED, NULL, 0));
    assert_false(JOBS_report(0, JOB_STATUS_FAILED, NULL, 0));
    assert_true(JOBS_report(copy.runId_u32, JOB_STATUS_IN_PROGRESS, NULL, 0));
    assert_true(JOBS_report(copy.runId_u32, JOB_STATUS_SUCCESSED, NULL, 0));
    assert_false(JOBS_report(copy.runId_u32, JOB_STATUS_FAILED, NULL, 0));
    struct fake_request request;
    accept_final(&request, "SUCCEEDED");
}

static void test_reports_that_name_nothing(void **state)
{
    (void)state;
    jobsCounters_st before, after;
    JOBS_getCounters(&before);
    JOBS_updateStatus(NULL, JOB_STATUS_SUCCESSED);
    assert_true(fake_log_has("JOBS_updateStatus: no job id was given"));
    JOBS_updateStatus("no-such-job", JOB_STATUS_SUCCESSED);
    assert_true(fake_log_has("JOBS_updateStatus: job 'no-such-job' is not in hand"));
    JOBS_updateProgress("no-such-job", 200);
    JOBS_updateStatus("no-such-job",
                      JOB_STATUS_FAILED); /* behind the progress, so that it is counted by now */
    JOBS_getCounters(&after);
    assert_in_range(after.droppedReports_u32, before.droppedReports_u32 + 2, before.droppedReports_u32 + 3);
    JOBS_getCounters(NULL);
}

static void test_refused_registrations(void **state)
{
    (void)state;
    assert_false(JOBS_register(NULL, 0, keep_copy));
    assert_true(fake_log_has("JOBS_register: no action was given"));
    assert_false(JOBS_register("", 0, keep_copy));
    assert_false(JOBS_register("an-action-with-more-than-31-char", 0, keep_copy));
    assert_true(fake_log_has("is too long (up to 31 characters)"));
    assert_false(JOBS_register("no-handler", 0, NULL));
    assert_true(fake_log_has("JOBS_register: action 'no-handler' has no handler"));
    assert_false(JOBS_register("blink", 0, keep_copy));
    assert_true(fake_log_has("JOBS_register: action 'blink' has a handler already"));
    assert_false(JOBS_registerHandler(NULL));
    jobHandler_st handler = {
        .pActionStr = "x", .pHandler = wait_for_cancel, .onInterrupted_e = (jobInterrupted_et)9};
    assert_false(JOBS_registerHandler(&handler));
}

/* Refusals leave no entry behind: exactly CONFIG_DEVICE_JOBS_MAX_ACTIONS fit, however many were refused. */
static void test_table_of_actions_is_full(void **state)
{
    (void)state;
    char name[32];
    memset(name, 'a', 31); /* the longest that fits */
    name[31] = '\0';
    for (int i = 4; i < CONFIG_DEVICE_JOBS_MAX_ACTIONS; i++) {
        assert_true(JOBS_register(name, 0, keep_copy));
        snprintf(name, sizeof(name), "action-%d", i);
    }
    assert_false(JOBS_register("one-more", 0, keep_copy));
    assert_true(fake_log_has("the table of actions is full"));
}

static void test_cancel_handler_is_called_with_its_context(void **state)
{
    (void)state;
    offer("{\"action\":\"hold\"}");
    fake_wait_flag(&has_copy);
    char topic[100];
    snprintf(topic, sizeof(topic), "%s/get", job_name);
    assert_true(fake_deliver("notify", "{\"timestamp\":1,\"jobs\":{}}"));
    struct fake_request request;
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    } while (strcmp(request.topic, topic) != 0);
    fake_reject_request(&request, "ResourceNotFound");
    fake_wait_flag(&was_canceled);
}

static void test_events_and_states(void **state)
{
    (void)state;
    assert_true(AWS_isConnected());
    assert_int_equal(AWS_getState(), STATE_AWS_CONNECTED);
    assert_string_equal(AWS_getStateString(), "CONNECTED");
    assert_int_equal(atomic_load(&events[EVENT_MQTT_CONNECTED]), 1);
    assert_int_equal(atomic_load(&events[EVENT_AWS_CONNECTED]), 1);
    AWS_suspend();
    FAKE_WAIT(AWS_getState() == STATE_AWS_SUSPENDED && atomic_load(&events[EVENT_AWS_DISCONNECTED]) > 0);
    assert_false(AWS_isConnected());
    unsigned opens = fake_open_count();
    AWS_resume();
    fake_wait_open(opens + 1);
    assert_int_equal(AWS_getState(), STATE_AWS_RESUME);
    fake_connect();
    FAKE_WAIT(AWS_isConnected());
}

static void test_pins(void **state)
{
    (void)state;
    GPIO_pinMode(2, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL);
    GPIO_pinWrite(2, HIGH);
    assert_int_equal(GPIO_pinRead(2), 1);
    GPIO_pinWrite(2, LOW);
    assert_int_equal(GPIO_pinRead(2), 0);
    GPIO_pinWrite(2, 200);
    assert_int_equal(GPIO_pinRead(2), 1);
    GPIO_pinWrite(99, 1);
    assert_true(fake_log_has("GPIO_pinWrite: pin 99 does not exist on this board"));
    assert_int_equal(GPIO_pinRead(99), 0);
}

static void test_prints_and_levels(void **state)
{
    (void)state;
    print_info("count %d of %s\r\n", 3, "blink");
    assert_true(fake_log_has("print: test_prints_and_levels: count 3 of blink"));
    print_debug("not %s", "shown");
    assert_false(fake_log_has("not shown"));
    print_setLevel(PRINT_LEVEL_DEBUG);
    print_debug("now %s", "shown");
    assert_true(fake_log_has("now shown"));
    print_setLevel(PRINT_LEVEL_NONE);
    print_error("%s", "silence");
    assert_false(fake_log_has("silence"));
    print_setLevel(PRINT_LEVEL_INFO);
}

static void test_clock_and_numbers(void **state)
{
    (void)state;
    uint32_t before = millis();
    TASK_DELAY_MS(2);
    assert_true(millis() - before >= 2);
    assert_int_equal(util_getNumFromString("4294967295"), 4294967295u);
    assert_int_equal(util_getNumFromString("007"), 7);
    const char *const bad[] = {"4294967296", "-1", "+1", " 1", "1 ", "1.0", "0x10", "", "three", NULL};
    uint32_t value = 9;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(util_getNumFromString(bad[i]), 0);
        assert_false(util_parseUint32(bad[i], &value));
    }
    assert_int_equal(value, 9);
    assert_true(util_parseUint32("0", &value));
    assert_int_equal(value, 0);
    assert_false(util_parseUint32("1", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handler_gets_the_whole_job),
        cmocka_unit_test(test_unfit_value_is_told_to_the_operator),
        cmocka_unit_test(test_unfit_value_read_in_the_handler),
        cmocka_unit_test(test_foreign_causes_are_not_told),
        cmocka_unit_test(test_status_that_does_not_exist),
        cmocka_unit_test(test_reports_with_details),
        cmocka_unit_test(test_report_by_run),
        cmocka_unit_test(test_reports_that_name_nothing),
        cmocka_unit_test(test_refused_registrations),
        cmocka_unit_test(test_table_of_actions_is_full),
        cmocka_unit_test(test_cancel_handler_is_called_with_its_context),
        cmocka_unit_test(test_events_and_states),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_prints_and_levels),
        cmocka_unit_test(test_clock_and_numbers),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
