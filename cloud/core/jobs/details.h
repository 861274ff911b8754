/* SPDX-License-Identifier: MIT */
/* statusDetails: a flat map of strings (docs/protocol.md 1.2 and section 4). */
#ifndef CLOUD_CORE_DETAILS_H
#define CLOUD_CORE_DETAILS_H

#include "cloud/core/core.h"

#define DETAILS_PAIRS_MAX 10
#define DETAILS_KEY_MAX   128
#define DETAILS_VALUE_MAX 1024 /* characters */

/* AWS's model forbids control and format characters in values ([^\p{C}]), and over HTTP it is held to. Over MQTT the live
 * service takes them: AWS's own Device Client reports what a program has printed, with its line ends. */
enum details_rule {
    DETAILS_OVER_MQTT,
    DETAILS_OVER_HTTP,
};

/* Checks the JSON text `json` and makes the stored form: a compact object, malloc'd; NULL for the empty map. Control
 * characters are escaped in it. CORE_OK or CORE_INVALID_REQUEST (or CORE_INTERNAL: out of memory). */
enum core_code details_read(struct slice json, enum details_rule rule, char **details,
                            struct core_error *error);

/* Only the check. */
enum core_code details_check(struct slice json, enum details_rule rule, struct core_error *error);

#endif
