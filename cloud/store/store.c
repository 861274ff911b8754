/* SPDX-License-Identifier: MIT */
#include "cloud/store/store.h"

#include "cloud/base/memory.h"
#include "cloud/store/object_file.h"
#include "cloud/store/schema.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* At the start an earlier daemon's database may still be recovered. Later nobody waits here: the loop comes back. */
#define BUSY_AT_START_MS 5000

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
    bool is_busy;         /* the last store_begin met another writer */
    bool has_transaction; /* what the caller believes; SQLite's own word is sqlite3_get_autocommit */
    char *objects_dir;    /* NULL: none */
    char (*dropped)[OBJECT_FILE_NAME_CAP]; /* files that lose their rows with the open transaction */
    size_t dropped_count;
    char error[256];
};

static const char *const statement_texts[STORE_STATEMENT_COUNT] = {
#define X(name, sql) sql,
    STORE_STATEMENT_LIST(X)
#undef X
};

static void note_error(struct store *store)
{
    snprintf(store->error, sizeof store->error, "%s", sqlite3_errmsg(store->db));
}

static bool is_lost(const struct store *store)
{
    return store->has_transaction && sqlite3_get_autocommit(store->db);
}

/* --- Open and close --- */

/* SQLite would make the file with mode 0644; its -wal and -shm files take over the mode of the file. */
static bool make_private_file(const char *path, char *why, size_t why_cap)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(why, why_cap, "cannot open the database %s: %s", path, strerror(errno));
        return false;
    }
    bool is_private = fchmod(fd, 0600) == 0;
    if (!is_private) {
        snprintf(why, why_cap, "cannot make the database %s private (mode 0600): %s", path, strerror(errno));
    }
    close(fd);
    return is_private;
}

static bool prepare(struct store *store, enum store_statement which)
{
    return store->statements[which] ||
           sqlite3_prepare_v3(store->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                              &store->statements[which], NULL) == SQLITE_OK;
}

/* A reader needs few of them, so it prepares each at its first use. */
static bool prepare_statements(struct store *store)
{
    for (int which = 0; which < STORE_STATEMENT_COUNT; which++) {
        if (!prepare(store, (enum store_statement)which)) {
            return false;
        }
    }
    return true;
}

/* PRAGMA journal_mode=WAL does not fail where it cannot have it, it keeps another mode. */
static bool has_wal(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        const char *mode = (const char *)sqlite3_column_text(statement, 0);
        found = mode && (strcmp(mode, "wal") == 0 || strcmp(mode, "memory") == 0);
    }
    sqlite3_finalize(statement);
    return found;
}

/* Of every connection. */
#define SETTINGS                                                                                             \
    "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"                                                   \
    "CREATE TEMP TABLE announced (thing_name TEXT NOT NULL, kind INTEGER NOT NULL,"                          \
    " PRIMARY KEY (thing_name, kind)) STRICT, WITHOUT ROWID"

static bool open_database(struct store *store, const char *path, char *why, size_t why_cap)
{
    static const char settings[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                   "PRAGMA journal_size_limit=16777216;" SETTINGS;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(store->db, BUSY_AT_START_MS) != SQLITE_OK ||
        sqlite3_exec(store->db, settings, NULL, NULL, NULL) != SQLITE_OK) {
        snprintf(why, why_cap, "cannot use the database %s: %s", path, sqlite3_errmsg(store->db));
        return false;
    }
    if (!has_wal(store->db)) {
        snprintf(why, why_cap, "cannot use the database %s: its file system cannot do SQLite's WAL", path);
        return false;
    }
    char reason[512] = "";
    struct schema_place place = {.database = path, .objects_dir = store->objects_dir};
    enum err err = schema_upgrade(store->db, schema_steps, schema_step_count, &place, reason, sizeof reason);
    if (err) {
        snprintf(why, why_cap, "cannot use the database %s: %s%s", path, reason,
                 err == ERR_UNSUPPORTED ? "; update iot-local, or give another directory with --data" : "");
        return false;
    }
    sqlite3_busy_timeout(store->db, 0);
    if (!prepare_statements(store)) {
        snprintf(why, why_cap, "the database %s lacks a table: %s", path, sqlite3_errmsg(store->db));
        return false;
    }
    return true;
}

static bool open_folder(struct store *store, const char *folder, char *why, size_t why_cap)
{
    if (!folder) {
        return true;
    }
    store->objects_dir = memory_copy(folder, strlen(folder));
    if (!object_file_make_folder(folder)) {
        snprintf(why, why_cap, "cannot make the folder %s: %s", folder, strerror(errno));
        return false;
    }
    return true;
}

static bool has_row(void *ctx, const char *name)
{
    struct store *store = ctx;
    sqlite3_stmt *query = STORE_QUERY(store, STORE_OBJECT_HAS_FILE, store_text(name));
    int got = store_row(store, query);
    store_done(query);
    return got != 0;
}

static bool sweep_folder(struct store *store, char *why, size_t why_cap)
{
    if (store->objects_dir && !object_file_sweep(store->objects_dir, has_row, store)) {
        snprintf(why, why_cap, "cannot read the folder %s: %s", store->objects_dir, strerror(errno));
        return false;
    }
    return true;
}

struct store *store_open(const char *path, const char *objects_dir, char *why, size_t why_cap)
{
    if (strcmp(path, ":memory:") != 0 && !make_private_file(path, why, why_cap)) {
        return NULL;
    }
    struct store *store = memory_zeroed(sizeof *store);
    if (!open_folder(store, objects_dir, why, why_cap) || !open_database(store, path, why, why_cap) ||
        !sweep_folder(store, why, why_cap)) {
        store_close(store);
        return NULL;
    }
    return store;
}

struct store *store_open_reader(const char *path, const char *objects_dir, char *why, size_t why_cap)
{
    struct store *store = memory_zeroed(sizeof *store);
    store->objects_dir = objects_dir ? memory_copy(objects_dir, strlen(objects_dir)) : NULL;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(store->db, BUSY_AT_START_MS) == SQLITE_OK &&
        sqlite3_exec(store->db, SETTINGS, NULL, NULL, NULL) == SQLITE_OK &&
        prepare(store, STORE_OBJECT_GET)) { /* it is our database */
        return store;
    }
    snprintf(why, why_cap, "cannot read the database %s: %s", path, sqlite3_errmsg(store->db));
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store) {
        return;
    }
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    sqlite3_close(store->db);
    free(store->dropped);
    free(store->objects_dir);
    free(store);
}

const char *store_error(const struct store *store)
{
    return store->error;
}

/* --- Files --- */

const char *store_objects_dir(const struct store *store)
{
    return store->objects_dir;
}

void store_drop_file(struct store *store, const char *name)
{
    assert(store->has_transaction);
    store->dropped = memory_resize(store->dropped, (store->dropped_count + 1) * sizeof *store->dropped);
    snprintf(store->dropped[store->dropped_count++], sizeof *store->dropped, "%s", name);
}

/* After a COMMIT that failed no file goes: not the old one, whose row lives on, and not the new one either, because after
 * a power cut SQLite may find the transaction whole in its log. What no row names is swept at the next start. */
static void end_files(struct store *store, bool is_committed)
{
    for (size_t i = 0; is_committed && i < store->dropped_count; i++) {
        object_file_remove(store->objects_dir, store->dropped[i]);
    }
    store->dropped_count = 0;
}

/* --- Transactions --- */

static bool run_plain(struct store *store, enum store_statement which)
{
    bool is_good = prepare(store, which) && sqlite3_step(store->statements[which]) == SQLITE_DONE;
    if (!is_good) {
        note_error(store);
    }
    sqlite3_reset(store->statements[which]);
    return is_good;
}

bool store_begin(struct store *store)
{
    assert(!store->has_transaction);
    store->has_transaction = run_plain(store, STORE_BEGIN);
    store->is_busy = !store->has_transaction && (sqlite3_errcode(store->db) & 0xff) == SQLITE_BUSY;
    return store->has_transaction;
}

bool store_begin_read(struct store *store)
{
    assert(!store->has_transaction);
    store->has_transaction = run_plain(store, STORE_BEGIN_READ);
    return store->has_transaction;
}

bool store_is_busy(const struct store *store)
{
    return store->is_busy;
}

bool store_commit(struct store *store)
{
    assert(store->has_transaction);
    bool is_good = !is_lost(store) && run_plain(store, STORE_COMMIT);
    if (!is_good && !sqlite3_get_autocommit(store->db)) {
        char first[sizeof store->error];
        memcpy(first, store->error, sizeof first);
        run_plain(store, STORE_ROLLBACK);
        memcpy(store->error, first, sizeof first);
    }
    store->has_transaction = false;
    end_files(store, is_good);
    return is_good;
}

bool store_savepoint(struct store *store)
{
    return !is_lost(store) && run_plain(store, STORE_SAVEPOINT);
}

bool store_savepoint_end(struct store *store, bool keep)
{
    if (is_lost(store)) {
        return false;
    }
    bool is_good = keep || run_plain(store, STORE_SAVEPOINT_UNDO);
    return run_plain(store, STORE_SAVEPOINT_END) && is_good;
}

/* --- Queries --- */

struct store_value store_text(const char *text)
{
    return text ? (struct store_value){.type = STORE_TEXT, .ptr = text, .len = strlen(text)}
                : (struct store_value){.type = STORE_NULL};
}

struct store_value store_slice(struct slice text)
{
    return (struct store_value){.type = STORE_TEXT, .ptr = text.ptr ? text.ptr : "", .len = text.len};
}

struct store_value store_blob(const void *bytes, size_t len)
{
    return (struct store_value){.type = STORE_BLOB, .ptr = bytes, .len = len};
}

struct store_value store_i64(int64_t number)
{
    return (struct store_value){.type = STORE_I64, .number = number};
}

struct store_value store_time(int64_t ms)
{
    return ms ? store_i64(ms) : (struct store_value){.type = STORE_NULL};
}

static int bind_value(sqlite3_stmt *query, int index, const struct store_value *value)
{
    switch (value->type) {
    case STORE_NULL:
        break;
    case STORE_I64:
        return sqlite3_bind_int64(query, index, value->number);
    case STORE_TEXT:
        return sqlite3_bind_text64(query, index, value->ptr, value->len, SQLITE_STATIC, SQLITE_UTF8);
    case STORE_BLOB:
        return value->len ? sqlite3_bind_blob64(query, index, value->ptr, value->len, SQLITE_STATIC)
                          : sqlite3_bind_zeroblob(query, index, 0); /* a NULL pointer would bind NULL */
    }
    return sqlite3_bind_null(query, index);
}

sqlite3_stmt *store_query(struct store *store, enum store_statement which, const struct store_value values[],
                          size_t count)
{
    if (!prepare(store, which)) {
        note_error(store);
        return NULL;
    }
    sqlite3_stmt *query = store->statements[which];
    assert((size_t)sqlite3_bind_parameter_count(query) == count);
    assert(!sqlite3_stmt_busy(query));
    for (size_t i = 0; i < count; i++) {
        if (bind_value(query, (int)i + 1, &values[i]) != SQLITE_OK) {
            note_error(store);
            return NULL;
        }
    }
    return query;
}

int store_row(struct store *store, sqlite3_stmt *query)
{
    if (!query || is_lost(store)) {
        return -1;
    }
    int result = sqlite3_step(query);
    if (result == SQLITE_ROW) {
        return 1;
    }
    if (result == SQLITE_DONE) {
        return 0;
    }
    note_error(store);
    return -1;
}

void store_done(sqlite3_stmt *query)
{
    if (query) {
        sqlite3_reset(query);
    }
}

int64_t store_changes(const struct store *store)
{
    return sqlite3_changes64(store->db);
}

bool store_run(struct store *store, sqlite3_stmt *query)
{
    bool is_good = store_row(store, query) == 0;
    store_done(query);
    return is_good;
}

int64_t store_column_i64(sqlite3_stmt *query, int column)
{
    return sqlite3_column_int64(query, column);
}

void store_column_copy(sqlite3_stmt *query, int column, char *out, size_t cap)
{
    const unsigned char *text = sqlite3_column_text(query, column);
    snprintf(out, cap, "%s", text ? (const char *)text : "");
}

const void *store_column_blob(sqlite3_stmt *query, int column, size_t *len)
{
    const void *bytes = sqlite3_column_blob(query, column);
    *len = (size_t)sqlite3_column_bytes(query, column);
    return bytes;
}

char *store_column_dup(sqlite3_stmt *query, int column)
{
    if (sqlite3_column_type(query, column) == SQLITE_NULL) {
        return NULL;
    }
    const unsigned char *text = sqlite3_column_text(query, column);
    if (!text) {
        memory_out();
    }
    return memory_copy(text, strlen((const char *)text));
}
