/* SPDX-License-Identifier: MIT */
#include "cloud/core/objects/upload_rows.h"

#include "cloud/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UPLOAD_ID_COLUMN 0 /* of UPLOAD_COLUMNS */
#define FILE_COLUMN      5 /* of UPLOAD_PART_COLUMNS */

static bool add_files(struct core *core, const char *upload_id, struct upload_files *files)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_UPLOAD_PART_LIST, store_text(upload_id),
                                      store_i64(0), store_i64(INT64_MAX));
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        files->names = memory_resize(files->names, (files->count + 1) * sizeof *files->names);
        store_column_copy(query, FILE_COLUMN, files->names[files->count++], OBJECT_FILE_NAME_CAP);
    }
    store_done(query);
    return got == 0;
}

bool upload_rows_delete(struct core *core, const char *upload_id, struct upload_files *files)
{
    return add_files(core, upload_id, files) &&
           store_run(core->store, STORE_QUERY(core->store, STORE_UPLOAD_DELETE, store_text(upload_id)));
}

bool upload_rows_delete_all(struct core *core, const char *bucket, struct upload_files *files)
{
    for (;;) {
        sqlite3_stmt *query =
            STORE_QUERY(core->store, STORE_UPLOAD_NEXT, store_text(bucket), store_text(""), store_text(""));
        int got = store_row(core->store, query);
        char *upload_id = got == 1 ? store_column_dup(query, UPLOAD_ID_COLUMN) : NULL;
        store_done(query);
        bool is_gone = got == 1 && upload_rows_delete(core, upload_id, files);
        free(upload_id);
        if (!is_gone) {
            return got == 0;
        }
    }
}

void upload_files_end(struct core *core, struct upload_files *files, bool is_kept)
{
    for (size_t i = 0; is_kept && i < files->count; i++) {
        store_drop_file(core->store, files->names[i]);
    }
    free(files->names);
    *files = (struct upload_files){0};
}
