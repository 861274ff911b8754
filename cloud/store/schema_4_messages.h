/* SPDX-License-Identifier: MIT */
/* Part of the fourth step (schema_steps.c): retained messages. An empty payload stands for a message that was removed, until the
 * broker has surely saved that; is_saved: the broker has saved this; change_number grows with each change. */
#ifndef CLOUD_STORE_SCHEMA_4_MESSAGES_H
#define CLOUD_STORE_SCHEMA_4_MESSAGES_H

/* clang-format off */
#define SCHEMA_4_MESSAGES \
    "CREATE TABLE retained (" \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," \
    "  topic TEXT NOT NULL UNIQUE," \
    "  qos INTEGER NOT NULL," \
    "  modified_at_ms INTEGER NOT NULL," \
    "  payload BLOB NOT NULL," \
    "  change_number INTEGER NOT NULL," \
    "  is_saved INTEGER NOT NULL DEFAULT 0) STRICT;" \
    "CREATE INDEX retained_unsaved ON retained(change_number) WHERE is_saved = 0;"
/* clang-format on */

#endif
