/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all: written beside their name, flushed to the disk, renamed, and the folder flushed. */
#ifndef CLOUD_BASE_FILE_WRITE_H
#define CLOUD_BASE_FILE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All of it, over interruptions and short writes. false: errno. */
bool file_write_all(int fd, const void *bytes, size_t len);

/* The file at `path` becomes these bytes, with this mode whatever the umask says. false: errno, and what was there before
 * is still there. */
bool file_write_whole(const char *path, const void *bytes, size_t len, mode_t mode);

/* The folder's own entries reach the disk. */
bool file_sync_folder(const char *folder);

#endif
