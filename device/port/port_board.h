/* SPDX-License-Identifier: MIT */
/* What else a board supplies. Any task; none blocks for long unless it says so. */
#ifndef DEVICE_PORT_BOARD_H
#define DEVICE_PORT_BOARD_H

#include "common/err.h"
#include "common/log_level.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of the library, without its newline. */
void port_board_log(enum log_level level, const char *text);

/* One line of the application: who says it, and printf's format and arguments. A newline that the format brings along at
 * its end is not doubled. */
void port_board_print(enum log_level level, const char *who, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Bits good enough for tokens and jitter. */
uint32_t port_board_random(void);

/* A short name of this device, the same after each boot (MAC on ESP32): [A-Za-z0-9_-]. */
enum err port_board_device_id(char *out, size_t cap);

/* The MAC address of this device: ERR_NOT_FOUND when it has none. */
#define PORT_BOARD_MAC_LEN 6
enum err port_board_mac(uint8_t out[PORT_BOARD_MAC_LEN]);

/* Why the program started. */
enum port_board_reset {
    PORT_BOARD_RESET_UNKNOWN,
    PORT_BOARD_RESET_POWER_ON,
    PORT_BOARD_RESET_EXTERNAL, /* the reset pin */
    PORT_BOARD_RESET_SOFTWARE, /* somebody asked for a restart */
    PORT_BOARD_RESET_CRASH,
    PORT_BOARD_RESET_WATCHDOG,
    PORT_BOARD_RESET_DEEP_SLEEP,
    PORT_BOARD_RESET_BROWN_OUT,
};
enum port_board_reset port_board_reset_cause(void);

/* `on_shutdown` is called once when the platform ends the program in good order (Linux: SIGTERM or SIGINT), from a task
 * that may block for some seconds. One function; the last one given counts. */
void port_board_on_shutdown(void (*on_shutdown)(void));

/* Restarts the device and does not return. Linux: the process ends with exit code 86, which asks a supervisor for a
 * new start. */
_Noreturn void port_board_restart(void);

#endif
