/* SPDX-License-Identifier: MIT */
/* The state of the connection in the words of lib_aws.h. */
#include "lib_aws.h"
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/runtime/prologue.h"

bool AWS_isConnected(void)
{
    return runtime_link_state() == RUNTIME_LINK_UP;
}

/* While the device is not connected as the thing that it is to be. */
static awsIotStates_et state_on_the_way(awsIotStates_et otherwise)
{
    switch (runtime_provisioning_state()) {
    case RUNTIME_PROVISIONING_RUNS:
        return STATE_AWS_PROVISIONING;
    case RUNTIME_PROVISIONING_FAILED:
        return STATE_AWS_PROVISION_FAILED;
    case RUNTIME_PROVISIONING_NOT:
    case RUNTIME_PROVISIONING_AWAITED:
        break;
    }
    return otherwise;
}

awsIotStates_et AWS_getState(void)
{
    switch (runtime_link_state()) {
    case RUNTIME_LINK_IDLE:
        break;
    case RUNTIME_LINK_STARTING:
        return state_on_the_way(STATE_AWS_START);
    case RUNTIME_LINK_UP:
        return STATE_AWS_CONNECTED;
    case RUNTIME_LINK_DOWN:
        return STATE_AWS_DISCONNECTED;
    case RUNTIME_LINK_SUSPENDED:
        return STATE_AWS_SUSPENDED;
    case RUNTIME_LINK_RESUMING:
        return state_on_the_way(STATE_AWS_RESUME);
    }
    return api_mode() == SYSTEM_MODE_NORMAL ? STATE_AWS_INIT : STATE_AWS_IDLE;
}

const char *AWS_getStateString(void)
{
    static const char *const names[STATE_AWS_MAX] = {
        [STATE_AWS_IDLE] = "IDLE",
        [STATE_AWS_INIT] = "INIT",
        [STATE_AWS_START] = "START",
        [STATE_AWS_PROVISIONING] = "PROVISIONING",
        [STATE_AWS_CONNECTED] = "CONNECTED",
        [STATE_AWS_DISCONNECTED] = "DISCONNECTED",
        [STATE_AWS_SUSPENDED] = "SUSPENDED",
        [STATE_AWS_RESUME] = "RESUME",
        [STATE_AWS_PROVISION_FAILED] = "PROVISION_FAILED",
    };
    return names[AWS_getState()];
}

void AWS_suspend(void)
{
    if (api_is_ready(__func__)) {
        runtime_suspend(true);
    }
}

void AWS_resume(void)
{
    if (api_is_ready(__func__)) {
        runtime_suspend(false);
    }
}

void AWS_restart(void)
{
    if (api_is_ready(__func__)) {
        runtime_reconnect();
    }
}

void AWS_close(void)
{
    AWS_suspend();
}

void AWS_printStatus(void)
{
    line_write("AWS", LOG_LEVEL_INFO, "thing '%s', connection %s", AWS_getThingName(), AWS_getStateString());
}
