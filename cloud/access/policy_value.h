/* SPDX-License-Identifier: MIT */
/* Inside of the policy evaluator: one value of a document, and why a document is refused. */
#ifndef CLOUD_ACCESS_POLICY_VALUE_H
#define CLOUD_ACCESS_POLICY_VALUE_H

#include "common/err.h"
#include "common/json.h"
#include "common/slice.h"

#define POLICY_STRING_CAP 2049 /* one string of a document, decoded, with NUL */

/* A JSON value of the document: a string, or an array of strings. */
struct policy_value {
    uint8_t type; /* enum json_type; JSON_ABSENT: the document has no such member */
    struct slice text;
};

/* Walks a value or an array: the value itself, or the next element. Start with cursor 0. */
bool policy_value_element(const struct policy_value *value, size_t *cursor, struct json_member *element);

/* The same for strings: the next one, decoded. */
bool policy_value_next(const struct policy_value *value, size_t *cursor, char text[POLICY_STRING_CAP]);

/* Where a reason goes; cap 0: nobody wants it. */
struct policy_why {
    char *text;
    size_t cap;
};

/* Fills `why` and returns `err`, so that a check can end with it. */
__attribute__((format(printf, 3, 4))) enum err policy_refuse(struct policy_why *why, enum err err,
                                                             const char *format, ...);

#endif
