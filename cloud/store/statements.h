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

#define THING_COLUMNS "SELECT name, thing_id, attributes, version, thing_type, billing_group FROM things "

/* ?2: an attribute's name, ?3: its value, ?4: the value is the beginning of one; NULL: any. Equality of substrings, because
 * LIKE and GLOB would find patterns in the value. */
#define THING_HAS_ATTRIBUTE                                                                                  \
    "AND ((?2 IS NULL AND ?3 IS NULL) OR EXISTS (SELECT 1 FROM json_each(attributes) WHERE"                  \
    " (?2 IS NULL OR key = ?2) AND (?3 IS NULL OR value = ?3 OR (?4 AND substr(value, 1, length(?3)) = "     \
    "?3)))) "

#define THING_TYPE_COLUMNS                                                                                   \
    "SELECT name, type_id, description, searchable, created_at_ms, deprecated_at_ms FROM thing_types "

#define BILLING_GROUP_COLUMNS                                                                                \
    "SELECT name, group_id, description, version, created_at_ms FROM billing_groups "

#define CERTIFICATE_COLUMNS                                                                                  \
    "SELECT rowid, certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s, not_after_s,"   \
    " pem, mode, ca_certificate_id FROM certificates "

#define CA_COLUMNS                                                                                           \
    "SELECT rowid, certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s, not_after_s,"   \
    " pem, mode FROM ca_certificates "

#define POLICY_COLUMNS                                                                                       \
    "SELECT name, document, created_at_ms, last_modified_at_ms, generation_id, default_version "

#define POLICY_VERSION_COLUMNS                                                                               \
    "SELECT v.version, v.document, v.created_at_ms, v.version = default_version, generation_id"              \
    " FROM policy_versions v JOIN policies ON name = v.policy_name "

#define TEMPLATE_COLUMNS                                                                                     \
    "SELECT name, description, is_enabled, role_arn, hook_url, hook_version,"                                \
    " provisioning_templates.created_at_ms, last_modified_at_ms, default_version"

#define TEMPLATE_VERSION_COLUMNS                                                                             \
    "SELECT v.version, v.created_at_ms, v.version = default_version, v.body FROM"                            \
    " provisioning_template_versions v JOIN provisioning_templates ON name = template_name "

/* The rights of provisioning claims are policies that no list shows (cloud/core/provisioning/claims.c). */
#define POLICY_IS_LISTED(name) "substr(" name ", 1, 1) <> '$'"

/* Nor does a list show the claims themselves. */
#define CERTIFICATE_IS_LISTED                                                                                \
    "NOT EXISTS (SELECT 1 FROM provisioning_claims c WHERE c.certificate_id = certificates.certificate_id) "

#define OWNERSHIP_COLUMNS "SELECT id, certificate_id, expires_at_ms FROM ownership_tokens "

#define OBJECT_COLUMNS "SELECT etag, content_type, modified_at_ms, size, file, headers, checksum"

#define UPLOAD_COLUMNS "SELECT upload_id, key, content_type, headers, checksum, created_at_ms FROM uploads "

#define UPLOAD_PART_COLUMNS "SELECT number, etag, checksum, modified_at_ms, size, file FROM upload_parts "

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
      "INSERT INTO things (name, thing_id, attributes, version, created_at_ms, thing_type, billing_group)" \
      " VALUES (?, ?, ?, 1, ?, ?, ?)") \
    X(STORE_THING_GET, THING_COLUMNS "WHERE name = ?") \
    X(STORE_THING_EXISTS, "SELECT 1 FROM things WHERE name = ?") \
    X(STORE_THING_LIST, THING_COLUMNS "WHERE name > ?1 " THING_HAS_ATTRIBUTE "ORDER BY name LIMIT ?5") \
    X(STORE_THING_LIST_TYPE, \
      THING_COLUMNS "WHERE thing_type = ?6 AND name > ?1 " THING_HAS_ATTRIBUTE "ORDER BY name LIMIT ?5") \
    X(STORE_THING_LIST_BILLING, \
      "SELECT name FROM things WHERE billing_group = ? AND name > ? ORDER BY name LIMIT ?") \
    X(STORE_THING_UPDATE, \
      "UPDATE things SET attributes = ?2, thing_type = ?3, version = version + 1 WHERE name = ?1") \
    X(STORE_THING_SET_BILLING, "UPDATE things SET billing_group = ?2 WHERE name = ?1") \
    X(STORE_THING_DELETE, "DELETE FROM things WHERE name = ?") \
    X(STORE_THING_HAS_PRINCIPAL, "SELECT 1 FROM thing_principals WHERE thing_name = ? LIMIT 1") \
    X(STORE_THING_OF_TYPE, "SELECT 1 FROM things WHERE thing_type = ? LIMIT 1") \
    \
    X(STORE_THING_TYPE_INSERT, \
      "INSERT INTO thing_types (name, type_id, description, searchable, created_at_ms) VALUES (?, ?, ?, ?, ?)") \
    X(STORE_THING_TYPE_GET, THING_TYPE_COLUMNS "WHERE name = ?") \
    X(STORE_THING_TYPE_EXISTS, "SELECT 1 FROM thing_types WHERE name = ?") \
    X(STORE_THING_TYPE_IS_DEPRECATED, \
      "SELECT 1 FROM thing_types WHERE name = ? AND deprecated_at_ms IS NOT NULL") \
    X(STORE_THING_TYPE_LIST, \
      THING_TYPE_COLUMNS "WHERE name > ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name LIMIT ?3") \
    X(STORE_THING_TYPE_UPDATE, "UPDATE thing_types SET description = ?2, searchable = ?3 WHERE name = ?1") \
    X(STORE_THING_TYPE_DEPRECATE, "UPDATE thing_types SET deprecated_at_ms = ?2 WHERE name = ?1") \
    X(STORE_THING_TYPE_DELETE, "DELETE FROM thing_types WHERE name = ?") \
    \
    X(STORE_BILLING_GROUP_INSERT, \
      "INSERT INTO billing_groups (name, group_id, description, version, created_at_ms)" \
      " VALUES (?, ?, ?, 1, ?)") \
    X(STORE_BILLING_GROUP_GET, BILLING_GROUP_COLUMNS "WHERE name = ?") \
    X(STORE_BILLING_GROUP_EXISTS, "SELECT 1 FROM billing_groups WHERE name = ?") \
    X(STORE_BILLING_GROUP_LIST, \
      BILLING_GROUP_COLUMNS "WHERE name > ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name LIMIT ?3") \
    X(STORE_BILLING_GROUP_UPDATE, \
      "UPDATE billing_groups SET description = ?2, version = version + 1 WHERE name = ?1") \
    X(STORE_BILLING_GROUP_DELETE, "DELETE FROM billing_groups WHERE name = ?") \
    \
    X(STORE_TAG_SET, "INSERT OR REPLACE INTO tags (kind, name, key, value) VALUES (?, ?, ?, ?)") \
    X(STORE_TAG_DELETE, "DELETE FROM tags WHERE kind = ? AND name = ? AND key = ?") \
    X(STORE_TAG_COUNT, "SELECT count(*) FROM tags WHERE kind = ? AND name = ?") \
    X(STORE_TAG_LIST, "SELECT key, value FROM tags WHERE kind = ? AND name = ? ORDER BY key") \
    \
    X(STORE_CERTIFICATE_INSERT, \
      "INSERT INTO certificates (certificate_id, status, created_at_ms, last_modified_at_ms," \
      " not_before_s, not_after_s, pem, mode, ca_certificate_id) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8)") \
    X(STORE_CERTIFICATE_GET, CERTIFICATE_COLUMNS "WHERE certificate_id = ?") \
    X(STORE_CERTIFICATE_STATUS, "SELECT status, ca_certificate_id FROM certificates WHERE certificate_id = ?") \
    X(STORE_CERTIFICATE_UPDATE, \
      "UPDATE certificates SET status = ?2, last_modified_at_ms = ?3 WHERE certificate_id = ?1") \
    X(STORE_CERTIFICATE_DELETE, "DELETE FROM certificates WHERE certificate_id = ?") \
    X(STORE_CERTIFICATE_LIST_UP, \
      CERTIFICATE_COLUMNS "WHERE rowid > ? AND " CERTIFICATE_IS_LISTED "ORDER BY rowid LIMIT ?") \
    X(STORE_CERTIFICATE_LIST_DOWN, \
      CERTIFICATE_COLUMNS "WHERE rowid < ? AND " CERTIFICATE_IS_LISTED "ORDER BY rowid DESC LIMIT ?") \
    X(STORE_CERTIFICATE_OF_CA_UP, \
      CERTIFICATE_COLUMNS "WHERE rowid > ? AND ca_certificate_id = ?3 ORDER BY rowid LIMIT ?2") \
    X(STORE_CERTIFICATE_OF_CA_DOWN, \
      CERTIFICATE_COLUMNS "WHERE rowid < ? AND ca_certificate_id = ?3 ORDER BY rowid DESC LIMIT ?2") \
    X(STORE_CERTIFICATE_BURY, \
      "INSERT OR REPLACE INTO deleted_certificates (certificate_id, deleted_at_ms) VALUES (?, ?)") \
    X(STORE_CERTIFICATE_UNBURY, "DELETE FROM deleted_certificates WHERE certificate_id = ?") \
    X(STORE_CERTIFICATE_FORGET_BURIED, "DELETE FROM deleted_certificates WHERE deleted_at_ms < ?") \
    \
    X(STORE_CA_INSERT, \
      "INSERT INTO ca_certificates (certificate_id, subject, status, mode, created_at_ms, last_modified_at_ms," \
      " not_before_s, not_after_s, pem) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)") \
    X(STORE_CA_GET, CA_COLUMNS "WHERE certificate_id = ?") \
    X(STORE_CA_OF_SUBJECT, CA_COLUMNS "WHERE subject = ? ORDER BY rowid") \
    X(STORE_CA_LIST_UP, CA_COLUMNS "WHERE rowid > ? ORDER BY rowid LIMIT ?") \
    X(STORE_CA_LIST_DOWN, CA_COLUMNS "WHERE rowid < ? ORDER BY rowid DESC LIMIT ?") \
    X(STORE_CA_UPDATE, \
      "UPDATE ca_certificates SET status = ?2, last_modified_at_ms = ?3 WHERE certificate_id = ?1") \
    X(STORE_CA_DELETE, "DELETE FROM ca_certificates WHERE certificate_id = ?") \
    X(STORE_REGISTRATION_CODE_GET, "SELECT code FROM registration_code WHERE id = 1") \
    X(STORE_REGISTRATION_CODE_NEW, "UPDATE registration_code SET code = lower(hex(randomblob(32))) WHERE id = 1") \
    \
    X(STORE_ANCHOR_ADD, "INSERT OR IGNORE INTO broker_anchors (certificate_id, pem) VALUES (?, ?)") \
    X(STORE_ANCHOR_LIST, "SELECT pem FROM broker_anchors ORDER BY rowid") \
    X(STORE_ANCHOR_DROP_UNUSED, \
      "DELETE FROM broker_anchors WHERE certificate_id = ?1" \
      " AND NOT EXISTS (SELECT 1 FROM ca_certificates c WHERE c.certificate_id = ?1)" \
      " AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.certificate_id = ?1)" \
      " AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.ca_certificate_id = ?1)") \
    \
    X(STORE_PRINCIPAL_ATTACH, \
      "INSERT OR REPLACE INTO thing_principals (certificate_id, thing_name, type) VALUES (?, ?, ?)") \
    X(STORE_PRINCIPAL_DETACH, "DELETE FROM thing_principals WHERE certificate_id = ? AND thing_name = ?") \
    X(STORE_PRINCIPAL_DETACH_ALL, "DELETE FROM thing_principals WHERE certificate_id = ?") \
    X(STORE_PRINCIPAL_TYPE, "SELECT type FROM thing_principals WHERE certificate_id = ? AND thing_name = ?") \
    X(STORE_PRINCIPAL_OTHER_THING, \
      "SELECT thing_name, type FROM thing_principals WHERE certificate_id = ? AND thing_name <> ?" \
      " ORDER BY thing_name LIMIT 1") \
    X(STORE_PRINCIPAL_THINGS, \
      "SELECT thing_name, type FROM thing_principals WHERE thing_name > ? AND certificate_id = ?3 AND" \
      " (?4 IS NULL OR type = ?4) ORDER BY thing_name LIMIT ?2") \
    X(STORE_PRINCIPAL_OF_THING, \
      "SELECT certificate_id, type FROM thing_principals WHERE certificate_id > ? AND thing_name = ?3 AND" \
      " (?4 IS NULL OR type = ?4) ORDER BY certificate_id LIMIT ?2") \
    X(STORE_PRINCIPAL_CONNECTED, \
      "SELECT thing_name FROM thing_principals WHERE certificate_id = ? AND" \
      " (thing_name = ? OR type = 'EXCLUSIVE_THING')") \
    X(STORE_PRINCIPAL_ANY_THING, "SELECT 1 FROM thing_principals WHERE certificate_id = ? LIMIT 1") \
    \
    X(STORE_POLICY_INSERT, \
      "INSERT INTO policies (name, created_at_ms, last_modified_at_ms, generation_id, document) VALUES" \
      " (?1, ?2, ?2, lower(hex(randomblob(32))), ?3)") \
    X(STORE_POLICY_GET, POLICY_COLUMNS "FROM policies WHERE name = ?") \
    X(STORE_POLICY_EXISTS, "SELECT 1 FROM policies WHERE name = ?") \
    X(STORE_POLICY_DELETE, "DELETE FROM policies WHERE name = ?") \
    X(STORE_POLICY_LIST_UP, \
      "SELECT rowid, name FROM policies WHERE rowid > ? AND " POLICY_IS_LISTED("name") " ORDER BY rowid LIMIT ?") \
    X(STORE_POLICY_LIST_DOWN, \
      "SELECT rowid, name FROM policies WHERE rowid < ? AND " POLICY_IS_LISTED("name") " ORDER BY rowid DESC LIMIT ?") \
    X(STORE_POLICY_SET_DEFAULT, \
      "UPDATE policies SET default_version = ?2, last_modified_at_ms = ?3, document = (SELECT v.document FROM" \
      " policy_versions v WHERE v.policy_name = ?1 AND v.version = ?2) WHERE name = ?1") \
    X(STORE_POLICY_NEXT_VERSION, "UPDATE policies SET last_version = last_version + 1 WHERE name = ?") \
    X(STORE_POLICY_VERSION_INSERT, \
      "INSERT INTO policy_versions (policy_name, version, created_at_ms, document) SELECT name, last_version, ?2," \
      " ?3 FROM policies WHERE name = ?1") \
    X(STORE_POLICY_VERSION_GET, POLICY_VERSION_COLUMNS "WHERE v.policy_name = ? AND v.version = ?") \
    X(STORE_POLICY_VERSION_NEWEST, \
      POLICY_VERSION_COLUMNS "WHERE v.policy_name = ? ORDER BY v.version DESC LIMIT 1") \
    X(STORE_POLICY_VERSION_LIST, POLICY_VERSION_COLUMNS "WHERE v.policy_name = ? ORDER BY v.version DESC") \
    X(STORE_POLICY_VERSION_COUNT, "SELECT count(*) FROM policy_versions WHERE policy_name = ?") \
    X(STORE_POLICY_VERSION_DELETE, "DELETE FROM policy_versions WHERE policy_name = ? AND version = ?") \
    X(STORE_POLICY_COUNT_OTHERS, \
      "SELECT count(*) FROM policy_attachments WHERE target_kind = 'cert' AND target = ? AND" \
      " policy_name <> ?") \
    X(STORE_POLICY_ATTACH, \
      "INSERT OR IGNORE INTO policy_attachments (target_kind, target, policy_name) VALUES ('cert', ?," \
      " ?)") \
    X(STORE_POLICY_DETACH, \
      "DELETE FROM policy_attachments WHERE target_kind = 'cert' AND target = ? AND policy_name = ?") \
    X(STORE_POLICY_DETACH_ALL, "DELETE FROM policy_attachments WHERE target_kind = 'cert' AND target = ?") \
    X(STORE_POLICY_ANY_OF_TARGET, \
      "SELECT 1 FROM policy_attachments WHERE target_kind = 'cert' AND target = ? LIMIT 1") \
    X(STORE_POLICY_ANY_TARGET, "SELECT 1 FROM policy_attachments WHERE policy_name = ? LIMIT 1") \
    X(STORE_POLICY_OF_TARGET_UP, \
      "SELECT policy_name FROM policy_attachments WHERE " POLICY_IS_LISTED("policy_name") " AND policy_name > ? AND target_kind = 'cert' AND" \
      " target = ?3 ORDER BY policy_name LIMIT ?2") \
    X(STORE_POLICY_OF_TARGET_DOWN, \
      "SELECT policy_name FROM policy_attachments WHERE " POLICY_IS_LISTED("policy_name") " AND policy_name < ? AND target_kind = 'cert' AND" \
      " target = ?3 ORDER BY policy_name DESC LIMIT ?2") \
    X(STORE_POLICY_TARGETS_UP, \
      "SELECT target FROM policy_attachments WHERE target > ? AND target_kind = 'cert' AND policy_name = ?3" \
      " ORDER BY target LIMIT ?2") \
    X(STORE_POLICY_TARGETS_DOWN, \
      "SELECT target FROM policy_attachments WHERE target < ? AND target_kind = 'cert' AND policy_name = ?3" \
      " ORDER BY target DESC LIMIT ?2") \
    X(STORE_POLICY_EFFECTIVE, \
      POLICY_COLUMNS "FROM policy_attachments JOIN policies ON name = policy_name WHERE target_kind = 'cert' AND" \
      " target = ? ORDER BY policy_name") \
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
    X(STORE_JOB_DELIVERY, \
      "SELECT document, json_extract(config, '$.presignedUrlConfig.expiresInSec') FROM jobs WHERE job_id = ?") \
    X(STORE_JOB_RULES, \
      "SELECT status, in_progress_timeout_min, retries_failed, retries_timed_out, retries_all FROM" \
      " jobs WHERE job_id = ?") \
    X(STORE_JOB_LIST, \
      JOB_COLUMNS "WHERE id < ?1 AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3") \
    X(STORE_JOB_COUNTS, "SELECT status, count(*) FROM executions WHERE job_id = ? GROUP BY status") \
    X(STORE_JOB_HAS_STARTED, \
      "SELECT 1 FROM executions WHERE job_id = ? AND started_at_ms IS NOT NULL LIMIT 1") \
    X(STORE_JOB_UPDATE, \
      "UPDATE jobs SET description = ?2, config = ?3, last_updated_at_ms = ?4," \
      " in_progress_timeout_min = coalesce(?5, in_progress_timeout_min)," \
      " retries_failed = iif(?6, 0, retries_failed), retries_timed_out = iif(?6, 0, retries_timed_out)," \
      " retries_all = iif(?6, 0, retries_all) WHERE job_id = ?1") \
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
    X(STORE_EXECUTION_PENDING_OF_THING, \
      EXECUTION_COLUMNS "WHERE e.thing_name = ? AND e.pending_rank IS NOT NULL AND e.id > ? ORDER BY e.id LIMIT 1") \
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
    X(STORE_EVENT_CONFIGURATION_PUT, \
      "INSERT INTO event_configurations (kind, is_enabled, created_at_ms, last_modified_at_ms)" \
      " VALUES (?1, ?2, ?3, ?3) ON CONFLICT (kind) DO UPDATE SET is_enabled = ?2, last_modified_at_ms = ?3") \
    X(STORE_EVENT_CONFIGURATION_GET, \
      "SELECT is_enabled, created_at_ms, last_modified_at_ms FROM event_configurations WHERE kind = ?") \
    X(STORE_EVENT_PUT, "INSERT INTO events (seq, topic, payload) VALUES (?, ?, ?)") \
    X(STORE_EVENT_NEXT, "SELECT seq, topic, payload FROM events WHERE seq > ? ORDER BY seq LIMIT 1") \
    X(STORE_EVENT_NEWEST, "SELECT coalesce(max(seq), 0) FROM events") \
    X(STORE_EVENT_FORGET, "DELETE FROM events WHERE seq <= ?") \
    \
    X(STORE_BUCKET_INSERT, "INSERT INTO buckets (name, created_at_ms) VALUES (?, ?)") \
    X(STORE_BUCKET_EXISTS, "SELECT 1 FROM buckets WHERE name = ?") \
    X(STORE_BUCKET_LIST, \
      "SELECT name, created_at_ms FROM buckets WHERE name > ?1 AND substr(name, 1, length(?2)) = ?2" \
      " ORDER BY name LIMIT ?3") \
    X(STORE_BUCKET_HAS_OBJECT, "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1") \
    X(STORE_BUCKET_DELETE, "DELETE FROM buckets WHERE name = ?") \
    X(STORE_OBJECT_PUT, \
      "INSERT OR REPLACE INTO objects (bucket, key, etag, content_type, modified_at_ms, size, file, headers," \
      " checksum, part_sizes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
    X(STORE_OBJECT_GET, OBJECT_COLUMNS ", part_sizes FROM objects WHERE bucket = ? AND key = ?") \
    X(STORE_OBJECT_NEXT, OBJECT_COLUMNS ", key FROM objects WHERE bucket = ? AND key > ? ORDER BY key LIMIT 1") \
    X(STORE_OBJECT_DELETE, "DELETE FROM objects WHERE bucket = ? AND key = ?") \
    X(STORE_OBJECT_HAS_FILE, \
      "SELECT 1 FROM objects WHERE file = ?1 UNION ALL SELECT 1 FROM upload_parts WHERE file = ?1") \
    \
    X(STORE_UPLOAD_INSERT, \
      "INSERT INTO uploads (upload_id, bucket, key, content_type, headers, checksum, created_at_ms)" \
      " VALUES (?, ?, ?, ?, ?, ?, ?)") \
    X(STORE_UPLOAD_GET, UPLOAD_COLUMNS "WHERE upload_id = ? AND bucket = ? AND key = ?") \
    X(STORE_UPLOAD_NEXT, \
      UPLOAD_COLUMNS "WHERE bucket = ?1 AND (key, upload_id) > (?2, ?3) ORDER BY key, upload_id LIMIT 1") \
    X(STORE_UPLOAD_DELETE, "DELETE FROM uploads WHERE upload_id = ?") \
    X(STORE_UPLOAD_PART_PUT, \
      "INSERT OR REPLACE INTO upload_parts (upload_id, number, etag, checksum, modified_at_ms, size, file)" \
      " VALUES (?, ?, ?, ?, ?, ?, ?)") \
    X(STORE_UPLOAD_PART_GET, UPLOAD_PART_COLUMNS "WHERE upload_id = ? AND number = ?") \
    X(STORE_UPLOAD_PART_LIST, \
      UPLOAD_PART_COLUMNS "WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?") \
    \
    X(STORE_MARK_NEWEST, "SELECT max(seq) FROM marks") \
    X(STORE_MARK_SET, "INSERT OR REPLACE INTO marks (thing_name, kind, seq) VALUES (?, ?, ?)") \
    X(STORE_MARK_NEXT, "SELECT thing_name, kind, seq FROM marks WHERE seq > ? ORDER BY seq LIMIT 1") \
    X(STORE_MARK_CLEAR, "DELETE FROM marks WHERE seq = ?") \
    X(STORE_ANNOUNCED_ADD, "INSERT OR IGNORE INTO temp.announced (thing_name, kind) VALUES (?, ?)") \
    X(STORE_ANNOUNCED_EMPTY, "DELETE FROM temp.announced") \
    \
    X(STORE_RETAINED_PUT, \
      "INSERT INTO retained (topic, qos, modified_at_ms, payload, change_number) VALUES (?1, ?2, ?3, ?4, ?5)" \
      " ON CONFLICT (topic) DO UPDATE SET qos = ?2, modified_at_ms = ?3, payload = ?4, change_number = ?5," \
      " is_saved = 0") \
    X(STORE_RETAINED_GET, \
      "SELECT topic, qos, modified_at_ms, payload FROM retained WHERE topic = ? AND length(payload) > 0") \
    X(STORE_RETAINED_LIST, \
      "SELECT topic, qos, modified_at_ms, length(payload), id FROM retained WHERE id < ? AND length(payload) > 0" \
      " ORDER BY id DESC LIMIT ?") \
    X(STORE_RETAINED_UNSAVED, \
      "SELECT topic, qos, modified_at_ms, payload FROM retained WHERE is_saved = 0" \
      " AND change_number > 0 ORDER BY change_number") \
    X(STORE_RETAINED_NEWEST, "SELECT max(change_number) FROM retained WHERE is_saved = 0") \
    X(STORE_RETAINED_FORGET, \
      "DELETE FROM retained WHERE is_saved = 0 AND change_number <= ? AND length(payload) = 0") \
    X(STORE_RETAINED_SAVED, "UPDATE retained SET is_saved = 1 WHERE is_saved = 0 AND change_number <= ?") \
    \
    X(STORE_TEMPLATE_INSERT, \
      "INSERT INTO provisioning_templates (name, description, is_enabled, role_arn, hook_url, hook_version," \
      " created_at_ms, last_modified_at_ms, default_version, last_version)" \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, 1)") \
    X(STORE_TEMPLATE_GET, \
      TEMPLATE_COLUMNS ", body FROM provisioning_templates JOIN provisioning_template_versions ON" \
      " template_name = name AND version = default_version WHERE name = ?") \
    X(STORE_TEMPLATE_EXISTS, "SELECT 1 FROM provisioning_templates WHERE name = ?") \
    X(STORE_TEMPLATE_LIST, \
      TEMPLATE_COLUMNS " FROM provisioning_templates WHERE name > ? ORDER BY name LIMIT ?") \
    X(STORE_TEMPLATE_UPDATE, \
      "UPDATE provisioning_templates SET description = coalesce(?2, description)," \
      " is_enabled = coalesce(?3, is_enabled), role_arn = coalesce(?4, role_arn)," \
      " hook_url = iif(?7, NULL, coalesce(?5, hook_url)), hook_version = iif(?7, NULL, coalesce(?6, hook_version))," \
      " default_version = coalesce(?8, default_version), last_modified_at_ms = ?9 WHERE name = ?1") \
    X(STORE_TEMPLATE_DELETE, "DELETE FROM provisioning_templates WHERE name = ?") \
    X(STORE_TEMPLATE_NEXT_VERSION, \
      "UPDATE provisioning_templates SET last_version = last_version + 1 WHERE name = ?") \
    X(STORE_TEMPLATE_NEWEST_VERSION, "SELECT last_version FROM provisioning_templates WHERE name = ?") \
    X(STORE_TEMPLATE_VERSION_INSERT, \
      "INSERT INTO provisioning_template_versions (template_name, version, created_at_ms, body)" \
      " SELECT name, last_version, ?2, ?3 FROM provisioning_templates WHERE name = ?1") \
    X(STORE_TEMPLATE_VERSION_GET, TEMPLATE_VERSION_COLUMNS "WHERE template_name = ? AND version = ?") \
    X(STORE_TEMPLATE_VERSION_LIST, \
      TEMPLATE_VERSION_COLUMNS "WHERE template_name = ? ORDER BY version DESC") \
    X(STORE_TEMPLATE_VERSION_COUNT, \
      "SELECT count(*) FROM provisioning_template_versions WHERE template_name = ?") \
    X(STORE_TEMPLATE_VERSION_DELETE, \
      "DELETE FROM provisioning_template_versions WHERE template_name = ? AND version = ?") \
    \
    X(STORE_CLAIM_POLICY_PUT, \
      "INSERT INTO policies (name, created_at_ms, last_modified_at_ms, generation_id, document) VALUES" \
      " (?1, ?2, ?2, lower(hex(randomblob(32))), ?3) ON CONFLICT (name) DO UPDATE SET document = ?3") \
    X(STORE_CLAIM_INSERT, \
      "INSERT INTO provisioning_claims (certificate_id, template_name, expires_at_ms) VALUES (?, ?, ?)") \
    X(STORE_CLAIM_OF, "SELECT id FROM provisioning_claims WHERE certificate_id = ?") \
    X(STORE_CLAIM_BY_ID, "SELECT id, certificate_id FROM provisioning_claims WHERE id = ?") \
    X(STORE_CLAIM_OF_TEMPLATE, \
      "SELECT id, certificate_id FROM provisioning_claims WHERE template_name = ? ORDER BY id LIMIT 1") \
    \
    X(STORE_OWNERSHIP_INSERT, \
      "INSERT INTO ownership_tokens (token_hash, certificate_id, expires_at_ms) VALUES (?, ?, ?)") \
    X(STORE_OWNERSHIP_GET, OWNERSHIP_COLUMNS "WHERE token_hash = ?") \
    X(STORE_OWNERSHIP_OF, OWNERSHIP_COLUMNS "WHERE certificate_id = ?") \
    X(STORE_OWNERSHIP_BY_ID, OWNERSHIP_COLUMNS "WHERE id = ?") \
    X(STORE_OWNERSHIP_DELETE, "DELETE FROM ownership_tokens WHERE id = ?") \
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
