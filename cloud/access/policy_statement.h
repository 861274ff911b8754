/* SPDX-License-Identifier: MIT */
/* Inside of the policy evaluator: a document as a row of statements. */
#ifndef CLOUD_ACCESS_POLICY_STATEMENT_H
#define CLOUD_ACCESS_POLICY_STATEMENT_H

#include "cloud/access/policy_value.h"

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

/* Checks everything outside of the statements. */
enum err policy_statements_open(struct slice document, struct policy_statements *statements,
                                struct policy_why *why);

/* ERR_NOT_FOUND: no more. Any other error: the next statement has a member that is missing, unknown or of the wrong
 * type; the contents of its strings are not looked at. */
enum err policy_statements_next(struct policy_statements *statements, struct policy_statement *statement,
                                struct policy_why *why);

/* The contents of its strings. */
enum err policy_statement_check(const struct policy_statement *statement, struct policy_why *why);

#endif
