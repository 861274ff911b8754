/* SPDX-License-Identifier: MIT */
/* FAKE_WAIT of fake_ports.h: other tasks change things without telling, so it looks often. */
#define _GNU_SOURCE
#include "fakes/fake_ports.h"
#include "fakes/wait_until.h"

#include "device/port/port_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

/* The world's clock: the device's may jump (fake_advance_ms). */
static uint64_t real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

uint64_t fake_patience_ms(void)
{
    return real_ms() + FAKE_PATIENCE_MS;
}

void fake_wait_more(uint64_t until_ms, const char *what)
{
    if (real_ms() > until_ms) {
        fail_msg("waited in vain for %s; the log:\n%s", what, fake_log());
    }
    port_time_sleep_ms(1);
}

void fake_wait_flag(atomic_bool *flag)
{
    FAKE_WAIT(atomic_load(flag));
}
