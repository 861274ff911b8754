/* SPDX-License-Identifier: MIT */
/* Locks, signals and tasks over FreeRTOS, for port_sync.h. The least stack of a task is left to task_stack.c. */
#include "device/port/port_sync.h"
#include "ports/esp_idf/task_stack.h"
#include "ports/esp_idf/ticks.h"

#include "freertos/task.h"
#include "sdkconfig.h"

#include <assert.h>
#include <stdlib.h>

/* IDF's linux target plays FreeRTOS with threads of the host. There a task that waits for a lock of the C library keeps the
 * processor from every task of a lower priority, for ever; so the library's tasks all get the application's priority. Threads
 * also need a host's stack: each task gets more room than it asks for (the linux target counts a stack in words of 8 bytes). */
#if CONFIG_IDF_TARGET_LINUX
#define PRIORITY_OF(priority) (4u + 0u * (priority))
#define STACK_FOR(bytes)      ((bytes) + 32u * 1024u)
#else
#define PRIORITY_OF(priority) (priority)
#define STACK_FOR(bytes)      (bytes)
#endif

void port_mutex_init(struct port_mutex *mutex)
{
    mutex->handle = xSemaphoreCreateMutexStatic(&mutex->memory);
    assert(mutex->handle);
}

void port_mutex_lock(struct port_mutex *mutex)
{
    BaseType_t taken = xSemaphoreTake(mutex->handle, portMAX_DELAY);
    assert(taken == pdTRUE);
    (void)taken;
}

void port_mutex_unlock(struct port_mutex *mutex)
{
    BaseType_t given = xSemaphoreGive(mutex->handle);
    assert(given == pdTRUE);
    (void)given;
}

void port_signal_init(struct port_signal *signal)
{
    signal->handle = xSemaphoreCreateBinaryStatic(&signal->memory);
    assert(signal->handle);
}

void port_signal_set(struct port_signal *signal)
{
    xSemaphoreGive(signal->handle); /* fails when the signal is set already: good as well */
}

bool port_signal_wait(struct port_signal *signal, uint32_t timeout_ms)
{
    return xSemaphoreTake(signal->handle, ticks_from_ms(timeout_ms)) == pdTRUE;
}

/* What a new task is to run; the task frees it. */
struct start {
    void (*entry)(void *ctx);
    void *ctx;
};

static void run(void *param)
{
    struct start start = *(struct start *)param;
    free(param);
    start.entry(start.ctx);
    vTaskDelete(NULL);
}

enum err port_task_start(const char *name, uint32_t stack_bytes, unsigned priority, void (*entry)(void *ctx),
                         void *ctx)
{
    struct start *start = malloc(sizeof(*start));
    if (!start) {
        return ERR_FULL;
    }
    *start = (struct start){entry, ctx};
    task_stack_raise_from_now_on();
    if (xTaskCreate(run, name, STACK_FOR(stack_bytes), start, PRIORITY_OF(priority), NULL) != pdPASS) {
        free(start);
        return ERR_FULL;
    }
    return ERR_OK;
}
