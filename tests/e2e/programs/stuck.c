/* SPDX-License-Identifier: MIT */
/* A device whose handlers get stuck: "hang" never returns, "silent" returns and is never heard of again; "count" is well. */
#include "common/device_config.h"
#include "lib_jobs.h"
#include "lib_system.h"

void app_main(void);

static jobsStatus_et on_hang(job_st *job, void *context)
{
    while (job->runId_u32 != 0 && context == NULL) {
        TASK_DELAY_MS(1000);
    }
    return JOB_STATUS_SUCCEEDED;
}

static jobsStatus_et on_silent(job_st *job, void *context)
{
    (void)job;
    (void)context;
    return JOB_STATUS_IN_PROGRESS;
}

static jobsStatus_et on_count(job_st *job)
{
    (void)job;
    return JOB_STATUS_SUCCEEDED;
}

void app_main(void)
{
    static systemInitConfig_st config;
    const jobHandler_st hang = {.pActionStr = "hang", .pHandler = on_hang, .deadlineSec_u32 = 1};
    const jobHandler_st silent = {.pActionStr = "silent", .pHandler = on_silent, .deadlineSec_u32 = 1};

    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        return;
    }
    JOBS_registerHandler(&hang);
    JOBS_registerHandler(&silent);
    JOBS_register("count", 0, on_count);
    SYSTEM_start();
}
