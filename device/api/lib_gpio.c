/* SPDX-License-Identifier: MIT */
/* Pins without handlers: what the board refuses is logged, and the program goes on. Handlers are left to lib_gpio_handlers.c. */
#include "lib_gpio.h"
#include "device/api/gpio.h"
#include "device/api/line.h"

#include <stdatomic.h>

void (*_Atomic gpio_end_handler)(uint8_t pin);

bool gpio_check(const char *who, uint8_t pin, enum err err)
{
    if (err) {
        line_write(who, LOG_LEVEL_ERROR, "pin %u %s", pin, port_gpio_why(pin, err));
    }
    return !err;
}

/* A program may read a pin a thousand times a second: one line until the pin works again. */
static void check_once(const char *who, uint8_t pin, enum err err)
{
    static atomic_uint told[(UINT8_MAX + 1) / 32]; /* a bit per pin */
    unsigned bit = 1u << (pin % 32);
    if (!err) {
        if (atomic_load(&told[pin / 32]) & bit) {
            atomic_fetch_and(&told[pin / 32], ~bit);
        }
    } else if (!(atomic_fetch_or(&told[pin / 32], bit) & bit)) {
        gpio_check(who, pin, err);
    }
}

static bool is_mode(uint8_t mode)
{
    return mode <= GPIO_MODE_INPUT_OUTPUT || mode == GPIO_MODE_OUTPUT_OD || mode == GPIO_MODE_INPUT_OUTPUT_OD;
}

static enum port_gpio_mode mode_of(uint8_t mode)
{
    if (mode == GPIO_MODE_OUTPUT_OD || mode == GPIO_MODE_INPUT_OUTPUT_OD) {
        return PORT_GPIO_OPEN_DRAIN;
    }
    if (mode & GPIO_MODE_OUTPUT) {
        return PORT_GPIO_OUTPUT;
    }
    return mode == GPIO_MODE_INPUT ? PORT_GPIO_INPUT : PORT_GPIO_OFF;
}

bool GPIO_pinDirection(uint8_t pin_u8, uint8_t mode_u8)
{
    void (*end_handler)(uint8_t pin) = atomic_load(&gpio_end_handler);
    if (end_handler) {
        end_handler(pin_u8);
    }
    if (!is_mode(mode_u8)) {
        line_write("GPIO_pinMode", LOG_LEVEL_ERROR, "pin %u: there is no mode %u", pin_u8, mode_u8);
        return false;
    }
    return gpio_check("GPIO_pinMode", pin_u8, port_gpio_mode(pin_u8, mode_of(mode_u8), PORT_GPIO_PULL_AS_IS));
}

void GPIO_pinWrite(uint8_t pin_u8, uint8_t state_u8)
{
    check_once(__func__, pin_u8, port_gpio_write(pin_u8, state_u8 != 0));
}

uint8_t GPIO_pinRead(uint8_t pin_u8)
{
    bool level = false;
    check_once(__func__, pin_u8, port_gpio_read(pin_u8, &level));
    return level ? 1 : 0;
}
