/* SPDX-License-Identifier: MIT */
/* One call of lib_json.h on its way through a text: finds a member, stores its value, and says what is wrong. What is wrong with the text is
 * logged and kept for the operator (json_cause.h), the caller's own mistakes are logged alone. */
#ifndef DEVICE_API_JSON_READING_H
#define DEVICE_API_JSON_READING_H

#include "common/json.h"

struct reading {
    const char *who;  /* the public function, for the log */
    const char *json; /* not NULL but for reading_complain */
};

/* One member to be stored as text. */
struct target {
    const char *key;
    char *value;
    size_t size;
    bool is_sized; /* else `size` is what a buffer without a size is taken to have */
};

/* These two log an error and return false. key may be NULL. */
bool reading_refuse(const struct reading *reading, const char *key, const char *what);
bool reading_complain(const struct reading *reading, const char *key, const char *what);

/* true: the text is good and the field filled, with JSON_ABSENT when the member is not there. */
bool reading_find(const struct reading *reading, const char *key, struct json_field *field);

/* Strings decoded, everything else as its JSON text. false: it does not fit, or is no text; then nothing is stored. */
bool reading_store(const struct reading *reading, const struct target *target,
                   const struct json_field *field);

/* Something was read: an earlier refusal has been overcome. Returns true. */
bool reading_succeed(const struct reading *reading);

#endif
