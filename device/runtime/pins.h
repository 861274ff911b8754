/* SPDX-License-Identifier: MIT */
/* Pins with a handler: each gets a task of its own, made with its first handler, so that a handler that blocks keeps back its own pin and
 * nothing else: no other pin, no job, no cancel callback. Needs nothing of the runtime, and works before it is started and after it was
 * stopped. All functions: any task, not from an ISR, and never under a lock that a handler takes. */
#ifndef DEVICE_RUNTIME_PINS_H
#define DEVICE_RUNTIME_PINS_H

#include "device/core/edges.h"
#include "device/port/port_gpio.h"

/* `run` gets the edge and this struct, in which the other two members are its own. */
struct pins_handler {
    void (*run)(uint8_t pin, const struct edge *edge, const struct pins_handler *handler);
    void (*function)(void);
    void *context;
};

/* Makes the pin an input with this handler, in place of the one before. ERR_FULL: CONFIG_DEVICE_JOBS_PIN_HANDLERS pins have had one, or
 * there is no memory for a task. Else the errors of port_gpio_mode, and port_gpio_why tells more. The pin has no edges then. */
enum err pins_watch(uint8_t pin, enum port_gpio_edges edges, enum port_gpio_pull pull,
                    const struct pins_handler *handler);

/* The pin's handler is not called for edges any more, and what waits is forgotten; a call that has begun goes on. */
void pins_forget(uint8_t pin);

/* Edges that the pin's handler was not called for, since it was set. */
uint32_t pins_lost(uint8_t pin);

#endif
