/* SPDX-License-Identifier: MIT */
#include "cloud/store/schema_backup.h"

#include "cloud/base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* VACUUM INTO takes an empty file: so the copy is private from its first byte on. */
static int make_empty(const char *path)
{
    unlink(path); /* what a cut-off try has left */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && fchmod(fd, 0600)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool copy_into(sqlite3 *db, const char *path)
{
    sqlite3_stmt *statement = NULL;
    bool is_good = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &statement, NULL) == SQLITE_OK &&
                   sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return is_good;
}

static bool put_in_place(int fd, const char *fresh, const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    return fsync(fd) == 0 && rename(fresh, path) == 0 && file_sync_folder(dirname(folder));
}

bool schema_backup(sqlite3 *db, const char *database, size_t version, char *why, size_t why_cap)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    if (snprintf(path, sizeof path, "%s.schema-%zu.backup", database, version) >= PATH_MAX ||
        snprintf(fresh, sizeof fresh, "%s.schema-%zu.backup.new", database, version) >= PATH_MAX) {
        snprintf(why, why_cap, "the name of its backup is too long");
        return false;
    }
    int fd = make_empty(fresh);
    bool has_copy = fd >= 0 && copy_into(db, fresh);
    bool is_good = has_copy && put_in_place(fd, fresh, path);
    if (!is_good) {
        snprintf(why, why_cap, "cannot write its backup %s before the upgrade: %s", path,
                 fd >= 0 && !has_copy ? sqlite3_errmsg(db) : strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
        if (!is_good) {
            unlink(fresh);
        }
    }
    return is_good;
}
