/* SPDX-License-Identifier: MIT */
/* Milliseconds in ticks: see ticks.h. */
#include "ports/esp_idf/ticks.h"

TickType_t ticks_from_ms(uint32_t ms)
{
    if (ms == 0) {
        return 0;
    }
    uint64_t ticks = ((uint64_t)ms * configTICK_RATE_HZ + 999u) / 1000u + 1u;
    return ms == UINT32_MAX || ticks >= portMAX_DELAY ? portMAX_DELAY : (TickType_t)ticks;
}
