/* SPDX-License-Identifier: MIT */
/* The daemon in a process of its own, behind the one that was called: `up --detach` and `run`. Until it is ready it speaks to
 * the caller's terminal, so a start that fails says why there; from then on to its log. */
#ifndef CLOUD_DAEMON_BACKGROUND_H
#define CLOUD_DAEMON_BACKGROUND_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* --- The daemon's side --- */

struct background {
    int ready; /* the caller's process waits at the other end; -1: there is none, this is the foreground */
    int log;   /* -1: standard error stays what it is */
    bool ends_with_caller;
};
#define BACKGROUND_NONE ((struct background){.ready = -1, .log = -1})

/* A log of more than 8 MiB is put aside, in place of the one before: PATH becomes PATH.1. One that cannot be, goes on. */
void background_turn_log(const char *path);

/* Opens the log (appended, mode 0600). false: errno. */
bool background_open_log(struct background *background, const char *path);

/* Everything is there: from now on everything that is said goes to the log, and the caller is told. */
void background_tell_ready(struct background *background);

/* --- The caller's side --- */

struct background_caller {
    sigset_t old_mask;
    int signals; /* SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGCHLD arrive here; they are blocked */
    int ready;
    pid_t pid; /* the daemon's */
};

/* Forks. 0 in the daemon: a session of its own, no descriptor of the caller but 0 (/dev/null), 1 and 2; `background` is made.
 * Until it is ready, and with ends_with_caller always, it ends in good order when the caller dies. -1: errno. */
pid_t background_fork(struct background_caller *caller, struct background *background, bool ends_with_caller);

/* Waits until the daemon is ready: 0. Else it has said why, and has ended: the exit code for the caller, which is 128 + N when
 * signal N has stopped it. */
int background_wait_ready(struct background_caller *caller);

/* SIGTERM, and SIGKILL after a while; returns when it has ended. */
void background_end(const struct background_caller *caller);

#endif
