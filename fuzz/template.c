/* SPDX-License-Identifier: MIT */
/* A provisioning template and the parameters of a device. Input: the first line is the parameters as JSON, the rest the template.
 * A body is read or refused with a sentence; what is evaluated has no function left, not too much text, and is the same when it
 * is evaluated again. */
#include "cloud/core/provisioning/template_body.h"
#include "cloud/core/provisioning/template_function.h"
#include "cloud/core/provisioning/template_sub.h"
#include "fuzz/require.h"

#include <stdbool.h>
#include <string.h>

static void check_is_plain(json_t *value, int depth, size_t *text)
{
    size_t i;
    const char *key;
    json_t *inner;
    REQUIRE(depth < 2 * TEMPLATE_DEPTH_MAX);
    REQUIRE(!template_function_is(value));
    *text += json_string_length(value);
    json_array_foreach(value, i, inner)
    {
        check_is_plain(inner, depth + 1, text);
    }
    if (json_is_object(value)) {
        json_object_foreach(value, key, inner)
        {
            check_is_plain(inner, depth + 1, text);
        }
    }
}

static json_t *evaluate(const json_t *body, const json_t *parameters)
{
    struct core_error error = {.code = CORE_OK};
    json_t *evaluated = template_body_evaluate(body, parameters, "0123", &error);
    REQUIRE((evaluated != NULL) == (error.code == CORE_OK));
    REQUIRE(evaluated || (error.code == CORE_INVALID_REQUEST && error.message[0]));
    return evaluated;
}

static void check_template(const json_t *body, const json_t *parameters)
{
    json_t *first = evaluate(body, parameters);
    json_t *second = evaluate(body, parameters);
    size_t text = 0;
    REQUIRE(!first == !second && (!first || json_equal(first, second)));
    if (first) {
        check_is_plain(first, 0, &text);
        REQUIRE(text <= TEMPLATE_TEXT_MAX);
    }
    json_decref(first);
    json_decref(second);
}

static void check_sub(struct slice text)
{
    struct sub_piece piece;
    size_t left = text.len;
    while (template_sub_next(&text, &piece) == 1) {
        REQUIRE(text.len < left && piece.text.len <= left && piece.text.len > 0);
        left = text.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = {(const char *)data, size};
    struct slice line = slice_cut(&rest, '\n');
    struct core_error error = {.code = CORE_OK};
    json_t *parameters =
        line.len ? json_loadb(line.ptr, line.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    bool is_good = template_check_parameters("parameters", parameters, &error) == CORE_OK;
    check_sub(line);
    for (int use = TEMPLATE_OF_FLEET; rest.ptr && use <= TEMPLATE_OF_REGISTER_THING; use++) {
        struct core_error why = {.code = CORE_OK};
        json_t *body = template_body_read(rest, (enum template_use)use, &why);
        REQUIRE((body != NULL) == (why.code == CORE_OK) && (body || why.message[0]));
        if (body && is_good) {
            check_template(body, json_is_object(parameters) ? parameters : NULL);
        }
        json_decref(body);
    }
    json_decref(parameters);
    return 0;
}
