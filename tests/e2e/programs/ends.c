/* SPDX-License-Identifier: MIT */
/* A device for the ends of runs (test_ends.py); each line that it prints is one word and what it is about.
 *     overdue   works 3 s in the application's task though its deadline is 1 s, then reports by run
 *     wait      returns and waits for a report; after a boot the application asks for it. {"finish":true}: it reports then
 *     resume    the same with a resume handler
 *     refresh   spoils its document and reads it anew
 *     steps     documents without `action` that have this member */
#include "common/device_config.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_system.h"

#include <stdatomic.h>
#include <stdio.h>

void app_main(void);

static _Atomic uint32_t overdue_run;

static void say(const char *what, const job_st *job)
{
    printf("%s %s run %u attempt %u %s\n", what, job->idStr, (unsigned)job->runId_u32, job->attempt_u8,
           job->documentStr);
    fflush(stdout);
}

static jobsStatus_et on_overdue(job_st *job, void *context)
{
    (void)context;
    say("overdue", job);
    uint32_t none = 0;
    atomic_compare_exchange_strong(&overdue_run, &none, job->runId_u32);
    return JOB_STATUS_IN_PROGRESS;
}

static jobsStatus_et on_wait(job_st *job, void *context)
{
    say(context, job);
    return JOB_STATUS_IN_PROGRESS;
}

static jobsStatus_et on_resume(job_st *job, void *context)
{
    (void)context;
    say("resumed", job);
    return JOB_STATUS_SUCCEEDED;
}

static void on_cancel(uint32_t run_id, void *context)
{
    printf("cancelled %s run %u\n", (const char *)context, (unsigned)run_id);
    fflush(stdout);
}

static jobsStatus_et on_refresh(job_st *job, void *context)
{
    (void)context;
    job->documentStr[0] = '\0';
    bool is_fresh = JOBS_refreshDocument(job->runId_u32);
    say(is_fresh ? "fresh" : "stale", job);
    return is_fresh ? JOB_STATUS_SUCCEEDED : JOB_STATUS_FAILED;
}

static jobsStatus_et on_steps(job_st *job, void *context)
{
    (void)context;
    say("steps", job);
    return JOB_STATUS_SUCCEEDED;
}

/* The first overdue run only: the service's retry of it is left to its deadline. */
static void report_overdue(void)
{
    static bool has_reported;
    uint32_t run_id = atomic_load(&overdue_run);
    if (run_id == 0 || has_reported) {
        return;
    }
    TASK_DELAY_MS(3000);
    has_reported = true;
    bool is_taken = JOBS_report(run_id, JOB_STATUS_SUCCEEDED, NULL, 0);
    printf("reported run %u: %s\n", (unsigned)run_id, is_taken ? "true" : "false");
    fflush(stdout);
}

static void look_for_waiting(void)
{
    static job_st job;
    static uint32_t said;
    bool must_finish = false;
    if (!JOBS_getWaiting(&job) || said == job.runId_u32) {
        return;
    }
    said = job.runId_u32;
    say("waiting", &job);
    if (JSON_getBool(job.documentStr, "finish", &must_finish) && must_finish) {
        JOBS_report(job.runId_u32, JOB_STATUS_SUCCEEDED, NULL, 0);
    }
}

static void app_task(void *context)
{
    (void)context;
    for (;;) {
        report_overdue();
        look_for_waiting();
        TASK_DELAY_MS(20);
    }
}

void app_main(void)
{
    static systemInitConfig_st config;
    static const jobHandler_st handlers[] = {
        {.pActionStr = "overdue", .pHandler = on_overdue, .deadlineSec_u32 = 1},
        {.pActionStr = "wait",
         .pHandler = on_wait,
         .pContext = "wait",
         .pCancelHandler = on_cancel,
         .onInterrupted_e = JOB_INTERRUPTED_WAIT},
        {.pActionStr = "resume",
         .pHandler = on_wait,
         .pContext = "resume",
         .onInterrupted_e = JOB_INTERRUPTED_WAIT,
         .pResumeHandler = on_resume},
        {.pActionStr = "refresh", .pHandler = on_refresh},
        {.pHandler = on_steps, .pDocumentMemberStr = "steps"},
    };

    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        return;
    }
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        JOBS_registerHandler(&handlers[i]);
    }
    SYSTEM_start();
    xTaskCreate(app_task, "app", 4096, NULL, 4, NULL);
}
