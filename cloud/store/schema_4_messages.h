/* SPDX-License-Identifier: MIT */
/* Part of the fourth step (schema_steps.c): retained messages. */
#ifndef CLOUD_STORE_SCHEMA_4_MESSAGES_H
#define CLOUD_STORE_SCHEMA_4_MESSAGES_H

/* clang-format off */
#define SCHEMA_4_MESSAGES \
    "CREATE TABLE retained (" \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
    "  topic TEXT NOT NULL UNIQUE," \
    "  qos INTEGER NOT NULL," \
    "  modified_at_ms INTEGER NOT NULL," \
    "  payload BLOB NOT NULL) STRICT;" \
    "CREATE INDEX retained_by_time ON retained(modified_at_ms);"
/* clang-format on */

#endif
