/* SPDX-License-Identifier: MIT */
/* How fast an application's own messages go out. AWS IoT Core takes 100 publishes and 512 KB per second and connection (quotas,
 * "Publish requests per second per connection", "Throughput per second per connection") and withholds acknowledgements, or ends the
 * connection, beyond that. So messages wait; none is dropped. In any second at most 96 go out, which leaves room for those of jobs. */
#ifndef DEVICE_CORE_MESSAGES_PACE_H
#define DEVICE_CORE_MESSAGES_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
    /* When a sender that never sends faster than the rate would be done with what was sent, in microseconds. */
    uint64_t messages_us, bytes_us;
};

/* When the next message may go out; not after now_ms: now. */
uint64_t pace_at_ms(const struct pace *pace, uint64_t now_ms);
void pace_take(struct pace *pace, size_t len, uint64_t now_ms);

#endif
