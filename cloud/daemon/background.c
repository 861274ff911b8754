/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/background.h"

#include "cloud/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_OTHER 3 /* behind standard input, output and error */
#define END_MS      20000
#define LOG_LONG    (8 * 1024 * 1024) /* bytes */
#define LOG_ASIDE   ".1"

/* --- The daemon's side --- */

void background_turn_log(const char *path)
{
    struct stat info;
    char aside[PATH_MAX + sizeof(LOG_ASIDE)];
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= LOG_LONG) {
        return;
    }
    snprintf(aside, sizeof(aside), "%s" LOG_ASIDE, path);
    (void)rename(path, aside);
}

bool background_open_log(struct background *background, const char *path)
{
    background->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return background->log >= 0;
}

void background_tell_ready(struct background *background)
{
    if (background->log >= 0) {
        dup2(background->log, STDERR_FILENO);
        if (background->ready >= 0) {
            dup2(background->log, STDOUT_FILENO);
        }
        close(background->log);
        background->log = -1;
    }
    if (background->ready < 0) {
        return;
    }
    if (!background->ends_with_caller) {
        prctl(PR_SET_PDEATHSIG, 0);
    }
    (void)!write(background->ready, "r", 1); /* a caller that has just died needs no answer */
    close(background->ready);
    background->ready = -1;
}

/* What the caller has open is none of the daemon's business: a pipe that it kept would make somebody wait for its end. */
static void become_daemon(struct background *background, pid_t parent, int ready, bool ends_with_caller)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0) {
        _exit(CLI_FAILED);
    }
    if (ready != FIRST_OTHER) {
        dup2(ready, FIRST_OTHER);
    }
    fcntl(FIRST_OTHER, F_SETFD, FD_CLOEXEC);
    close_range(FIRST_OTHER + 1, UINT_MAX, 0);
    *background = (struct background){.ready = FIRST_OTHER, .log = -1, .ends_with_caller = ends_with_caller};
}

/* --- The caller's side --- */

static bool take_signals(struct background_caller *caller)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &caller->old_mask);
    caller->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return caller->signals >= 0;
}

pid_t background_fork(struct background_caller *caller, struct background *background, bool ends_with_caller)
{
    int ends[2];
    pid_t parent = getpid();
    if (!take_signals(caller) || pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    caller->ready = ends[0];
    caller->pid = fork();
    if (caller->pid == 0) {
        become_daemon(background, parent, ends[1], ends_with_caller);
        sigprocmask(SIG_SETMASK, &caller->old_mask, NULL);
    } else {
        close(ends[1]);
    }
    return caller->pid;
}

/* A signal that shall end us goes to the daemon, which then ends; returns its number, 0: none. */
static int pass_signal(const struct background_caller *caller)
{
    struct signalfd_siginfo info;
    int number = 0;
    while (read(caller->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo != SIGCHLD) {
            number = (int)info.ssi_signo;
            kill(caller->pid, SIGTERM);
        }
    }
    return number;
}

/* How a daemon has ended that was never ready. */
static int code_of(int status)
{
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "iot-local: ended by signal %d before it was ready\n", WTERMSIG(status));
        return CLI_FAILED;
    }
    if (WEXITSTATUS(status) == CLI_OK) {
        fputs("iot-local: it was ended before it was ready\n", stderr);
        return CLI_FAILED;
    }
    return WEXITSTATUS(status);
}

int background_wait_ready(struct background_caller *caller)
{
    struct pollfd events[] = {{.fd = caller->ready, .events = POLLIN},
                              {.fd = caller->signals, .events = POLLIN}};
    char byte = 0;
    int number = 0;
    int status = 0;
    while (events[0].revents == 0) {
        if (poll(events, 2, -1) > 0 && events[1].revents != 0) {
            int passed = pass_signal(caller);
            number = passed != 0 ? passed : number;
        }
    }
    ssize_t got = read(caller->ready, &byte, 1);
    close(caller->ready);
    if (got == 1 && number == 0) {
        return CLI_OK;
    }
    while (waitpid(caller->pid, &status, 0) < 0 && errno == EINTR) {
        continue;
    }
    caller->pid = 0;
    return number != 0 ? 128 + number : code_of(status);
}

void background_end(const struct background_caller *caller)
{
    struct pollfd end = {.fd = pidfd_open(caller->pid, 0), .events = POLLIN};
    kill(caller->pid, SIGTERM);
    while (end.fd >= 0 && poll(&end, 1, END_MS) < 0 && errno == EINTR) {
        continue;
    }
    if (end.revents == 0) {
        fprintf(stderr, "iot-local: the daemon (process %ld) has not ended within %d s, and is killed\n",
                (long)caller->pid, END_MS / 1000);
        kill(caller->pid, SIGKILL);
    }
    while (waitpid(caller->pid, NULL, 0) < 0 && errno == EINTR) {
        continue;
    }
    if (end.fd >= 0) {
        close(end.fd);
    }
}
