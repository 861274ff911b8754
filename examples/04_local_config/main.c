/* SPDX-License-Identifier: MIT */
/* A device that leaves the factory without knowing who it is: the same firmware for all of them, and nothing in it that is secret. It waits
 * until somebody configures it on the spot, stores that, and does jobs from then on:
 *     {"action":"identify"}   it says who it is
 * On Linux device-config configures it; a board is configured over its serial console, Bluetooth or an access point of its own. */
#include "lib_aws.h"
#include "lib_delay.h"
#include "lib_jobs.h"
#include "lib_print.h"
#include "lib_system.h"

#include <stddef.h>

void app_main(void);

static jobsStatus_et identify(job_st *job)
{
    print_info("%s: here I am, %s", job->idStr, AWS_getThingName());
    return JOB_STATUS_SUCCEEDED;
}

void app_main(void)
{
    static systemInitConfig_st config = {.pAppVersionStr = "1.0.0"};
    if (!SYSTEM_init(&config)) {
        return; /* the log says why */
    }
    JOBS_register("identify", 0, identify); /* also while nobody has configured the device */
    SYSTEM_start();
    for (systemMode_et told = SYSTEM_MODE_MAX;;) {
        if (SYSTEM_getMode() != told) {
            told = SYSTEM_getMode();
            print_info("mode %s", SYSTEM_getModeString());
        }
        TASK_DELAY_MS(100);
    }
}
