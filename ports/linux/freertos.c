/* SPDX-License-Identifier: MIT */
#include "freertos/FreeRTOS.h"
#include "device/port/port_time.h"
#include "freertos/task.h"
#include "ports/linux/tasks.h"

BaseType_t xTaskCreate(TaskFunction_t function, const char *name, uint32_t stack_bytes, void *param,
                       UBaseType_t priority, TaskHandle_t *handle)
{
    (void)priority;
    return tasks_start(name, stack_bytes, function, param, handle) ? pdFAIL : pdPASS;
}

void vTaskDelete(TaskHandle_t task)
{
    if (!task) {
        tasks_exit();
    }
    tasks_ask_to_end(task);
}

void vTaskDelay(TickType_t ticks)
{
    tasks_sleep_ms(ticks);
}

TickType_t xTaskGetTickCount(void)
{
    return (TickType_t)port_time_monotonic_ms();
}
