/* SPDX-License-Identifier: MIT */
/* Records as files KEY in one folder, which the first of these names:
 *     DEVICE_STATE_DIR                   as it is; its parent must be there
 *     DEVICE_DIR/state                   DEVICE_DIR: the device's folder (port_linux_main)
 *     STATE_DIRECTORY                    what systemd's StateDirectory= has made; the first of several
 *     XDG_STATE_HOME/device-jobs/NAME    NAME: the program's; folders on the way are made
 *     ~/.local/state/device-jobs/NAME    the same
 * Folders are 0700, records 0600. A wrong mode of what the library has named itself is repaired, one of a folder that somebody else
 * has chosen is told: it may be a folder for more than this. */
#include "device/port/port_store.h"
#include "device/port/port_board.h"
#include "ports/linux/store_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX     15
#define PATH_CAP    1024
#define ACCESS_BITS 0777
#define OTHERS      0077

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one call at a time */
static int folder = -1;                                  /* guarded by it */

static enum err fail(const char *what, const char *where)
{
    char line[400];
    snprintf(line, sizeof(line), "storage: %s '%.200s': %s", what, where, strerror(errno));
    port_board_log(LOG_LEVEL_ERROR, line);
    return ERR_STORAGE;
}

/* ---- the folder */

struct place {
    char path[PATH_CAP];
    bool is_own;      /* the library has named it */
    bool has_parents; /* which are made as well */
};

static const char *given(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] ? value : NULL;
}

static const char *home(void)
{
    const struct passwd *user = given("HOME") ? NULL : getpwuid(geteuid());
    return user ? user->pw_dir : given("HOME");
}

/* The longest that fits counts; a path that is cut short is refused. */
static bool write_path(struct place *place, const char *base, const char *below, const char *name)
{
    int len = snprintf(place->path, sizeof(place->path), "%s%s%s", base, below, name);
    return len > 0 && (size_t)len < sizeof(place->path);
}

static bool name_place(struct place *place)
{
    const char *base = given("DEVICE_STATE_DIR");
    if (base) {
        return write_path(place, base, "", "");
    }
    place->is_own = true;
    base = given("DEVICE_DIR");
    if (base) {
        return write_path(place, base, "/state", "");
    }
    base = given("STATE_DIRECTORY");
    if (base) {
        bool is_good = write_path(place, base, "", "");
        place->path[strcspn(place->path, ":")] = '\0';
        return is_good;
    }
    place->has_parents = true;
    base = given("XDG_STATE_HOME");
    if (base && base[0] == '/') { /* the specification: a relative one is ignored */
        return write_path(place, base, "/device-jobs/", program_invocation_short_name);
    }
    base = home();
    return base && write_path(place, base, "/.local/state/device-jobs/", program_invocation_short_name);
}

/* Each folder on the way that is not there. */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0700) && errno != EEXIST;
        *slash = '/';
        if (failed) {
            return -1;
        }
    }
    return 0;
}

static enum err fail_place(const char *what, const char *path)
{
    fail(what, path);
    port_board_log(LOG_LEVEL_ERROR, "storage: the variable DEVICE_STATE_DIR names another folder");
    return ERR_STORAGE;
}

static enum err make_folder(struct place *place)
{
    if ((place->has_parents && make_parents(place->path)) || (mkdir(place->path, 0700) && errno != EEXIST)) {
        return fail_place("cannot make folder", place->path);
    }
    return ERR_OK;
}

/* Certificates and keys of the device stand here: nobody else reads them. */
static void keep_private(int fd, const char *path, mode_t wanted, bool may_repair)
{
    struct stat status;
    char line[400];
    if (fstat(fd, &status) || !(status.st_mode & OTHERS)) {
        return;
    }
    const unsigned mode = status.st_mode & ACCESS_BITS;
    if (may_repair && !fchmod(fd, wanted)) {
        snprintf(line, sizeof(line), "storage: '%.200s' was open to others (mode %03o), and is not any more",
                 path, mode);
        port_board_log(LOG_LEVEL_INFO, line);
        return;
    }
    snprintf(line, sizeof(line), "storage: '%.200s' is open to others (mode %03o): chmod %03o closes it",
             path, mode, (unsigned)wanted);
    port_board_log(LOG_LEVEL_ERROR, line);
}

static enum err open_folder(const struct place *place)
{
    int fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_place("cannot open folder", place->path);
    }
    if (faccessat(fd, ".", W_OK | X_OK, 0)) {
        close(fd);
        return fail_place("cannot write into folder", place->path);
    }
    /* Two processes with one journal would each undo what the other has promised. */
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        return fail_place("another process uses folder", place->path);
    }
    keep_private(fd, place->path, 0700, place->is_own);
    folder = fd;
    return ERR_OK;
}

enum err port_store_open(void)
{
    struct place place = {.is_own = false};
    pthread_mutex_lock(&lock);
    if (folder >= 0) {
        close(folder);
        folder = -1;
    }
    enum err err = ERR_STORAGE;
    if (!name_place(&place)) {
        port_board_log(LOG_LEVEL_ERROR, "storage: there is no place for it: DEVICE_STATE_DIR names a folder");
    } else {
        err = make_folder(&place);
        err = err ? err : open_folder(&place);
    }
    pthread_mutex_unlock(&lock);
    return err;
}

int store_folder(void)
{
    pthread_mutex_lock(&lock);
    int copy = folder < 0 ? -1 : fcntl(folder, F_DUPFD_CLOEXEC, 0);
    pthread_mutex_unlock(&lock);
    return copy;
}

int store_folder_look(void)
{
    struct place place = {.is_own = false};
    return name_place(&place) ? open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* ---- records */

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
    if (fchmod(fd, 0600) || write_all(fd, record, len) || fsync(fd)) { /* it may be there, left half done */
        err = fail("cannot write", name);
    }
    if (close(fd) && !err) {
        err = fail("cannot close", name);
    }
    return err;
}

static void name_fresh(const char *key, char fresh[KEY_MAX + 5])
{
    snprintf(fresh, KEY_MAX + 5, "%.15s.new", key);
}

/* The file is whole on the disk before it takes the old one's name, and the name is on the disk before we return. */
static enum err put(const char *key, const void *record, size_t len)
{
    char fresh[KEY_MAX + 5];
    name_fresh(key, fresh);
    enum err err = write_file(fresh, record, len);
    if (err) {
        return err;
    }
    if (renameat(folder, fresh, folder, key)) {
        return fail("cannot rename to", key);
    }
    return fsync(folder) ? fail("cannot sync the folder of", key) : ERR_OK;
}

enum err port_store_put(const char *key, const void *record, size_t len)
{
    pthread_mutex_lock(&lock);
    enum err err = check_key(key);
    err = err ? err : put(key, record, len);
    pthread_mutex_unlock(&lock);
    return err;
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

static enum err get(const char *key, void *record, size_t cap, size_t *len)
{
    int fd = openat(folder, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : fail("cannot open", key);
    }
    keep_private(fd, key, 0600, true);
    enum err err = read_file(fd, record, cap, len);
    if (err == ERR_STORAGE) {
        fail("cannot read", key);
    }
    close(fd);
    return err;
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    pthread_mutex_lock(&lock);
    enum err err = check_key(key);
    err = err ? err : get(key, record, cap, len);
    pthread_mutex_unlock(&lock);
    return err;
}

/* What a put has left half done holds the same secrets. */
static enum err erase(const char *key)
{
    char fresh[KEY_MAX + 5];
    name_fresh(key, fresh);
    const char *const names[] = {key, fresh};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (unlinkat(folder, names[i], 0) && errno != ENOENT) {
            return fail("cannot erase", names[i]);
        }
    }
    return fsync(folder) ? fail("cannot sync the folder of", key) : ERR_OK;
}

enum err port_store_erase(const char *key)
{
    pthread_mutex_lock(&lock);
    enum err err = check_key(key);
    err = err ? err : erase(key);
    pthread_mutex_unlock(&lock);
    return err;
}
