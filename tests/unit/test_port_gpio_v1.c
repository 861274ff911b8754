/* SPDX-License-Identifier: MIT */
/* Pins on a chip through libgpiod 1, which is played by a fake. */
// LINK: gpio_line_v1 fake_gpiod_v1 fake_gpiod port_linux common
#define COUNTS_DROPPED false /* whether the kernel tells how many edges it has dropped */
#include "unit/gpio_chip_suite.h"
