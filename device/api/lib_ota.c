/* SPDX-License-Identifier: MIT */
/* Firmware updates, which this version does not have: lib_ota.h, and what lib_system.h has of them. */
#include "lib_ota.h"
#include "device/api/line.h"
#include "device/api/once.h"
#include "lib_system.h"

#define NO_UPDATES "firmware updates are not part of this version"

bool OTA_start(firmUpdateType_et updateType_e)
{
    (void)updateType_e;
    ONCE_ERROR(NO_UPDATES);
    return false;
}

uint8_t OTA_getProgressPercentage(void)
{
    return 0;
}

bool OTA_inProgress(void)
{
    return false;
}

void OTA_printStatus(void)
{
    line_write(__func__, LOG_LEVEL_INFO, "%s", NO_UPDATES);
}

bool SYSTEM_startFirmwareUpdate(firmUpdateType_et type_e, const char *pUrlStr)
{
    (void)type_e, (void)pUrlStr;
    ONCE_ERROR(NO_UPDATES);
    return false;
}

bool SYSTEM_startOta(const char *pUrlStr)
{
    (void)pUrlStr;
    ONCE_ERROR(NO_UPDATES);
    return false;
}
