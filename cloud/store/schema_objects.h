/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_STORE_SCHEMA_OBJECTS_H
#define CLOUD_STORE_SCHEMA_OBJECTS_H

#include "cloud/store/schema.h"

/* The second half of the step to schema 3: bodies of objects become files of place->objects_dir. When the step is cut off,
 * the files that it has written belong to no row, and are swept at the start. */
bool schema_objects_to_files(sqlite3 *db, const struct schema_place *place, char *why, size_t why_cap);

#endif
