/* SPDX-License-Identifier: MIT */
/* Inside of the policy evaluator: one pattern of an Action, a Resource or a Condition against one text. */
#ifndef CLOUD_ACCESS_POLICY_PATTERN_H
#define CLOUD_ACCESS_POLICY_PATTERN_H

#include "cloud/access/policy.h"

struct policy_pattern {
    const char *text;
    bool has_wildcards; /* * and ? mean something; MQTT's + and # never do */
    bool has_variables; /* ${...} means something */
    bool ignores_case;  /* ASCII */
};

/* A name that may stand in ${...} or as a key of a Condition: its value, NULL when this connection has none.
 * ERR_NOT_FOUND: not a name that we know. */
enum err policy_variable(struct slice name, const struct policy_context *context, const char **value);

/* ERR_ARG or ERR_UNSUPPORTED, and the variable to blame in *bad: unknown, or without its closing brace. */
enum err policy_pattern_check(const char *text, struct slice *bad);

/* The pattern must have been checked. Values of variables are compared byte by byte, whatever they contain. A variable
 * without a value matches nothing. Time is at most pattern length (with the values in it) times text length; each comparison takes
 * one off context->steps_left. *reached (may be NULL): how many bytes of the text fit before the first wildcard or the first
 * difference. */
bool policy_pattern_matches(const struct policy_pattern *pattern, const char *text,
                            const struct policy_context *context, size_t *reached);

/* Calls fn for each variable of the pattern that has no value here. The pattern must have been checked. */
void policy_pattern_missing(const char *text, const struct policy_context *context, policy_missing_fn fn,
                            void *ctx);

#endif
