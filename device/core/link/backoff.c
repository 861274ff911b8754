/* SPDX-License-Identifier: MIT */
#include "device/core/link/backoff.h"

uint32_t backoff_ms(uint32_t base_ms, uint32_t cap_ms, uint32_t failures, uint32_t random)
{
    uint64_t doubled = (uint64_t)base_ms << (failures < 32 ? failures : 32);
    uint32_t window = doubled < cap_ms ? (uint32_t)doubled : cap_ms;

    if (window == 0) {
        return 1;
    }

    uint32_t floor = window < cap_ms ? window / 8 : window / 8 * 3;
    return floor + 1 + random % (window - floor);
}
