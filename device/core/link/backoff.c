/* SPDX-License-Identifier: MIT */
#include "device/core/link/backoff.h"

uint32_t backoff_ms(uint32_t base_ms, uint32_t cap_ms, uint32_t failures, uint32_t random)
{
    uint32_t window = base_ms < cap_ms ? base_ms : cap_ms;
    for (uint32_t i = 0; i < failures && window < cap_ms; i++) {
        window = window > cap_ms / 2 ? cap_ms : window * 2;
    }
    if (window == 0) {
        return 1;
    }

    uint32_t floor = window < cap_ms ? window / 8 : window / 8 * 3;
    return floor + 1 + random % (window - floor);
}
