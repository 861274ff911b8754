/* SPDX-License-Identifier: MIT */
/* Objects of port_sync.h over FreeRTOS, without the heap. */
#ifndef PORT_SYNC_TYPES_H
#define PORT_SYNC_TYPES_H

#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

struct port_mutex {
    StaticSemaphore_t memory;
    SemaphoreHandle_t handle;
};

struct port_signal {
    StaticSemaphore_t memory;
    SemaphoreHandle_t handle;
};

#endif
