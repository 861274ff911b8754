/* SPDX-License-Identifier: MIT */
#include "cloud/store/object_file.h"

#include "cloud/base/file_write.h"
#include "cloud/base/hex.h"
#include "cloud/base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES ((OBJECT_FILE_NAME_CAP - 1) / 2)
#define NEW_END    ".new" /* while it is written */

static bool make_name(char name[OBJECT_FILE_NAME_CAP])
{
    unsigned char bytes[NAME_BYTES];
    bool is_good =
        getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes; /* up to 256 bytes come whole */
    hex_write(bytes, sizeof bytes, name);
    return is_good;
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

/* --- Writing --- */

struct object_writer {
    int fd; /* of `fresh`; -1: there is no such file */
    EVP_MD_CTX *md5;
    struct object_file file;
    char folder[PATH_MAX], path[PATH_MAX],
        fresh[PATH_MAX]; /* it is written as `fresh`, and renamed to `path` */
};

static bool open_writer(struct object_writer *writer, const char *folder)
{
    char fresh_name[OBJECT_FILE_NAME_CAP + sizeof NEW_END];
    if (!make_name(writer->file.name)) {
        return false;
    }
    snprintf(fresh_name, sizeof fresh_name, "%s" NEW_END, writer->file.name);
    if (!make_path(folder, writer->file.name, writer->path) ||
        !make_path(folder, fresh_name, writer->fresh)) {
        return false;
    }
    snprintf(writer->folder, sizeof writer->folder, "%s", folder);
    writer->fd = open(writer->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return writer->fd >= 0 && fchmod(writer->fd, 0600) == 0;
}

struct object_writer *object_writer_begin(const char *folder)
{
    struct object_writer *writer = memory_zeroed(sizeof *writer);
    writer->fd = -1;
    writer->md5 = EVP_MD_CTX_new();
    if (!writer->md5 || !EVP_DigestInit_ex(writer->md5, EVP_md5(), NULL)) {
        errno = ENOSYS; /* a build of OpenSSL without MD5 */
    } else if (open_writer(writer, folder)) {
        return writer;
    }
    object_writer_give_up(writer);
    return NULL;
}

bool object_writer_append(struct object_writer *writer, const void *bytes, size_t len)
{
    if (!EVP_DigestUpdate(writer->md5, bytes, len)) {
        errno = ENOSYS;
        return false;
    }
    writer->file.size += len;
    return file_write_all(writer->fd, bytes, len);
}

static bool make_etag(struct object_writer *writer)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (!EVP_DigestFinal_ex(writer->md5, digest, &len) || len != 16) {
        errno = ENOSYS;
        return false;
    }
    char *etag = writer->file.etag;
    etag[0] = '"';
    hex_write(digest, len, etag + 1);
    memcpy(etag + 1 + 2 * len, "\"", 2);
    return true;
}

/* The rename is what makes it a body; before, it is what a start sweeps. */
static bool put_in_place(struct object_writer *writer)
{
    bool is_whole = fsync(writer->fd) == 0;
    int fd = writer->fd;
    writer->fd = -1;
    return close(fd) == 0 && is_whole && rename(writer->fresh, writer->path) == 0;
}

static void free_writer(struct object_writer *writer)
{
    EVP_MD_CTX_free(writer->md5);
    free(writer);
}

bool object_writer_end(struct object_writer *writer, struct object_file *out)
{
    if (!make_etag(writer) || !put_in_place(writer)) {
        object_writer_give_up(writer);
        return false;
    }
    bool is_good = file_sync_folder(writer->folder);
    if (is_good) {
        *out = writer->file;
    } else {
        object_file_remove(writer->folder, writer->file.name);
    }
    free_writer(writer);
    return is_good;
}

void object_writer_give_up(struct object_writer *writer)
{
    int code = errno;
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (*writer->fresh) {
        unlink(writer->fresh);
    }
    free_writer(writer);
    errno = code;
}

bool object_file_write(const char *folder, const void *bytes, size_t len, struct object_file *out)
{
    struct object_writer *writer = object_writer_begin(folder);
    if (!writer) {
        return false;
    }
    if (!object_writer_append(writer, bytes, len)) {
        object_writer_give_up(writer);
        return false;
    }
    return object_writer_end(writer, out);
}

/* --- What is there --- */

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
