/* SPDX-License-Identifier: MIT */
/* Waiting and the clock, as the port has them. */
#include "lib_delay.h"
#include "device/port/port_time.h"

void delay(uint32_t waitTime_u32)
{
    port_time_sleep_ms(waitTime_u32);
}

uint32_t micros(void)
{
    return (uint32_t)port_time_monotonic_us();
}

uint32_t millis(void)
{
    return (uint32_t)port_time_monotonic_ms();
}
