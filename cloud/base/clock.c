/* SPDX-License-Identifier: MIT */
#include "cloud/base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t real_wall_ms(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_REALTIME);
}

static int64_t real_monotonic_ms(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_MONOTONIC);
}

const struct clock clock_real = {.wall_ms = real_wall_ms, .monotonic_ms = real_monotonic_ms};

int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->ctx);
}

static int64_t shifted_wall_ms(void *ctx)
{
    return read_ms(CLOCK_REALTIME) + ((const struct clock_shift *)ctx)->by_ms;
}

struct clock clock_shifted(struct clock_shift *shift)
{
    return (struct clock){.wall_ms = shifted_wall_ms, .monotonic_ms = real_monotonic_ms, .ctx = shift};
}

static int64_t virtual_wall_ms(void *ctx)
{
    return ((const struct clock_times *)ctx)->wall_ms;
}

static int64_t virtual_monotonic_ms(void *ctx)
{
    return ((const struct clock_times *)ctx)->monotonic_ms;
}

struct clock clock_virtual(struct clock_times *times)
{
    return (struct clock){.wall_ms = virtual_wall_ms, .monotonic_ms = virtual_monotonic_ms, .ctx = times};
}

void clock_advance(struct clock_times *times, int64_t ms)
{
    times->wall_ms += ms;
    times->monotonic_ms += ms;
}
