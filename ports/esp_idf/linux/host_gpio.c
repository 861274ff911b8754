/* SPDX-License-Identifier: MIT */
/* The pins of IDF's linux target: simulated, and each write is a log line. Nothing changes an input from outside, so it has no edges. */
#include "device/port/port_gpio.h"
#include "device/port/port_sync.h"

#include "esp_log.h"

#include <stdatomic.h>

#define PINS 64

static atomic_bool levels[PINS]; /* what was written to each pin last */
static atomic_bool is_input[PINS];

enum err port_gpio_mode(uint8_t pin, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    (void)pull;
    if (pin >= PINS) {
        return ERR_RANGE;
    }
    atomic_store(&is_input[pin], mode == PORT_GPIO_INPUT);
    return ERR_OK;
}

enum err port_gpio_watch(uint8_t pin, enum port_gpio_edges edges, port_gpio_edge_fn on_edge)
{
    (void)on_edge;
    if (pin >= PINS) {
        return ERR_RANGE;
    }
    return edges == PORT_GPIO_EDGES_NONE ? ERR_OK : ERR_UNSUPPORTED;
}

enum err port_gpio_write(uint8_t pin, bool level)
{
    if (pin >= PINS) {
        return ERR_RANGE;
    }
    if (atomic_load(&is_input[pin])) {
        return ERR_ARG;
    }
    atomic_store(&levels[pin], level);
    ESP_LOGI("gpio", "GPIO %u -> %u", (unsigned)pin, level ? 1u : 0u);
    return ERR_OK;
}

enum err port_gpio_read(uint8_t pin, bool *level)
{
    if (pin >= PINS) {
        return ERR_RANGE;
    }
    *level = atomic_load(&levels[pin]);
    return ERR_OK;
}

const char *port_gpio_why(uint8_t pin, enum err err)
{
    (void)pin;
    switch (err) {
    case ERR_ARG:
        return "is an input";
    case ERR_UNSUPPORTED:
        return "gets no handler: ESP-IDF's linux target has nothing that changes an input";
    default:
        return "does not exist on this board";
    }
}

void port_gpio_signal(struct port_signal *signal)
{
    port_signal_set(signal);
}

void port_gpio_wait(struct port_signal *signal)
{
    port_signal_wait(signal, UINT32_MAX);
}
