/* SPDX-License-Identifier: MIT */
/* SQLite under the domain: one connection, every prepared statement in one place, transactions. It decides nothing.
 * WAL with synchronous=FULL: what store_commit has confirmed survives kill -9 and power cuts. Single-threaded. */
#ifndef CLOUD_STORE_STORE_H
#define CLOUD_STORE_STORE_H

#include "cloud/store/statements.h"
#include "common/slice.h"

#include <sqlite3.h>
#include <stdint.h>

struct store;

/* path: a file (made with mode 0600) or ":memory:". objects_dir: the folder of objects' bodies (made with mode 0700), where
 * bodies that belong to no row are removed; NULL: none, and no object can be stored. NULL and one line in `why` on failure. */
struct store *store_open(const char *path, const char *objects_dir, char *why, size_t why_cap);
/* A second connection to a file that is open already and has the present schema, for a thread that only reads. It makes,
 * removes and changes nothing; a statement that writes fails. */
struct store *store_open_reader(const char *path, const char *objects_dir, char *why, size_t why_cap);
void store_close(struct store *store); /* NULL is fine */

/* --- Transactions ---
 * A full disk makes SQLite drop the whole transaction on its own. From then on every query of it fails, and
 * store_commit returns false: a later statement can not slip through on its own. */
bool store_begin(struct store *store);         /* may write; waits for nobody */
bool store_begin_read(struct store *store);    /* sees the database as it is at its first query */
bool store_is_busy(const struct store *store); /* did store_begin fail because somebody else writes? */
bool store_commit(struct store *store);        /* false: rolled back */
bool store_savepoint(struct store *store);
bool store_savepoint_end(struct store *store, bool keep); /* false: could not be kept */

/* --- Files of objects' bodies (object_file.h) --- */
const char *store_objects_dir(const struct store *store); /* NULL: there is none */
/* The open transaction takes the file's row away: the file is removed after the COMMIT. */
void store_drop_file(struct store *store, const char *name);

/* The last failure, one line; "" = none so far. */
const char *store_error(const struct store *store);

/* --- Queries ---
 *     sqlite3_stmt *q = STORE_QUERY(store, STORE_THING_GET, store_text(name));
 *     int got = store_row(store, q);      1: a row, read it with store_column_*; 0: none; -1: failed
 *     store_done(q);                      always, else the statement keeps its lock
 * Bound text is not copied: it must live until store_done. */
struct store_value {
    enum { STORE_NULL, STORE_I64, STORE_TEXT, STORE_BLOB } type;
    int64_t number;
    const void *ptr;
    size_t len;
};
struct store_value store_text(const char *text); /* NULL binds NULL */
struct store_value store_slice(struct slice text);
struct store_value store_blob(const void *bytes, size_t len);
struct store_value store_i64(int64_t number);
struct store_value store_time(int64_t ms); /* 0 binds NULL: no such time */

sqlite3_stmt *store_query(struct store *store, enum store_statement which, const struct store_value values[],
                          size_t count);
#define STORE_QUERY(store, which, ...)                                                                       \
    store_query((store), (which), (const struct store_value[]){__VA_ARGS__},                                 \
                sizeof((const struct store_value[]){__VA_ARGS__}) / sizeof(struct store_value))

int store_row(struct store *store, sqlite3_stmt *query);
void store_done(sqlite3_stmt *query);
int64_t store_changes(const struct store *store); /* rows that the last store_run has touched */

/* For statements that only write: runs to the end, and is done. */
bool store_run(struct store *store, sqlite3_stmt *query);

/* Copies of columns. NULL becomes NULL, 0 or "". store_column_dup: malloc'd. */
int64_t store_column_i64(sqlite3_stmt *query, int column);
void store_column_copy(sqlite3_stmt *query, int column, char *out, size_t cap);
char *store_column_dup(sqlite3_stmt *query, int column);
const void *store_column_blob(sqlite3_stmt *query, int column, size_t *len); /* lives until store_done */

#endif
