/* SPDX-License-Identifier: MIT */
/* Digital pins. On ESP32 the real ones. On Linux simulated ones, each write logged with the time since the start:
 *     [   12.345] GPIO 2 -> 1
 * (real lines through libgpiod, when DEVICE_GPIOCHIP names a chip, are planned and not part of this version).
 * Any task, not from an ISR; nothing here blocks. */
#ifndef LIB_GPIO_H
#define LIB_GPIO_H

#include "lib_utils.h"

/* On ESP-IDF the header driver/gpio.h defines these names with the same values, and an application includes that header. */
#if defined(__has_include)
#if __has_include("driver/gpio.h")
#define LIB_GPIO_HAS_VENDOR_NAMES
#endif
#endif
#ifndef LIB_GPIO_HAS_VENDOR_NAMES
enum { GPIO_MODE_DISABLE = 0, GPIO_MODE_INPUT = 1, GPIO_MODE_OUTPUT = 2, GPIO_MODE_INPUT_OUTPUT = 3 };
enum { GPIO_INTR_DISABLE = 0 };
#endif
#define GPIO_PIN_INTR_DISABLE 0 /* the name that programs of the original library use */

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*gpio_intr_handler)(void *pArg);

/* Direction of a pin: GPIO_MODE_INPUT, GPIO_MODE_OUTPUT or GPIO_MODE_INPUT_OUTPUT. Interrupts are not available: with
 * an interruptType_u8 other than 0, or with a handler, the call logs an error and only sets the direction.
 * A pin that this board does not have: logged, no effect. */
void GPIO_pinMode(uint8_t pin_u8, uint8_t mode_u8, uint8_t interruptType_u8, gpio_intr_handler handler);

/* Sets an output pin: 0 is low, everything else high. A pin that was never configured becomes an output.
 * A pin that this board does not have: logged, no effect. */
void GPIO_pinWrite(uint8_t pin_u8, uint8_t state_u8);

/* 1 for high, 0 for low; 0 and a log line for a pin that this board does not have. */
uint8_t GPIO_pinRead(uint8_t pin_u8);

#ifdef __cplusplus
}
#endif

#endif
