/* SPDX-License-Identifier: MIT */
#include "device/port/port_time.h"
#include "ports/template/missing.h"

uint64_t port_time_monotonic_ms(void)
{
    MISSING();
}

uint64_t port_time_monotonic_us(void)
{
    MISSING();
}

int64_t port_time_wall_s(void)
{
    MISSING();
}

enum err port_time_begin_wall(int64_t wall_s)
{
    (void)wall_s;
    MISSING();
}

int64_t port_time_built_s(void)
{
    MISSING();
}

void port_time_sleep_ms(uint32_t ms)
{
    (void)ms;
    MISSING();
}
