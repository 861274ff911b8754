/* SPDX-License-Identifier: MIT */
/* How a device's process ends: main calls what port_board_on_shutdown was given; a restart has an exit code. */
#ifndef PORTS_LINUX_SHUTDOWN_H
#define PORTS_LINUX_SHUTDOWN_H

#define RESTART_CODE 86 /* start me again: device-run, systemd's RestartForceExitStatus */

void shutdown_call_hook(void);

#endif
