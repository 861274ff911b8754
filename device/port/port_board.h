/* SPDX-License-Identifier: MIT */
/* What else a board supplies. Any task; none blocks for long unless it says so. */
#ifndef DEVICE_PORT_BOARD_H
#define DEVICE_PORT_BOARD_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum port_log_level {
    PORT_LOG_ERROR,
    PORT_LOG_INFO,
    PORT_LOG_DEBUG,
};

/* One line, without its newline. */
void port_board_log(enum port_log_level level, const char *text);

enum err port_board_gpio_mode(uint8_t pin, bool is_output);
enum err port_board_gpio_write(uint8_t pin, bool level);
enum err port_board_gpio_read(uint8_t pin, bool *level);

/* Bits good enough for tokens and jitter. */
uint32_t port_board_random(void);

/* A short name of this device, the same after each boot (MAC on ESP32): [A-Za-z0-9_-]. */
enum err port_board_device_id(char *out, size_t cap);

/* Restarts the device and does not return. Linux: the process ends with exit code 86, which asks a supervisor for a
 * new start. */
_Noreturn void port_board_restart(void);

#endif
