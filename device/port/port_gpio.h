/* SPDX-License-Identifier: MIT */
/* Digital pins. Any task, not from an ISR, unless a function says something else; none blocks for longer than the bus on which the
 * pins are. A program that calls none of these links none of this. */
#ifndef DEVICE_PORT_GPIO_H
#define DEVICE_PORT_GPIO_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct port_signal; /* port_sync.h */

enum port_gpio_mode {
    PORT_GPIO_OFF, /* given back: neither driven nor watched */
    PORT_GPIO_INPUT,
    PORT_GPIO_OUTPUT,     /* its level can be read as well */
    PORT_GPIO_OPEN_DRAIN, /* the same; a high output is not driven */
};

enum port_gpio_pull {
    PORT_GPIO_PULL_AS_IS, /* as the system has it; a chip that keeps nothing: floating */
    PORT_GPIO_PULL_NONE,
    PORT_GPIO_PULL_UP,
    PORT_GPIO_PULL_DOWN,
};

enum port_gpio_edges {
    PORT_GPIO_EDGES_NONE = 0,
    PORT_GPIO_EDGES_RISING = 1,
    PORT_GPIO_EDGES_FALLING = 2,
    PORT_GPIO_EDGES_BOTH = 3,
};

/* One edge: the level after it, and when it was noticed (port_time_monotonic_ms, cut to 32 bits). `missed` counts the edges before it that
 * the system is known to have dropped. Called in whatever context the port notices edges, on a chip an ISR: it copies, calls
 * port_gpio_signal and returns. Never two calls for one pin at the same time. */
typedef void (*port_gpio_edge_fn)(uint8_t pin, bool level, uint32_t at_ms, uint32_t missed);

/* ERR_RANGE: no such pin. ERR_BUSY: somebody else holds it. ERR_UNSUPPORTED: the pin, board or build cannot do that.
 * ERR_NOT_FOUND: what has the pins is not there (any more). ERR_INTERNAL: the system refuses. The pin is then as before, or off.
 * Ends the edges of a pin that is watched. An output that stays an output keeps its level; another pin starts as a low output. */
enum err port_gpio_mode(uint8_t pin, enum port_gpio_mode mode, enum port_gpio_pull pull);

/* Reports the edges of a pin that is an input to `on_edge`. EDGES_NONE: ends that; an edge that is being reported may still come. The
 * errors of port_gpio_mode. */
enum err port_gpio_watch(uint8_t pin, enum port_gpio_edges edges, port_gpio_edge_fn on_edge);

/* The errors of port_gpio_mode; ERR_ARG: the pin is an input. A pin that is written before its mode was set becomes an output, one
 * that is read becomes an input. */
enum err port_gpio_write(uint8_t pin, bool level);
enum err port_gpio_read(uint8_t pin, bool *level);

/* Why the last call of this task was refused with `err`: words that continue a sentence about the pin. Valid until the task's next call
 * of these functions. */
const char *port_gpio_why(uint8_t pin, enum err err);

/* Like port_signal_set and port_signal_wait without an end, for the two sides of an edge: port_gpio_signal is called by a
 * port_gpio_edge_fn, in its context. A port may end the task that waits (Linux does, when the program ends). */
void port_gpio_signal(struct port_signal *signal);
void port_gpio_wait(struct port_signal *signal);

#endif
