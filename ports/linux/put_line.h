/* SPDX-License-Identifier: MIT */
/* Lines with the time since the start, for port_board.c and port_gpio.c. */
#ifndef PORTS_LINUX_PUT_LINE_H
#define PORTS_LINUX_PUT_LINE_H

#include <stddef.h>
#include <stdio.h>

/* The whole line in one write, so that lines of several tasks do not mix. */
void put_line(FILE *out, const char *mark, const char *text, size_t len);

#endif
