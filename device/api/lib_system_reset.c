/* SPDX-License-Identifier: MIT */
/* Back to what the device was when it was made. */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/runtime/records.h"
#include "lib_system.h"

void SYSTEM_factoryReset(bool useFactoryImage_b8, bool eraseAllData_b8)
{
    if (useFactoryImage_b8) {
        line_error(__func__, "this version keeps the image that runs; the data are reset");
    }
    api_note_restart();
    runtime_reset(eraseAllData_b8);
}
