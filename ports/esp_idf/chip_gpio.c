/* SPDX-License-Identifier: MIT */
/* The pins of a chip, by ESP-IDF's GPIO driver. Edges come in its ISR service, from which port_gpio_signal may wake a task; a program
 * that watches no pin links neither. */
#include "device/port/port_gpio.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"

#include "driver/gpio.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"

#include <stdatomic.h>

#define PIN_WORDS ((GPIO_NUM_MAX + 31) / 32)

/* A bit per pin. */
static atomic_uint is_configured[PIN_WORDS]; /* since then nobody configures the pin by the way */
static atomic_uint is_input[PIN_WORDS];      /* configured as an input and nothing else */

static bool has_bit(const atomic_uint *bits, uint8_t pin)
{
    return atomic_load(&bits[pin / 32]) & (1u << (pin % 32));
}

static void set_bit(atomic_uint *bits, uint8_t pin, bool is_set)
{
    if (is_set) {
        atomic_fetch_or(&bits[pin / 32], 1u << (pin % 32));
    } else {
        atomic_fetch_and(&bits[pin / 32], ~(1u << (pin % 32)));
    }
}

/* ESP-IDF's macros want a signed number: they ask whether it is negative. And they shift by it, which means nothing for a
 * number that is far too large: so that is asked before. */
static bool is_pin(int pin)
{
    return pin < GPIO_NUM_MAX && GPIO_IS_VALID_GPIO(pin);
}

static bool is_output_pin(int pin)
{
    return pin < GPIO_NUM_MAX && GPIO_IS_VALID_OUTPUT_GPIO(pin);
}

/* An output is configured as an input as well, so that its level can be read. */
static gpio_mode_t vendor_mode(enum port_gpio_mode mode)
{
    switch (mode) {
    case PORT_GPIO_INPUT:
        return GPIO_MODE_INPUT;
    case PORT_GPIO_OUTPUT:
        return GPIO_MODE_INPUT_OUTPUT;
    case PORT_GPIO_OPEN_DRAIN:
        return GPIO_MODE_INPUT_OUTPUT_OD;
    case PORT_GPIO_OFF:
        break;
    }
    return GPIO_MODE_DISABLE;
}

/* gpio_config also switches the pin's interrupt off. */
enum err port_gpio_mode(uint8_t pin, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    bool is_output = mode == PORT_GPIO_OUTPUT || mode == PORT_GPIO_OPEN_DRAIN;
    if (!is_pin(pin) || (is_output && !is_output_pin(pin))) {
        return ERR_RANGE;
    }
    const gpio_config_t config = {
        .pin_bit_mask = 1ULL << pin,
        .mode = vendor_mode(mode),
        .pull_up_en = pull == PORT_GPIO_PULL_UP ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE,
        .pull_down_en = pull == PORT_GPIO_PULL_DOWN ? GPIO_PULLDOWN_ENABLE : GPIO_PULLDOWN_DISABLE,
        .intr_type = GPIO_INTR_DISABLE,
    };
    if (gpio_config(&config) != ESP_OK) {
        return pull == PORT_GPIO_PULL_UP || pull == PORT_GPIO_PULL_DOWN ? ERR_UNSUPPORTED : ERR_INTERNAL;
    }
    set_bit(is_configured, pin, mode != PORT_GPIO_OFF);
    set_bit(is_input, pin, mode == PORT_GPIO_INPUT);
    return ERR_OK;
}

/* The level comes before the direction: a pin that becomes an output by the way never shows another one. */
enum err port_gpio_write(uint8_t pin, bool level)
{
    if (!is_output_pin(pin)) {
        return ERR_RANGE;
    }
    if (has_bit(is_input, pin)) {
        return ERR_ARG;
    }
    if (gpio_set_level((gpio_num_t)pin, level) != ESP_OK) {
        return ERR_INTERNAL;
    }
    return has_bit(is_configured, pin) ? ERR_OK : port_gpio_mode(pin, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS);
}

enum err port_gpio_read(uint8_t pin, bool *level)
{
    if (!is_pin(pin)) {
        return ERR_RANGE;
    }
    if (!has_bit(is_configured, pin)) {
        enum err err = port_gpio_mode(pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
        if (err) {
            return err;
        }
    }
    *level = gpio_get_level((gpio_num_t)pin) != 0;
    return ERR_OK;
}

const char *port_gpio_why(uint8_t pin, enum err err)
{
    switch (err) {
    case ERR_RANGE:
        return is_pin(pin) ? "cannot be an output on this chip" : "does not exist on this board";
    case ERR_ARG:
        return "is an input";
    case ERR_UNSUPPORTED:
        return "has no such resistor";
    default:
        return "is refused by the GPIO driver";
    }
}

/* ---- edges */

static _Atomic(port_gpio_edge_fn) edge_fn;          /* set before the first pin is watched */
static _Atomic uint8_t watched_edges[GPIO_NUM_MAX]; /* enum port_gpio_edges */

/* In the ISR. Where only one kind of edge is watched it is known; else the pin says what it has become. */
static void on_interrupt(void *arg)
{
    uint8_t pin = (uint8_t)(uintptr_t)arg;
    unsigned edges = atomic_load(&watched_edges[pin]);
    bool level = edges == PORT_GPIO_EDGES_BOTH ? gpio_get_level((gpio_num_t)pin) != 0
                                               : edges == PORT_GPIO_EDGES_RISING;
    port_gpio_edge_fn on_edge = atomic_load(&edge_fn);
    if (edges && on_edge) {
        on_edge(pin, level, (uint32_t)port_time_monotonic_ms(), 0);
    }
}

static void unwatch(uint8_t pin)
{
    if (atomic_exchange(&watched_edges[pin], PORT_GPIO_EDGES_NONE)) {
        gpio_isr_handler_remove((gpio_num_t)pin);
        gpio_set_intr_type((gpio_num_t)pin, GPIO_INTR_DISABLE);
    }
}

enum err port_gpio_watch(uint8_t pin, enum port_gpio_edges edges, port_gpio_edge_fn on_edge)
{
    static const gpio_int_type_t types[] = {GPIO_INTR_DISABLE, GPIO_INTR_POSEDGE, GPIO_INTR_NEGEDGE,
                                            GPIO_INTR_ANYEDGE};
    if (!is_pin(pin)) {
        return ERR_RANGE;
    }
    unwatch(pin);
    if (edges == PORT_GPIO_EDGES_NONE) {
        return ERR_OK;
    }
    esp_err_t installed = gpio_install_isr_service(0);
    if (installed != ESP_OK &&
        installed != ESP_ERR_INVALID_STATE) { /* the latter: the application has done it */
        return ERR_INTERNAL;
    }
    atomic_store(&edge_fn, on_edge);
    atomic_store(&watched_edges[pin], (uint8_t)edges);
    if (gpio_set_intr_type((gpio_num_t)pin, types[edges]) != ESP_OK ||
        gpio_isr_handler_add((gpio_num_t)pin, on_interrupt, (void *)(uintptr_t)pin) != ESP_OK) {
        unwatch(pin);
        return ERR_INTERNAL;
    }
    return ERR_OK;
}

void port_gpio_signal(struct port_signal *signal)
{
    BaseType_t has_woken = pdFALSE;
    xSemaphoreGiveFromISR(signal->handle,
                          &has_woken); /* fails when the signal is set already: good as well */
    portYIELD_FROM_ISR(has_woken);
}

void port_gpio_wait(struct port_signal *signal)
{
    port_signal_wait(signal, UINT32_MAX);
}
