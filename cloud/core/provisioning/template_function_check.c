/* SPDX-License-Identifier: MIT */
/* The form of functions, judged when a template is made, so that its author reads what is wrong and not a device. */
#include "cloud/core/provisioning/template_function.h"
#include "cloud/core/provisioning/template_sub.h"

#include "cloud/base/text.h"

#include <stdlib.h>
#include <string.h>

static enum core_code check(const struct template_scope *scope, const json_t *value, int depth,
                            struct core_error *error);

bool template_function_is(const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        if (strcmp(key, "Ref") == 0 || strncmp(key, "Fn::", 4) == 0) {
            return true;
        }
    }
    return false;
}

/* A text, or what may become one. */
static bool is_textual(const json_t *value)
{
    return json_is_string(value) || template_function_is(value);
}

static bool is_listing(const json_t *value)
{
    return json_is_array(value) || template_function_is(value);
}

static enum core_code bad_form(const char *function, const char *form, struct core_error *error)
{
    return core_fail(error, CORE_INVALID_REQUEST, "the form of %s is %s", function, form);
}

static enum core_code check_name(const struct template_scope *scope, const char *name,
                                 struct core_error *error)
{
    if (strcmp(name, TEMPLATE_CERTIFICATE) == 0) {
        return CORE_OK;
    }
    if (strncmp(name, TEMPLATE_PSEUDO_PREFIX, strlen(TEMPLATE_PSEUDO_PREFIX)) == 0) {
        return core_fail(
            error, CORE_INVALID_REQUEST,
            "there is no '%.100s' here: of AWS's own parameters iot-local has %s; the others belong"
            " to just-in-time provisioning",
            name, TEMPLATE_CERTIFICATE);
    }
    return json_object_get(scope->parameters, name)
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "the template refers to '%.100s', which Parameters does not declare", name);
}

/* --- The functions --- */

static enum core_code check_ref(const struct template_scope *scope, const json_t *name, int depth,
                                struct core_error *error)
{
    (void)depth;
    return json_is_string(name) ? check_name(scope, json_string_value(name), error)
                                : bad_form("Ref", "{\"Ref\": \"PARAMETER\"}", error);
}

static enum core_code check_join(const struct template_scope *scope, const json_t *arguments, int depth,
                                 struct core_error *error)
{
    const json_t *list = json_array_get(arguments, 1);
    bool is_good =
        json_array_size(arguments) == 2 && json_is_string(json_array_get(arguments, 0)) && is_listing(list);
    for (size_t i = 0; is_good && i < json_array_size(list); i++) {
        is_good = is_textual(json_array_get(list, i));
    }
    return is_good ? check(scope, list, depth, error)
                   : bad_form("Fn::Join", "{\"Fn::Join\": [\"DELIMITER\", [TEXT, ..]]}", error);
}

static enum core_code check_split(const struct template_scope *scope, const json_t *arguments, int depth,
                                  struct core_error *error)
{
    bool is_good = json_array_size(arguments) == 2 && json_string_length(json_array_get(arguments, 0)) > 0 &&
                   is_textual(json_array_get(arguments, 1));
    return is_good ? check(scope, json_array_get(arguments, 1), depth, error)
                   : bad_form("Fn::Split", "{\"Fn::Split\": [\"DELIMITER\", TEXT]}", error);
}

static bool is_index(const json_t *value)
{
    const char *digits = json_string_value(value);
    return digits                   ? *digits && digits[strspn(digits, "0123456789")] == '\0'
           : json_is_integer(value) ? json_integer_value(value) >= 0
                                    : template_function_is(value);
}

static enum core_code check_select(const struct template_scope *scope, const json_t *arguments, int depth,
                                   struct core_error *error)
{
    bool is_good = json_array_size(arguments) == 2 && is_index(json_array_get(arguments, 0)) &&
                   is_listing(json_array_get(arguments, 1));
    return is_good ? check(scope, arguments, depth, error)
                   : bad_form("Fn::Select", "{\"Fn::Select\": [INDEX, [VALUE, ..]]}", error);
}

/* What is known before a device comes must be there: a map and its keys that are plain texts. */
static enum core_code check_map(const struct template_scope *scope, const json_t *arguments,
                                struct core_error *error)
{
    const json_t *at = scope->mappings;
    for (size_t i = 0; i < 3 && json_is_string(json_array_get(arguments, i)); i++) {
        const char *key = json_string_value(json_array_get(arguments, i));
        at = json_object_get(at, key);
        if (!at) {
            return core_fail(error, CORE_INVALID_REQUEST, "Fn::FindInMap finds no '%.100s' in Mappings", key);
        }
    }
    return CORE_OK;
}

static enum core_code check_find(const struct template_scope *scope, const json_t *arguments, int depth,
                                 struct core_error *error)
{
    bool is_good = json_array_size(arguments) == 3;
    for (size_t i = 0; is_good && i < 3; i++) {
        is_good = is_textual(json_array_get(arguments, i));
    }
    if (!is_good) {
        return bad_form("Fn::FindInMap", "{\"Fn::FindInMap\": [\"MAP\", KEY, KEY]}", error);
    }
    return check_map(scope, arguments, error) ? error->code : check(scope, arguments, depth, error);
}

static enum core_code check_variables(const struct template_scope *scope, const json_t *text,
                                      const json_t *own, struct core_error *error)
{
    struct slice rest = {json_string_value(text), json_string_length(text)};
    struct sub_piece piece;
    int got;
    while ((got = template_sub_next(&rest, &piece)) == 1 && !error->code) {
        if (piece.is_variable) {
            char *name = text_copy_n(piece.text.ptr, piece.text.len);
            if (!json_object_get(own, name)) {
                check_name(scope, name, error);
            }
            free(name);
        }
    }
    return error->code || !got ? error->code
                               : core_fail(error, CORE_INVALID_REQUEST,
                                           "Fn::Sub: a '${' without a name or without its '}'; a '${' that is"
                                           " to stay is written '${!'");
}

static enum core_code check_sub(const struct template_scope *scope, const json_t *arguments, int depth,
                                struct core_error *error)
{
    bool has_own = json_is_array(arguments);
    const json_t *text = has_own ? json_array_get(arguments, 0) : arguments;
    json_t *own = has_own ? json_array_get(arguments, 1) : NULL;
    bool is_good = json_is_string(text) && (!has_own || json_array_size(arguments) == 2) &&
                   (!has_own || (json_is_object(own) && !template_function_is(own)));
    for (void *at = is_good ? json_object_iter(own) : NULL; at; at = json_object_iter_next(own, at)) {
        is_good = is_good && is_textual(json_object_iter_value(at));
    }
    if (!is_good) {
        return bad_form("Fn::Sub", "{\"Fn::Sub\": \"TEXT\"} or {\"Fn::Sub\": [\"TEXT\", {\"NAME\": TEXT}]}",
                        error);
    }
    return check_variables(scope, text, own, error) || !own ? error->code : check(scope, own, depth, error);
}

/* --- All values --- */

static const struct function {
    const char *name;
    enum core_code (*check)(const struct template_scope *scope, const json_t *argument, int depth,
                            struct core_error *error);
} functions[] = {
    {"Ref", check_ref},           {"Fn::Join", check_join},      {"Fn::Split", check_split},
    {"Fn::Select", check_select}, {"Fn::FindInMap", check_find}, {"Fn::Sub", check_sub},
};

static enum core_code check_function(const struct template_scope *scope, const json_t *value, int depth,
                                     struct core_error *error)
{
    json_t *object = (json_t *)(uintptr_t)value;
    void *first = json_object_iter(object);
    const char *name = json_object_iter_key(first);
    if (json_object_size(value) != 1) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "an object with a function in it has no other members: '%.100s' is one too many",
                         json_object_iter_key(json_object_iter_next(object, first)));
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return functions[i].check(scope, json_object_iter_value(first), depth, error);
        }
    }
    return core_fail(error, CORE_INVALID_REQUEST,
                     "a provisioning template has no function '%.100s': it has Ref, Fn::Join, Fn::Select,"
                     " Fn::FindInMap, Fn::Split and Fn::Sub",
                     name);
}

static enum core_code check(const struct template_scope *scope, const json_t *value, int depth,
                            struct core_error *error)
{
    if (depth == 0) {
        return core_fail(error, CORE_INVALID_REQUEST, "the template is nested deeper than %d levels",
                         TEMPLATE_DEPTH_MAX);
    }
    if (template_function_is(value)) {
        return check_function(scope, value, depth - 1, error);
    }
    for (size_t i = 0; i < json_array_size(value) && !error->code; i++) {
        check(scope, json_array_get(value, i), depth - 1, error);
    }
    json_t *object = json_is_object(value) ? (json_t *)(uintptr_t)value : NULL;
    for (void *at = json_object_iter(object); at && !error->code; at = json_object_iter_next(object, at)) {
        check(scope, json_object_iter_value(at), depth - 1, error);
    }
    return error->code;
}

enum core_code template_function_check(const struct template_scope *scope, const json_t *value,
                                       struct core_error *error)
{
    return check(scope, value, TEMPLATE_DEPTH_MAX, error);
}
