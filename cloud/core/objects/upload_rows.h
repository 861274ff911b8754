/* SPDX-License-Identifier: MIT */
/* The rows of an upload in pieces, and the files that they lead to. The files go with the COMMIT, after the rows. */
#ifndef CLOUD_CORE_UPLOAD_ROWS_H
#define CLOUD_CORE_UPLOAD_ROWS_H

#include "cloud/core/core_private.h"
#include "cloud/store/object_file.h"

/* Starts as {0}. */
struct upload_files {
    char (*names)[OBJECT_FILE_NAME_CAP];
    size_t count;
};

/* Inside core_write; adds the files of the parts. false: the database failed. */
bool upload_rows_delete(struct core *core, const char *upload_id, struct upload_files *files);
bool upload_rows_delete_all(struct core *core, const char *bucket, struct upload_files *files);

/* After core_write_end. is_kept: their rows are gone. */
void upload_files_end(struct core *core, struct upload_files *files, bool is_kept);

#endif
