/* SPDX-License-Identifier: MIT */
/* Files of the command line: each failure is said on standard error with the file's name. */
#ifndef CLOUD_CLI_FILE_H
#define CLOUD_CLI_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* malloc'd, NUL-terminated; NULL on failure. */
char *file_read(const char *path, size_t size_max, size_t *len);

/* Replaces the file in one step: a reader sees the old or the new one, and a secret is never readable for others. */
bool file_write(const char *folder, const char *name, const char *text, mode_t mode);

bool file_exists(const char *folder, const char *name);

/* Makes the folder (0700) and, when they are missing, its parents. An existing folder is fine. */
bool file_make_folder(const char *path);

#endif
