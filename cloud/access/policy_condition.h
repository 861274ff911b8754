/* SPDX-License-Identifier: MIT */
/* Inside of the policy evaluator: the Condition of a statement. */
#ifndef CLOUD_ACCESS_POLICY_CONDITION_H
#define CLOUD_ACCESS_POLICY_CONDITION_H

#include "cloud/access/policy.h"
#include "cloud/access/policy_statement.h"

/* Does the Condition hold? Without one it does. The statement must have been checked. */
bool policy_condition_holds(const struct policy_value *condition, const struct policy_context *context);
enum err policy_condition_check(const struct policy_statement *statement, struct policy_why *why);

/* Calls fn for each key and variable of the Condition that has no value here. */
void policy_condition_missing(const struct policy_value *condition, const struct policy_context *context,
                              policy_missing_fn fn, void *ctx);

#endif
