/* SPDX-License-Identifier: MIT */
/* Time. Nothing else in iot-local reads a clock (a gate checks it): whoever needs the time of the service is handed a clock, a
 * real one or a virtual one, which its owner sets and advances. Patience with other processes, and the dates of certificates, which
 * OpenSSL reads itself, go by the machine's clock. */
#ifndef CLOUD_BASE_CLOCK_H
#define CLOUD_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *ctx);      /* milliseconds since 1970; leaps when somebody sets it */
    int64_t (*monotonic_ms)(void *ctx); /* since some moment; never goes back */
    void *ctx;
};

extern const struct clock clock_real;

int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_monotonic_ms(const struct clock *clock);

/* The machine's clock, so many milliseconds ahead (or behind); what is monotonic stays. The clock lives no longer than its
 * shift. */
struct clock_shift {
    int64_t by_ms;
};
struct clock clock_shifted(struct clock_shift *shift);

/* A clock that stands still. The clock lives no longer than its times. */
struct clock_times {
    int64_t wall_ms, monotonic_ms;
};
struct clock clock_virtual(struct clock_times *times);
void clock_advance(struct clock_times *times, int64_t ms);

#endif
