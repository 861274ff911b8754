/* SPDX-License-Identifier: MIT */
/* How long to wait before the next try: exponential backoff with full jitter, as AWS recommends ("Exponential Backoff
 * And Jitter"), over a floor of one eighth of the window. Jitter alone can give many short waits in a row; with the floor
 * and the default link times (1 s, 120 s) no more than 10 tries fall into the first minute. Once the window has its full
 * size the floor is three eighths: a fleet that has tried for minutes then comes back more evenly (R-20, test_link). */
#ifndef DEVICE_CORE_BACKOFF_H
#define DEVICE_CORE_BACKOFF_H

#include <stdint.h>

/* The window is base_ms doubled `failures` times, at most cap_ms. `random` is any 32 random bits. Result: 1..cap_ms. */
uint32_t backoff_ms(uint32_t base_ms, uint32_t cap_ms, uint32_t failures, uint32_t random);

#endif
