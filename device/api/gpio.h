/* SPDX-License-Identifier: MIT */
/* What the two files of pins share: lib_gpio.c, and lib_gpio_handlers.c, which a program without handlers does not link. */
#ifndef DEVICE_API_GPIO_H
#define DEVICE_API_GPIO_H

#include "device/port/port_gpio.h"

#include <stdatomic.h>

/* NULL until the first handler is set: ends the calls of a pin's handler. */
extern void (*_Atomic gpio_end_handler)(uint8_t pin);

/* true: err is ERR_OK. Else a line of `who` says why the port has refused the pin. */
bool gpio_check(const char *who, uint8_t pin, enum err err);

#endif
