/* SPDX-License-Identifier: MIT */
/* The least stack of a task. The linker (component.cmake) leads every call of FreeRTOS's xTaskCreatePinnedToCore to the function
 * below, which raises the stack and calls FreeRTOS's own. xTaskCreate calls xTaskCreatePinnedToCore, so it is raised as well. */
#include "ports/esp_idf/task_stack.h"

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#include <stdatomic.h>

BaseType_t __real_xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_bytes,
                                          void *param, UBaseType_t priority, TaskHandle_t *handle,
                                          BaseType_t core);
BaseType_t __wrap_xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_bytes,
                                          void *param, UBaseType_t priority, TaskHandle_t *handle,
                                          BaseType_t core);

static atomic_bool is_raising; /* false until the library starts its first task, then true for ever */

void task_stack_raise_from_now_on(void)
{
    atomic_store(&is_raising, true);
}

BaseType_t __wrap_xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_bytes,
                                          void *param, UBaseType_t priority, TaskHandle_t *handle,
                                          BaseType_t core)
{
    if (atomic_load(&is_raising) && stack_bytes < CONFIG_DEVICE_JOBS_LEAST_TASK_STACK) {
        stack_bytes = CONFIG_DEVICE_JOBS_LEAST_TASK_STACK;
    }
    return __real_xTaskCreatePinnedToCore(function, name, stack_bytes, param, priority, handle, core);
}
