/* SPDX-License-Identifier: MIT */
/* Milliseconds as FreeRTOS counts time. */
#ifndef PORTS_ESP_IDF_TICKS_H
#define PORTS_ESP_IDF_TICKS_H

#include "freertos/FreeRTOS.h"

#include <stdint.h>

/* At least `ms`: FreeRTOS counts from the last tick, so that N ticks may be over after a bit more than N - 1. 0 stays 0, and
 * UINT32_MAX is for ever. */
TickType_t ticks_from_ms(uint32_t ms);

#endif
