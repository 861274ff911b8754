/* SPDX-License-Identifier: MIT */
/* Milliseconds as FreeRTOS counts time. A bottom file: locks and sleeping both need it, and it needs neither. */
#ifndef PORTS_ESP_IDF_TICKS_H
#define PORTS_ESP_IDF_TICKS_H

#include "freertos/FreeRTOS.h"

#include <stdint.h>

/* A number of ticks that lasts at least `ms`. FreeRTOS counts whole ticks from the last one on, so that a wait of N ticks may be
 * over after little more than N - 1 of them: one is added. 0 stays 0, and UINT32_MAX means for ever. */
TickType_t ticks_from_ms(uint32_t ms);

#endif
