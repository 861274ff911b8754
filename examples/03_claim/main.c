/* SPDX-License-Identifier: MIT */
/* Fleet provisioning: all devices carry the same claim certificate, and each gets a certificate and a name of its own at its first start. It
 * is stored, and from then on the device is that thing; a second start provisions nothing. Jobs run as in every other example:
 *     {"action":"hello"} */
#include "common/device_config.h"
#include "lib_jobs.h"
#include "lib_print.h"
#include "lib_system.h"

void app_main(void);

static void on_event(systemEvents_et event)
{
    if (event == EVENT_THING_PROVISIONED) {
        print_info("provisioned: this device is %s", AWS_getThingName());
    } else if (event == EVENT_AWS_CONNECTED) {
        print_info("connected as %s", AWS_getThingName());
    }
}

static jobsStatus_et hello(job_st *job)
{
    print_info("%s: hello from %s", job->idStr, AWS_getThingName());
    return JOB_STATUS_SUCCEEDED;
}

void app_main(void)
{
    static systemInitConfig_st config = {
        .pDeviceNamePrefixStr = "lamp",
        .pAppVersionStr = "1.0.0",
        .systemEventCallBack = on_event,
    };
    if (!device_config_load_claim(&config) || !SYSTEM_init(&config)) {
        return; /* the log names each wrong field */
    }
    AWS_setProvisioningParameter(
        "Room", "cellar"); /* for the template, beside SerialNumber, DeviceNamePrefix, AppVersion */
    JOBS_register("hello", 0, hello);
    SYSTEM_start();
}
