/* SPDX-License-Identifier: MIT */
/* Just enough of FreeRTOS's names for applications, over pthreads: programs for ESP-IDF compile on Linux as they are. */
#ifndef FREERTOS_FREERTOS_H
#define FREERTOS_FREERTOS_H

#include "esp_system.h" /* as on ESP-IDF, whose programs use esp_restart without including it */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* and fflush */

typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE  ((BaseType_t)1)
#define pdFAIL  pdFALSE
#define pdPASS  pdTRUE

/* One tick is one millisecond. */
#define configTICK_RATE_HZ ((TickType_t)1000)
#define portTICK_PERIOD_MS ((TickType_t)1)
#define portTICK_RATE_MS   portTICK_PERIOD_MS
#define portMAX_DELAY      ((TickType_t)0xffffffffu)
#define pdMS_TO_TICKS(ms)  ((TickType_t)(ms))

#endif
