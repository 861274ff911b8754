/* SPDX-License-Identifier: MIT */
/* Pins with handlers: argument checks, and the two forms in which an application writes a handler. On which task they run is left to
 * device/runtime/pins.c. */
#include "device/api/gpio.h"
#include "device/api/line.h"
#include "device/runtime/pins.h"
#include "lib_gpio.h"

static void run_plain(uint8_t pin, const struct edge *edge, const struct pins_handler *handler)
{
    (void)edge;
    ((gpio_intr_handler)handler->function)((void *)(uintptr_t)pin);
}

static void run_edge(uint8_t pin, const struct edge *edge, const struct pins_handler *handler)
{
    const gpioEdge_st told = {
        .pin_u8 = pin, .level_u8 = edge->level, .time_u32 = edge->at_ms, .lost_u32 = edge->lost};
    ((gpioEdgeHandler_t)handler->function)(&told, handler->context);
}

static bool refuse(const char *who, uint8_t pin, const char *words)
{
    line_write(who, LOG_LEVEL_ERROR, "pin %u %s", pin, words);
    return false;
}

/* The handler before has ended, whatever follows. */
static bool watch(const char *who, uint8_t pin, uint8_t interrupt, enum port_gpio_pull pull,
                  const struct pins_handler *handler)
{
    if (interrupt > GPIO_INTR_ANYEDGE) {
        return refuse(who, pin, "cannot have interrupts by level: edges only");
    }
    if (!handler->function) {
        return refuse(who, pin, "is to have interrupts, and no handler is given");
    }
    if (interrupt == GPIO_INTR_DISABLE) {
        return refuse(who, pin, "is to have a handler, and no edge is given");
    }
    atomic_store(&gpio_end_handler, pins_forget);
    enum err err = pins_watch(pin, (enum port_gpio_edges)interrupt, pull, handler);
    if (err == ERR_FULL) {
        return refuse(who, pin,
                      "gets no handler: CONFIG_DEVICE_JOBS_PIN_HANDLERS pins have had one, or no memory");
    }
    return gpio_check(who, pin, err);
}

bool GPIO_pinHandler(uint8_t pin_u8, uint8_t mode_u8, uint8_t interruptType_u8, gpio_intr_handler handler)
{
    pins_forget(pin_u8);
    if (mode_u8 != GPIO_MODE_INPUT) {
        return refuse("GPIO_pinMode", pin_u8, "is no input, and only inputs have handlers");
    }
    const struct pins_handler plain = {.run = run_plain, .function = (void (*)(void))handler};
    return watch("GPIO_pinMode", pin_u8, interruptType_u8, PORT_GPIO_PULL_AS_IS, &plain);
}

bool GPIO_inputMode(uint8_t pin_u8, uint8_t interruptType_u8, uint8_t pull_u8, gpioEdgeHandler_t handler,
                    void *pContext)
{
    pins_forget(pin_u8);
    if (pull_u8 != GPIO_PULLUP_ONLY && pull_u8 != GPIO_PULLDOWN_ONLY && pull_u8 != GPIO_FLOATING) {
        return refuse(__func__, pin_u8,
                      "cannot be pulled like that: GPIO_PULLUP_ONLY, GPIO_PULLDOWN_ONLY or GPIO_FLOATING");
    }
    enum port_gpio_pull pull = pull_u8 == GPIO_PULLUP_ONLY     ? PORT_GPIO_PULL_UP
                               : pull_u8 == GPIO_PULLDOWN_ONLY ? PORT_GPIO_PULL_DOWN
                                                               : PORT_GPIO_PULL_NONE;
    if (interruptType_u8 == GPIO_INTR_DISABLE && !handler) {
        return gpio_check(__func__, pin_u8, port_gpio_mode(pin_u8, PORT_GPIO_INPUT, pull));
    }
    const struct pins_handler whole = {
        .run = run_edge, .function = (void (*)(void))handler, .context = pContext};
    return watch(__func__, pin_u8, interruptType_u8, pull, &whole);
}

uint32_t GPIO_getLostEdges(uint8_t pin_u8)
{
    return pins_lost(pin_u8);
}
