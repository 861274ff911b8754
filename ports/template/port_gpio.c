/* SPDX-License-Identifier: MIT */
#include "device/port/port_gpio.h"
#include "ports/template/missing.h"

enum err port_gpio_mode(uint8_t pin, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    (void)pin, (void)mode, (void)pull;
    MISSING();
}

enum err port_gpio_watch(uint8_t pin, enum port_gpio_edges edges, port_gpio_edge_fn on_edge)
{
    (void)pin, (void)edges, (void)on_edge;
    MISSING();
}

enum err port_gpio_write(uint8_t pin, bool level)
{
    (void)pin, (void)level;
    MISSING();
}

enum err port_gpio_read(uint8_t pin, bool *level)
{
    (void)pin, (void)level;
    MISSING();
}

const char *port_gpio_why(uint8_t pin, enum err err)
{
    (void)pin, (void)err;
    MISSING();
}

void port_gpio_signal(struct port_signal *signal)
{
    (void)signal;
    MISSING();
}

void port_gpio_wait(struct port_signal *signal)
{
    (void)signal;
    MISSING();
}
