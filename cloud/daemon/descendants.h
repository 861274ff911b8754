/* SPDX-License-Identifier: MIT */
/* The processes that somebody else's program has started and left behind. */
#ifndef CLOUD_DAEMON_DESCENDANTS_H
#define CLOUD_DAEMON_DESCENDANTS_H

#include <sys/types.h>

/* From now on whoever loses its parent among our descendants becomes our child. */
void descendants_adopt(void);

/* SIGTERM to all of them but `spared` and those below it, SIGKILL after a while; returns when they have ended, or when those that are
 * left cannot be ended. */
void descendants_end(pid_t spared);

/* A line on standard error for each that is left. */
void descendants_name_left(void);

#endif
