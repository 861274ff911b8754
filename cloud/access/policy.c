/* SPDX-License-Identifier: MIT */
/* Checks and decides: puts statements, patterns and conditions together. */
#include "cloud/access/policy.h"

#include "cloud/access/policy_condition.h"
#include "cloud/access/policy_pattern.h"
#include "cloud/access/policy_statement.h"

#include <stdio.h>
#include <string.h>

enum err policy_check(struct slice document, char *why, size_t why_cap)
{
    struct policy_why reason = {why, why_cap};
    struct policy_statements statements;
    struct policy_statement statement;

    enum err err = policy_statements_open(document, &statements, &reason);
    while (err == ERR_OK) {
        err = policy_statements_next(&statements, &statement, &reason);
        if (err == ERR_NOT_FOUND) {
            return ERR_OK;
        }
        if (err == ERR_OK) {
            err = policy_statement_check(&statement, &reason);
        }
    }
    return err;
}

static bool matches_action(const struct policy_statement *statement, const char *action)
{
    static const struct policy_context nobody;
    char text[POLICY_STRING_CAP];
    const struct policy_pattern pattern = {.text = text, .has_wildcards = true, .ignores_case = true};
    size_t cursor = 0;

    while (policy_value_next(&statement->actions, &cursor, text)) {
        if (policy_pattern_matches(&pattern, action, &nobody, NULL)) {
            return true;
        }
    }
    return false;
}

static bool matches_resource(const struct policy_statement *statement, const char *resource,
                             const struct policy_context *context)
{
    char text[POLICY_STRING_CAP];
    const struct policy_pattern pattern = {.text = text, .has_wildcards = true, .has_variables = true};
    size_t cursor = 0;

    while (policy_value_next(&statement->resources, &cursor, text)) {
        if (policy_pattern_matches(&pattern, resource, context, NULL)) {
            return true;
        }
    }
    return false;
}

/* Its Sid, else its number. */
static void name_statement(const struct policy_statement *statement, char *sid, size_t cap)
{
    if (sid == NULL || cap == 0) {
        return;
    }
    if (statement->sid.type == JSON_STRING && statement->sid.text.len > 0 &&
        json_decode(statement->sid.text, sid, cap, NULL) == ERR_OK) {
        return;
    }
    snprintf(sid, cap, "%zu", statement->number);
}

/* Several resources at once: what has been decided about each so far. */
struct verdicts {
    const char *const *resources;
    enum policy_decision *decisions;
    size_t count;
};

/* A statement that applies to who asks and what for. An explicit deny is above an allow, and that above nothing. true: it has
 * decided about one of the resources. */
static bool judge(const struct policy_statement *statement, const struct policy_context *context,
                  const struct verdicts *verdicts)
{
    char text[POLICY_STRING_CAP];
    const struct policy_pattern pattern = {.text = text, .has_wildcards = true, .has_variables = true};
    enum policy_decision decision = statement->is_allow ? POLICY_ALLOW : POLICY_EXPLICIT_DENY;
    bool has_decided = false;
    size_t cursor = 0;

    while (policy_value_next(&statement->resources, &cursor, text)) {
        for (size_t i = 0; i < verdicts->count; i++) {
            if (verdicts->decisions[i] < decision &&
                policy_pattern_matches(&pattern, verdicts->resources[i], context, NULL)) {
                verdicts->decisions[i] = decision;
                has_decided = true;
            }
        }
    }
    return has_decided;
}

static bool all_are_denied(const struct verdicts *verdicts)
{
    size_t i = 0;
    while (i < verdicts->count && verdicts->decisions[i] == POLICY_EXPLICIT_DENY) {
        i++;
    }
    return i == verdicts->count;
}

static void decide_all(const struct verdicts *verdicts, enum policy_decision decision)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        verdicts->decisions[i] = decision;
    }
}

/* sid: of the statement that has decided last. */
static void evaluate(struct slice document, const struct policy_context *context, const char *action,
                     const struct verdicts *verdicts, char *sid, size_t sid_cap)
{
    struct policy_why nobody = {0};
    struct policy_statements statements;
    struct policy_statement statement;

    if (policy_check(document, NULL, 0) != ERR_OK ||
        policy_statements_open(document, &statements, &nobody) != ERR_OK) {
        decide_all(verdicts, POLICY_EXPLICIT_DENY);
        return;
    }
    decide_all(verdicts, POLICY_IMPLICIT_DENY);
    while (!all_are_denied(verdicts) && policy_statements_next(&statements, &statement, &nobody) == ERR_OK) {
        if (matches_action(&statement, action) && policy_condition_holds(&statement.condition, context) &&
            judge(&statement, context, verdicts)) {
            name_statement(&statement, sid, sid_cap);
        }
    }
}

enum policy_decision policy_evaluate(struct slice document, const struct policy_context *context,
                                     const char *action, const char *resource, char *sid, size_t sid_cap)
{
    enum policy_decision decision;
    const struct verdicts verdicts = {&resource, &decision, 1};
    if (sid != NULL && sid_cap > 0) {
        sid[0] = '\0';
    }
    evaluate(document, context, action, &verdicts, sid, sid_cap);
    return decision;
}

void policy_evaluate_each(struct slice document, const struct policy_context *context, const char *action,
                          const char *const resources[], size_t count, enum policy_decision decisions[])
{
    const struct verdicts verdicts = {resources, decisions, count};
    evaluate(document, context, action, &verdicts, NULL, 0);
}

enum policy_decision policy_combine(enum policy_decision a, enum policy_decision b)
{
    if (a == POLICY_EXPLICIT_DENY || b == POLICY_EXPLICIT_DENY) {
        return POLICY_EXPLICIT_DENY;
    }
    return a == POLICY_ALLOW || b == POLICY_ALLOW ? POLICY_ALLOW : POLICY_IMPLICIT_DENY;
}

/* The resource pattern that comes closest, in `best`; returns how many bytes of `resource` it fits, plus 1. */
static size_t nearest_resource(const struct policy_statement *statement, const char *resource,
                               const struct policy_context *context, char best[POLICY_STRING_CAP])
{
    char text[POLICY_STRING_CAP];
    const struct policy_pattern pattern = {.text = text, .has_wildcards = true, .has_variables = true};
    size_t cursor = 0;
    size_t best_score = 0;

    while (policy_value_next(&statement->resources, &cursor, text)) {
        size_t reached;
        bool is_match = policy_pattern_matches(&pattern, resource, context, &reached);
        size_t score = is_match ? strlen(resource) + 2 : reached + 1;
        if (score <= best_score) {
            continue;
        }
        best_score = score;
        strcpy(best, text);
    }
    return best_score;
}

size_t policy_nearest(struct slice document, const struct policy_context *context, const char *action,
                      const char *resource, char *text, size_t cap)
{
    struct policy_why nobody = {0};
    struct policy_statements statements;
    struct policy_statement statement;
    size_t best_score = 0;
    char best[POLICY_STRING_CAP];
    char sid[80];

    if (policy_check(document, NULL, 0) != ERR_OK ||
        policy_statements_open(document, &statements, &nobody) != ERR_OK) {
        return 0;
    }
    while (policy_statements_next(&statements, &statement, &nobody) == ERR_OK) {
        if (!statement.is_allow || !matches_action(&statement, action)) {
            continue;
        }
        size_t score = nearest_resource(&statement, resource, context, best);
        if (score <= best_score) {
            continue;
        }
        best_score = score;
        name_statement(&statement, sid, sizeof(sid));
        if (matches_resource(&statement, resource, context)) {
            snprintf(text, cap, "statement %s would allow it, but its Condition does not hold", sid);
        } else {
            snprintf(text, cap, "statement %s allows it on %s", sid, best);
        }
    }
    return best_score;
}

void policy_missing(struct slice document, const struct policy_context *context, const char *action,
                    policy_missing_fn fn, void *ctx)
{
    struct policy_why nobody = {0};
    struct policy_statements statements;
    struct policy_statement statement;
    char text[POLICY_STRING_CAP];

    if (policy_check(document, NULL, 0) != ERR_OK ||
        policy_statements_open(document, &statements, &nobody) != ERR_OK) {
        return;
    }
    while (policy_statements_next(&statements, &statement, &nobody) == ERR_OK) {
        size_t cursor = 0;
        if (!matches_action(&statement, action)) {
            continue;
        }
        while (policy_value_next(&statement.resources, &cursor, text)) {
            policy_pattern_missing(text, context, fn, ctx);
        }
        policy_condition_missing(&statement.condition, context, fn, ctx);
    }
}
