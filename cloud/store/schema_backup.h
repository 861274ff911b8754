/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_STORE_SCHEMA_BACKUP_H
#define CLOUD_STORE_SCHEMA_BACKUP_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes the database as it is now to DATABASE.schema-VERSION.backup: mode 0600, whole or not at all, on the disk when it
 * returns; takes the place of a backup of the same name. Outside of transactions. false: one line in `why`. */
bool schema_backup(sqlite3 *db, const char *database, size_t version, char *why, size_t why_cap);

#endif
