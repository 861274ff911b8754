/* SPDX-License-Identifier: MIT */
/* Every SQL statement of the service, prepared once at the start. The columns of an execution are named in one place,
 * because several statements read them into the same struct. */
#ifndef CLOUD_STORE_STATEMENTS_H
#define CLOUD_STORE_STATEMENTS_H

#define EXECUTION_COLUMNS                                                                                    \
    "SELECT e.id, e.thing_name, e.job_id, e.number, e.status, e.version, e.queued_at_ms, e.started_at_ms,"   \
    " e.last_updated_at_ms, e.in_progress_deadline_ms, e.step_deadline_ms, e.deadline_ms,"                   \
    " e.is_force_canceled, e.failed_retries, e.timed_out_retries, e.details FROM executions e "

#define JOB_COLUMNS                                                                                          \
    "SELECT job_id, status, is_force_canceled, created_at_ms, last_updated_at_ms, completed_at_ms,"          \
    " in_progress_timeout_min, description, comment, reason_code, document_source, target_selection,"        \
    " config, id"                                                                                            \
    " FROM jobs "

#define CERTIFICATE_COLUMNS                                                                                  \
    "SELECT certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s, not_after_s, pem"      \
    " FROM certificates "

/* clang-format off */
#define STORE_STATEMENT_LIST(X) \
    X(STORE_BEGIN, "BEGIN IMMEDIATE") \
    X(STORE_BEGIN_READ, "BEGIN") \
    X(STORE_COMMIT, "COMMIT") \
    X(STORE_ROLLBACK, "ROLLBACK") \
    X(STORE_SAVEPOINT, "SAVEPOINT call") \
    X(STORE_SAVEPOINT_UNDO, "ROLLBACK TO call") \
    X(STORE_SAVEPOINT_END, "RELEASE call") \
    \
    X(STORE_THING_INSERT, \
      "INSERT INTO things (name, thing_id, attributes, version, created_at_ms) VALUES (?, ?, ?, 1, ?)") \
    X(STORE_THING_GET, "SELECT name, thing_id, attributes, version FROM things WHERE name = ?") \
    X(STORE_THING_EXISTS, "SELECT 1 FROM things WHERE name = ?") \
    X(STORE_THING_LIST, \
      "SELECT name, thing_id, attributes, version FROM things WHERE name > ? ORDER BY name LIMIT ?") \
    \
    X(STORE_CERTIFICATE_INSERT, \
      "INSERT INTO certificates (certificate_id, status, created_at_ms, last_modified_at_ms," \
      " not_before_s, not_after_s, pem) VALUES (?, ?, ?, ?, ?, ?, ?)") \
    X(STORE_CERTIFICATE_GET, CERTIFICATE_COLUMNS "WHERE certificate_id = ?") \
    X(STORE_CERTIFICATE_STATUS, "SELECT status FROM certificates WHERE certificate_id = ?") \
    X(STORE_CERTIFICATE_UPDATE, \
      "UPDATE certificates SET status = ?2, last_modified_at_ms = ?3 WHERE certificate_id = ?1") \
    X(STORE_PRINCIPAL_ATTACH, \
      "INSERT OR IGNORE INTO thing_principals (certificate_id, thing_name) VALUES (?, ?)") \
    \
    X(STORE_POLICY_INSERT, \
      "INSERT INTO policies (name, created_at_ms, last_modified_at_ms, generation_id, document) VALUES" \
      " (?1, ?2, ?2, lower(hex(randomblob(32))), ?3)") \
    X(STORE_POLICY_GET, \
      "SELECT name, document, created_at_ms, last_modified_at_ms, generation_id FROM policies WHERE name = ?") \
    X(STORE_POLICY_EXISTS, "SELECT 1 FROM policies WHERE name = ?") \
    X(STORE_POLICY_COUNT_OTHERS, \
      "SELECT count(*) FROM policy_attachments WHERE target_kind = 'cert' AND target = ? AND" \
      " policy_name <> ?") \
    X(STORE_POLICY_ATTACH, \
      "INSERT OR IGNORE INTO policy_attachments (target_kind, target, policy_name) VALUES ('cert', ?," \
      " ?)") \
    \
    X(STORE_CENSUS, "SELECT (SELECT count(*) FROM things), (SELECT count(*) FROM jobs)") \
    \
    X(STORE_JOB_INSERT, \
      "INSERT INTO jobs (job_id, status, created_at_ms, last_updated_at_ms, in_progress_timeout_min," \
      " retries_failed, retries_timed_out, retries_all, target_selection, config, description," \
      " document_source, document) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)") \
    X(STORE_JOB_TARGET_INSERT, "INSERT INTO job_targets (job_id, position, kind, name) VALUES (?, ?, ?, ?)") \
    X(STORE_JOB_TARGETS, "SELECT kind, name FROM job_targets WHERE job_id = ? ORDER BY position") \
    X(STORE_JOB_GET, JOB_COLUMNS "WHERE job_id = ?") \
    X(STORE_JOB_STATUS, "SELECT status FROM jobs WHERE job_id = ?") \
    X(STORE_JOB_DOCUMENT, "SELECT document FROM jobs WHERE job_id = ?") \
    X(STORE_JOB_RULES, \
      "SELECT status, in_progress_timeout_min, retries_failed, retries_timed_out, retries_all FROM" \
      " jobs WHERE job_id = ?") \
    X(STORE_JOB_LIST, \
      JOB_COLUMNS "WHERE id < ?1 AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3") \
    X(STORE_JOB_COUNTS, "SELECT status, count(*) FROM executions WHERE job_id = ? GROUP BY status") \
    X(STORE_JOB_CANCEL, \
      "UPDATE jobs SET status = ?2, is_force_canceled = ?3, reason_code = ?4, comment = ?5," \
      " last_updated_at_ms = ?6, completed_at_ms = ?6 WHERE job_id = ?1") \
    X(STORE_JOB_COMPLETE, \
      "UPDATE jobs SET status = ?2, last_updated_at_ms = ?4, completed_at_ms = ?4 WHERE job_id = ?1" \
      " AND status = ?3 AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.job_id = ?1 AND" \
      " e.pending_rank IS NOT NULL)") \
    X(STORE_JOB_DELETE, "DELETE FROM jobs WHERE job_id = ?") \
    \
    X(STORE_EXECUTION_INSERT, \
      "INSERT INTO executions (job_id, thing_name, number, status, version, queued_at_ms," \
      " last_updated_at_ms, failed_retries, timed_out_retries) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5, ?6," \
      " ?7)") \
    X(STORE_EXECUTION_SAVE, \
      "UPDATE executions SET status = ?2, version = ?3, started_at_ms = ?4, last_updated_at_ms = ?5," \
      " in_progress_deadline_ms = ?6, step_deadline_ms = ?7, deadline_ms = ?8, is_force_canceled = ?9," \
      " details = ?10 WHERE id = ?1") \
    X(STORE_EXECUTION_DELETE, "DELETE FROM executions WHERE id = ?") \
    X(STORE_EXECUTION_GET, EXECUTION_COLUMNS "WHERE e.job_id = ? AND e.thing_name = ? AND e.number = ?") \
    X(STORE_EXECUTION_LATEST, \
      EXECUTION_COLUMNS "WHERE e.job_id = ? AND e.thing_name = ? ORDER BY e.number DESC LIMIT 1") \
    X(STORE_EXECUTION_FIRST_ID, \
      "SELECT id FROM executions WHERE thing_name = ? AND pending_rank IS NOT NULL AND is_visible = 1" \
      " ORDER BY pending_rank, queued_at_ms, id LIMIT 1") \
    X(STORE_EXECUTION_PENDING, \
      EXECUTION_COLUMNS "WHERE e.thing_name = ? AND e.pending_rank IS NOT NULL AND e.is_visible = 1 ORDER BY" \
      " e.pending_rank, e.queued_at_ms, e.id LIMIT ?") \
    X(STORE_EXECUTION_PENDING_OF_JOB, \
      EXECUTION_COLUMNS "WHERE e.job_id = ? AND e.pending_rank IS NOT NULL AND e.id > ? ORDER BY e.id LIMIT 1") \
    X(STORE_EXECUTION_NEXT_THING, \
      "SELECT thing_name FROM executions WHERE pending_rank IS NOT NULL AND is_visible = 1 AND" \
      " thing_name > ? ORDER BY thing_name LIMIT 1") \
    X(STORE_EXECUTION_LIST_JOB, \
      EXECUTION_COLUMNS "WHERE e.job_id = ?1 AND e.id < ?2 AND (?3 IS NULL OR e.status = ?3)" \
      " ORDER BY e.id DESC LIMIT ?4") \
    X(STORE_EXECUTION_LIST_THING, \
      EXECUTION_COLUMNS "WHERE e.thing_name = ?1 AND e.id < ?2 AND (?3 IS NULL OR e.status = ?3)" \
      " AND (?4 IS NULL OR e.job_id = ?4) ORDER BY e.id DESC LIMIT ?5") \
    X(STORE_EXECUTION_BY_ID, EXECUTION_COLUMNS "WHERE e.id = ?") \
    X(STORE_EXECUTION_NEWEST, "SELECT max(id) FROM executions") \
    X(STORE_EXECUTION_PENDING_UP_TO, \
      "SELECT 1 FROM executions WHERE thing_name = ? AND pending_rank IS NOT NULL AND is_visible = 1" \
      " AND id <= ? LIMIT 1") \
    \
    X(STORE_BUCKET_INSERT, "INSERT INTO buckets (name, created_at_ms) VALUES (?, ?)") \
    X(STORE_BUCKET_EXISTS, "SELECT 1 FROM buckets WHERE name = ?") \
    X(STORE_OBJECT_PUT, \
      "INSERT OR REPLACE INTO objects (bucket, key, etag, content_type, modified_at_ms, size, file)" \
      " VALUES (?, ?, ?, ?, ?, ?, ?)") \
    X(STORE_OBJECT_GET, \
      "SELECT etag, content_type, modified_at_ms, size, file FROM objects WHERE bucket = ? AND key = ?") \
    X(STORE_OBJECT_HAS_FILE, "SELECT 1 FROM objects WHERE file = ?") \
    \
    X(STORE_MARK_NEWEST, "SELECT max(seq) FROM marks") \
    X(STORE_MARK_SET, "INSERT OR REPLACE INTO marks (thing_name, kind, seq) VALUES (?, ?, ?)") \
    X(STORE_MARK_NEXT, "SELECT thing_name, kind, seq FROM marks WHERE seq > ? ORDER BY seq LIMIT 1") \
    X(STORE_MARK_CLEAR, "DELETE FROM marks WHERE seq = ?") \
    X(STORE_ANNOUNCED_ADD, "INSERT OR IGNORE INTO temp.announced (thing_name, kind) VALUES (?, ?)") \
    X(STORE_ANNOUNCED_EMPTY, "DELETE FROM temp.announced") \
    \
    X(STORE_DUE_SET, "INSERT OR REPLACE INTO due (kind, subject, due_at_ms) VALUES (?, ?, ?)") \
    X(STORE_DUE_CLEAR, "DELETE FROM due WHERE kind = ? AND subject = ?") \
    X(STORE_DUE_NEXT, "SELECT kind, subject, due_at_ms FROM due ORDER BY due_at_ms, kind, subject LIMIT 1")
/* clang-format on */

enum store_statement {
#define X(name, sql) name,
    STORE_STATEMENT_LIST(X)
#undef X
        STORE_STATEMENT_COUNT
};

#endif
