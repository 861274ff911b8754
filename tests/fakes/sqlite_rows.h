/* SPDX-License-Identifier: MIT */
/* A look at a database with SQL, and what it must give. Include after cmocka.h. */
#ifndef TESTS_FAKES_SQLITE_ROWS_H
#define TESTS_FAKES_SQLITE_ROWS_H

#include "cloud/base/text.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static inline sqlite3 *db_open(const char *file)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    return db;
}

static inline void db_run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message)) {
        fail_msg("%s: %s", sql, message);
    }
}

/* All rows, columns with '|' between them, as the sqlite3 program shows them. The caller frees. */
static inline char *db_rows(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *query = NULL;
    char *text = strdup("");
    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL)) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    while (sqlite3_step(query) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(query); i++) {
            const char *value = (const char *)sqlite3_column_text(query, i);
            char *grown = text_format("%s%s%s", text, i ? "|" : "", value ? value : "-");
            free(text);
            text = grown;
        }
        char *line = text_format("%s\n", text);
        free(text);
        text = line;
    }
    sqlite3_finalize(query);
    return text;
}

static inline void db_expect(sqlite3 *db, const char *sql, const char *wanted)
{
    char *text = db_rows(db, sql);
    if (strcmp(text, wanted) != 0) {
        fail_msg("%s gives\n%swanted\n%s", sql, text, wanted);
    }
    free(text);
}

#endif
