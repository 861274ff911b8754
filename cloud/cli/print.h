/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CLI_PRINT_H
#define CLOUD_CLI_PRINT_H

#include <stdio.h>

/* Text from a device or another operator, with its line ends; other control characters, which could steer the terminal, and
 * what is no UTF-8 become '?'. NULL: nothing. */
void print_clean(FILE *out, const char *text);

/* Local date and time of seconds since 1970. */
void print_time(double seconds);

#endif
