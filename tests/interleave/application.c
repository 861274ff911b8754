/* SPDX-License-Identifier: MIT */
/* The application: one handler for "work" that does what the scenario's rules say, on the public headers. What it remembers stands
 * outside of the device's RAM: it is the observer as well. */
#include "interleave/world.h"

#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "device/runtime/rotation.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 8

struct application_rules application_rules;

static struct {
    unsigned starts;
    uint32_t run_id;         /* of the last start */
    unsigned cancels;        /* callbacks that came for it */
    enum job_fate confirmed; /* JOB_QUEUED: nothing; by JOBS_report's true */
    enum job_fate
        last_word; /* the final status that the application has reported or returned; JOB_QUEUED: none */
} seen[JOBS];

static struct port_signal has_started, must_stop, has_work, has_work_too;
static uint32_t run_in_hand, run_to_stop;
static unsigned job_in_hand;
static char id_in_hand[LENGTH_JOB_ID];

void application_reset(void)
{
    memset(seen, 0, sizeof(seen));
    has_started.is_set = must_stop.is_set = has_work.is_set = has_work_too.is_set = false;
    application_rules = (struct application_rules){.attempts = 1};
    run_in_hand = run_to_stop = 0;
}

/* ---- reports */

static void report(jobsStatus_et status)
{
    const unsigned job = job_in_hand;
    const enum job_fate fate = status == JOB_STATUS_SUCCEEDED ? JOB_SUCCEEDED : JOB_FAILED;
    scheduler_check_no_lock("runs the application");
    seen[job].last_word = fate;
    for (unsigned i = 0; i <= application_rules.repeats && seen[job].confirmed != fate; i++) {
        if (i > 0) {
            scheduler_sleep(100);
        }
        if (JOBS_report(run_in_hand, status, NULL, 0)) {
            seen[job].confirmed = fate;
        }
    }
}

static void first_task(void *ctx)
{
    (void)ctx;
    for (;;) {
        port_signal_wait(&has_work, UINT32_MAX);
        JOBS_updateProgress(id_in_hand, 50);
        if (application_rules.way == WAY_OTHER_TASK) {
            report(JOB_STATUS_SUCCEEDED);
        }
    }
}

static void second_task(void *ctx)
{
    (void)ctx;
    for (;;) {
        port_signal_wait(&has_work_too, UINT32_MAX);
        report(JOB_STATUS_SUCCEEDED); /* FAILED is what the library would make of a job without a report */
    }
}

/* ---- callbacks */

static void rotate(const job_st *job, bool is_resumed)
{
    const struct runtime_rotation_job order = {.run_id = job->runId_u32,
                                               .job_id = job->idStr,
                                               .execution_number = job->executionNumber_s64,
                                               .is_resumed = is_resumed};
    if (runtime_rotation_begin(&order, "fleet")) {
        scheduler_find("the change of the certificate is not begun:\n%s", ports_log());
    }
}

static jobsStatus_et resume(job_st *job, void *context)
{
    (void)context;
    scheduler_check_no_lock("runs the resume handler");
    rotate(job, true);
    return JOB_STATUS_IN_PROGRESS;
}

static void do_work(void)
{
    switch (application_rules.way) {
    case WAY_REPORTS:
        JOBS_updateProgress(id_in_hand, 10);
        report(JOB_STATUS_SUCCEEDED);
        break;
    case WAY_TWO_TASKS:
        port_signal_set(&has_work_too);
        port_signal_set(&has_work);
        break;
    case WAY_OTHER_TASK:
        port_signal_set(&has_work);
        break;
    case WAY_UNTIL_CANCEL:
        while (run_to_stop != run_in_hand && port_signal_wait(&must_stop, 60000)) {
        }
        break;
    case WAY_REFRESHES:
        JOBS_refreshDocument(run_in_hand);
        break;
    case WAY_LATE:
        port_time_sleep_ms(application_rules.deadline_s * 1000 + 3000);
        break;
    case WAY_RESTARTS:
        SYSTEM_restart(0);
        break;
    case WAY_RETURNS:
    case WAY_ROTATES:
        break;
    }
}

static jobsStatus_et handle(job_st *job, void *context)
{
    (void)context;
    scheduler_check_no_lock("runs the handler");
    job_in_hand = (unsigned)atoi(job->idStr + 1);
    if (strcmp(job->documentStr, service.document) != 0) {
        scheduler_find("the handler of %s has the document '%s'", job->idStr, job->documentStr);
    }
    run_in_hand = job->runId_u32;
    strcpy(id_in_hand, job->idStr);
    seen[job_in_hand].starts++;
    seen[job_in_hand].run_id = job->runId_u32;
    seen[job_in_hand].cancels += run_to_stop == job->runId_u32;
    scheduler_note("handler of job", job_in_hand);
    port_signal_set(&has_started);
    const unsigned mine = job_in_hand;
    if (application_rules.way == WAY_ROTATES) {
        seen[mine].last_word = JOB_SUCCEEDED; /* which the library has to bring about */
        rotate(job, false);
        return JOB_STATUS_IN_PROGRESS;
    }
    do_work();
    const bool is_later = application_rules.way == WAY_REPORTS || application_rules.way == WAY_OTHER_TASK ||
                          application_rules.way == WAY_TWO_TASKS;
    if (!is_later && seen[mine].last_word == JOB_QUEUED) {
        seen[mine].last_word = JOB_SUCCEEDED;
    }
    return is_later ? JOB_STATUS_IN_PROGRESS : JOB_STATUS_SUCCEEDED;
}

static void on_cancel(uint32_t run_id, void *context)
{
    (void)context;
    scheduler_check_no_lock("runs the cancel callback");
    scheduler_note("cancel of run", run_id);
    for (unsigned job = 0; job < JOBS; job++) {
        seen[job].cancels += seen[job].run_id == run_id;
    }
    run_to_stop = run_id; /* it may be over already, or its handler may not have begun */
    port_signal_set(&must_stop);
    if (application_rules.way == WAY_ROTATES) {
        runtime_rotation_cancel(run_id);
    }
    if (application_rules.cancel_ms > 0) {
        port_time_sleep_ms(application_rules.cancel_ms);
    }
}

static void on_event(systemEvents_et event)
{
    scheduler_check_no_lock("runs the event callback");
    scheduler_note("event", event);
    if (application_rules.event_ms > 0) {
        port_time_sleep_ms(application_rules.event_ms);
    }
}

/* ---- life */

bool application_init(void)
{
    systemInitConfig_st config = {
        .systemEventCallBack = on_event,
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
                        .pThingCertStr = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
                        .pThingPrivateKeyStr =
                            "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
                        .pThingNameStr = "lamp"},
    };
    if (application_rules.has_claim) {
        awsConfig_st *aws = &config.s_awsConfig;
        aws->pClaimCertStr = aws->pThingCertStr;
        aws->pClaimPrivateKeyStr = aws->pThingPrivateKeyStr;
        aws->pClaimTemplateStr = "fleet";
        aws->pThingCertStr = aws->pThingPrivateKeyStr = aws->pThingNameStr = NULL;
    }
    return SYSTEM_init(&config);
}

bool application_register(void)
{
    const bool rotates = application_rules.way == WAY_ROTATES;
    const jobHandler_st handler = {
        .pActionStr = "work",
        .pResumeHandler = rotates ? resume : NULL,
        .pHandler = handle,
        .pCancelHandler = application_rules.has_cancel ? on_cancel : NULL,
        .deadlineSec_u32 = application_rules.deadline_s,
        .onInterrupted_e = rotates                          ? JOB_INTERRUPTED_WAIT
                           : application_rules.attempts > 1 ? JOB_INTERRUPTED_RERUN
                                                            : JOB_INTERRUPTED_FAIL,
        .maxAttempts_u8 = (uint8_t)application_rules.attempts,
    };
    return JOBS_registerHandler(&handler);
}

void application_boot(void *ctx)
{
    (void)ctx;
    has_work.is_set = has_work_too.is_set = false;
    scheduler_start("first", 4, true, first_task, NULL);
    scheduler_start("second", 4, true, second_task, NULL);
    if (!application_init() || !application_register()) {
        scheduler_find("the device does not start:\n%s", ports_log());
    }
    if (application_rules.way == WAY_ROTATES) {
        runtime_rotation_init("1");
    }
    SYSTEM_start();
}

void application_await_start(unsigned job)
{
    while (seen[job].starts == 0) {
        if (!scheduler_wait(&has_started, HOUR_MS, "waits for a handler's start")) {
            scheduler_find("the handler of s%u does not start within an hour:\n%s", job, ports_log());
        }
    }
}

bool application_has_open_job(void)
{
    for (unsigned job = 0; job < service.count; job++) {
        const enum job_fate fate = service.jobs[job].fate;
        if (fate == JOB_IN_PROGRESS || (seen[job].starts > 0 && fate < JOB_SUCCEEDED)) {
            return true;
        }
    }
    return false;
}

/* ---- what must hold of each job */

void application_check(unsigned job, bool has_booted)
{
    const enum job_fate fate = service.jobs[job].fate;
    if (seen[job].starts > application_rules.attempts) {
        scheduler_find("the handler of s%u was started %u times", job, seen[job].starts);
    }
    if (seen[job].confirmed != JOB_QUEUED && seen[job].confirmed != fate && fate != JOB_CANCELED) {
        scheduler_find("s%u is %s, but %s was confirmed", job, job_service_fate_text(fate),
                       job_service_fate_text(seen[job].confirmed));
    }
    if (fate == JOB_CANCELED && seen[job].starts > 0 && seen[job].last_word == JOB_QUEUED &&
        application_rules.has_cancel && seen[job].cancels == 0) {
        scheduler_find("s%u was cancelled, the application works on it, and was never told", job);
    }
    if (fate != JOB_CANCELED && !has_booted && application_rules.deadline_s == 0 &&
        seen[job].last_word != fate) {
        scheduler_find("s%u is %s, and the application's last word was %s", job, job_service_fate_text(fate),
                       job_service_fate_text(seen[job].last_word));
    }
}
