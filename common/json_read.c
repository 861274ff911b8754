/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#define FIELDS_MAX 64
#define NO_FIELD   (-1)

/* Requested containers nest without gaps: the top object, a requested member of it, a requested member of that. So one
 * index and one depth describe the whole chain, and the way back up stands in the field table. */
struct reader {
    struct json_scan scan;
    struct json_field *fields;
    uint32_t objects;        /* bit d - 1: the open container at depth d is an object */
    uint8_t depth;           /* open containers */
    uint8_t requested_depth; /* depth of the innermost requested container */
    uint8_t lookup_depth;    /* members at this depth are looked up in the table; 0: none */
    uint8_t count;
    int8_t requested; /* the field of the innermost requested container; JSON_TOP for the top object */
    int8_t wanted;    /* the field that the next value belongs to, or NO_FIELD */
};

static bool is_in_object(const struct reader *r)
{
    return r->depth > 0 && ((r->objects >> (r->depth - 1)) & 1) != 0;
}

static bool has_children(const struct reader *r, int parent)
{
    for (int i = parent + 1; i < r->count; i++) {
        if (r->fields[i].parent == parent)
            return true;
    }
    return false;
}

static enum err begin_container(struct reader *r, enum json_type type)
{
    if (r->depth == JSON_DEPTH_MAX)
        return ERR_JSON_DEPTH;

    uint32_t bit = (uint32_t)1 << r->depth;
    r->objects = type == JSON_OBJECT ? r->objects | bit : r->objects & ~bit;
    r->depth++;
    if (r->wanted != NO_FIELD) {
        r->fields[r->wanted].type = (uint8_t)type;
        r->fields[r->wanted].text.ptr = r->scan.at;
        r->requested = r->wanted;
        r->requested_depth = r->depth;
        r->lookup_depth = type == JSON_OBJECT && has_children(r, r->wanted) ? r->depth : 0;
        r->wanted = NO_FIELD;
    }
    r->scan.at++;
    return ERR_OK;
}

static void end_container(struct reader *r)
{
    r->scan.at++;
    if (r->depth == r->requested_depth && r->requested != JSON_TOP) {
        struct json_field *field = &r->fields[r->requested];
        field->text.len = (size_t)(r->scan.at - field->text.ptr);
        r->requested = field->parent;
        r->requested_depth--;
        r->lookup_depth = r->requested_depth;
    }
    r->depth--;
}

static enum err find_field(struct reader *r, struct slice key)
{
    for (int i = r->requested + 1; i < r->count; i++) {
        if (r->fields[i].parent != r->requested || !json_string_is(key, r->fields[i].key))
            continue;
        if (r->fields[i].type != JSON_ABSENT) {
            r->scan.at = key.ptr - 1;
            return ERR_JSON_AMBIGUOUS;
        }
        r->wanted = (int8_t)i;
        return ERR_OK;
    }
    return ERR_OK;
}

/* A key and its colon. */
static enum err scan_key(struct json_scan *scan, struct slice *key)
{
    if (json_scan_peek(scan) != '"')
        return json_scan_refuse(scan);
    scan->at++;
    enum err err = json_scan_string(scan, key);
    if (err != ERR_OK)
        return err;
    if (json_scan_peek(scan) != ':')
        return json_scan_refuse(scan);
    scan->at++;
    return ERR_OK;
}

static enum err read_key(struct reader *r)
{
    struct slice key;
    enum err err = scan_key(&r->scan, &key);
    if (err == ERR_OK && r->depth == r->lookup_depth)
        err = find_field(r, key);
    return err;
}

static enum err scan_scalar(struct reader *r, unsigned char first, enum json_type *type, struct slice *text)
{
    const char *start = r->scan.at;
    enum err err;

    if (first == '"') {
        *type = JSON_STRING;
        r->scan.at++;
        return json_scan_string(&r->scan, text);
    }
    if (first == '-' || (first >= '0' && first <= '9')) {
        *type = JSON_NUMBER;
        err = json_scan_number(&r->scan);
    } else if (first == 't') {
        *type = JSON_TRUE;
        err = json_scan_word(&r->scan, "true");
    } else if (first == 'f') {
        *type = JSON_FALSE;
        err = json_scan_word(&r->scan, "false");
    } else if (first == 'n') {
        *type = JSON_NULL;
        err = json_scan_word(&r->scan, "null");
    } else {
        return json_scan_refuse(&r->scan);
    }
    *text = (struct slice){start, (size_t)(r->scan.at - start)};
    return err;
}

static enum err read_scalar(struct reader *r, unsigned char first)
{
    enum json_type type;
    struct slice text;
    enum err err = scan_scalar(r, first, &type, &text);

    if (err == ERR_OK && r->wanted != NO_FIELD) {
        r->fields[r->wanted].type = (uint8_t)type;
        r->fields[r->wanted].text = text;
        r->wanted = NO_FIELD;
    }
    return err;
}

/* After a value: closing brackets, then the comma in front of the next value. */
static enum err end_value(struct reader *r)
{
    while (r->depth > 0) {
        unsigned char c = json_scan_peek(&r->scan);
        if (c == ',') {
            r->scan.at++;
            return ERR_OK;
        }
        if (c != (is_in_object(r) ? '}' : ']'))
            return json_scan_refuse(&r->scan);
        end_container(r);
    }
    return ERR_OK;
}

/* One whole value. */
static enum err read_value(struct reader *r)
{
    enum err err = ERR_OK;

    do {
        if (is_in_object(r))
            err = read_key(r);
        if (err != ERR_OK)
            return err;
        unsigned char first = json_scan_peek(&r->scan);
        if (first == '{' || first == '[') {
            err = begin_container(r, first == '{' ? JSON_OBJECT : JSON_ARRAY);
            if (err == ERR_OK && json_scan_peek(&r->scan) != first + 2) /* '{' + 2 is '}', '[' + 2 is ']' */
                continue;
        } else {
            err = read_scalar(r, first);
        }
        if (err == ERR_OK)
            err = end_value(r);
    } while (err == ERR_OK && r->depth > 0);
    return err;
}

static enum err read_text(struct reader *r)
{
    unsigned char first = json_scan_peek(&r->scan);
    const char *start = r->scan.at;
    enum err err = read_value(r);
    if (err != ERR_OK)
        return err;
    json_scan_peek(&r->scan);
    if (r->scan.at != r->scan.end)
        return ERR_JSON_SYNTAX;
    if (r->count > 0 && first != '{') {
        r->scan.at = start;
        return ERR_JSON_NOT_OBJECT;
    }
    return ERR_OK;
}

static void forget_results(struct json_field fields[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fields[i].type = JSON_ABSENT;
        fields[i].text = SLICE_EMPTY;
    }
}

static bool is_table_good(const struct json_field fields[], size_t count)
{
    if (count > FIELDS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (fields[i].key == NULL || fields[i].parent < JSON_TOP || fields[i].parent >= (int)i)
            return false;
    }
    return true;
}

enum err json_read(struct slice text, struct json_field fields[], size_t count, size_t *error_at)
{
    struct reader r = {
        .scan = {text.ptr, text.len > 0 ? text.ptr + text.len : text.ptr},
        .fields = fields,
        .requested_depth = 1,
        .lookup_depth = 1,
        .count = (uint8_t)count,
        .requested = JSON_TOP,
        .wanted = NO_FIELD,
    };

    forget_results(fields, count);
    enum err err = is_table_good(fields, count) ? read_text(&r) : ERR_ARG;
    if (err != ERR_OK) {
        forget_results(fields, count);
        if (error_at != NULL)
            *error_at = (size_t)(r.scan.at - text.ptr);
    }
    return err;
}

/* The value is read with a table of one field, which is wanted from the start. That checks it again, so the walk is
 * safe on any text. */
static bool next_value(struct slice container, char open, size_t *cursor, struct json_member *member)
{
    if (*cursor >= container.len)
        return false;

    struct slice key = SLICE_EMPTY;
    struct json_field value = {.parent = JSON_TOP};
    struct reader r = {
        .scan = {container.ptr + *cursor, container.ptr + container.len},
        .fields = &value,
        .count = 1,
        .requested = JSON_TOP,
        .wanted = 0,
    };
    if (json_scan_peek(&r.scan) != (*cursor == 0 ? open : ','))
        return false;
    r.scan.at++;
    if (open == '{' && scan_key(&r.scan, &key) != ERR_OK)
        return false;
    if (read_value(&r) != ERR_OK)
        return false;

    *member = (struct json_member){.key = key, .type = value.type, .text = value.text};
    *cursor = (size_t)(r.scan.at - container.ptr);
    return true;
}

bool json_next_member(struct slice object, size_t *cursor, struct json_member *member)
{
    return next_value(object, '{', cursor, member);
}

bool json_next_element(struct slice array, size_t *cursor, struct json_member *element)
{
    return next_value(array, '[', cursor, element);
}
