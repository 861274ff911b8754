/* SPDX-License-Identifier: MIT */
/* FreeRTOS tasks over pthreads, see FreeRTOS.h. Stack sizes are raised to what a host program needs; priorities are
 * accepted and mean nothing. When the program is told to end (SIGTERM, Ctrl-C), tasks end where they delay. */
#ifndef FREERTOS_TASK_H
#define FREERTOS_TASK_H

#include "freertos/FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *param);

/* pdPASS, or pdFAIL when the system gives no thread. *handle may be NULL. */
BaseType_t xTaskCreate(TaskFunction_t function, const char *name, uint32_t stack_bytes, void *param,
                       UBaseType_t priority, TaskHandle_t *handle);

/* NULL: ends the calling task. Another task ends when it delays. */
void vTaskDelete(TaskHandle_t task);

void vTaskDelay(TickType_t ticks);

TickType_t xTaskGetTickCount(void);

#ifdef __cplusplus
}
#endif

#endif
