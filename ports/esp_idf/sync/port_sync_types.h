/* SPDX-License-Identifier: MIT */
/* The objects of port_sync.h over FreeRTOS: each holds its own memory, so that nothing comes from the heap. */
#ifndef PORT_SYNC_TYPES_H
#define PORT_SYNC_TYPES_H

#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

struct port_mutex {
    StaticSemaphore_t memory; /* FreeRTOS's own; nobody else looks at it */
    SemaphoreHandle_t handle; /* names `memory`; not NULL after port_mutex_init */
};

struct port_signal {
    StaticSemaphore_t memory; /* the same */
    SemaphoreHandle_t handle; /* names `memory`; not NULL after port_signal_init */
};

#endif
