/* SPDX-License-Identifier: MIT */
/* The mode of the system, below everybody who asks for it. lib_system.c alone changes it. */
#include "device/api/api.h"
#include "device/api/line.h"

#include <stdatomic.h>

static atomic_int mode = SYSTEM_MODE_IDLE;

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
    systemMode_et now = api_mode();
    if (now == SYSTEM_MODE_NORMAL) {
        return true;
    }
    line_error(who, now == SYSTEM_MODE_IDLE ? "SYSTEM_init has not succeeded yet"
                                            : "the device is not configured yet");
    return false;
}
