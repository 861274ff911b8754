/* SPDX-License-Identifier: MIT */
#include "cloud/store/schema.h"

#include <stdio.h>

/* Times are milliseconds since 1970; a time that does not exist is NULL. executions.id grows with creation and is never
 * used twice: it breaks ties between equal queued_at_ms, and names "the same execution" when lists are compared.
 * pending_rank is the order in which a device sees its executions (docs/protocol.md 3): IN_PROGRESS before QUEUED; NULL: it is
 * not pending. deadline_ms is the earlier of both timers. */
static const char base_tables[] =
    "CREATE TABLE things ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  thing_id TEXT NOT NULL,"
    "  attributes TEXT NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  created_at_ms INTEGER NOT NULL) STRICT;"

    "CREATE TABLE certificates ("
    "  certificate_id TEXT NOT NULL PRIMARY KEY,"
    "  status TEXT NOT NULL,"
    "  created_at_ms INTEGER NOT NULL,"
    "  last_modified_at_ms INTEGER NOT NULL,"
    "  not_before_s INTEGER NOT NULL,"
    "  not_after_s INTEGER NOT NULL,"
    "  pem TEXT NOT NULL) STRICT;"

    "CREATE TABLE thing_principals ("
    "  certificate_id TEXT NOT NULL REFERENCES certificates(certificate_id),"
    "  thing_name TEXT NOT NULL REFERENCES things(name),"
    "  PRIMARY KEY (certificate_id, thing_name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX thing_principals_by_thing ON thing_principals(thing_name);"

    "CREATE TABLE policies ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  created_at_ms INTEGER NOT NULL,"
    "  document TEXT NOT NULL) STRICT;"

    "CREATE TABLE policy_attachments ("
    "  certificate_id TEXT NOT NULL REFERENCES certificates(certificate_id),"
    "  policy_name TEXT NOT NULL REFERENCES policies(name),"
    "  PRIMARY KEY (certificate_id, policy_name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX policy_attachments_by_policy ON policy_attachments(policy_name);"

    "CREATE TABLE jobs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  job_id TEXT NOT NULL UNIQUE,"
    "  status TEXT NOT NULL,"
    "  is_force_canceled INTEGER NOT NULL DEFAULT 0,"
    "  created_at_ms INTEGER NOT NULL,"
    "  last_updated_at_ms INTEGER NOT NULL,"
    "  completed_at_ms INTEGER,"
    "  in_progress_timeout_min INTEGER,"
    "  retries_failed INTEGER NOT NULL,"
    "  retries_timed_out INTEGER NOT NULL,"
    "  retries_all INTEGER NOT NULL,"
    "  retry_config TEXT,"
    "  description TEXT,"
    "  comment TEXT,"
    "  reason_code TEXT,"
    "  document_source TEXT,"
    "  targets TEXT NOT NULL,"
    "  document TEXT NOT NULL) STRICT;"

    "CREATE TABLE executions ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  job_id TEXT NOT NULL REFERENCES jobs(job_id) ON DELETE CASCADE,"
    "  thing_name TEXT NOT NULL REFERENCES things(name),"
    "  number INTEGER NOT NULL,"
    "  status TEXT NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  queued_at_ms INTEGER NOT NULL,"
    "  started_at_ms INTEGER,"
    "  last_updated_at_ms INTEGER NOT NULL,"
    "  in_progress_deadline_ms INTEGER,"
    "  step_deadline_ms INTEGER,"
    "  deadline_ms INTEGER,"
    "  is_force_canceled INTEGER NOT NULL DEFAULT 0,"
    "  failed_retries INTEGER NOT NULL DEFAULT 0,"
    "  timed_out_retries INTEGER NOT NULL DEFAULT 0,"
    "  details TEXT,"
    "  pending_rank INTEGER GENERATED ALWAYS AS"
    "    (CASE status WHEN 'IN_PROGRESS' THEN 0 WHEN 'QUEUED' THEN 1 END) VIRTUAL,"
    "  UNIQUE (job_id, thing_name, number)) STRICT;"
    "CREATE INDEX executions_by_thing ON executions(thing_name, id);"
    "CREATE INDEX executions_pending ON executions(thing_name, pending_rank, queued_at_ms, id)"
    "  WHERE pending_rank IS NOT NULL;"
    "CREATE INDEX executions_pending_by_job ON executions(job_id, id) WHERE pending_rank IS NOT NULL;"
    "CREATE INDEX executions_deadline ON executions(deadline_ms, id) WHERE deadline_ms IS NOT NULL;"

    "CREATE TABLE buckets ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  created_at_ms INTEGER NOT NULL) STRICT;"

    "CREATE TABLE objects ("
    "  bucket TEXT NOT NULL REFERENCES buckets(name),"
    "  key TEXT NOT NULL,"
    "  etag TEXT NOT NULL,"
    "  content_type TEXT NOT NULL,"
    "  modified_at_ms INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  body BLOB NOT NULL,"
    "  PRIMARY KEY (bucket, key)) STRICT;";

/* A number that moves with every change of who may do what, and not with jobs: the broker plugin reads it to learn
 * when its cached rights are out of date. */
#define MOVES_WITH(table)                                                                                    \
    "CREATE TRIGGER " table "_insert AFTER INSERT ON " table                                                 \
    " BEGIN UPDATE principal_changes SET count = count + 1; END;"                                            \
    "CREATE TRIGGER " table "_update AFTER UPDATE ON " table                                                 \
    " BEGIN UPDATE principal_changes SET count = count + 1; END;"                                            \
    "CREATE TRIGGER " table "_delete AFTER DELETE ON " table                                                 \
    " BEGIN UPDATE principal_changes SET count = count + 1; END;"

static const char principal_changes[] =
    "CREATE TABLE principal_changes (count INTEGER NOT NULL) STRICT;"
    "INSERT INTO principal_changes VALUES (0);" MOVES_WITH("certificates") MOVES_WITH("thing_principals")
        MOVES_WITH("policies") MOVES_WITH("policy_attachments");

static const char marks_and_due[] =
    "CREATE TABLE marks (thing_name TEXT NOT NULL, kind INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY (thing_name, kind)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX marks_by_seq ON marks(seq);"
    "CREATE TABLE due (kind INTEGER NOT NULL, subject INTEGER NOT NULL, due_at_ms INTEGER NOT NULL,"
    " PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX due_by_time ON due(due_at_ms, kind, subject);"
    "INSERT INTO due SELECT 1, id, deadline_ms FROM executions WHERE deadline_ms IS NOT NULL;";

const char *const schema_steps[] = {base_tables, principal_changes, marks_and_due};
const size_t schema_step_count = sizeof schema_steps / sizeof *schema_steps;

/* One upgrade: the connection, and where its first failure is told. */
struct upgrade {
    sqlite3 *db;
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

static enum err read_version(struct upgrade *up, size_t *version)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(up->db, "SELECT max(version) FROM schema_version", -1, &statement, NULL)) {
        return fail(up);
    }
    enum err err = ERR_OK;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        sqlite3_int64 value = sqlite3_column_int64(statement, 0);
        *version = value > 0 ? (size_t)value : 0;
    } else {
        err = fail(up);
    }
    sqlite3_finalize(statement);
    return err;
}

static enum err write_version(struct upgrade *up, size_t version)
{
    char sql[96];
    snprintf(sql, sizeof sql, "DELETE FROM schema_version; INSERT INTO schema_version VALUES (%zu)", version);
    return run(up, sql);
}

static enum err run_step(struct upgrade *up, const char *sql, size_t version)
{
    enum err err = run(up, "BEGIN IMMEDIATE");
    if (!err) {
        err = run(up, sql);
    }
    if (!err) {
        err = write_version(up, version);
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

enum err schema_upgrade(sqlite3 *db, const char *const steps[], size_t step_count, char *why, size_t why_cap)
{
    struct upgrade up = {.db = db, .why = why, .why_cap = why_cap};
    size_t version = 0;
    enum err err = run(&up, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT");
    if (!err) {
        err = read_version(&up, &version);
    }
    if (!err && version > step_count) {
        snprintf(why, why_cap, "it was made by a newer iot-local (schema %zu, this program knows %zu)",
                 version, step_count);
        return ERR_UNSUPPORTED;
    }
    for (; !err && version < step_count; version++) {
        err = run_step(&up, steps[version], version + 1);
    }
    return err;
}
