/* SPDX-License-Identifier: MIT */
/* Attributes of a thing: a flat map of strings, stored as a JSON object with sorted names, so that equal maps are equal
 * texts. */
#ifndef CLOUD_CORE_ATTRIBUTES_H
#define CLOUD_CORE_ATTRIBUTES_H

#include "cloud/core/core.h"

/* Checks names and values of a JSON object and makes the stored form (malloc'd; NULL: the error says why). The empty slice
 * is the empty map. */
char *attributes_read(struct slice text, struct core_error *error);

/* What a thing has after an update: `given`, or `stored` with `given` over it; without the attributes whose value is empty.
 * Both in the stored form, as is the result (malloc'd). */
char *attributes_change(const char *stored, const char *given, bool is_merged);

/* A thing with a type may have more of them. */
enum core_code attributes_check_count(const char *attributes, bool has_type, struct core_error *error);

#endif
