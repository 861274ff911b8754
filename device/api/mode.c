/* SPDX-License-Identifier: MIT */
/* What SYSTEM_init was given and other files of device/api ask for: the mode of the system, below everybody, and the callback for
 * AWS_subscribe. lib_system.c alone changes both. */
#include "device/api/api.h"
#include "device/api/line.h"

#include <stdatomic.h>

static atomic_int mode = SYSTEM_MODE_IDLE;

static awsSubscribeCallback_t subscribe_callback; /* written once, before the mode is NORMAL */

void api_set_subscribe_callback(awsSubscribeCallback_t callback)
{
    subscribe_callback = callback;
}

awsSubscribeCallback_t api_subscribe_callback(void)
{
    return subscribe_callback;
}

systemMode_et api_mode(void)
{
    return (systemMode_et)atomic_load(&mode);
}

void api_set_mode(systemMode_et mode_e)
{
    atomic_store(&mode, (int)mode_e);
}

bool api_is_ready(const char *who)
{
    if (api_mode() != SYSTEM_MODE_IDLE) {
        return true;
    }
    line_error(who, "SYSTEM_init has not succeeded yet");
    return false;
}
