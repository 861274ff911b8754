/* SPDX-License-Identifier: MIT */
/* How a database is brought from one version to the next. The steps are in schema_steps.c. */
#include "cloud/store/schema.h"

#include "cloud/store/schema_backup.h"

#include <stdio.h>
#include <string.h>

/* One upgrade: the connection, and where its first failure is told. */
struct upgrade {
    sqlite3 *db;
    const struct schema_place *place;
    char *why;
    size_t why_cap;
};

static enum err fail(struct upgrade *up)
{
    snprintf(up->why, up->why_cap, "%s", sqlite3_errmsg(up->db));
    return ERR_STORAGE;
}

static enum err run(struct upgrade *up, const char *sql)
{
    return sqlite3_exec(up->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : fail(up);
}

/* --- The version --- */

static enum err read_number(struct upgrade *up, const char *sql, sqlite3_int64 *number)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(up->db, sql, -1, &statement, NULL)) {
        return fail(up);
    }
    int result = sqlite3_step(statement);
    enum err err = result == SQLITE_ROW || result == SQLITE_DONE ? ERR_OK : fail(up);
    *number = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return err;
}

static enum err read_version(struct upgrade *up, size_t *version)
{
    sqlite3_int64 value = 0;
    enum err err = run(up, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT");
    if (!err) {
        err = read_number(up, "SELECT max(version) FROM schema_version", &value);
    }
    *version = value > 0 ? (size_t)value : 0;
    return err;
}

static enum err write_version(struct upgrade *up, size_t version)
{
    char sql[96];
    snprintf(sql, sizeof sql, "DELETE FROM schema_version; INSERT INTO schema_version VALUES (%zu)", version);
    return run(up, sql);
}

/* --- Foreign keys --- */

/* SQLite ignores this pragma inside a transaction, and knows no failure of it: so it is read back. */
static enum err set_foreign_keys(struct upgrade *up, bool is_on)
{
    sqlite3_int64 value = -1;
    enum err err = run(up, is_on ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
    if (!err) {
        err = read_number(up, "PRAGMA foreign_keys", &value);
    }
    if (!err && value != (is_on ? 1 : 0)) {
        snprintf(up->why, up->why_cap, "SQLite cannot switch foreign keys %s", is_on ? "on" : "off");
        err = ERR_STORAGE;
    }
    return err;
}

/* Refuses the first row that points to nothing. */
static enum err check_foreign_keys(struct upgrade *up, size_t version)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(up->db, "PRAGMA foreign_key_check", -1, &statement, NULL)) {
        return fail(up);
    }
    int result = sqlite3_step(statement);
    enum err err = result == SQLITE_DONE ? ERR_OK : fail(up);
    if (result == SQLITE_ROW) {
        snprintf(up->why, up->why_cap,
                 "the step to schema %zu would leave a row of '%s' that points to no row of '%s'", version,
                 (const char *)sqlite3_column_text(statement, 0),
                 (const char *)sqlite3_column_text(statement, 2));
    }
    sqlite3_finalize(statement);
    return err;
}

/* --- Steps --- */

static enum err do_step(struct upgrade *up, const struct schema_step *step, size_t version)
{
    enum err err = step->sql ? run(up, step->sql) : ERR_OK;
    if (!err && step->run && !step->run(up->db, up->place, up->why, up->why_cap)) {
        err = ERR_STORAGE;
    }
    if (!err) {
        err = write_version(up, version);
    }
    return err ? err : check_foreign_keys(up, version);
}

/* The steps from version `from` to version `to` in one transaction. */
static enum err run_transaction(struct upgrade *up, const struct schema_step steps[], size_t from, size_t to)
{
    enum err err = run(up, "BEGIN IMMEDIATE");
    for (size_t version = from; !err && version < to; version++) {
        err = do_step(up, &steps[version], version + 1);
    }
    if (!err) {
        err = run(up, "COMMIT");
    }
    if (err && !sqlite3_get_autocommit(up->db)) {
        sqlite3_exec(up->db, "ROLLBACK", NULL, NULL,
                     NULL); /* not run(): the first failure is the one to tell */
    }
    return err;
}

/* A fresh database has nothing to lose. */
static enum err back_up(struct upgrade *up, size_t version)
{
    const char *database = up->place->database;
    if (version == 0 || !database || strcmp(database, ":memory:") == 0) {
        return ERR_OK;
    }
    return schema_backup(up->db, database, version, up->why, up->why_cap) ? ERR_OK : ERR_STORAGE;
}

/* A fresh database gets all of its tables at once: cut off, it is still a fresh one. */
static enum err run_steps(struct upgrade *up, const struct schema_step steps[], size_t version,
                          size_t step_count)
{
    enum err err = back_up(up, version);
    if (!err) {
        err = set_foreign_keys(up, false);
    }
    if (!err && version == 0) {
        return run_transaction(up, steps, 0, step_count);
    }
    for (; !err && version < step_count; version++) {
        err = run_transaction(up, steps, version, version + 1);
    }
    return err;
}

enum err schema_upgrade(sqlite3 *db, const struct schema_step steps[], size_t step_count,
                        const struct schema_place *place, char *why, size_t why_cap)
{
    struct upgrade up = {.db = db, .place = place, .why = why, .why_cap = why_cap};
    size_t version = 0;
    enum err err = read_version(&up, &version);
    if (!err && version > step_count) {
        snprintf(why, why_cap, "it was made by a newer iot-local (schema %zu, this program knows %zu)",
                 version, step_count);
        return ERR_UNSUPPORTED;
    }
    if (!err && version < step_count) {
        err = run_steps(&up, steps, version, step_count);
    }
    return err ? err : set_foreign_keys(&up, true);
}
