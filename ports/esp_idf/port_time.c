/* SPDX-License-Identifier: MIT */
#include "device/port/port_time.h"
#include "ports/esp_idf/clock.h"
#include "ports/esp_idf/ticks.h"

#include "esp_timer.h"
#include "freertos/task.h"

TickType_t ticks_from_ms(uint32_t ms)
{
    if (ms == 0) {
        return 0;
    }
    uint64_t ticks = ((uint64_t)ms * configTICK_RATE_HZ + 999u) / 1000u + 1u;
    return ms == UINT32_MAX || ticks >= portMAX_DELAY ? portMAX_DELAY : (TickType_t)ticks;
}

uint64_t port_time_monotonic_ms(void)
{
    return (uint64_t)esp_timer_get_time() / 1000u;
}

int64_t port_time_wall_s(void)
{
    return clock_wall_s();
}

/* The longest wait of FreeRTOS may be shorter than what was asked for, but not by us: portMAX_DELAY is 49 days and more. */
void port_time_sleep_ms(uint32_t ms)
{
    vTaskDelay(ticks_from_ms(ms));
}
