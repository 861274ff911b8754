/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/descendants.h"

#include "cloud/base/clock.h"
#include "cloud/base/memory.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS 5000
#define STEP_MAX 100 /* generations; a process tree has no circles, but it changes while we read it */

struct process {
    pid_t pid, parent;
};

struct process_list {
    struct process *all;
    size_t count;
};

void descendants_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The name in /proc/PID/stat may hold blanks and brackets: what is read stands behind the last one. A zombie is nobody. */
static pid_t read_parent(const char *pid)
{
    char path[300];
    char text[512] = "";
    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    (void)!fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    const char *end = strrchr(text, ')'); /* ") S 123 ..." */
    bool is_alive = end != NULL && strlen(end) > 4 && end[2] != 'Z';
    return is_alive ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

static struct process_list read_processes(void)
{
    struct process_list list = {0};
    DIR *folder = opendir("/proc");
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        pid_t parent = pid > 0 ? read_parent(entry->d_name) : 0;
        if (parent > 0) {
            list.all = memory_resize(list.all, (list.count + 1) * sizeof(*list.all));
            list.all[list.count++] = (struct process){pid, parent};
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return list;
}

static pid_t parent_of(const struct process_list *list, pid_t pid)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->all[i].pid == pid) {
            return list->all[i].parent;
        }
    }
    return 0;
}

static bool is_ours(const struct process_list *list, pid_t pid, pid_t spared)
{
    for (int step = 0; step < STEP_MAX && pid > 1 && pid != spared; step++) {
        pid = parent_of(list, pid);
        if (pid == getpid()) {
            return true;
        }
    }
    return false;
}

/* Returns how many there are that we may end: a program that has changed its user may not be ours to end. */
static size_t send_signal(int number, pid_t spared)
{
    struct process_list list = read_processes();
    size_t count = 0;
    for (size_t i = 0; i < list.count; i++) {
        count += is_ours(&list, list.all[i].pid, spared) && kill(list.all[i].pid, number) == 0;
    }
    free(list.all);
    return count;
}

static void reap(pid_t spared)
{
    siginfo_t info = {0};
    /* WNOWAIT first: the end of the spared one is for somebody else to hear */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
           info.si_pid != spared) {
        waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
}

void descendants_end(pid_t spared)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t begun_ms = clock_monotonic_ms(&clock_real);
    int64_t past_ms = 0;
    size_t count = send_signal(SIGTERM, spared);
    while (count > 0 && past_ms < 2 * GRACE_MS) {
        nanosleep(&pause, NULL);
        reap(spared);
        past_ms = clock_monotonic_ms(&clock_real) - begun_ms;
        count = send_signal(past_ms >= GRACE_MS ? SIGKILL : 0, spared);
    }
    reap(spared);
}

void descendants_name_left(void)
{
    struct process_list list = read_processes();
    for (size_t i = 0; i < list.count; i++) {
        if (is_ours(&list, list.all[i].pid, 0)) {
            fprintf(stderr, "iot-local run: process %ld of the command is left: %s\n", (long)list.all[i].pid,
                    kill(list.all[i].pid, 0) == 0 ? "it does not end, even when killed"
                                                  : "it may not be ended by this user");
        }
    }
    free(list.all);
}
