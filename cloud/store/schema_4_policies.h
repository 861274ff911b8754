/* SPDX-License-Identifier: MIT */
/* Part of the fourth step (schema_steps.c): versions of policies, certificates that others have signed, and what is left of
 * deleted ones. */
#ifndef CLOUD_STORE_SCHEMA_4_POLICIES_H
#define CLOUD_STORE_SCHEMA_4_POLICIES_H

/* policies.document is a copy of the default version's: the broker plugin reads it there. last_version: a number is never
 * used twice. */
/* clang-format off */
#define SCHEMA_4_POLICY_VERSIONS \
    "ALTER TABLE policies ADD COLUMN default_version INTEGER NOT NULL DEFAULT 1;" \
    "ALTER TABLE policies ADD COLUMN last_version INTEGER NOT NULL DEFAULT 1;" \
    "CREATE TABLE policy_versions (" \
    "  policy_name TEXT NOT NULL REFERENCES policies(name) ON DELETE CASCADE," \
    "  version INTEGER NOT NULL," \
    "  created_at_ms INTEGER NOT NULL," \
    "  document TEXT NOT NULL," \
    "  PRIMARY KEY (policy_name, version)) STRICT, WITHOUT ROWID;" \
    "INSERT INTO policy_versions SELECT name, 1, last_modified_at_ms, document FROM policies;"

/* certificates.ca_certificate_id: the registered CA that has signed it, which may be deleted since; NULL: iot-local's own, or
 * nobody but itself. broker_anchors: what the broker's handshake trusts beside our own CA, for as long as a row of the other two
 * tables needs it. deleted_certificates: for the plugin, to end their connections; rows older than an hour may go.
 * registration_code has one row. */
#define SCHEMA_4_CERTIFICATES \
    "ALTER TABLE certificates ADD COLUMN ca_certificate_id TEXT;" \
    "ALTER TABLE certificates ADD COLUMN mode TEXT NOT NULL DEFAULT 'DEFAULT';" \
    "CREATE INDEX certificates_by_ca ON certificates(ca_certificate_id);" \
    "CREATE TABLE ca_certificates (" \
    "  certificate_id TEXT NOT NULL PRIMARY KEY," \
    "  subject TEXT NOT NULL," /* SHA-256 of the DER name */ \
    "  status TEXT NOT NULL," \
    "  mode TEXT NOT NULL," \
    "  created_at_ms INTEGER NOT NULL," \
    "  last_modified_at_ms INTEGER NOT NULL," \
    "  not_before_s INTEGER NOT NULL," \
    "  not_after_s INTEGER NOT NULL," \
    "  pem TEXT NOT NULL) STRICT;" \
    "CREATE INDEX ca_certificates_by_subject ON ca_certificates(subject);" \
    "CREATE TABLE broker_anchors (" \
    "  certificate_id TEXT NOT NULL PRIMARY KEY," \
    "  pem TEXT NOT NULL) STRICT;" \
    "CREATE TABLE deleted_certificates (" \
    "  certificate_id TEXT NOT NULL PRIMARY KEY," \
    "  deleted_at_ms INTEGER NOT NULL) STRICT;" \
    "CREATE INDEX deleted_certificates_by_time ON deleted_certificates(deleted_at_ms);" \
    "CREATE TABLE registration_code (id INTEGER PRIMARY KEY, code TEXT NOT NULL) STRICT;" \
    "INSERT INTO registration_code VALUES (1, lower(hex(randomblob(32))));"

/* type EXCLUSIVE_THING: the certificate has this one thing, whatever client id it connects with. */
#define SCHEMA_4_PRINCIPALS \
    "ALTER TABLE thing_principals ADD COLUMN type TEXT NOT NULL DEFAULT 'NON_EXCLUSIVE_THING';"

#define SCHEMA_4_POLICIES SCHEMA_4_POLICY_VERSIONS SCHEMA_4_CERTIFICATES SCHEMA_4_PRINCIPALS
/* clang-format on */

#endif
