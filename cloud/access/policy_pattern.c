/* SPDX-License-Identifier: MIT */
#include "cloud/access/policy_pattern.h"

#include <string.h>

enum token_kind {
    TOKEN_END,
    TOKEN_BYTE,
    TOKEN_ANY,    /* ? */
    TOKEN_STAR,   /* * */
    TOKEN_NOTHING /* a variable without a value, or no step is left: matches no text at all */
};

struct token {
    enum token_kind kind;
    char byte;
};

/* A place in a pattern; inside a variable also a place in its value. Small enough to go back to. */
struct place {
    const char *at;
    const char *value; /* NULL: not inside a variable */
};

enum err policy_variable(struct slice name, const struct policy_context *context, const char **value)
{
    if (slice_is(name, "iot:Connection.Thing.ThingName")) {
        *value = context->thing_name;
    } else if (slice_is(name, "iot:ClientId")) {
        *value = context->client_id;
    } else if (slice_is(name, "aws:SourceIp")) {
        *value = context->source_ip;
    } else if (slice_is(name, "iot:Certificate.Subject.CommonName")) {
        *value = context->certificate_cn;
    } else {
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

/* ${*}, ${?} and ${$} are the characters themselves. */
static const char *escaped_character(struct slice name)
{
    static const char *const characters[] = {"*", "?", "$"};
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
        if (slice_is(name, characters[i])) {
            return characters[i];
        }
    }
    return NULL;
}

/* `at` stands on "${". Returns what stands between the braces and moves behind them; ptr NULL: no closing brace. */
static struct slice cut_variable(const char **at)
{
    const char *name = *at + 2;
    const char *end = strchr(name, '}');
    if (end == NULL) {
        return SLICE_EMPTY;
    }
    *at = end + 1;
    return (struct slice){name, (size_t)(end - name)};
}

static bool is_variable(const char *at)
{
    return at[0] == '$' && at[1] == '{';
}

enum err policy_pattern_check(const char *text, struct slice *bad)
{
    static const struct policy_context nobody;
    const char *value;

    for (const char *at = text; *at != '\0';) {
        if (!is_variable(at)) {
            at++;
            continue;
        }
        const char *start = at;
        struct slice name = cut_variable(&at);
        if (name.ptr == NULL) {
            *bad = slice_from(start);
            return ERR_ARG;
        }
        if (escaped_character(name) == NULL && policy_variable(name, &nobody, &value) != ERR_OK) {
            *bad = (struct slice){start, (size_t)(at - start)};
            return ERR_UNSUPPORTED;
        }
    }
    return ERR_OK;
}

void policy_pattern_missing(const char *text, const struct policy_context *context, policy_missing_fn fn,
                            void *ctx)
{
    char name[64];
    const char *value;
    for (const char *at = text; (at = strstr(at, "${")) != NULL;) {
        struct slice found = cut_variable(&at);
        if (found.ptr == NULL) {
            return;
        }
        if (policy_variable(found, context, &value) == ERR_OK && value == NULL &&
            slice_copy(found, name, sizeof(name)) == ERR_OK) {
            fn(ctx, name);
        }
    }
}

/* Moves behind "${...}" and into the variable's value. false: the variable has none. */
static bool enter_variable(struct place *place, const struct policy_context *context)
{
    struct slice name = cut_variable(&place->at);
    if (name.ptr == NULL) {
        return false;
    }
    place->value = escaped_character(name);
    if (place->value == NULL && policy_variable(name, context, &place->value) != ERR_OK) {
        return false;
    }
    return place->value != NULL;
}

static bool take_step(const struct policy_context *context)
{
    if (context->steps_left == NULL) {
        return true;
    }
    if (*context->steps_left == 0) {
        return false;
    }
    --*context->steps_left;
    return true;
}

static struct token plain_token(struct place *place, const struct policy_pattern *pattern)
{
    char c = *place->at;
    if (c == '\0') {
        return (struct token){TOKEN_END, '\0'};
    }
    place->at++;
    if (pattern->has_wildcards && c == '*') {
        return (struct token){TOKEN_STAR, c};
    }
    if (pattern->has_wildcards && c == '?') {
        return (struct token){TOKEN_ANY, c};
    }
    return (struct token){TOKEN_BYTE, c};
}

static struct token next_token(struct place *place, const struct policy_pattern *pattern,
                               const struct policy_context *context)
{
    while (take_step(context)) {
        if (place->value != NULL && *place->value != '\0') {
            return (struct token){TOKEN_BYTE, *place->value++};
        }
        place->value = NULL;
        if (!pattern->has_variables || !is_variable(place->at)) {
            return plain_token(place, pattern);
        }
        if (!enter_variable(place, context)) {
            break;
        }
    }
    return (struct token){TOKEN_NOTHING, '\0'};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One character of UTF-8 further; not past the end. */
static const char *behind_character(const char *text)
{
    if (*text == '\0') {
        return text;
    }
    do {
        text++;
    } while (((unsigned char)*text & 0xC0) == 0x80);
    return text;
}

static bool takes(struct token token, const struct policy_pattern *pattern, const char **text)
{
    if (**text == '\0') {
        return false;
    }
    if (token.kind == TOKEN_ANY) {
        *text = behind_character(*text);
        return true;
    }
    if (token.kind != TOKEN_BYTE) {
        return false;
    }
    bool is_same = pattern->ignores_case ? lower(token.byte) == lower(**text) : token.byte == **text;
    *text += is_same;
    return is_same;
}

bool policy_pattern_matches(const struct policy_pattern *pattern, const char *text,
                            const struct policy_context *context, size_t *reached)
{
    const char *start = text;
    struct place place = {pattern->text, NULL};
    struct place behind_star = place;
    const char *star_text =
        NULL; /* the last star takes everything up to here; earlier ones need no second try */
    bool is_match = false;
    size_t straight = 0;

    for (;;) {
        struct token token = next_token(&place, pattern, context);
        if (token.kind == TOKEN_STAR) {
            behind_star = place;
            star_text = text;
            continue;
        }
        if (takes(token, pattern, &text)) {
            if (star_text == NULL) {
                straight = (size_t)(text - start);
            }
            continue;
        }
        is_match = token.kind == TOKEN_END && *text == '\0';
        if (is_match || token.kind == TOKEN_NOTHING || star_text == NULL || *star_text == '\0') {
            break;
        }
        star_text = behind_character(star_text);
        text = star_text;
        place = behind_star;
    }
    if (reached != NULL) {
        *reached = straight;
    }
    return is_match;
}
