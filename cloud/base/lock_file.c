/* SPDX-License-Identifier: MIT */
#include "cloud/base/lock_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_keeping_errno(int fd)
{
    int code = errno;
    close(fd);
    errno = code;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* `iot-local reset` removes the file while it holds it: who waited at the old one would hold a file that nobody sees. */
static bool is_still_there(const char *path, int fd)
{
    struct stat there, ours;
    return stat(path, &there) == 0 && fstat(fd, &ours) == 0 && is_same(&there, &ours);
}

int lock_file_take(const char *path)
{
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            close_keeping_errno(fd);
            return -1;
        }
        if (is_still_there(path, fd)) {
            return fd;
        }
        close(fd);
    }
}

int lock_file_note(int lock, pid_t pid)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)pid);
    return ftruncate(lock, 0) == 0 && pwrite(lock, text, (size_t)len, 0) == len ? 0 : -1;
}

static pid_t read_number(int fd)
{
    char text[24] = "";
    long number = pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
    return number > 0 ? (pid_t)number : 0;
}

pid_t lock_file_noted(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    pid_t pid = fd >= 0 ? read_number(fd) : 0;
    if (fd >= 0) {
        close(fd);
    }
    return pid;
}

/* A number that a process has left behind can be a stranger's by now; a stranger has not opened our file. */
static bool has_open(pid_t pid, const struct stat *file)
{
    char path[64];
    bool has = false;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && !has && (entry = readdir(folder));) {
        struct stat opened;
        has = fstatat(dirfd(folder), entry->d_name, &opened, 0) == 0 && is_same(&opened, file);
    }
    if (folder) {
        closedir(folder);
    }
    return has;
}

static bool is_alive(int pidfd)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    return poll(&end, 1, 0) == 0;
}

int lock_file_holder(const char *path, pid_t *pid)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    pid_t found = read_number(fd);
    int holder = found && fstat(fd, &file) == 0 ? pidfd_open(found, 0) : -1;
    close(fd);
    /* Still alive after the look at its files: it was this process, and not a later one of its number. */
    if (holder >= 0 && has_open(found, &file) && is_alive(holder)) {
        *pid = found;
        return holder;
    }
    if (holder >= 0) {
        close(holder);
    }
    errno = ESRCH;
    return -1;
}
