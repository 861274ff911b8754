/* SPDX-License-Identifier: MIT */
/* What the files of cloud/core/provisioning share. */
#ifndef CLOUD_CORE_TEMPLATE_ROW_H
#define CLOUD_CORE_TEMPLATE_ROW_H

#include "cloud/core/core_private.h"
#include "cloud/core/provisioning/templates.h"

#define TEMPLATE_PAYLOAD_VERSION "2020-04-01" /* of what a hook is asked */

/* CORE_OK or CORE_INVALID_REQUEST. */
enum core_code template_check_name(const char *name, struct core_error *error);
/* CORE_NOT_FOUND with its sentence. */
enum core_code template_not_found(const char *name, struct core_error *error);
/* CORE_OK, CORE_INVALID_REQUEST or CORE_NOT_FOUND. */
enum core_code template_require(struct core *core, const char *name, struct core_error *error);

/* The payload version that is stored with a hook; NULL: there is no hook. */
const char *template_hook_version(const struct template_hook *hook);

/* Part of a write: what was checked. false: the database failed. */
bool template_write_update(struct core *core, const char *name, const struct template_update *update);

/* In the order of TEMPLATE_VERSION_COLUMNS, without the body, which is the last of them. */
void template_read_version_row(sqlite3_stmt *row, struct template_version *out);

/* With its body. CORE_OK or CORE_NOT_FOUND. */
enum core_code template_find_version(struct core *core, const char *name, int64_t number,
                                     struct template_version *out, struct core_error *error);

/* A body of at most 10,240 bytes that template_body_check finds good. */
enum core_code template_check_body(struct slice body, struct core_error *error);

/* Reads the number of a version out of a path. CORE_OK or CORE_INVALID_REQUEST. */
enum core_code template_read_version(const char *text, int64_t *number, struct core_error *error);

/* Is there such a version? CORE_OK or CORE_NOT_FOUND. */
enum core_code template_require_version(struct core *core, const char *name, int64_t number,
                                        struct core_error *error);

/* Part of a write. false: the database failed. */
bool template_insert_version(struct core *core, const char *name, struct slice body);

#endif
