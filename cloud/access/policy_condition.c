/* SPDX-License-Identifier: MIT */
/* The Condition of a statement: five comparisons, each of a key with one or several values. */
#include "cloud/access/policy_condition.h"

#include "cloud/access/policy_pattern.h"

#include <string.h>

enum condition_kind {
    CONDITION_BOOL,
    CONDITION_EQUALS,
    CONDITION_LIKE,
};

struct comparison {
    const char *name;
    enum condition_kind kind;
    bool is_negated;
};

static const struct comparison comparisons[] = {
    {"Bool", CONDITION_BOOL, false},
    {"StringEquals", CONDITION_EQUALS, false},
    {"StringNotEquals", CONDITION_EQUALS, true},
    {"StringLike", CONDITION_LIKE, false},
    {"StringNotLike", CONDITION_LIKE, true},
};

static const struct comparison *find_comparison(struct slice name)
{
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        if (json_string_is(name, comparisons[i].name)) {
            return &comparisons[i];
        }
    }
    return NULL;
}

/* The values of a Bool may be true and false themselves, also in an array. */
static bool next_bool(const struct policy_value *value, size_t *cursor, bool *is_true, bool *is_bool)
{
    struct json_member element;
    if (!policy_value_element(value, cursor, &element)) {
        return false;
    }
    *is_true =
        element.type == JSON_TRUE || (element.type == JSON_STRING && json_string_is(element.text, "true"));
    *is_bool = *is_true || element.type == JSON_FALSE ||
               (element.type == JSON_STRING && json_string_is(element.text, "false"));
    return true;
}

static enum err check_bool(size_t number, const struct json_member *test, struct policy_why *why)
{
    struct policy_value value = {test->type, test->text};
    size_t cursor = 0;
    bool is_true, is_bool;
    size_t count = 0;

    if (!json_string_is(test->key, "iot:Connection.Thing.IsAttached")) {
        return policy_refuse(why, ERR_UNSUPPORTED,
                             "Statement %zu: Condition key \"%.*s\" is not supported with Bool", number,
                             (int)test->key.len, test->key.ptr);
    }
    while (next_bool(&value, &cursor, &is_true, &is_bool)) {
        if (!is_bool) {
            return policy_refuse(why, ERR_ARG, "Statement %zu: a value of Bool is neither true nor false",
                                 number);
        }
        count++;
    }
    if (count == 0) {
        return policy_refuse(why, ERR_ARG, "Statement %zu: Condition Bool has no value", number);
    }
    return ERR_OK;
}

static enum err check_strings(size_t number, const struct json_member *test, struct policy_why *why)
{
    static const struct policy_context nobody;
    struct json_member element = {.type = test->type, .text = test->text};
    char text[POLICY_STRING_CAP];
    const char *ignored;
    size_t cursor = 0;
    size_t count = 0;
    struct slice bad;

    if (json_decode(test->key, text, sizeof(text), NULL) != ERR_OK ||
        policy_variable(slice_from(text), &nobody, &ignored) != ERR_OK) {
        return policy_refuse(why, ERR_UNSUPPORTED, "Statement %zu: Condition key \"%.*s\" is not supported",
                             number, (int)test->key.len, test->key.ptr);
    }
    while (test->type != JSON_ARRAY ? count == 0 : json_next_element(test->text, &cursor, &element)) {
        if (element.type != JSON_STRING || json_decode(element.text, text, sizeof(text), NULL) != ERR_OK) {
            return policy_refuse(why, ERR_ARG,
                                 "Statement %zu: a value of Condition key \"%.*s\" is not a string", number,
                                 (int)test->key.len, test->key.ptr);
        }
        if (policy_pattern_check(text, &bad) != ERR_OK) {
            return policy_refuse(why, ERR_UNSUPPORTED,
                                 "Statement %zu: variable \"%.*s\" in a Condition is not known", number,
                                 (int)bad.len, bad.ptr);
        }
        count++;
    }
    if (count == 0) {
        return policy_refuse(why, ERR_ARG, "Statement %zu: Condition key \"%.*s\" has no value", number,
                             (int)test->key.len, test->key.ptr);
    }
    return ERR_OK;
}

enum err policy_condition_check(const struct policy_statement *statement, struct policy_why *why)
{
    const struct policy_value *condition = &statement->condition;
    struct json_member group, test;
    size_t group_cursor = 0;

    if (condition->type == JSON_ABSENT) {
        return ERR_OK;
    }
    if (condition->type != JSON_OBJECT) {
        return policy_refuse(why, ERR_ARG, "Statement %zu: \"Condition\" is not an object",
                             statement->number);
    }
    while (json_next_member(condition->text, &group_cursor, &group)) {
        const struct comparison *how = find_comparison(group.key);
        if (how == NULL || group.type != JSON_OBJECT) {
            return policy_refuse(
                why, ERR_UNSUPPORTED,
                "Statement %zu: Condition \"%.*s\" is not supported (only Bool, StringEquals, "
                "StringNotEquals, StringLike, StringNotLike, each with an object)",
                statement->number, (int)group.key.len, group.key.ptr);
        }
        size_t test_cursor = 0;
        while (json_next_member(group.text, &test_cursor, &test)) {
            enum err err = how->kind == CONDITION_BOOL ? check_bool(statement->number, &test, why)
                                                       : check_strings(statement->number, &test, why);
            if (err != ERR_OK) {
                return err;
            }
        }
    }
    return ERR_OK;
}

static bool any_bool(const struct policy_value *value, bool fact)
{
    size_t cursor = 0;
    bool is_true, is_bool;
    while (next_bool(value, &cursor, &is_true, &is_bool)) {
        if (is_true == fact) {
            return true;
        }
    }
    return false;
}

static bool any_string(const struct policy_value *value, const struct comparison *how, const char *fact,
                       const struct policy_context *context)
{
    char text[POLICY_STRING_CAP];
    size_t cursor = 0;
    struct policy_pattern pattern = {
        .text = text,
        .has_wildcards = how->kind == CONDITION_LIKE,
        .has_variables = true,
    };
    while (fact != NULL && policy_value_next(value, &cursor, text)) {
        if (policy_pattern_matches(&pattern, fact, context, NULL)) {
            return true;
        }
    }
    return false;
}

/* One key of one comparison: any of the values; negated: none of them, which holds, too, when the key has no value. */
static bool test_holds(const struct comparison *how, const struct json_member *test,
                       const struct policy_context *context)
{
    struct policy_value value = {test->type, test->text};
    char key[POLICY_STRING_CAP];
    const char *fact = NULL;

    if (how->kind == CONDITION_BOOL) {
        return any_bool(&value, context->is_attached);
    }
    if (json_decode(test->key, key, sizeof(key), NULL) != ERR_OK ||
        policy_variable(slice_from(key), context, &fact) != ERR_OK) {
        return false;
    }
    return any_string(&value, how, fact, context) != how->is_negated;
}

bool policy_condition_holds(const struct policy_value *condition, const struct policy_context *context)
{
    struct json_member group, test;
    size_t group_cursor = 0;

    if (condition->type == JSON_ABSENT) {
        return true;
    }
    while (json_next_member(condition->text, &group_cursor, &group)) {
        const struct comparison *how = find_comparison(group.key);
        size_t test_cursor = 0;
        while (json_next_member(group.text, &test_cursor, &test)) {
            if (how == NULL || !test_holds(how, &test, context)) {
                return false;
            }
        }
    }
    return true;
}

static void test_missing(const struct json_member *test, const struct policy_context *context,
                         policy_missing_fn fn, void *ctx)
{
    struct policy_value value = {test->type, test->text};
    char text[POLICY_STRING_CAP];
    const char *fact = NULL;
    size_t cursor = 0;

    if (json_decode(test->key, text, sizeof(text), NULL) != ERR_OK) {
        return;
    }
    if (policy_variable(slice_from(text), context, &fact) == ERR_OK && fact == NULL) {
        fn(ctx, text);
    }
    while (policy_value_next(&value, &cursor, text)) {
        policy_pattern_missing(text, context, fn, ctx);
    }
}

void policy_condition_missing(const struct policy_value *condition, const struct policy_context *context,
                              policy_missing_fn fn, void *ctx)
{
    struct json_member group, test;
    size_t group_cursor = 0;

    if (condition->type == JSON_ABSENT) {
        return;
    }
    while (json_next_member(condition->text, &group_cursor, &group)) {
        size_t test_cursor = 0;
        while (json_next_member(group.text, &test_cursor, &test)) {
            test_missing(&test, context, fn, ctx);
        }
    }
}
