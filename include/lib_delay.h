/* SPDX-License-Identifier: MIT */
/* Waiting and time since the start. Any task, not from an ISR. */
#ifndef LIB_DELAY_H
#define LIB_DELAY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Blocks the calling task for at least this many milliseconds; other tasks run. */
#define TASK_DELAY_MS(ms) delay((uint32_t)(ms))

/* What TASK_DELAY_MS calls. On Linux this call does not return in a program that was told to end (SIGTERM): the calling task ends. */
void delay(uint32_t waitTime_u32);

/* Milliseconds since the program started. Goes back to 0 after 49.7 days: compare differences, not values. */
uint32_t millis(void);

/* Microseconds since the program started. Goes back to 0 after 71.6 minutes: compare differences, not values. */
uint32_t micros(void);

#ifdef __cplusplus
}
#endif

#endif
