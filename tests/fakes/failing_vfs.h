/* SPDX-License-Identifier: MIT */
/* A disk that fails on purpose: a layer over SQLite's own file access that lets the n-th write, sync or truncation fail,
 * once or from then on. Register it before the database is opened. */
#ifndef TESTS_FAKES_FAILING_VFS_H
#define TESTS_FAKES_FAILING_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

static struct {
    sqlite3_vfs *real;
    sqlite3_vfs vfs;
    int countdown; /* 0: nothing fails; 1: the next one does */
    int code;      /* SQLITE_IOERR_WRITE, SQLITE_FULL, ... */
    bool stays_broken;
    int failures;
    int syncs;
    int writes_since_sync;
} failing;

struct failing_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct in the same block */
};

static inline sqlite3_file *failing_real(sqlite3_file *file)
{
    return ((struct failing_file *)file)->real;
}

static inline bool failing_now(void)
{
    if (!failing.countdown) {
        return false;
    }
    if (failing.countdown > 1) {
        failing.countdown--;
        return false;
    }
    failing.countdown = failing.stays_broken ? 1 : 0;
    failing.failures++;
    return true;
}

static inline int failing_close(sqlite3_file *file)
{
    sqlite3_file *real = failing_real(file);
    return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static inline int failing_read(sqlite3_file *file, void *out, int count, sqlite3_int64 at)
{
    return failing_real(file)->pMethods->xRead(failing_real(file), out, count, at);
}

static inline int failing_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    if (failing_now()) {
        return failing.code;
    }
    failing.writes_since_sync++;
    return failing_real(file)->pMethods->xWrite(failing_real(file), bytes, count, at);
}

static inline int failing_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return failing_now() ? SQLITE_IOERR_TRUNCATE
                         : failing_real(file)->pMethods->xTruncate(failing_real(file), size);
}

static inline int failing_sync(sqlite3_file *file, int flags)
{
    if (failing_now()) {
        return SQLITE_IOERR_FSYNC;
    }
    failing.syncs++;
    failing.writes_since_sync = 0;
    return failing_real(file)->pMethods->xSync(failing_real(file), flags);
}

static inline int failing_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return failing_real(file)->pMethods->xFileSize(failing_real(file), size);
}

static inline int failing_lock(sqlite3_file *file, int level)
{
    return failing_real(file)->pMethods->xLock(failing_real(file), level);
}

static inline int failing_unlock(sqlite3_file *file, int level)
{
    return failing_real(file)->pMethods->xUnlock(failing_real(file), level);
}

static inline int failing_check_lock(sqlite3_file *file, int *is_reserved)
{
    return failing_real(file)->pMethods->xCheckReservedLock(failing_real(file), is_reserved);
}

static inline int failing_control(sqlite3_file *file, int op, void *arg)
{
    return failing_real(file)->pMethods->xFileControl(failing_real(file), op, arg);
}

static inline int failing_sector_size(sqlite3_file *file)
{
    return failing_real(file)->pMethods->xSectorSize(failing_real(file));
}

static inline int failing_characteristics(sqlite3_file *file)
{
    return failing_real(file)->pMethods->xDeviceCharacteristics(failing_real(file));
}

static inline int failing_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return failing_real(file)->pMethods->xShmMap(failing_real(file), page, size, extend, out);
}

static inline int failing_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return failing_real(file)->pMethods->xShmLock(failing_real(file), offset, count, flags);
}

static inline void failing_shm_barrier(sqlite3_file *file)
{
    failing_real(file)->pMethods->xShmBarrier(failing_real(file));
}

static inline int failing_shm_unmap(sqlite3_file *file, int remove)
{
    return failing_real(file)->pMethods->xShmUnmap(failing_real(file), remove);
}

static const sqlite3_io_methods failing_methods = {
    .iVersion = 2,
    .xClose = failing_close,
    .xRead = failing_read,
    .xWrite = failing_write,
    .xTruncate = failing_truncate,
    .xSync = failing_sync,
    .xFileSize = failing_size,
    .xLock = failing_lock,
    .xUnlock = failing_unlock,
    .xCheckReservedLock = failing_check_lock,
    .xFileControl = failing_control,
    .xSectorSize = failing_sector_size,
    .xDeviceCharacteristics = failing_characteristics,
    .xShmMap = failing_shm_map,
    .xShmLock = failing_shm_lock,
    .xShmBarrier = failing_shm_barrier,
    .xShmUnmap = failing_shm_unmap,
};

static inline int failing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                               int *out_flags)
{
    struct failing_file *ours = (struct failing_file *)file;
    (void)vfs;
    ours->real = (sqlite3_file *)(ours + 1);
    ours->base.pMethods = NULL;
    int result = failing.real->xOpen(failing.real, name, ours->real, flags, out_flags);
    if (ours->real->pMethods) {
        ours->base.pMethods = &failing_methods;
    }
    return result;
}

static inline void failing_install(void)
{
    failing.real = sqlite3_vfs_find(NULL);
    failing.vfs = *failing.real;
    failing.vfs.zName = "failing";
    failing.vfs.pNext = NULL;
    failing.vfs.szOsFile = (int)sizeof(struct failing_file) + failing.real->szOsFile;
    failing.vfs.xOpen = failing_open; /* the rest works on names and needs no layer */
    sqlite3_vfs_register(&failing.vfs, 1);
}

static inline void failing_at(int countdown, int code, bool stays_broken)
{
    failing.countdown = countdown;
    failing.code = code;
    failing.stays_broken = stays_broken;
    failing.failures = 0;
}

#endif
