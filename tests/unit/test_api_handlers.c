/* SPDX-License-Identifier: MIT */
/* lib_jobs.h, handlers with all options over a running library with fake ports: documents without `action`, runs of before the boot that are
 * resumed or asked for, documents read anew, and what an application hears of a run that the service has ended, and says of one that failed. */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/state.h"
#include "fakes/fake_service.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_system.h"

#include <stdio.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static int context;
static atomic_uint handled, resumed, canceled;
static atomic_bool may_leave_cancel = true;
static job_st seen;
static atomic_bool is_refreshed, refresh_result;
static char refreshed_document[LENGTH_JOB_DOCUMENT];

static jobsStatus_et handle(job_st *ps_job, void *pContext)
{
    assert_ptr_equal(pContext, &context);
    seen = *ps_job;
    atomic_fetch_add(&handled, 1);
    return JOB_STATUS_IN_PROGRESS;
}

static const jobDetail_st in_words[] = {{"message", "the new image does not start"}};

static jobsStatus_et resume(job_st *ps_job, void *pContext)
{
    assert_ptr_equal(pContext, &context);
    seen = *ps_job;
    atomic_fetch_add(&resumed, 1);
    uint32_t x = 0;
    if (!JSON_getUint32Or(ps_job->documentStr, "x", 0, &x)) {
        return JOB_STATUS_FAILED;
    }
    if (x == 2) {
        JOBS_report(ps_job->runId_u32, JOB_STATUS_FAILED, in_words, 1);
    }
    return JOB_STATUS_SUCCEEDED;
}

static void cancel(uint32_t runId_u32, void *pContext)
{
    assert_ptr_equal(pContext, &context);
    assert_int_equal(runId_u32, seen.runId_u32);
    atomic_fetch_add(&canceled, 1);
    fake_wait_flag(&may_leave_cancel);
}

static jobsStatus_et refresh(job_st *ps_job, void *pContext)
{
    (void)pContext;
    seen = *ps_job;
    atomic_store(&refresh_result, JOBS_refreshDocument(ps_job->runId_u32));
    strcpy(refreshed_document, ps_job->documentStr);
    atomic_store(&is_refreshed, true);
    return JOB_STATUS_SUCCEEDED;
}

static const jobHandler_st steps = {
    .pHandler = handle, .pContext = &context, .pCancelHandler = cancel, .pDocumentMemberStr = "steps"};
static const jobHandler_st both = {
    .pActionStr = "update", .pHandler = handle, .pContext = &context, .pDocumentMemberStr = "afr_ota"};
static const jobHandler_st resuming = {.pActionStr = "resume",
                                       .pHandler = handle,
                                       .pContext = &context,
                                       .onInterrupted_e = JOB_INTERRUPTED_WAIT,
                                       .pResumeHandler = resume};
static const jobHandler_st waiting = {.pActionStr = "wait",
                                      .pHandler = handle,
                                      .pContext = &context,
                                      .pCancelHandler = cancel,
                                      .onInterrupted_e = JOB_INTERRUPTED_WAIT,
                                      .onStuck_e = JOB_STUCK_LEAVE};
static const jobHandler_st refreshing = {.pActionStr = "refresh", .pHandler = refresh};

static int start_library(void **state)
{
    (void)state;
    fake_reset();
    job_st job;
    assert_false(JOBS_getWaiting(&job)); /* before SYSTEM_init */
    assert_false(JOBS_refreshDocument(1));
    systemInitConfig_st config = {
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = FAKE_THING},
    };
    assert_true(SYSTEM_init(&config));
    const jobHandler_st *const handlers[] = {&steps, &both, &resuming, &waiting, &refreshing};
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        assert_true(JOBS_registerHandler(handlers[i]));
    }
    SYSTEM_start();
    fake_wait_open(1);
    fake_connect();
    return 0;
}

static void accept_final(const char *job_id, const char *status)
{
    struct fake_request request;
    fake_accept_until(&request, job_id, status);
    assert_int_equal(strstr(request.payload, "\"message\"") != NULL, strcmp(status, "FAILED") == 0);
}

static void accept_failure(const char *job_id, const char *message)
{
    struct fake_request request;
    char wanted[128];
    fake_accept_until(&request, job_id, "FAILED");
    snprintf(wanted, sizeof(wanted), "\"message\":\"%s\"", message);
    if (!strstr(request.payload, wanted)) {
        fail_msg("not %s: %s", wanted, request.payload);
    }
}

/* The handler has returned, and with it every report that it has made. */
static bool is_worker_idle(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = !device_runtime.worker.is_busy;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* Two turns: the engine task has heard of every report, return and message before. */
static void let_engine_turn(void)
{
    for (int i = 0; i < 2; i++) {
        assert_false(JOBS_registerHandler(&steps));
    }
}

/* An execution that this boot has not started. The device asks again when the notification that the job before was the last comes
 * behind its question. */
static void show_running(const char *job_id, const char *document)
{
    static char members[2048];
    struct fake_request request;
    FAKE_WAIT(is_worker_idle());
    let_engine_turn();
    fake_advance_ms(30); /* no handler is called for 20 ms after a report */
    snprintf(members, sizeof(members),
             "\"execution\":{\"jobId\":\"%s\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,"
             "\"lastUpdatedAt\":1799999990,\"versionNumber\":2,\"executionNumber\":7,\"jobDocument\":%s,"
             "\"statusDetails\":{\"state\":\"running\",\"attempt\":\"1\"}}",
             job_id, document);
    do {
        fake_expect_request(&request, "$next/get");
        fake_accept_request(&request, members);
        let_engine_turn();
    } while (fake_is_next_publish("$next/get"));
}

/* AWS's own documents have no `action`. */
static void test_documents_with_a_member(void **state)
{
    static const char document[] = "{\"version\":\"1.0\",\"steps\":[{\"action\":{\"name\":\"x\"}}]}";
    (void)state;
    unsigned before = atomic_load(&handled);
    fake_answer_next("m1", document);
    fake_accept_claim("m1");
    FAKE_WAIT(atomic_load(&handled) == before + 1);
    assert_string_equal(seen.documentStr, document);
    JOBS_updateStatus("m1", JOB_STATUS_SUCCEEDED);
    accept_final("m1", "SUCCEEDED");
}

static void test_action_and_member_of_one_handler(void **state)
{
    static const char *const documents[] = {"{\"afr_ota\":{}}", "{\"action\":\"update\"}",
                                            "{\"action\":\"update\",\"steps\":[]}"};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        char job_id[16];
        snprintf(job_id, sizeof(job_id), "b%u", i);
        unsigned before = atomic_load(&handled);
        fake_answer_next(job_id, documents[i]);
        fake_accept_claim(job_id);
        FAKE_WAIT(atomic_load(&handled) == before + 1);
        JOBS_updateStatus(job_id, JOB_STATUS_SUCCEEDED);
        accept_final(job_id, "SUCCEEDED");
    }
}

static void test_refused_options(void **state)
{
    (void)state;
    jobHandler_st bad = {.pHandler = handle};
    assert_false(JOBS_registerHandler(&bad));
    assert_true(fake_log_has("JOBS_registerHandler: no action was given"));
    bad = (jobHandler_st){.pHandler = handle, .pDocumentMemberStr = ""};
    assert_false(JOBS_registerHandler(&bad));
    assert_true(fake_log_has("JOBS_registerHandler: the document member has no name"));
    bad = (jobHandler_st){.pHandler = handle, .pDocumentMemberStr = "a-member-with-more-than-31-chars"};
    assert_false(JOBS_registerHandler(&bad));
    assert_true(fake_log_has("document member 'a-member-with-more-than-31-chars' is too long"));
    bad = (jobHandler_st){.pActionStr = "x", .pHandler = handle, .pResumeHandler = resume};
    assert_false(JOBS_registerHandler(&bad));
    assert_true(
        fake_log_has("pResumeHandler would never run: it needs onInterrupted_e JOB_INTERRUPTED_WAIT"));
    bad = (jobHandler_st){.pActionStr = "x", .pHandler = handle, .onStuck_e = (jobStuck_et)2};
    assert_false(JOBS_registerHandler(&bad));
    assert_true(fake_log_has("onStuck_e is none of its values"));
    assert_false(JOBS_registerHandler(&steps));
    assert_true(fake_log_has("document member 'steps' has a handler already"));
    bad = (jobHandler_st){.pActionStr = "half", .pHandler = handle, .pDocumentMemberStr = "steps"};
    assert_false(JOBS_registerHandler(&bad));
    assert_true(fake_log_has("action 'half' stays registered, its document member is not"));
    assert_false(JOBS_register("half", 0, (jobCallBack_t)NULL));
    bad.pDocumentMemberStr = NULL;
    assert_false(JOBS_registerHandler(&bad));
    assert_true(fake_log_has("action 'half' has a handler already"));
}

static void test_resume_handler(void **state)
{
    (void)state;
    unsigned before = atomic_load(&handled);
    show_running("r1", "{\"action\":\"resume\",\"x\":1}");
    FAKE_WAIT(atomic_load(&resumed) == 1);
    assert_string_equal(seen.idStr, "r1");
    assert_string_equal(seen.documentStr, "{\"action\":\"resume\",\"x\":1}");
    assert_int_equal(seen.attempt_u8, 1);
    assert_int_equal(seen.executionNumber_s64, 7);
    accept_final("r1", "SUCCEEDED");
    assert_int_equal(atomic_load(&handled), before);
}

static void test_waiting_run(void **state)
{
    static job_st job;
    (void)state;
    assert_false(JOBS_getWaiting(&job));
    assert_false(JOBS_getWaiting(NULL));
    show_running("w1", "{\"action\":\"wait\",\"x\":2}");
    FAKE_WAIT(JOBS_getWaiting(&job));
    assert_string_equal(job.idStr, "w1");
    assert_string_equal(job.documentStr, "{\"action\":\"wait\",\"x\":2}");
    assert_int_equal(job.attempt_u8, 1);
    assert_int_equal(job.queuedAt_u32, 1799999990);
    assert_int_equal(job.executionNumber_s64, 7);
    assert_true(JOBS_report(job.runId_u32, JOB_STATUS_SUCCEEDED, NULL, 0));
    FAKE_WAIT(!JOBS_getWaiting(&job));
    accept_final("w1", "SUCCEEDED");
}

/* What failed after the boot is told like what failed before it. */
static void test_runs_of_before_the_boot_that_fail(void **state)
{
    static job_st job;
    (void)state;
    unsigned before = atomic_load(&resumed);
    show_running("r2", "{\"action\":\"resume\",\"x\":2}");
    accept_failure("r2", "the new image does not start");
    show_running("r3", "{\"action\":\"resume\",\"x\":-2}");
    accept_failure("r3", "key 'x' is negative");
    assert_int_equal(atomic_load(&resumed), before + 2);
    show_running("w4", "{\"action\":\"wait\"}");
    FAKE_WAIT(JOBS_getWaiting(&job));
    assert_true(JOBS_report(job.runId_u32, JOB_STATUS_FAILED, in_words, 1));
    accept_failure("w4", "the new image does not start");
    show_running("w5", "{\"action\":\"wait\",\"x\":\"two\"}");
    FAKE_WAIT(JOBS_getWaiting(&job));
    uint32_t x;
    assert_false(JSON_getUint32(job.documentStr, "x", &x));
    assert_true(JOBS_getWaiting(&job)); /* asking again forgets nothing */
    JOBS_updateStatus("w5", JOB_STATUS_FAILED);
    accept_failure("w5", "key 'x' is not an integer");
    show_running("w6", "{\"action\":\"wait\"}");
    FAKE_WAIT(JOBS_getWaiting(&job));
    JOBS_updateStatusDetails("w6", JOB_STATUS_SUCCEEDED, in_words, 1);
    accept_final("w6", "SUCCEEDED");
}

/* The service has ended it: JOBS_report says so, as news and not as a mistake, and the callback's return starts what is next. */
static void test_run_that_the_service_has_ended(void **state)
{
    static job_st job;
    struct fake_request request;
    (void)state;
    atomic_store(&may_leave_cancel, false);
    show_running("w2", "{\"action\":\"wait\"}");
    FAKE_WAIT(JOBS_getWaiting(&job));
    seen = job;
    fake_deliver("notify", "{\"timestamp\":1800000001,\"jobs\":{}}");
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        assert_true(strcmp(request.topic, "w2/get") == 0 || fake_serve_job(&request, "w2"));
    } while (strcmp(request.topic, "w2/get") != 0);
    fake_reject_request(&request, "ResourceNotFound");
    FAKE_WAIT(atomic_load(&canceled) == 1);
    assert_false(JOBS_report(job.runId_u32, JOB_STATUS_IN_PROGRESS, NULL, 0));
    assert_false(fake_log_has("error: JOBS_report: job run"));
    assert_true(fake_log_has("has ended in the service: its status is not sent"));
    assert_false(JOBS_getWaiting(&job));
    atomic_store(&may_leave_cancel, true);
    unsigned before = atomic_load(&handled);
    fake_answer_next("w3", "{\"action\":\"update\"}");
    fake_accept_claim("w3");
    FAKE_WAIT(atomic_load(&handled) == before + 1);
    JOBS_updateStatus("w3", JOB_STATUS_SUCCEEDED);
    accept_final("w3", "SUCCEEDED");
}

static void test_document_read_anew(void **state)
{
    struct fake_request request;
    (void)state;
    fake_answer_next("f1", "{\"action\":\"refresh\",\"link\":\"old\"}");
    fake_accept_claim("f1");
    fake_expect_request(&request, "f1/get");
    fake_accept_request(&request,
                        "\"execution\":{\"jobId\":\"f1\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,"
                        "\"lastUpdatedAt\":1799999990,\"versionNumber\":2,\"executionNumber\":1,"
                        "\"jobDocument\":{\"action\":\"refresh\",\"link\":\"new\"}}");
    fake_wait_flag(&is_refreshed);
    assert_true(atomic_load(&refresh_result));
    assert_string_equal(refreshed_document, "{\"action\":\"refresh\",\"link\":\"new\"}");
    accept_final("f1", "SUCCEEDED");
    assert_false(JOBS_refreshDocument(seen.runId_u32)); /* its handler has returned */
    assert_true(fake_log_has("does not run, has ended in the service"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_with_a_member),
        cmocka_unit_test(test_action_and_member_of_one_handler),
        cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_resume_handler),
        cmocka_unit_test(test_waiting_run),
        cmocka_unit_test(test_runs_of_before_the_boot_that_fail),
        cmocka_unit_test(test_run_that_the_service_has_ended),
        cmocka_unit_test(test_document_read_anew),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
