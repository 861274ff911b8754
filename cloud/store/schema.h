/* SPDX-License-Identifier: MIT */
/* The database's tables, and the way from an older version of them to this one. Each step is SQL that takes version n
 * to n + 1 and runs in a transaction of its own, so that an upgrade that was cut off goes on where it stopped. */
#ifndef CLOUD_STORE_SCHEMA_H
#define CLOUD_STORE_SCHEMA_H

#include "common/err.h"

#include <sqlite3.h>
#include <stddef.h>

extern const char *const schema_steps[];
extern const size_t schema_step_count; /* = the version that this program knows */

/* ERR_UNSUPPORTED: the database is newer than the steps; ERR_STORAGE: SQLite refused. Both leave one line in `why`. */
enum err schema_upgrade(sqlite3 *db, const char *const steps[], size_t step_count, char *why, size_t why_cap);

#endif
