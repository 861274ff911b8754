/* SPDX-License-Identifier: MIT */
/* FAKE_WAIT of fake_ports.h: other tasks change things without telling, so it looks often. */
#include "fakes/fake_ports.h"

#include "device/port/port_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

uint64_t fake_patience_ms(void)
{
    return port_time_monotonic_ms() + PATIENCE_MS;
}

void fake_wait_more(uint64_t until_ms, const char *what)
{
    if (port_time_monotonic_ms() > until_ms) {
        fail_msg("waited in vain for %s; the log:\n%s", what, fake_log());
    }
    port_time_sleep_ms(1);
}

void fake_wait_flag(atomic_bool *flag)
{
    FAKE_WAIT(atomic_load(flag));
}
