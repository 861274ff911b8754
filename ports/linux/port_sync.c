/* SPDX-License-Identifier: MIT */
#include "device/port/port_sync.h"
#include "ports/linux/tasks.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

void port_mutex_init(struct port_mutex *mutex)
{
    int failed = pthread_mutex_init(&mutex->mutex, NULL);
    assert(failed == 0);
    (void)failed;
}

void port_mutex_lock(struct port_mutex *mutex)
{
    int failed = pthread_mutex_lock(&mutex->mutex);
    assert(failed == 0);
    (void)failed;
}

void port_mutex_unlock(struct port_mutex *mutex)
{
    int failed = pthread_mutex_unlock(&mutex->mutex);
    assert(failed == 0);
    (void)failed;
}

void port_signal_init(struct port_signal *signal)
{
    pthread_mutex_init(&signal->mutex, NULL);
    tasks_cond_init(&signal->changed);
    signal->is_set = false;
}

void port_signal_set(struct port_signal *signal)
{
    pthread_mutex_lock(&signal->mutex);
    signal->is_set = true;
    pthread_cond_signal(&signal->changed);
    pthread_mutex_unlock(&signal->mutex);
}

bool port_signal_wait(struct port_signal *signal, uint32_t timeout_ms)
{
    struct timespec deadline;
    tasks_deadline(timeout_ms, &deadline);
    int result = 0;
    pthread_mutex_lock(&signal->mutex);
    while (!signal->is_set && result != ETIMEDOUT) {
        if (timeout_ms == UINT32_MAX) {
            result = pthread_cond_wait(&signal->changed, &signal->mutex);
        } else {
            result = pthread_cond_timedwait(&signal->changed, &signal->mutex, &deadline);
        }
    }
    bool was_set = signal->is_set;
    signal->is_set = false;
    pthread_mutex_unlock(&signal->mutex);
    return was_set;
}

enum err port_task_start(const char *name, uint32_t stack_bytes, unsigned priority, void (*entry)(void *ctx),
                         void *ctx)
{
    (void)priority; /* the host's scheduler is fair: priorities would need rights and win nothing */
    return tasks_start(name, stack_bytes, entry, ctx, NULL);
}
