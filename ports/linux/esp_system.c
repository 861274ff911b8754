/* SPDX-License-Identifier: MIT */
/* esp_restart, as on a chip: what was registered for the end is called first. */
#include "esp_system.h"
#include "device/port/port_board.h"
#include "ports/linux/shutdown.h"

void esp_restart(void)
{
    shutdown_call_hook();
    port_board_restart();
}
