/* SPDX-License-Identifier: MIT */
#include "cloud/cli/data_files.h"

#include "cloud/cli/device_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_8 "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
#define FRESH ".new" /* what a write that was cut off leaves: ca.key.new */

struct pattern {
    const char *text;
    enum data_file_kind kind;
};

/* In the order of their removal. The log of the database goes before the database: without it this is an older, whole one. What
 * the directory is known by goes last, so that a reset that was cut short can be done again. */
static const struct pattern patterns[] = {
    {"status.json", DATA_FILE_OURS},
    {"iot.db-wal", DATA_FILE_OURS},
    {"iot.db-shm", DATA_FILE_OURS},
    {"iot.db-journal", DATA_FILE_OURS},
    {"iot.db.schema-*.backup", DATA_FILE_OURS},
    {"mosquitto.db", DATA_FILE_OURS},
    {"mosquitto.conf", DATA_FILE_OURS},
    {"mqtt.sock", DATA_FILE_OURS},
    {"control.sock", DATA_FILE_OURS},
    {"server.key", DATA_FILE_OURS},
    {"server.pem", DATA_FILE_OURS},
    {"credentials", DATA_FILE_OURS},
    {"link-key", DATA_FILE_OURS},
    {"virtual-clock", DATA_FILE_OURS},
    {"iot-local.log", DATA_FILE_OURS},
    {"iot-local.log.1", DATA_FILE_OURS},
    {"broker.lock", DATA_FILE_OURS},
    {"ca.key", DATA_FILE_CA},
    {"iot.db", DATA_FILE_OURS},
    {"ca.pem", DATA_FILE_CA},
    {"lock", DATA_FILE_OURS},
};
#define PATTERN_COUNT (sizeof patterns / sizeof patterns[0])

/* Folders, and which files in them are ours. */
static const struct {
    const char *name, *pattern;
} folders[] = {
    {"objects", HEX_8 HEX_8 HEX_8 HEX_8 "*"},
    {"trusted", HEX_8 ".*"}, /* as OpenSSL names certificates by their subject */
};
#define FOLDER_COUNT (sizeof folders / sizeof folders[0])
#define DEVICES      "devices"

static bool is_match(const char *pattern, const char *name)
{
    char base[NAME_MAX + 1];
    size_t len = strlen(name);
    if (len > strlen(FRESH) && strcmp(name + len - strlen(FRESH), FRESH) == 0) {
        len -= strlen(FRESH);
    }
    snprintf(base, sizeof base, "%.*s", (int)len, name);
    return fnmatch(pattern, base, 0) == 0;
}

enum data_file_kind data_file_kind(const char *name)
{
    for (size_t i = 0; i < PATTERN_COUNT; i++) {
        if (is_match(patterns[i].text, name)) {
            return patterns[i].kind;
        }
    }
    for (size_t i = 0; i < FOLDER_COUNT; i++) {
        if (strcmp(folders[i].name, name) == 0) {
            return DATA_FILE_OURS;
        }
    }
    return strcmp(name, DEVICES) == 0 ? DATA_FILE_OURS : DATA_FILE_FOREIGN;
}

static bool has_file(const char *data, const char *name)
{
    struct stat info;
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", data, name) < PATH_MAX && lstat(path, &info) == 0 &&
           S_ISREG(info.st_mode) && info.st_uid == geteuid();
}

bool data_files_are_there(const char *data)
{
    struct stat info;
    return stat(data, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 077) == 0 &&
           ((has_file(data, "lock") && (has_file(data, "ca.pem") || has_file(data, "iot.db"))) ||
            (has_file(data, "ca.key") && has_file(data, "ca.pem"))); /* what a reset with --keep-ca leaves */
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static unsigned count_left(DIR *folder, bool keeps_ca)
{
    unsigned count = 0;
    rewinddir(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        bool is_kept = keeps_ca && data_file_kind(entry->d_name) == DATA_FILE_CA;
        count += !is_dots(entry->d_name) && !is_kept;
    }
    return count;
}

bool data_files_are_none(const char *data)
{
    DIR *folder = opendir(data);
    bool is_empty = folder ? count_left(folder, false) == 0 : errno == ENOENT;
    if (folder) {
        closedir(folder);
    }
    return is_empty;
}

/* The files of `folder` that fit. Directories are nobody's whom we know: they stay. */
static bool remove_matching(DIR *folder, const char *pattern)
{
    bool is_good = true;
    rewinddir(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (is_match(pattern, entry->d_name) && unlinkat(dirfd(folder), entry->d_name, 0) != 0 &&
            errno != EISDIR && errno != EPERM && errno != ENOENT) {
            fprintf(stderr, "iot-local: cannot remove %s: %s\n", entry->d_name, strerror(errno));
            is_good = false;
        }
    }
    return is_good;
}

/* What is ours in a folder by these patterns (NULL ends them), and the folder when nothing else lies in it. */
static bool remove_folder(DIR *parent, const char *name, const char *const wanted[])
{
    int fd = openat(dirfd(parent), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    bool is_good = true;
    if (!folder) {
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    }
    for (; *wanted; wanted++) {
        is_good = remove_matching(folder, *wanted) && is_good;
    }
    closedir(folder);
    return (unlinkat(dirfd(parent), name, AT_REMOVEDIR) == 0 || errno == ENOTEMPTY) && is_good;
}

/* devices/THING, which `init` has written. What the device has put there itself stays. */
static bool remove_devices(DIR *parent)
{
    static const char *const nothing[] = {NULL};
    int fd = openat(dirfd(parent), DEVICES, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *devices = fd >= 0 ? fdopendir(fd) : NULL;
    bool is_good = true;
    for (const struct dirent *entry; devices && (entry = readdir(devices)) != NULL;) {
        is_good =
            (is_dots(entry->d_name) || remove_folder(devices, entry->d_name, device_folder_files)) && is_good;
    }
    if (devices) {
        closedir(devices);
    }
    return remove_folder(parent, DEVICES, nothing) && is_good;
}

bool data_files_remove(const char *data, bool keeps_ca, unsigned *foreign)
{
    DIR *folder = opendir(data);
    if (!folder) {
        fprintf(stderr, "iot-local: %s: %s\n", data, strerror(errno));
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; is_good && i < FOLDER_COUNT; i++) {
        const char *const pattern[] = {folders[i].pattern, NULL};
        is_good = remove_folder(folder, folders[i].name, pattern);
    }
    is_good = is_good && remove_devices(folder);
    for (size_t i = 0; is_good && i < PATTERN_COUNT; i++) {
        if (!keeps_ca || patterns[i].kind != DATA_FILE_CA) {
            is_good = remove_matching(folder, patterns[i].text);
        }
    }
    *foreign = count_left(folder, keeps_ca);
    closedir(folder);
    return is_good;
}
