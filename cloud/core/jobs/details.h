/* SPDX-License-Identifier: MIT */
/* statusDetails: a flat map of strings (docs/protocol.md 1.2 and section 4). */
#ifndef CLOUD_CORE_DETAILS_H
#define CLOUD_CORE_DETAILS_H

#include "cloud/core/core.h"

#define DETAILS_PAIRS_MAX 10
#define DETAILS_KEY_MAX   128
#define DETAILS_VALUE_MAX 1024 /* characters */

/* Checks the JSON text `json` and makes the stored form: a compact object, malloc'd; NULL for the empty map.
 * CORE_OK or CORE_INVALID_REQUEST (or CORE_INTERNAL: out of memory). */
enum core_code details_read(struct slice json, char **details, struct core_error *error);

#endif
