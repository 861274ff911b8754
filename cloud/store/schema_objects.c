/* SPDX-License-Identifier: MIT */
#include "cloud/store/schema_objects.h"

#include "cloud/store/object_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char read_all[] =
    "SELECT bucket, key, etag, content_type, modified_at_ms, size, body FROM objects";
static const char insert[] =
    "INSERT INTO objects_3 (bucket, key, etag, content_type, modified_at_ms, size, file)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";
#define BODY 6

static bool fail(sqlite3 *db, char *why, size_t why_cap)
{
    snprintf(why, why_cap, "%s", sqlite3_errmsg(db));
    return false;
}

/* The file first, then the row that names it. */
static bool carry(sqlite3_stmt *from, sqlite3_stmt *to, const struct schema_place *place, char *why,
                  size_t why_cap)
{
    struct object_file file;
    const void *body = sqlite3_column_blob(from, BODY);
    size_t len = (size_t)sqlite3_column_bytes(from, BODY);
    if (!place->objects_dir) {
        snprintf(why, why_cap, "it holds objects, and there is no folder for their bodies");
        return false;
    }
    if (!object_file_write(place->objects_dir, body ? body : "", len, &file)) {
        snprintf(why, why_cap, "cannot write an object to %s: %s", place->objects_dir, strerror(errno));
        return false;
    }
    for (int i = 0; i < BODY; i++) {
        sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
    }
    sqlite3_bind_text(to, BODY + 1, file.name, -1, SQLITE_STATIC);
    bool is_good = sqlite3_step(to) == SQLITE_DONE;
    sqlite3_reset(to);
    return is_good || fail(sqlite3_db_handle(to), why, why_cap);
}

static bool carry_all(sqlite3_stmt *from, sqlite3_stmt *to, const struct schema_place *place, char *why,
                      size_t why_cap)
{
    int result;
    while ((result = sqlite3_step(from)) == SQLITE_ROW) {
        if (!carry(from, to, place, why, why_cap)) {
            return false;
        }
    }
    return result == SQLITE_DONE || fail(sqlite3_db_handle(from), why, why_cap);
}

bool schema_objects_to_files(sqlite3 *db, const struct schema_place *place, char *why, size_t why_cap)
{
    sqlite3_stmt *from = NULL;
    sqlite3_stmt *to = NULL;
    bool is_good = (sqlite3_prepare_v2(db, read_all, -1, &from, NULL) == SQLITE_OK &&
                    sqlite3_prepare_v2(db, insert, -1, &to, NULL) == SQLITE_OK) ||
                   fail(db, why, why_cap);
    is_good = is_good && carry_all(from, to, place, why, why_cap);
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    if (is_good && sqlite3_exec(db, "DROP TABLE objects; ALTER TABLE objects_3 RENAME TO objects", NULL, NULL,
                                NULL) != SQLITE_OK) {
        return fail(db, why, why_cap);
    }
    return is_good;
}
