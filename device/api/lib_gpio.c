/* SPDX-License-Identifier: MIT */
/* Pins: what the board refuses is logged, and the program goes on. */
#include "lib_gpio.h"
#include "device/api/line.h"

static void check(const char *who, uint8_t pin, enum err err)
{
    if (err) {
        line_write(who, LOG_LEVEL_ERROR, "pin %u %s", pin,
                   err == ERR_RANGE ? "does not exist on this board" : "cannot be used");
    }
}

void GPIO_pinMode(uint8_t pin_u8, uint8_t mode_u8, uint8_t interruptType_u8, gpio_intr_handler handler)
{
    if (interruptType_u8 != GPIO_PIN_INTR_DISABLE || handler) {
        line_error(__func__, "pin interrupts are not available in this version");
    }
    bool is_output = (mode_u8 & GPIO_MODE_OUTPUT) != 0;
    check(__func__, pin_u8, port_board_gpio_mode(pin_u8, is_output));
}

void GPIO_pinWrite(uint8_t pin_u8, uint8_t state_u8)
{
    check(__func__, pin_u8, port_board_gpio_write(pin_u8, state_u8 != 0));
}

uint8_t GPIO_pinRead(uint8_t pin_u8)
{
    bool level = false;
    check(__func__, pin_u8, port_board_gpio_read(pin_u8, &level));
    return level ? 1 : 0;
}
