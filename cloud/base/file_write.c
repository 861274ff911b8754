/* SPDX-License-Identifier: MIT */
#include "cloud/base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(fd, at, len);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            at += written;
            len -= (size_t)written;
        }
    }
    return true;
}

bool file_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool is_good = fsync(fd) == 0;
    close(fd);
    return is_good;
}

static bool write_new(const char *path, const void *bytes, size_t len, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return false;
    }
    bool is_good = file_write_all(fd, bytes, len) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    return close(fd) == 0 && is_good;
}

bool file_write_whole(const char *path, const void *bytes, size_t len, mode_t mode)
{
    char fresh[PATH_MAX], folder[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (write_new(fresh, bytes, len, mode) && rename(fresh, path) == 0) {
        snprintf(folder, sizeof folder, "%s", path);
        return file_sync_folder(dirname(folder));
    }
    int code = errno;
    unlink(fresh);
    errno = code;
    return false;
}
