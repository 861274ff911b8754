/* SPDX-License-Identifier: MIT */
/* Records as files KEY in one directory: DEVICE_STATE_DIR, else `state` in DEVICE_DIR, else .device_jobs. */
#include "device/port/port_store.h"
#include "device/port/port_board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX 15

static int folder = -1;

static enum err fail(const char *what, const char *where)
{
    char line[400];
    snprintf(line, sizeof(line), "storage: %s '%.200s': %s", what, where, strerror(errno));
    port_board_log(LOG_LEVEL_ERROR, line);
    return ERR_STORAGE;
}

static void name_folder(char *out, size_t cap)
{
    const char *given = getenv("DEVICE_STATE_DIR");
    const char *device = getenv("DEVICE_DIR");
    if (given && given[0]) {
        snprintf(out, cap, "%s", given);
    } else if (device && device[0]) {
        snprintf(out, cap, "%s/state", device);
    } else {
        snprintf(out, cap, ".device_jobs");
    }
}

enum err port_store_open(void)
{
    char path[1024];
    name_folder(path, sizeof(path));
    if (folder >= 0) {
        close(folder);
        folder = -1;
    }
    if (mkdir(path, 0700) && errno != EEXIST) {
        return fail("cannot make folder", path);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail("cannot open folder", path);
    }
    if (faccessat(fd, ".", W_OK | X_OK, 0)) {
        close(fd);
        return fail("cannot write into folder", path);
    }
    /* Two processes with one journal would each undo what the other has promised. */
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        return fail("another process uses folder", path);
    }
    folder = fd;
    return ERR_OK;
}

static enum err check_key(const char *key)
{
    size_t len = strlen(key);
    if (len == 0 || len > KEY_MAX || strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != len) {
        return ERR_ARG;
    }
    return folder < 0 ? ERR_STORAGE : ERR_OK;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return -1;
        }
        bytes += done;
        len -= (size_t)done;
    }
    return 0;
}

static enum err write_file(const char *name, const void *record, size_t len)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return fail("cannot create", name);
    }
    enum err err = ERR_OK;
    if (write_all(fd, record, len) || fsync(fd)) {
        err = fail("cannot write", name);
    }
    if (close(fd) && !err) {
        err = fail("cannot close", name);
    }
    return err;
}

/* The file is whole on the disk before it takes the old one's name, and the name is on the disk before we return. */
enum err port_store_put(const char *key, const void *record, size_t len)
{
    enum err err = check_key(key);
    if (err) {
        return err;
    }
    char fresh[KEY_MAX + 5];
    snprintf(fresh, sizeof(fresh), "%.15s.new", key);
    err = write_file(fresh, record, len);
    if (err) {
        return err;
    }
    if (renameat(folder, fresh, folder, key)) {
        return fail("cannot rename to", key);
    }
    if (fsync(folder)) {
        return fail("cannot sync the folder of", key);
    }
    return ERR_OK;
}

static enum err read_file(int fd, void *record, size_t cap, size_t *len)
{
    struct stat status;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        return ERR_STORAGE;
    }
    size_t size = (size_t)status.st_size;
    if (size > cap) {
        return ERR_TOO_LONG;
    }
    size_t got = 0;
    while (got < size) {
        ssize_t part = read(fd, (char *)record + got, size - got);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return ERR_STORAGE;
        }
        got += (size_t)part;
    }
    *len = size;
    return ERR_OK;
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    enum err err = check_key(key);
    if (err) {
        return err;
    }
    int fd = openat(folder, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : fail("cannot open", key);
    }
    err = read_file(fd, record, cap, len);
    if (err == ERR_STORAGE) {
        fail("cannot read", key);
    }
    close(fd);
    return err;
}

enum err port_store_erase(const char *key)
{
    enum err err = check_key(key);
    if (err) {
        return err;
    }
    if (unlinkat(folder, key, 0)) {
        return errno == ENOENT ? ERR_OK : fail("cannot erase", key);
    }
    return fsync(folder) ? fail("cannot sync the folder of", key) : ERR_OK;
}
