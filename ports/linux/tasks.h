/* SPDX-License-Identifier: MIT */
/* Tasks over pthreads, for port_sync.h and the FreeRTOS-shaped headers. A program that was told to end (SIGTERM) ends its
 * tasks where they sleep: an application's `while (1)` needs no change for that. */
#ifndef PORTS_LINUX_TASKS_H
#define PORTS_LINUX_TASKS_H

#include "common/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct task;

/* Starts a task; it ends when `entry` returns. `name` must live as long. *handle (may be NULL) is set before the task runs, and is dead when the
 * task has ended. ERR_FULL: the system gives no thread. */
enum err tasks_start(const char *name, uint32_t stack_bytes, void (*entry)(void *ctx), void *ctx,
                     struct task **handle);

/* Ends the calling task, which must be one of ours. */
_Noreturn void tasks_exit(void);

/* Asks another task to end; it does so when it sleeps. */
void tasks_ask_to_end(struct task *task);

/* Sleeps, and does not return when the calling task was told to end. */
void tasks_sleep_ms(uint32_t ms);

/* Sets a flag, and wakes who waits for it below. Not under a lock that is taken on the way to these functions. */
void tasks_set_flag(bool *flag);

/* Waits until the flag is set, and clears it. Does not return when the calling task was told to end. The flag is written by these two
 * functions alone. */
void tasks_wait_flag(bool *flag);

/* From now on every task ends where it sleeps. Returns when all have ended, or after timeout_ms: false. */
bool tasks_end_all(uint32_t timeout_ms);

/* Waits until no task is left. */
void tasks_wait_none(void);

/* A thread of the port's own, which is no task: it hears no signal. ERR_FULL: the system gives none. */
enum err tasks_start_thread(pthread_t *thread, void *(*entry)(void *ctx), void *ctx);

/* A condition that counts by the monotonic clock, and a moment of that clock. */
void tasks_cond_init(pthread_cond_t *cond);
void tasks_deadline(uint32_t timeout_ms, struct timespec *deadline);

#endif
