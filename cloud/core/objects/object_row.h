/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. */
#ifndef CLOUD_CORE_OBJECT_ROW_H
#define CLOUD_CORE_OBJECT_ROW_H

#include "cloud/core/core_private.h"
#include "cloud/core/objects/objects.h"

/* The columns of OBJECT_COLUMNS. */
void object_read_row(sqlite3_stmt *row, struct object *out);

/* Bucket, key and what is stored beside the bytes. */
enum core_code object_check(struct core *core, const char *bucket, const char *key,
                            const struct object_info *info, struct core_error *error);
/* The file that the object has now; "" = there is no such object. false: the database failed. */
bool object_file_of(struct core *core, const char *bucket, const char *key, char file[OBJECT_FILE_NAME_CAP]);
/* Inside core_write. false: the database failed. */
bool object_write_row(struct core *core, const char *bucket, const char *key, const struct object_info *info,
                      const struct object_file *file);

#endif
