/* SPDX-License-Identifier: MIT */
/* Evaluates functions. template_function_check.c has judged their form before, so this file only meets what depends on the
 * device's values: a parameter without a value, an index behind the end, a list where a text is needed. */
#include "cloud/core/provisioning/template_function.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/provisioning/template_sub.h"
#include "common/number.h"

#include <stdlib.h>
#include <string.h>

static json_t *evaluate(struct template_values *values, const json_t *value, int depth,
                        struct core_error *error);

/* --- Texts and other values, of which there may only be so much --- */

/* A variable of Fn::Sub is evaluated wherever it stands: some levels of them in each other, all empty, cost no byte of text and would
 * keep the service busy for hours. */
static bool count_value(struct template_values *values, struct core_error *error)
{
    if (values->values_left == 0) {
        core_fail(error, CORE_INVALID_REQUEST, "the template makes more than %d values with these parameters",
                  TEMPLATE_VALUES_MAX);
        return false;
    }
    values->values_left--;
    return true;
}

struct growing {
    char *text;
    size_t len;
};

static bool grow(struct template_values *values, struct growing *out, const char *text, size_t len,
                 struct core_error *error)
{
    if (len > values->text_left) {
        core_fail(error, CORE_INVALID_REQUEST,
                  "the template makes more than %d bytes of text with these parameters", TEMPLATE_TEXT_MAX);
        return false;
    }
    values->text_left -= len;
    out->text = memory_resize(out->text, out->len + len + 1);
    memcpy(out->text + out->len, text, len);
    out->len += len;
    out->text[out->len] = '\0';
    return true;
}

static json_t *take_text(struct growing *out)
{
    json_t *text = json_stringn(out->text ? out->text : "", out->len);
    free(out->text);
    if (!text) {
        memory_out();
    }
    return text;
}

static json_t *end_text(struct growing *out, const struct core_error *error)
{
    if (error->code) {
        free(out->text);
        return NULL;
    }
    return take_text(out);
}

static json_t *make_text(struct template_values *values, const char *text, size_t len,
                         struct core_error *error)
{
    struct growing out = {0};
    if (count_value(values, error)) {
        grow(values, &out, text, len, error);
    }
    return end_text(&out, error);
}

/* What an argument must be once it has a value. NULL: the error says which function has met what. */
static json_t *evaluate_to(struct template_values *values, const json_t *argument, int depth, json_type type,
                           const char *function, struct core_error *error)
{
    json_t *value = evaluate(values, argument, depth, error);
    if (value && json_typeof(value) != type) {
        core_fail(error, CORE_INVALID_REQUEST, "%s needs a %s where the template gives it a %s", function,
                  type == JSON_ARRAY ? "list" : "text", type == JSON_ARRAY ? "text" : "list");
        json_decref(value);
        return NULL;
    }
    return value;
}

/* --- The functions --- */

static json_t *give_parameter(struct template_values *values, const char *name, struct core_error *error)
{
    if (strcmp(name, TEMPLATE_CERTIFICATE) == 0 && values->certificate_id) {
        return make_text(values, values->certificate_id, strlen(values->certificate_id), error);
    }
    const json_t *value = json_object_get(values->given, name);
    if (!value) {
        value = json_object_get(json_object_get(values->scope.parameters, name), "Default");
    }
    if (!value) {
        core_fail(error, CORE_INVALID_REQUEST,
                  "parameter '%.100s' has no value: it must be sent, or the template give it a Default",
                  name);
        return NULL;
    }
    return make_text(values, json_string_value(value), json_string_length(value), error);
}

static json_t *evaluate_ref(struct template_values *values, const json_t *name, int depth,
                            struct core_error *error)
{
    (void)depth;
    return give_parameter(values, json_string_value(name), error);
}

static json_t *evaluate_join(struct template_values *values, const json_t *arguments, int depth,
                             struct core_error *error)
{
    struct growing out = {0};
    const json_t *between = json_array_get(arguments, 0);
    json_t *list = evaluate_to(values, json_array_get(arguments, 1), depth, JSON_ARRAY, "Fn::Join", error);
    for (size_t i = 0; i < json_array_size(list) && !error->code; i++) {
        const json_t *entry = json_array_get(list, i);
        if (!json_is_string(entry)) {
            core_fail(error, CORE_INVALID_REQUEST, "Fn::Join joins texts, and entry %zu is none", i);
        } else if (i == 0 ||
                   grow(values, &out, json_string_value(between), json_string_length(between), error)) {
            grow(values, &out, json_string_value(entry), json_string_length(entry), error);
        }
    }
    json_decref(list);
    return end_text(&out, error);
}

static json_t *evaluate_split(struct template_values *values, const json_t *arguments, int depth,
                              struct core_error *error)
{
    const json_t *between = json_array_get(arguments, 0);
    json_t *text = evaluate_to(values, json_array_get(arguments, 1), depth, JSON_STRING, "Fn::Split", error);
    json_t *list = text ? json_array() : NULL;
    struct slice rest = {json_string_value(text), json_string_length(text)};
    size_t between_len = json_string_length(between);
    while (list && !error->code) {
        const char *end =
            rest.len ? memmem(rest.ptr, rest.len, json_string_value(between), between_len) : NULL;
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        json_array_append_new(list, make_text(values, rest.ptr, len, error));
        if (!end) {
            break;
        }
        rest = (struct slice){end + between_len, rest.len - len - between_len};
    }
    json_decref(text);
    if (error->code) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *evaluate_select(struct template_values *values, const json_t *arguments, int depth,
                               struct core_error *error)
{
    json_t *index = evaluate(values, json_array_get(arguments, 0), depth, error);
    json_t *list =
        index ? evaluate_to(values, json_array_get(arguments, 1), depth, JSON_ARRAY, "Fn::Select", error)
              : NULL;
    json_t *chosen = NULL;
    if (list) {
        int64_t i = json_integer_value(index);
        bool is_number = json_is_integer(index) ||
                         (json_is_string(index) && !number_to_i64(slice_from(json_string_value(index)), &i));
        chosen = is_number && i >= 0 ? json_incref(json_array_get(list, (size_t)i)) : NULL;
    }
    if (list && !chosen) {
        core_fail(error, CORE_INVALID_REQUEST,
                  "Fn::Select chooses an entry that is not there: the list has %zu, counted from 0",
                  json_array_size(list));
    }
    json_decref(index);
    json_decref(list);
    return chosen;
}

static json_t *evaluate_find(struct template_values *values, const json_t *arguments, int depth,
                             struct core_error *error)
{
    const json_t *at = values->scope.mappings;
    for (size_t i = 0; i < 3 && !error->code; i++) {
        json_t *key =
            evaluate_to(values, json_array_get(arguments, i), depth, JSON_STRING, "Fn::FindInMap", error);
        const char *name = json_string_value(key);
        at = name ? json_object_get(at, name) : NULL;
        if (name && !at) {
            core_fail(error, CORE_INVALID_REQUEST, "Fn::FindInMap finds no '%.100s' in Mappings", name);
        }
        json_decref(key);
    }
    return error->code ? NULL : evaluate(values, at, depth, error);
}

/* Variables of the function's own come before parameters. */
static json_t *give_variable(struct template_values *values, const json_t *own, struct slice name, int depth,
                             struct core_error *error)
{
    char *text = text_copy_n(name.ptr, name.len);
    const json_t *value = json_object_get(own, text);
    json_t *given = value ? evaluate_to(values, value, depth, JSON_STRING, "Fn::Sub", error)
                          : give_parameter(values, text, error);
    free(text);
    return given;
}

static json_t *evaluate_sub(struct template_values *values, const json_t *arguments, int depth,
                            struct core_error *error)
{
    bool has_own = json_is_array(arguments);
    const json_t *text = has_own ? json_array_get(arguments, 0) : arguments;
    const json_t *own = has_own ? json_array_get(arguments, 1) : NULL;
    struct slice rest = {json_string_value(text), json_string_length(text)};
    struct growing out = {0};
    struct sub_piece piece;
    while (!error->code && template_sub_next(&rest, &piece) == 1) {
        if (!piece.is_variable) {
            grow(values, &out, piece.text.ptr, piece.text.len, error);
            continue;
        }
        json_t *value = give_variable(values, own, piece.text, depth, error);
        if (value) {
            grow(values, &out, json_string_value(value), json_string_length(value), error);
        }
        json_decref(value);
    }
    return end_text(&out, error);
}

/* --- All values --- */

static const struct function {
    const char *name;
    json_t *(*evaluate)(struct template_values *values, const json_t *argument, int depth,
                        struct core_error *error);
} functions[] = {
    {"Ref", evaluate_ref},           {"Fn::Join", evaluate_join},      {"Fn::Split", evaluate_split},
    {"Fn::Select", evaluate_select}, {"Fn::FindInMap", evaluate_find}, {"Fn::Sub", evaluate_sub},
};

static json_t *evaluate_function(struct template_values *values, const json_t *value, int depth,
                                 struct core_error *error)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const json_t *argument = json_object_get(value, functions[i].name);
        if (argument) {
            return functions[i].evaluate(values, argument, depth, error);
        }
    }
    core_fail(error, CORE_INTERNAL, "a function of the template was not checked");
    return NULL;
}

static json_t *evaluate_list(struct template_values *values, const json_t *list, int depth,
                             struct core_error *error)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list) && !error->code; i++) {
        json_t *entry = evaluate(values, json_array_get(list, i), depth, error);
        if (entry) {
            json_array_append_new(out, entry);
        }
    }
    return out;
}

static json_t *evaluate_object(struct template_values *values, const json_t *object, int depth,
                               struct core_error *error)
{
    json_t *out = json_object();
    json_t *source = (json_t *)(uintptr_t)object;
    for (void *at = json_object_iter(source); at && !error->code; at = json_object_iter_next(source, at)) {
        json_t *member = evaluate(values, json_object_iter_value(at), depth, error);
        if (member) {
            json_object_set_new(out, json_object_iter_key(at), member);
        }
    }
    return out;
}

/* depth: of levels that may still follow; the check has counted them, so they suffice but for what Mappings hold. */
static json_t *evaluate(struct template_values *values, const json_t *value, int depth,
                        struct core_error *error)
{
    json_t *out;
    if (depth == 0) {
        core_fail(error, CORE_INVALID_REQUEST, "the template is nested deeper than %d levels",
                  TEMPLATE_DEPTH_MAX);
        return NULL;
    }
    if (!count_value(values, error)) {
        return NULL;
    }
    if (template_function_is(value)) {
        return evaluate_function(values, value, depth - 1, error);
    }
    out = json_is_array(value)    ? evaluate_list(values, value, depth - 1, error)
          : json_is_object(value) ? evaluate_object(values, value, depth - 1, error)
          : json_is_string(value)
              ? make_text(values, json_string_value(value), json_string_length(value), error)
              : json_copy((json_t *)(uintptr_t)value);
    if (error->code) {
        json_decref(out);
        return NULL;
    }
    return out;
}

json_t *template_function_evaluate(struct template_values *values, const json_t *value,
                                   struct core_error *error)
{
    return evaluate(values, value, TEMPLATE_DEPTH_MAX, error);
}
