/* SPDX-License-Identifier: MIT */
/* Tasks, locks and wake-ups. Objects are caller-owned and sized by the port (port_sync_types.h of each port, found by
 * the include path), so that nothing is allocated after start. Not from an ISR. */
#ifndef DEVICE_PORT_SYNC_H
#define DEVICE_PORT_SYNC_H

#include "common/err.h"
#include "port_sync_types.h" /* struct port_mutex, struct port_signal */

#include <stdbool.h>
#include <stdint.h>

/* A plain mutex, not recursive. Held for a few copies at most in this code base; never across a call that blocks. */
void port_mutex_init(struct port_mutex *mutex);
void port_mutex_lock(struct port_mutex *mutex);
void port_mutex_unlock(struct port_mutex *mutex);

/* A binary signal: set before or after the wait, once or often, it lets one wait through. Several tasks may wait: each
 * set wakes one of them. */
void port_signal_init(struct port_signal *signal);
void port_signal_set(struct port_signal *signal);
/* true: the signal was set (and is clear now). false: timeout_ms passed. 0 polls, UINT32_MAX waits for ever. */
bool port_signal_wait(struct port_signal *signal, uint32_t timeout_ms);

/* Starts a task; it ends when `entry` returns. stack_bytes is a wish that the port may raise. priority: 1 (low) to 5
 * (high); an application's task usually has 4. `name` is static text. ERR_FULL: no memory for it. */
enum err port_task_start(const char *name, uint32_t stack_bytes, unsigned priority, void (*entry)(void *ctx),
                         void *ctx);

#endif
