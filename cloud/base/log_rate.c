/* SPDX-License-Identifier: MIT */
#include "cloud/base/log_rate.h"

bool log_rate_allows(struct log_rate *rate, int64_t monotonic_ms, unsigned *left_out)
{
    *left_out = 0;
    if (monotonic_ms / 1000 != rate->second) {
        *left_out = rate->unlogged;
        *rate = (struct log_rate){.second = monotonic_ms / 1000};
    }
    if (rate->logged < LOG_RATE_LINES_PER_SECOND) {
        rate->logged++;
        return true;
    }
    rate->unlogged++;
    return false;
}
