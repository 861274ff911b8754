/* SPDX-License-Identifier: MIT */
/* How main calls what port_board_on_shutdown was given. */
#ifndef PORTS_LINUX_SHUTDOWN_H
#define PORTS_LINUX_SHUTDOWN_H

void shutdown_call_hook(void);

#endif
