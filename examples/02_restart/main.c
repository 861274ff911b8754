/* SPDX-License-Identifier: MIT */
/* Restarting the device as a job, in both ways.
 *     {"action":"restart"}     the library's own handler: SUCCEEDED after the boot, with the boot's number
 *     {"action":"power-save"}  something to do before it: SUCCEEDED is stored, the device restarts, and then it is sent
 * On Linux run it under device-run, which stands in for the reset of a board. */
#include "common/device_config.h"
#include "lib_gpio.h"
#include "lib_jobs.h"
#include "lib_print.h"
#include "lib_system.h"

#define VALVE_PIN 4

void app_main(void);

static jobsStatus_et save_power(job_st *job)
{
    print_info("%s: the valve closes", job->idStr);
    GPIO_pinWrite(VALVE_PIN, LOW);
    SYSTEM_restart(0); /* waits for this handler to return, and for its status to be stored */
    return JOB_STATUS_SUCCEEDED;
}

void app_main(void)
{
    static systemInitConfig_st config;
    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        return; /* the log names each wrong field */
    }
    JOBS_registerRestart(NULL);
    JOBS_register("power-save", 0, save_power);
    SYSTEM_start();
}
