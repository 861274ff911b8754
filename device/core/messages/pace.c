/* SPDX-License-Identifier: MIT */
#include "device/core/messages/pace.h"

#define MESSAGE_US 11765 /* 85 a second, */
#define BURST      10    /* and ten at once */
#define BYTES_PER_S                                                                                          \
    393216 /* and not the 512 KB, for a message of 128 KB goes out at once when the one before is paid for */
#define SLACK_US 10000 /* so that small messages do not wait for one another */

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t pace_at_ms(const struct pace *pace, uint64_t now_ms)
{
    const uint64_t burst_us = (uint64_t)BURST * MESSAGE_US;
    uint64_t messages_us = pace->messages_us > burst_us ? pace->messages_us - burst_us : 0;
    uint64_t bytes_us = pace->bytes_us > SLACK_US ? pace->bytes_us - SLACK_US : 0;
    uint64_t at_us = max_u64(messages_us, bytes_us);
    return at_us > now_ms * 1000 ? (at_us + 999) / 1000 : now_ms;
}

void pace_take(struct pace *pace, size_t len, uint64_t now_ms)
{
    const uint64_t now_us = now_ms * 1000;
    pace->messages_us = max_u64(pace->messages_us, now_us) + MESSAGE_US;
    pace->bytes_us = max_u64(pace->bytes_us, now_us) + (uint64_t)len * 1000000 / BYTES_PER_S;
}
