/* SPDX-License-Identifier: MIT */
/* What a device that sleeps asks for: the end of the library's tasks, and whether there is anything left to do. */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/runtime/runtime.h"
#include "lib_system.h"

bool SYSTEM_stop(void)
{
    api_configure_stop();
    enum err err = runtime_stop();
    if (err == ERR_TIMEOUT) {
        line_error(__func__, "the connection or the storage does not let go; the library stops when they do");
    }
    return !err;
}

bool SYSTEM_isIdle(void)
{
    return runtime_is_at_rest();
}
