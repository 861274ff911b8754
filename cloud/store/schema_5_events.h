/* SPDX-License-Identifier: MIT */
/* Part of the fifth step (schema_steps.c): events of jobs and executions. event_configurations: which kinds are told, by
 * UpdateEventConfigurations; no row: not told, and never asked for. events: those that the broker has not taken yet, in the order in
 * which they happened. */
#ifndef CLOUD_STORE_SCHEMA_5_EVENTS_H
#define CLOUD_STORE_SCHEMA_5_EVENTS_H

/* clang-format off */
#define SCHEMA_5_EVENTS \
    "CREATE TABLE event_configurations (" \
    "  kind TEXT PRIMARY KEY," \
    "  is_enabled INTEGER NOT NULL," \
    "  created_at_ms INTEGER NOT NULL," \
    "  last_modified_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
    "CREATE TABLE events (" \
    "  seq INTEGER PRIMARY KEY," \
    "  topic TEXT NOT NULL," \
    "  payload TEXT NOT NULL) STRICT;"
/* clang-format on */

#endif
