/* SPDX-License-Identifier: MIT */
#include "device/port/port_board.h"
#include "ports/template/missing.h"

void port_board_log(enum log_level level, const char *text)
{
    (void)level, (void)text;
    MISSING();
}

void port_board_print(enum log_level level, const char *who, const char *format, va_list args)
{
    (void)level, (void)who, (void)format, (void)args;
    MISSING();
}

uint32_t port_board_random(void)
{
    MISSING();
}

enum err port_board_device_id(char *out, size_t cap)
{
    (void)out, (void)cap;
    MISSING();
}

enum err port_board_mac(uint8_t out[PORT_BOARD_MAC_LEN])
{
    (void)out;
    MISSING();
}

enum port_board_reset port_board_reset_cause(void)
{
    MISSING();
}

void port_board_on_shutdown(void (*on_shutdown)(void))
{
    (void)on_shutdown;
    MISSING();
}

_Noreturn void port_board_restart(void)
{
    MISSING();
}
