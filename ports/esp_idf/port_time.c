/* SPDX-License-Identifier: MIT */
/* Time, for port_time.h: esp_timer counts what has passed, FreeRTOS lets tasks sleep. What day it is, and how a chip learns
 * that, is left to clock.c. */
#include "device/port/port_time.h"
#include "ports/esp_idf/clock.h"
#include "ports/esp_idf/ticks.h"

#include "esp_timer.h"
#include "freertos/task.h"

uint64_t port_time_monotonic_us(void)
{
    return (uint64_t)esp_timer_get_time();
}

uint64_t port_time_monotonic_ms(void)
{
    return port_time_monotonic_us() / 1000u;
}

int64_t port_time_wall_s(void)
{
    return clock_wall_s();
}

enum err port_time_begin_wall(int64_t wall_s)
{
    return clock_begin_wall(wall_s);
}

int64_t port_time_built_s(void)
{
    return clock_built_s();
}

/* One vTaskDelay is enough for every `ms`: its longest wait, portMAX_DELAY, lasts 49 days at 1000 ticks a second and longer at
 * fewer, and UINT32_MAX ms are 49 days. */
void port_time_sleep_ms(uint32_t ms)
{
    vTaskDelay(ticks_from_ms(ms));
}
