/* SPDX-License-Identifier: MIT */
/* The one table of what each event makes of the machine's state. */
#ifndef DEVICE_CORE_OTA_OTA_STEPS_H
#define DEVICE_CORE_OTA_OTA_STEPS_H

#include "device/core/ota/ota_state.h"

/* The step of the table, and its effect. Returns what follows from it at once; NONE: nothing does. */
enum ota_event ota_steps_take(struct ota *o, enum ota_event event);

#endif
