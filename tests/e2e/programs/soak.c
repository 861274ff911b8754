/* SPDX-License-Identifier: MIT */
/* A device for the soak test: "count" does nothing and succeeds, "hold" stays until the file `release` exists in the
 * device folder, "memory" prints what the allocator has in use. */
#include "common/device_config.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void app_main(void);

static jobsStatus_et on_count(job_st *job)
{
    (void)job;
    return JOB_STATUS_SUCCEEDED;
}

static jobsStatus_et on_hold(job_st *job)
{
    char path[512];
    (void)job;
    snprintf(path, sizeof path, "%s/release", getenv("DEVICE_DIR"));
    printf("holding\n");
    fflush(stdout);
    while (access(path, F_OK) != 0) {
        TASK_DELAY_MS(5);
    }
    return JOB_STATUS_SUCCEEDED;
}

/* The least of some samples: TLS holds a record's buffer for as long as it reads one. */
static size_t bytes_in_use(void)
{
    size_t least = SIZE_MAX;
    for (int i = 0; i < 20; i++) {
        size_t now = mallinfo2().uordblks;
        least = now < least ? now : least;
        TASK_DELAY_MS(5);
    }
    return least;
}

static jobsStatus_et on_memory(job_st *job)
{
    jobsCounters_st counters;
    JOBS_getCounters(&counters);
    printf("memory after %s: %zu bytes in use, %u run\n", job->idStr, bytes_in_use(), counters.run_u32);
    fflush(stdout);
    return JOB_STATUS_SUCCEEDED;
}

void app_main(void)
{
    static systemInitConfig_st config;
    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        return;
    }
    JOBS_register("count", 0, on_count);
    JOBS_register("hold", 0, on_hold);
    JOBS_register("memory", 0, on_memory);
    SYSTEM_start();
}
