/* SPDX-License-Identifier: MIT */
/* Part of the fifth step (schema_steps.c): fleet provisioning. */
#ifndef CLOUD_STORE_SCHEMA_5_PROVISIONING_H
#define CLOUD_STORE_SCHEMA_5_PROVISIONING_H

#include "cloud/store/schema_4_things.h"

/* provisioning_templates.last_version: a number is never used twice. hook_url NULL: nobody is asked.
 * ownership_tokens: whoever holds the token may register a thing with this certificate. The service keeps the SHA-256 of the
 * token, because the token is a secret. Its row goes with the certificate.
 * provisioning_claims: certificates of CreateProvisioningClaim, which no list shows. The due-queue names rows of both tables
 * by their id, which is therefore never used twice. */
/* clang-format off */
#define SCHEMA_5_PROVISIONING \
    "CREATE TABLE provisioning_templates (" \
    "  name TEXT NOT NULL PRIMARY KEY," \
    "  description TEXT," \
    "  is_enabled INTEGER NOT NULL," \
    "  role_arn TEXT NOT NULL," \
    "  hook_url TEXT," \
    "  hook_version TEXT," \
    "  created_at_ms INTEGER NOT NULL," \
    "  last_modified_at_ms INTEGER NOT NULL," \
    "  default_version INTEGER NOT NULL," \
    "  last_version INTEGER NOT NULL) STRICT;" \
    "CREATE TABLE provisioning_template_versions (" \
    "  template_name TEXT NOT NULL REFERENCES provisioning_templates(name) ON DELETE CASCADE," \
    "  version INTEGER NOT NULL," \
    "  created_at_ms INTEGER NOT NULL," \
    "  body TEXT NOT NULL," \
    "  PRIMARY KEY (template_name, version)) STRICT, WITHOUT ROWID;" \
    "CREATE TABLE ownership_tokens (" \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
    "  token_hash TEXT NOT NULL UNIQUE," \
    "  certificate_id TEXT NOT NULL UNIQUE REFERENCES certificates(certificate_id) ON DELETE CASCADE," \
    "  expires_at_ms INTEGER NOT NULL) STRICT;" \
    "CREATE TABLE provisioning_claims (" \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
    "  certificate_id TEXT NOT NULL UNIQUE REFERENCES certificates(certificate_id) ON DELETE CASCADE," \
    "  template_name TEXT NOT NULL REFERENCES provisioning_templates(name)," \
    "  expires_at_ms INTEGER NOT NULL) STRICT;" \
    "CREATE INDEX provisioning_claims_by_template ON provisioning_claims(template_name);" \
    TAGS_GO_WITH("provisioning_templates", "provisioningtemplate", "name")
/* clang-format on */

#endif
