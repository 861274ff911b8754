/* SPDX-License-Identifier: MIT */
/* Pins on a chip through libgpiod 2, which is played by a fake. */
// LINK: gpio_line_v2 fake_gpiod_v2 fake_gpiod port_linux common
#define COUNTS_DROPPED true /* whether the kernel tells how many edges it has dropped */
#include "unit/gpio_chip_suite.h"
