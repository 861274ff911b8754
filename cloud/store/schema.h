/* SPDX-License-Identifier: MIT */
/* The database's tables, and the way from an older version of them to this one. Each step takes version n to n + 1 in a
 * transaction of its own, so that an upgrade that was cut off goes on where it stopped; a fresh database takes all of them in
 * one.
 *
 * A step cannot lose rows by accident: foreign keys are off while it runs (dropping a table to build it anew would else take
 * the rows with it that point to it), and it is refused when it leaves a row that points to nothing. Before the first step of
 * an older database, a copy of it is written beside it: iot.db.schema-2.backup. */
#ifndef CLOUD_STORE_SCHEMA_H
#define CLOUD_STORE_SCHEMA_H

#include "common/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the data lies. */
struct schema_place {
    const char *database; /* NULL or ":memory:": there is no file, and no backup of it */
    const char *
        objects_dir; /* the folder of bodies, which exists; NULL: there is none, and no object can come along */
};

struct schema_step {
    const char *sql; /* runs first; NULL = none */
    /* Runs after it, in the same transaction; NULL = none. It may come again after it was cut off at any point: what it does
     * outside the database must bear that. false: one line in `why`. */
    bool (*run)(sqlite3 *db, const struct schema_place *place, char *why, size_t why_cap);
};

extern const struct schema_step schema_steps[];
extern const size_t schema_step_count; /* = the version that this program knows */

/* ERR_UNSUPPORTED: the database is newer than the steps; ERR_STORAGE: SQLite or a step refused. Both leave one line in
 * `why`. Afterwards foreign keys are on. */
enum err schema_upgrade(sqlite3 *db, const struct schema_step steps[], size_t step_count,
                        const struct schema_place *place, char *why, size_t why_cap);

#endif
