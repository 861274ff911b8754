/* SPDX-License-Identifier: MIT */
#include "ports/linux/device_config/device_config.h"

#include <stdarg.h>
#include <stdio.h>

bool say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("device-config: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}
