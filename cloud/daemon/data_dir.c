/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/data_dir.h"

#include "cloud/base/file_write.h"
#include "cloud/base/lock_file.h"
#include "common/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCK_NAME   "lock"
#define STATUS_NAME "status.json"

static bool fail(char *why, size_t cap, const char *what)
{
    snprintf(why, cap, "%s: %s", what, strerror(errno));
    return false;
}

/* With its parents; what is there already stays as it is. */
static bool make_folders(const char *path)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at != '/') {
            continue;
        }
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return false;
        }
        *at = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST;
}

static bool take(struct data_dir *dir, char *why, size_t why_cap)
{
    char path[PATH_MAX];
    if (!data_dir_file(dir, LOCK_NAME, path, why, why_cap)) {
        return false;
    }
    dir->lock = lock_file_take(path);
    if (dir->lock < 0 && errno == EWOULDBLOCK) {
        snprintf(why, why_cap,
                 "another iot-local (process %ld) runs in %s: stop it (iot-local down), or choose another "
                 "directory with --data",
                 (long)lock_file_noted(path), dir->path);
        return false;
    }
    return (dir->lock >= 0 && lock_file_note(dir->lock, getpid()) == 0) || fail(why, why_cap, path);
}

/* Keys of certificates lie in it, so it is closed to others, also when somebody else has made it. A directory with the
 * sticky bit (/tmp) is a place for many, and would be lost to them. */
static bool make_private(const char *path, char *why, size_t why_cap)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return fail(why, why_cap, path);
    }
    if (!S_ISDIR(found.st_mode)) {
        errno = ENOTDIR;
        return fail(why, why_cap, path);
    }
    if (found.st_uid != geteuid()) {
        snprintf(why, why_cap, "%s belongs to another user: choose a directory of your own with --data",
                 path);
        return false;
    }
    if ((found.st_mode & 077) == 0) {
        return true;
    }
    if ((found.st_mode & S_ISVTX) != 0) {
        snprintf(why, why_cap, "%s is open to everybody: choose a directory of its own with --data", path);
        return false;
    }
    return chmod(path, 0700) == 0 || fail(why, why_cap, path);
}

bool data_dir_open(struct data_dir *dir, const char *path, char *why, size_t why_cap)
{
    char status[PATH_MAX];
    dir->lock = -1;
    dir->path[0] = '\0';
    if (!make_folders(path) || realpath(path, dir->path) == NULL) {
        return fail(why, why_cap, path);
    }
    if (!make_private(dir->path, why, why_cap) || !take(dir, why, why_cap)) {
        return false;
    }
    if (data_dir_file(dir, STATUS_NAME, status, why, why_cap)) {
        unlink(status); /* of a daemon that was killed */
    }
    return true;
}

void data_dir_close(struct data_dir *dir)
{
    char path[PATH_MAX];
    if (dir->lock < 0) {
        return;
    }
    if (data_dir_file(dir, STATUS_NAME, path, NULL, 0)) {
        unlink(path);
    }
    close(dir->lock);
    dir->lock = -1;
}

bool data_dir_file(const struct data_dir *dir, const char *name, char path[PATH_MAX], char *why,
                   size_t why_cap)
{
    if (snprintf(path, PATH_MAX, "%s/%s", dir->path, name) < PATH_MAX) {
        return true;
    }
    errno = ENAMETOOLONG;
    return fail(why, why_cap, dir->path);
}

bool data_dir_socket(const struct data_dir *dir, const char *name, char path[PATH_MAX], char *why,
                     size_t why_cap)
{
    if (!data_dir_file(dir, name, path, why, why_cap)) {
        return false;
    }
    if (strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path)) {
        return true;
    }
    snprintf(why, why_cap, "%s is too long a path for a socket: choose a shorter directory with --data",
             path);
    return false;
}

static size_t status_text(const struct data_dir_status *status, char *text, size_t cap)
{
    struct json_writer w;
    size_t len = 0;
    json_write_begin(&w, text, cap);
    json_write_object(&w);
    json_write_key(&w, "http_port");
    json_write_i64(&w, status->http_port);
    json_write_key(&w, "mqtt_port");
    json_write_i64(&w, status->mqtt_port);
    json_write_key(&w, "https_port");
    json_write_i64(&w, status->https_port);
    json_write_key(&w, "endpoint");
    json_write_string(&w, status->endpoint);
    json_write_key(&w, "pid");
    json_write_i64(&w, getpid());
    json_write_object_end(&w);
    return json_write_finish(&w, &len) == ERR_OK ? len : 0;
}

bool data_dir_write_status(const struct data_dir *dir, const struct data_dir_status *status, char *why,
                           size_t why_cap)
{
    char path[PATH_MAX];
    char text[600];
    size_t len = status_text(status, text, sizeof(text));
    if (!data_dir_file(dir, STATUS_NAME, path, why, why_cap)) {
        return false;
    }
    return file_write_whole(path, text, len, 0600) || fail(why, why_cap, path);
}
