/* SPDX-License-Identifier: MIT */
#include "device/port/port_time.h"
#include "ports/linux/tasks.h"

#include <stdatomic.h>
#include <time.h>

/* CMakeLists.txt defines it. A build without it takes the year in which the library began. */
#ifndef DEVICE_JOBS_BUILT_AT_S
#define DEVICE_JOBS_BUILT_AT_S 1735689600
#endif

static uint64_t start_us;
static _Atomic int64_t
    begun_at_s; /* what the library's own clock said when this program had started; 0: it has none */

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

/* The system's clock counts as soon as it is ahead of the library's own: somebody has set it then. */
int64_t port_time_wall_s(void)
{
    const int64_t system_s = (int64_t)time(NULL), begun_s = atomic_load(&begun_at_s);
    const int64_t own_s = begun_s ? begun_s + (int64_t)(port_time_monotonic_us() / 1000000u) : 0;
    return own_s > system_s ? own_s : system_s;
}

/* A program does not set the system's clock: it keeps one beside it. */
enum err port_time_begin_wall(int64_t wall_s)
{
    atomic_store(&begun_at_s, wall_s - (int64_t)(port_time_monotonic_us() / 1000000u));
    return ERR_OK;
}

int64_t port_time_built_s(void)
{
    return DEVICE_JOBS_BUILT_AT_S;
}

void port_time_sleep_ms(uint32_t ms)
{
    tasks_sleep_ms(ms);
}
