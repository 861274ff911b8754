/* SPDX-License-Identifier: MIT */
#include "cloud/store/object_file.h"

#include "cloud/base/file_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES ((OBJECT_FILE_NAME_CAP - 1) / 2)
#define NEW_END    ".new" /* file_write_whole's, while it writes */

static void write_hex(const unsigned char *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static bool make_name(char name[OBJECT_FILE_NAME_CAP])
{
    unsigned char bytes[NAME_BYTES];
    bool is_good =
        getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes; /* up to 256 bytes come whole */
    write_hex(bytes, sizeof bytes, name);
    return is_good;
}

static bool make_etag(const void *bytes, size_t len, char etag[OBJECT_ETAG_CAP])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_len = 0;
    if (!EVP_Digest(bytes, len, digest, &digest_len, EVP_md5(), NULL) || digest_len != 16) {
        errno = ENOSYS;
        return false;
    }
    etag[0] = '"';
    write_hex(digest, digest_len, etag + 1);
    memcpy(etag + 1 + 2 * digest_len, "\"", 2);
    return true;
}

static bool make_path(const char *folder, const char *name, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX) {
        return true;
    }
    errno = ENAMETOOLONG;
    return false;
}

bool object_file_make_folder(const char *folder)
{
    if (mkdir(folder, 0700) && errno != EEXIST) {
        return false;
    }
    return chmod(folder, 0700) == 0;
}

bool object_file_write(const char *folder, const void *bytes, size_t len, struct object_file *out)
{
    char path[PATH_MAX];
    struct object_file file = {.size = len};
    if (!make_name(file.name) || !make_etag(bytes, len, file.etag) || !make_path(folder, file.name, path) ||
        !file_write_whole(path, bytes, len, 0600)) {
        return false;
    }
    *out = file;
    return true;
}

int object_file_open(const char *folder, const char *name)
{
    char path[PATH_MAX];
    return make_path(folder, name, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

void object_file_remove(const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (make_path(folder, name, path)) {
        unlink(path); /* what stays is swept at the next start */
    }
}

/* 1: a body; -1: what a cut-off write has left; 0: not ours. */
static int kind_of(const char *name)
{
    size_t len = strspn(name, "0123456789abcdef");
    if (len != OBJECT_FILE_NAME_CAP - 1) {
        return 0;
    }
    return !name[len] ? 1 : strcmp(name + len, NEW_END) == 0 ? -1 : 0;
}

bool object_file_sweep(const char *folder, bool (*is_wanted)(void *ctx, const char *name), void *ctx)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        return false;
    }
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        int kind = kind_of(entry->d_name);
        if (kind < 0 || (kind > 0 && !is_wanted(ctx, entry->d_name))) {
            object_file_remove(folder, entry->d_name);
        }
    }
    closedir(dir);
    return true;
}
