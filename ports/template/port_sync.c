/* SPDX-License-Identifier: MIT */
#include "device/port/port_sync.h"
#include "ports/template/missing.h"

void port_mutex_init(struct port_mutex *mutex)
{
    (void)mutex;
    MISSING();
}

void port_mutex_lock(struct port_mutex *mutex)
{
    (void)mutex;
    MISSING();
}

void port_mutex_unlock(struct port_mutex *mutex)
{
    (void)mutex;
    MISSING();
}

void port_signal_init(struct port_signal *signal)
{
    (void)signal;
    MISSING();
}

void port_signal_set(struct port_signal *signal)
{
    (void)signal;
    MISSING();
}

bool port_signal_wait(struct port_signal *signal, uint32_t timeout_ms)
{
    (void)signal, (void)timeout_ms;
    MISSING();
}

enum err port_task_start(const char *name, uint32_t stack_bytes, unsigned priority, void (*entry)(void *ctx),
                         void *ctx)
{
    (void)name, (void)stack_bytes, (void)priority, (void)entry, (void)ctx;
    MISSING();
}
