/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/init_child.h"

#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void become_init(const char *folder, const char *data, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) { /* else it has ended meanwhile */
        execl("/proc/self/exe", "iot-local", "init", "--data", data, "--", folder, (char *)NULL);
        perror("iot-local: /proc/self/exe");
    }
    _exit(1);
}

bool init_child_start(struct init_child *child, const char *folder, const char *data)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become_init(folder, data, parent);
    }
    if (pid < 0) {
        return false;
    }
    child->pid = pid;
    child->descriptor = pidfd_open(pid, 0);
    return child->descriptor >= 0;
}

/* Its exit status, and it is forgotten. */
static int forget(struct init_child *child)
{
    int status = -1;
    if (child->pid > 0) {
        waitpid(child->pid, &status, 0);
    }
    if (child->descriptor >= 0) {
        close(child->descriptor);
    }
    *child = INIT_CHILD_NONE;
    return status;
}

bool init_child_has_succeeded(struct init_child *child)
{
    int status = forget(child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void init_child_close(struct init_child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGTERM);
    }
    forget(child);
}
