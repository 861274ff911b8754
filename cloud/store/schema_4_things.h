/* SPDX-License-Identifier: MIT */
/* Part of the fourth step (schema_steps.c): types of things, billing groups, tags.
 * tags.kind is the word of the resource's ARN ('job', 'thingtype'): a foreign key cannot lead to several tables, so triggers
 * take a resource's tags away with it, whoever deletes it. */
#ifndef CLOUD_STORE_SCHEMA_4_THINGS_H
#define CLOUD_STORE_SCHEMA_4_THINGS_H

/* clang-format off */
#define TAGS_GO_WITH(table, kind, key) \
    "CREATE TRIGGER " table "_untag AFTER DELETE ON " table \
    " BEGIN DELETE FROM tags WHERE kind = '" kind "' AND name = OLD." key "; END;"

#define SCHEMA_4_THINGS \
    "CREATE TABLE thing_types (" \
    "  name TEXT NOT NULL PRIMARY KEY," \
    "  type_id TEXT NOT NULL," \
    "  description TEXT," \
    "  searchable TEXT NOT NULL," /* JSON array of attribute names */ \
    "  created_at_ms INTEGER NOT NULL," \
    "  deprecated_at_ms INTEGER) STRICT;" \
    "CREATE TABLE billing_groups (" \
    "  name TEXT NOT NULL PRIMARY KEY," \
    "  group_id TEXT NOT NULL," \
    "  description TEXT," \
    "  version INTEGER NOT NULL," \
    "  created_at_ms INTEGER NOT NULL) STRICT;" \
    "ALTER TABLE things ADD COLUMN thing_type TEXT REFERENCES thing_types(name);" \
    "ALTER TABLE things ADD COLUMN billing_group TEXT REFERENCES billing_groups(name) ON DELETE SET NULL;" \
    "CREATE INDEX things_by_type ON things(thing_type, name) WHERE thing_type IS NOT NULL;" \
    "CREATE INDEX things_by_billing_group ON things(billing_group, name) WHERE billing_group IS NOT NULL;" \
    "CREATE TABLE tags (" \
    "  kind TEXT NOT NULL," \
    "  name TEXT NOT NULL," \
    "  key TEXT NOT NULL," \
    "  value TEXT NOT NULL," \
    "  PRIMARY KEY (kind, name, key)) STRICT, WITHOUT ROWID;" \
    TAGS_GO_WITH("jobs", "job", "job_id") TAGS_GO_WITH("policies", "policy", "name") \
    TAGS_GO_WITH("thing_types", "thingtype", "name") TAGS_GO_WITH("billing_groups", "billinggroup", "name") \
    TAGS_GO_WITH("ca_certificates", "cacert", "certificate_id")
/* clang-format on */

#endif
