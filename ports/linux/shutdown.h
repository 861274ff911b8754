/* SPDX-License-Identifier: MIT */
/* How a device's process ends: main calls what port_board_on_shutdown was given; a restart has an exit code. */
#ifndef PORTS_LINUX_SHUTDOWN_H
#define PORTS_LINUX_SHUTDOWN_H

#define RESTART_CODE 86 /* start me again: device-run, systemd's RestartForceExitStatus */

/* How device-run tells a program why it was started. */
#define RESET_VARIABLE "DEVICE_RESET_CAUSE"
#define RESET_START    "start"
#define RESET_RESTART  "restart" /* the program asked for it */
#define RESET_CRASH    "crash"   /* a signal had ended it */

void shutdown_call_hook(void);

#endif
