/* SPDX-License-Identifier: MIT */
#include "common/json_cut.h"

#define MEMBER_DEPTH_MAX 2
#define NO_MATCH         SIZE_MAX

enum {
    LOOKING, /* for the key */
    KEY,     /* was read; what follows tells whether it was one */
    COLON,   /* was read; the value is next */
    VALUE,   /* an object, array or string; ends with its last byte */
    WORD,    /* a number, true, false, null; ends before what cannot be part of it */
    DONE,
};

void json_cut_begin(struct json_cut *cut, const char *key)
{
    *cut = (struct json_cut){.key = key, .matched = NO_MATCH};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
    return c == ',' || c == '}' || c == ']' || is_space(c);
}

static bool is_member_depth(uint32_t depth)
{
    return depth >= 1 && depth <= MEMBER_DEPTH_MAX;
}

/* Inside of a string. */
static void step_string(struct json_cut *cut, char c)
{
    if (cut->is_escaped) {
        cut->is_escaped = false;
    } else if (c == '\\') {
        cut->is_escaped = true;
        cut->matched = NO_MATCH;
    } else if (c == '"') {
        cut->is_in_string = false;
        if (cut->state == LOOKING && cut->matched != NO_MATCH && cut->key[cut->matched] == '\0') {
            cut->state = KEY;
            cut->member_depth = (uint8_t)cut->depth;
        }
    } else if (cut->matched != NO_MATCH) {
        cut->matched = c == cut->key[cut->matched] && c != '\0' ? cut->matched + 1 : NO_MATCH;
    }
}

static void step(struct json_cut *cut, char c)
{
    if (cut->is_in_string) {
        step_string(cut, c);
    } else if (c == '"') {
        cut->is_in_string = true;
        cut->matched = cut->state == LOOKING && is_member_depth(cut->depth) ? 0 : NO_MATCH;
    } else if (c == '{' || c == '[') {
        cut->depth++;
    } else if ((c == '}' || c == ']') && cut->depth > 0) {
        cut->depth--;
    }
}

/* What a key, or something that looks like one, is followed by. */
static void step_to_value(struct json_cut *cut, char c)
{
    if (cut->state == KEY && c == ':') {
        cut->state = COLON;
    } else if (cut->state == KEY) {
        cut->state = LOOKING;
    } else if (c == '"' || c == '{' || c == '[') {
        cut->state = VALUE;
    } else {
        cut->state = ends_word(c) ? DONE : WORD;
    }
}

static bool is_value(const struct json_cut *cut)
{
    return cut->state == VALUE || cut->state == WORD;
}

/* The bytes of `in` up to where rest and value meet. */
static size_t run_len(struct json_cut *cut, struct slice in)
{
    size_t len = 0;
    bool was_value = is_value(cut);

    while (len < in.len && cut->state != DONE) {
        char c = in.ptr[len];
        if ((cut->state == KEY || cut->state == COLON) && !is_space(c)) {
            step_to_value(cut, c);
        }
        if (cut->state == WORD && was_value && ends_word(c)) {
            cut->state = DONE;
        }
        if (is_value(cut) != was_value) {
            return len;
        }
        step(cut, c);
        len++;
        if (cut->state == VALUE && !cut->is_in_string && cut->depth <= cut->member_depth) {
            cut->state = DONE;
        }
    }
    return was_value ? len : in.len;
}

enum json_cut_part json_cut_next(struct json_cut *cut, struct slice *in, struct slice *run)
{
    bool was_value = is_value(cut);

    if (was_value && !cut->is_marked) {
        cut->is_marked = true;
        *run = (struct slice){"0", 1};
        return JSON_CUT_REST;
    }
    size_t len = run_len(cut, *in);
    *run = (struct slice){in->ptr, len};
    *in = (struct slice){in->ptr + len, in->len - len};
    return was_value ? JSON_CUT_VALUE : JSON_CUT_REST;
}
