/* SPDX-License-Identifier: MIT */
/* --init DIR: `iot-local init` as a child of the daemon, before the daemon says that it is ready. It asks over the control
 * socket as any other command does, so the loop has to run meanwhile. */
#ifndef CLOUD_DAEMON_INIT_CHILD_H
#define CLOUD_DAEMON_INIT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct init_child {
    pid_t pid;      /* 0: not running */
    int descriptor; /* pidfd, readable when it has ended; -1: not running */
};
#define INIT_CHILD_NONE ((struct init_child){.descriptor = -1})

/* false: errno. */
bool init_child_start(struct init_child *child, const char *folder, const char *data);

/* When the descriptor is readable: has it made everything? It has said what is wrong. */
bool init_child_has_succeeded(struct init_child *child);

void init_child_close(struct init_child *child);

#endif
