/* SPDX-License-Identifier: MIT */
/* The application's own lines: the level is checked here, the line is made by the board's printf on the caller's task. */
#define LIB_PRINT_IS_CHECKED /* here the compiler has to know that a format is one */
#include "lib_print.h"
#include "device/port/port_board.h"

#include <stdarg.h>
#include <stdatomic.h>

static atomic_int shown = PRINT_LEVEL_INFO;

void print_setLevel(logLevels_et level_e)
{
    atomic_store(&shown, (int)level_e);
}

void print_line(logLevels_et level_e, const char *pFunctionStr, const char *pFormatStr, ...)
{
    if ((int)level_e > atomic_load(&shown)) {
        return;
    }
    enum log_level level = level_e <= PRINT_LEVEL_ERROR  ? LOG_LEVEL_ERROR
                           : level_e == PRINT_LEVEL_INFO ? LOG_LEVEL_INFO
                                                         : LOG_LEVEL_DEBUG;
    va_list args;
    va_start(args, pFormatStr);
    port_board_print(level, pFunctionStr, pFormatStr, args);
    va_end(args);
}

void print_always(const char *pFunctionStr, const char *pFormatStr, ...)
{
    if (atomic_load(&shown) == PRINT_LEVEL_NONE) {
        return;
    }
    va_list args;
    va_start(args, pFormatStr);
    port_board_print(LOG_LEVEL_INFO, pFunctionStr, pFormatStr, args);
    va_end(args);
}
