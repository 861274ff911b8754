/* SPDX-License-Identifier: MIT */
/* Where simulated inputs get their levels from: lines of pin and level, `4 1`, in what DEVICE_GPIO_INPUTS names.
 *  - a FIFO: each line is a change, in the order in which they come;
 *  - a file: it says what is. It is read as a whole whenever it changes, and a later line about a pin counts more than an earlier one.
 * There is one of it. One task at a time. */
#ifndef PORTS_LINUX_GPIO_INPUTS_H
#define PORTS_LINUX_GPIO_INPUTS_H

#include <stdbool.h>

#define GPIO_INPUTS_PINS 64

/* 0, or errno; ENOTSUP: neither a FIFO nor a file. */
int gpio_inputs_open(const char *path);

/* Readable when gpio_inputs_read has something to do; -1: not open. */
int gpio_inputs_fd(void);

/* Reads what is there. `set` is called for each pin and level, `complain` for each line that is not one. */
void gpio_inputs_read(void (*set)(unsigned pin, bool level), void (*complain)(const char *line));

#endif
