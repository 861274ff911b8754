/* SPDX-License-Identifier: MIT */
/* The rate of devices' requests, as AWS limits it per account: a bucket that holds one second's worth. */
#include "cloud/core/core_private.h"

static void refill(struct core *core, int64_t now_ms)
{
    int64_t passed_ms = now_ms - core->rate_at_ms;
    if (passed_ms < 0 || passed_ms > 1000) { /* the first time, a long pause, or the clock was set back */
        passed_ms = 1000;
    }
    int64_t full = (int64_t)core->requests_per_s * 1000;
    core->rate_left += passed_ms * core->requests_per_s;
    core->rate_left = core->rate_left < full ? core->rate_left : full;
    core->rate_at_ms = now_ms;
}

enum core_code core_admit(struct core *core, struct core_error *error)
{
    core_error_clear(error);
    if (core->requests_per_s == 0) {
        return CORE_OK;
    }
    refill(core, core_now_ms(core));
    if (core->rate_left < 1000) {
        return core_fail(error, CORE_THROTTLED, "more than %u requests per second", core->requests_per_s);
    }
    core->rate_left -= 1000;
    return CORE_OK;
}
