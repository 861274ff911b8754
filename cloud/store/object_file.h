/* SPDX-License-Identifier: MIT */
/* Bodies of objects lie in files of one folder, each under a random name that a row of the database holds. This file knows
 * neither SQLite nor the core: a worker thread may write a body while the loop goes on. */
#ifndef CLOUD_STORE_OBJECT_FILE_H
#define CLOUD_STORE_OBJECT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define OBJECT_FILE_NAME_CAP 33 /* 32 hex digits */
#define OBJECT_ETAG_CAP      42 /* 32 hex digits, "-10000" and the double quotes */

struct object_file {
    char name[OBJECT_FILE_NAME_CAP];
    char etag[OBJECT_ETAG_CAP]; /* as S3 does for what is put in one piece: the MD5 of the body */
    size_t size;
};

/* The folder, with mode 0700, whether it exists or not. false: errno. */
bool object_file_make_folder(const char *folder);

/* Writes a body to a new file (mode 0600); it is whole and on the disk when this returns. false: errno, and there is no
 * file. Any thread. */
bool object_file_write(const char *folder, const void *bytes, size_t len, struct object_file *out);

/* The same piece by piece, for bodies that are not held in memory. NULL or false: errno. What was begun is ended by
 * object_writer_end or object_writer_give_up; when the end fails, there is no file. Any thread. */
struct object_writer;
struct object_writer *object_writer_begin(const char *folder);
bool object_writer_append(struct object_writer *writer, const void *bytes, size_t len);
bool object_writer_end(struct object_writer *writer, struct object_file *out);
void object_writer_give_up(struct object_writer *writer); /* keeps errno */

/* For reading; the caller closes it. -1: errno. */
int object_file_open(const char *folder, const char *name);

void object_file_remove(const char *folder, const char *name);

/* Calls `is_wanted` for each body that lies there, and removes those for which it says false, and what cut-off writes have
 * left. Other files stay. `is_wanted` says true when it does not know. false: errno, the folder cannot be read. */
bool object_file_sweep(const char *folder, bool (*is_wanted)(void *ctx, const char *name), void *ctx);

#endif
