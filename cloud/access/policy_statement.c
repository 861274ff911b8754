/* SPDX-License-Identifier: MIT */
/* A policy document taken apart: its statements one after another, and what is wrong with them. Conditions are
 * policy_condition.c's. */
#include "cloud/access/policy_statement.h"

#include "cloud/access/policy.h"
#include "cloud/access/policy_condition.h"
#include "cloud/access/policy_pattern.h"

#include <stdio.h>

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Characters, not bytes, and no white space: what AWS counts. */
static size_t counted_size(struct slice document)
{
    size_t size = 0;
    for (size_t i = 0; i < document.len; i++) {
        size += !is_white(document.ptr[i]) && ((unsigned char)document.ptr[i] & 0xC0) != 0x80;
    }
    return size;
}

static enum err check_text(struct slice document, struct policy_why *why)
{
    size_t size = document.len <= POLICY_BYTES_MAX ? counted_size(document) : document.len;
    if (size > POLICY_SIZE_MAX) {
        return policy_refuse(why, ERR_TOO_LONG,
                             "The document has %zu characters, the limit is %d (white space is not counted)",
                             size, POLICY_SIZE_MAX);
    }
    size_t error_at = 0;
    enum err err = json_read(document, NULL, 0, &error_at);
    if (err != ERR_OK) {
        return policy_refuse(why, err, "The document is wrong at byte %zu: %s", error_at, err_text(err));
    }
    return ERR_OK;
}

static enum err check_version(const struct policy_value *version, struct policy_why *why)
{
    if (version->type != JSON_STRING || !json_string_is(version->text, "2012-10-17")) {
        return policy_refuse(
            why, ERR_UNSUPPORTED,
            "The document needs \"Version\": \"2012-10-17\": without it variables are not replaced");
    }
    return ERR_OK;
}

/* Stores a member, which may occur once. */
static enum err keep(struct policy_value *value, const struct json_member *member, const char *place,
                     struct policy_why *why)
{
    if (value->type != JSON_ABSENT) {
        return policy_refuse(why, ERR_JSON_AMBIGUOUS, "%s: \"%.*s\" occurs twice", place,
                             (int)member->key.len, member->key.ptr);
    }
    *value = (struct policy_value){member->type, member->text};
    return ERR_OK;
}

enum err policy_statements_open(struct slice document, struct policy_statements *statements,
                                struct policy_why *why)
{
    struct policy_value version = {0}, id = {0}, all = {0};
    struct json_member member;
    size_t cursor = 0;

    enum err err = check_text(document, why);
    while (err == ERR_OK && json_next_member(document, &cursor, &member)) {
        if (json_string_is(member.key, "Version")) {
            err = keep(&version, &member, "The document", why);
        } else if (json_string_is(member.key, "Id")) {
            err = keep(&id, &member, "The document", why);
        } else if (json_string_is(member.key, "Statement")) {
            err = keep(&all, &member, "The document", why);
        } else {
            err = policy_refuse(why, ERR_UNSUPPORTED, "The document: member \"%.*s\" is not known",
                                (int)member.key.len, member.key.ptr);
        }
    }
    if (err == ERR_OK) {
        err = check_version(&version, why);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (all.type != JSON_OBJECT && all.type != JSON_ARRAY) {
        return policy_refuse(why, ERR_ARG,
                             "The document needs \"Statement\": one statement, or an array of them");
    }
    *statements = (struct policy_statements){.all = all};
    return ERR_OK;
}

static bool next_object(struct policy_statements *statements, struct json_member *element)
{
    if (statements->all.type == JSON_ARRAY) {
        return json_next_element(statements->all.text, &statements->cursor, element);
    }
    if (statements->cursor > 0) {
        return false;
    }
    statements->cursor = statements->all.text.len;
    *element = (struct json_member){.type = statements->all.type, .text = statements->all.text};
    return true;
}

static enum err keep_member(struct policy_statement *statement, const struct json_member *member,
                            const char *place, struct policy_why *why)
{
    if (json_string_is(member->key, "Sid")) {
        return keep(&statement->sid, member, place, why);
    }
    if (json_string_is(member->key, "Effect")) {
        return keep(&statement->effect, member, place, why);
    }
    if (json_string_is(member->key, "Action")) {
        return keep(&statement->actions, member, place, why);
    }
    if (json_string_is(member->key, "Resource")) {
        return keep(&statement->resources, member, place, why);
    }
    if (json_string_is(member->key, "Condition")) {
        return keep(&statement->condition, member, place, why);
    }
    return policy_refuse(why, ERR_UNSUPPORTED,
                         "%s: \"%.*s\" is not supported (only Sid, Effect, Action, Resource, Condition)",
                         place, (int)member->key.len, member->key.ptr);
}

static enum err read_effect(struct policy_statement *statement, const char *place, struct policy_why *why)
{
    struct slice effect = statement->effect.type == JSON_STRING ? statement->effect.text : SLICE_EMPTY;
    statement->is_allow = json_string_is(effect, "Allow");
    if (!statement->is_allow && !json_string_is(effect, "Deny")) {
        return policy_refuse(why, ERR_ARG, "%s needs \"Effect\": \"Allow\" or \"Deny\"", place);
    }
    return ERR_OK;
}

static enum err check_is_text(const struct policy_value *value, const char *name, const char *place,
                              struct policy_why *why)
{
    size_t cursor = 0;
    size_t count = 0;
    struct json_member element;

    if (value->type == JSON_STRING) {
        return ERR_OK;
    }
    while (value->type == JSON_ARRAY && json_next_element(value->text, &cursor, &element)) {
        if (element.type != JSON_STRING) {
            return policy_refuse(why, ERR_ARG, "%s: every element of \"%s\" must be a string", place, name);
        }
        count++;
    }
    if (count == 0) {
        return policy_refuse(
            why, ERR_ARG, "%s needs \"%s\": a string, or an array of strings that is not empty", place, name);
    }
    return ERR_OK;
}

enum err policy_statements_next(struct policy_statements *statements, struct policy_statement *statement,
                                struct policy_why *why)
{
    struct json_member element;
    if (!next_object(statements, &element)) {
        return statements->count > 0 ? ERR_NOT_FOUND
                                     : policy_refuse(why, ERR_ARG, "The document has no statement");
    }
    statements->count++;

    char place[40];
    snprintf(place, sizeof(place), "Statement %zu", statements->count);
    if (element.type != JSON_OBJECT) {
        return policy_refuse(why, ERR_ARG, "%s is not an object", place);
    }

    struct policy_statement read = {.number = statements->count};
    struct json_member member;
    size_t cursor = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK && json_next_member(element.text, &cursor, &member)) {
        err = keep_member(&read, &member, place, why);
    }
    if (err == ERR_OK) {
        err = read_effect(&read, place, why);
    }
    if (err == ERR_OK) {
        err = check_is_text(&read.actions, "Action", place, why);
    }
    if (err == ERR_OK) {
        err = check_is_text(&read.resources, "Resource", place, why);
    }
    if (err == ERR_OK) {
        *statement = read;
    }
    return err;
}

/* A string that does not decode ends policy_value_next like the end of the array does: such a string is found here. */
static enum err check_decodes(const struct policy_value *value, const char *name, size_t number,
                              struct policy_why *why)
{
    struct json_member element = {.text = value->text};
    size_t cursor = 0;
    char text[POLICY_STRING_CAP];

    do {
        if (value->type == JSON_ARRAY && !json_next_element(value->text, &cursor, &element)) {
            return ERR_OK;
        }
        enum err err = json_decode(element.text, text, sizeof(text), NULL);
        if (err != ERR_OK) {
            return policy_refuse(why, err, "Statement %zu: a string in \"%s\": %s", number, name,
                                 err_text(err));
        }
    } while (value->type == JSON_ARRAY);
    return ERR_OK;
}

/* "*", or a service, a colon and something: "iot:Publish", "iot:*". */
static bool is_action(const char *text)
{
    struct slice rest = slice_from(text);
    if (slice_is(rest, "*")) {
        return true;
    }
    struct slice service = slice_cut(&rest, ':');
    return service.len > 0 && rest.len > 0;
}

static enum err check_actions(const struct policy_statement *statement, struct policy_why *why)
{
    char text[POLICY_STRING_CAP];
    size_t cursor = 0;
    while (policy_value_next(&statement->actions, &cursor, text)) {
        if (!is_action(text)) {
            return policy_refuse(why, ERR_ARG, "Statement %zu: \"%s\" is not an action like iot:Publish",
                                 statement->number, text);
        }
    }
    return ERR_OK;
}

static enum err check_resources(const struct policy_statement *statement, struct policy_why *why)
{
    char text[POLICY_STRING_CAP];
    size_t cursor = 0;
    struct slice bad;
    while (policy_value_next(&statement->resources, &cursor, text)) {
        struct slice resource = slice_from(text);
        if (!slice_is(resource, "*") && !slice_starts_with(resource, "arn:")) {
            return policy_refuse(why, ERR_ARG, "Statement %zu: resource \"%s\" is neither an ARN nor \"*\"",
                                 statement->number, text);
        }
        enum err err = policy_pattern_check(text, &bad);
        if (err != ERR_OK) {
            return policy_refuse(why, err, "Statement %zu: variable \"%.*s\" in a resource is not known",
                                 statement->number, (int)bad.len, bad.ptr);
        }
    }
    return ERR_OK;
}

enum err policy_statement_check(const struct policy_statement *statement, struct policy_why *why)
{
    if (statement->sid.type != JSON_ABSENT && statement->sid.type != JSON_STRING) {
        return policy_refuse(why, ERR_ARG, "Statement %zu: \"Sid\" is not a string", statement->number);
    }
    enum err err = check_decodes(&statement->actions, "Action", statement->number, why);
    if (err == ERR_OK) {
        err = check_decodes(&statement->resources, "Resource", statement->number, why);
    }
    if (err == ERR_OK) {
        err = check_actions(statement, why);
    }
    if (err == ERR_OK) {
        err = check_resources(statement, why);
    }
    if (err == ERR_OK) {
        err = policy_condition_check(statement, why);
    }
    return err;
}
