/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CLI_PRINT_H
#define CLOUD_CLI_PRINT_H

#include <stddef.h>

/* Text from a device or another operator: control characters, which could steer the terminal, become '?'. NULL: nothing. */
void print_clean(const char *text);

/* Local date and time of seconds since 1970. */
void print_time(double seconds);

#endif
