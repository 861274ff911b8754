/* SPDX-License-Identifier: MIT */
/* The daemon of a data directory as a process: found by the lock that it holds, not by a number that somebody has left. */
#ifndef CLOUD_CLI_INSTANCE_H
#define CLOUD_CLI_INSTANCE_H

#include <stdbool.h>
#include <sys/types.h>

struct instance {
    char *data;  /* the directory as it was named */
    pid_t pid;   /* 0: no daemon runs */
    int process; /* a pidfd, -1: no daemon runs */
    bool is_ready;
    double ready_since; /* seconds since 1970, when it is ready */
};

/* data: what --data says, or NULL. false: it cannot be known, said on standard error. Zero-initialised or found, it can be
 * closed. */
bool instance_find(const char *data, struct instance *instance);
void instance_close(struct instance *instance);

/* Waits until the process has ended. false: it has not, after so long. */
bool instance_wait_end(const struct instance *instance, int timeout_ms);

#endif
