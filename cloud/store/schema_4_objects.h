/* SPDX-License-Identifier: MIT */
/* Part of the fourth step (schema_steps.c): what is stored with an object, and uploads in pieces. */
#ifndef CLOUD_STORE_SCHEMA_4_OBJECTS_H
#define CLOUD_STORE_SCHEMA_4_OBJECTS_H

/* headers: what the client wants to have back, "name: value" lines. checksum: "ALGORITHM BASE64", behind it "-N" when it is
 * made of the checksums of N parts; NULL: none. part_sizes: of an object that came in pieces, with blanks between; NULL: it
 * came in one. An upload's checksum: "ALGORITHM TYPE". The rows of an upload lead to the files of its parts. */
/* clang-format off */
#define SCHEMA_4_OBJECTS \
    "ALTER TABLE objects ADD COLUMN headers TEXT NOT NULL DEFAULT '';" \
    "ALTER TABLE objects ADD COLUMN checksum TEXT;" \
    "ALTER TABLE objects ADD COLUMN part_sizes TEXT;" \
    "CREATE TABLE uploads (" \
    "  upload_id TEXT NOT NULL PRIMARY KEY," \
    "  bucket TEXT NOT NULL REFERENCES buckets(name)," \
    "  key TEXT NOT NULL," \
    "  content_type TEXT NOT NULL," \
    "  headers TEXT NOT NULL," \
    "  checksum TEXT NOT NULL," \
    "  created_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
    "CREATE INDEX uploads_by_key ON uploads(bucket, key, upload_id);" \
    "CREATE TABLE upload_parts (" \
    "  upload_id TEXT NOT NULL REFERENCES uploads(upload_id) ON DELETE CASCADE," \
    "  number INTEGER NOT NULL," \
    "  etag TEXT NOT NULL," \
    "  checksum TEXT NOT NULL," \
    "  modified_at_ms INTEGER NOT NULL," \
    "  size INTEGER NOT NULL," \
    "  file TEXT NOT NULL UNIQUE," \
    "  PRIMARY KEY (upload_id, number)) STRICT, WITHOUT ROWID;"
/* clang-format on */

#endif
