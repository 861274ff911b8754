/* SPDX-License-Identifier: MIT */
/* Firmware updates. NOT PART OF THIS VERSION: the functions answer false, or 0, and those that start something say so once through the log.
 * They are here so that programs compile. SYSTEM_startFirmwareUpdate and SYSTEM_startOta stand in lib_system.h.
 * Any task, not from an ISR, at any time. */
#ifndef LIB_OTA_H
#define LIB_OTA_H

#include "lib_config.h"
#include "lib_utils.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where new firmware comes from. */
typedef enum {
    OTA_UPDATE_TYPE_NONE,
    OTA_UPDATE_TYPE_LOCAL,
    OTA_UPDATE_TYPE_WEB,
    OTA_UPDATE_TYPE_MAX
} firmUpdateType_et;

bool OTA_start(firmUpdateType_et updateType_e);
uint8_t OTA_getProgressPercentage(void); /* 0 */
bool OTA_inProgress(void);               /* false */
void OTA_printStatus(void);              /* one line of the log */

#ifdef __cplusplus
}
#endif

#endif
