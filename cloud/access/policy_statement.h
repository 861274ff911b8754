/* SPDX-License-Identifier: MIT */
/* Inside of the policy evaluator: a document as a row of statements. */
#ifndef CLOUD_CORE_POLICY_STATEMENT_H
#define CLOUD_CORE_POLICY_STATEMENT_H

#include "cloud/access/policy_pattern.h"
#include "common/json.h"

#define POLICY_STRING_CAP 2049 /* one string of a document, decoded, with NUL */

/* A JSON value of the document: a string, or an array of strings. */
struct policy_value {
    uint8_t type; /* enum json_type; JSON_ABSENT: not there */
    struct slice text;
};

struct policy_statement {
    size_t number; /* from 1 */
    bool is_allow;
    struct policy_value sid, effect, actions, resources, condition;
};

struct policy_statements {
    struct policy_value all; /* one object, or an array of them */
    size_t cursor;
    size_t count; /* read so far */
};

/* Where a reason goes; cap 0: nobody wants it. */
struct policy_why {
    char *text;
    size_t cap;
};

/* Fills `why` and returns `err`, so that a check can end with it. */
__attribute__((format(printf, 3, 4))) enum err policy_refuse(struct policy_why *why, enum err err,
                                                             const char *format, ...);

/* Checks everything outside of the statements. */
enum err policy_statements_open(struct slice document, struct policy_statements *statements,
                                struct policy_why *why);

/* ERR_NOT_FOUND: no more. Any other error: the next statement has a member that is missing, unknown or of the wrong
 * type; the contents of its strings are not looked at. */
enum err policy_statements_next(struct policy_statements *statements, struct policy_statement *statement,
                                struct policy_why *why);

/* The contents of its strings. */
enum err policy_statement_check(const struct policy_statement *statement, struct policy_why *why);

/* Walks a string or an array: the next string, decoded. Start with cursor 0. */
bool policy_value_next(const struct policy_value *value, size_t *cursor, char text[POLICY_STRING_CAP]);

/* Does the Condition hold? Without one it does. The statement must have been checked. */
bool policy_condition_holds(const struct policy_value *condition, const struct policy_context *context);
enum err policy_condition_check(const struct policy_statement *statement, struct policy_why *why);

#endif
