/* SPDX-License-Identifier: MIT */
/* A device whose certificate can be changed by a job, and which restarts by one: for test_rotation.py. */
#include "common/device_config.h"
#include "lib_jobs.h"
#include "lib_system.h"

void app_main(void);

void app_main(void)
{
    static systemInitConfig_st config = {.pDeviceNamePrefixStr = "lamp", .pAppVersionStr = "1"};
    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        exit(1);
    }
    if (!AWS_registerCertificateRotation("rotation") || !JOBS_registerRestart(NULL)) {
        exit(1);
    }
    SYSTEM_start();
}
