/* SPDX-License-Identifier: MIT */
/* Kills a process at the n-th system call that could change a file: the call is not made. With n = 1, 2, ... until the
 * process comes to its end, it is cut off at every point that a later start could see. */
#ifndef TESTS_FAKES_CUT_PROCESS_H
#define TESTS_FAKES_CUT_PROCESS_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool cut_changes_a_file(const struct __ptrace_syscall_info *call)
{
    switch (call->entry.nr) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_ftruncate:
    case SYS_fallocate:
    case SYS_fchmod:
    case SYS_unlinkat:
    case SYS_renameat2:
    case SYS_mkdirat:
#ifdef SYS_rename /* the newer architectures have none of these */
    case SYS_rename:
    case SYS_unlink:
    case SYS_mkdir:
#endif
#ifdef SYS_renameat
    case SYS_renameat:
#endif
        return true;
    case SYS_openat:
        return (call->entry.args[2] & O_CREAT) != 0;
    default:
        return false;
    }
}

/* Runs `work` in a child. 1: it was killed at the n-th call; 0: it came to its end before that, and said true; -1: it said
 * false, or could not be traced. */
static inline int cut_process_at(int n, bool (*work)(void))
{
    pid_t child = fork();
    if (child == 0) {
        bool is_traced = ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0;
        _exit(is_traced && work() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (child < 0 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) {
        return -1;
    }
    while (ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child) {
        struct __ptrace_syscall_info call;
        if (WIFEXITED(status)) {
            return WEXITSTATUS(status) ? -1 : 0;
        }
        if (WIFSIGNALED(status)) {
            return -1;
        }
        if (WSTOPSIG(status) == (SIGTRAP | 0x80) &&
            ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) > 0 &&
            call.op == PTRACE_SYSCALL_INFO_ENTRY && cut_changes_a_file(&call) && --n == 0) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return 1;
        }
    }
    return -1;
}

#endif
