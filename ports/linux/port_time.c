/* SPDX-License-Identifier: MIT */
#include "device/port/port_time.h"
#include "ports/linux/tasks.h"

#include <time.h>

static uint64_t start_us;

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

__attribute__((constructor)) static void take_start(void)
{
    start_us = clock_us();
}

uint64_t port_time_monotonic_us(void)
{
    return clock_us() - start_us;
}

uint64_t port_time_monotonic_ms(void)
{
    return port_time_monotonic_us() / 1000u;
}

int64_t port_time_wall_s(void)
{
    return (int64_t)time(NULL);
}

void port_time_sleep_ms(uint32_t ms)
{
    tasks_sleep_ms(ms);
}
