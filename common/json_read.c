/* SPDX-License-Identifier: MIT */
#include "common/json_fields.h"
#include "common/json_scan.h"
#include "common/json_text.h"

#include <string.h>

#define NO_FIELD (-1)
#define NO_DEPTH UINT8_MAX

/* Requested containers nest without gaps: the top object, a requested member of it, a requested member of that. So one
 * index and one depth describe the whole chain, and the way back up stands in the field table. */
struct reader {
    struct json_scan scan;
    struct json_field *fields;
    struct slice key; /* of the member that is read, still escaped */
    uint32_t objects; /* one bit for each open container, the innermost lowest: it is an object */
    uint8_t depth;    /* open containers */
    uint8_t
        requested_depth; /* of the innermost requested container: members there are looked up; or NO_DEPTH */
    uint8_t count;
    int8_t requested;  /* the field of the innermost requested container; JSON_TOP for the top object */
    int8_t wanted;     /* the field that the next value belongs to, or NO_FIELD */
    char closer;       /* what ends the innermost container; 0 outside of all */
    bool is_key_plain; /* as in json_scan_plain */
    uint8_t key_mark;  /* as in the key's field, if it has one */
    struct json_fields_chains chains;
};

/* What a value that starts with this byte can only be. What starts no value at all is refused as a number. */
static enum json_type type_of(char first)
{
    switch (first) {
    case '"':
        return JSON_STRING;
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

/* From the first byte up to the one behind the last; a string gives what stands between its quotes. */
static struct slice value_text(enum json_type type, const char *start, const char *end)
{
    size_t quote = type == JSON_STRING ? 1 : 0;
    return (struct slice){start + quote, (size_t)(end - start) - 2 * quote};
}

/* `open` is { or [, and what closes them stands two places behind them. */
static enum err begin_container(struct reader *r, char open)
{
    bool is_object = open == '{';
    if (r->depth == JSON_DEPTH_MAX) {
        return ERR_JSON_DEPTH;
    }

    r->objects = r->objects << 1 | is_object;
    r->depth++;
    r->closer = (char)(open + 2);
    if (r->wanted != NO_FIELD) {
        struct json_field *field = &r->fields[r->wanted];
        field->type = is_object ? JSON_OBJECT : JSON_ARRAY;
        field->text.ptr = r->scan.at;
        r->requested = r->wanted;
        r->requested_depth = r->depth;
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
    }
    r->depth--;
    r->objects >>= 1;
    r->closer = r->depth == 0 ? 0 : (r->objects & 1) != 0 ? '}' : ']';
}

static bool is_key(const struct reader *r, const char *text)
{
    if (!r->is_key_plain) {
        return json_string_is(r->key, text);
    }
    return strncmp(text, r->key.ptr, r->key.len) == 0 && text[r->key.len] == '\0';
}

static enum err find_field(struct reader *r)
{
    uint16_t shape = r->is_key_plain ? json_text_shape(r->key) : json_text_shape_decoded(r->key);
    struct json_field *field;

    r->key_mark = json_fields_mark(shape);
    for (uint8_t number = json_fields_first(&r->chains, shape); number != 0; number = field->next) {
        field = &r->fields[number - 1];
        if (field->mark != r->key_mark || field->parent != r->requested || !is_key(r, field->key)) {
            continue;
        }
        if (field->type != JSON_ABSENT) {
            r->scan.at = r->key.ptr - 1;
            return ERR_JSON_AMBIGUOUS;
        }
        r->wanted = (int8_t)(number - 1);
        break;
    }
    return ERR_OK;
}

static enum err skip_byte(struct json_scan *scan, char byte)
{
    if (json_scan_peek(scan) != byte) {
        return json_scan_refuse(scan);
    }
    scan->at++;
    return ERR_OK;
}

/* A key and its colon. */
static inline enum err scan_key(struct reader *r)
{
    if (json_scan_peek(&r->scan) != '"') {
        return json_scan_refuse(&r->scan);
    }
    const char *start = r->scan.at;
    r->is_key_plain = json_scan_plain(&r->scan);
    enum err err = r->is_key_plain ? ERR_OK : json_scan_text(&r->scan);
    if (err != ERR_OK) {
        return err;
    }
    r->key = value_text(JSON_STRING, start, r->scan.at);
    return skip_byte(&r->scan, ':');
}

static enum err read_key(struct reader *r)
{
    enum err err = scan_key(r);
    return err == ERR_OK && r->depth == r->requested_depth ? find_field(r) : err;
}

static enum err scan_scalar(struct json_scan *scan, char first)
{
    switch (first) {
    case '"':
        return json_scan_string(scan);
    case 't':
        return json_scan_word(scan, "true");
    case 'f':
        return json_scan_word(scan, "false");
    case 'n':
        return json_scan_word(scan, "null");
    default:
        return json_scan_number(scan);
    }
}

static enum err read_scalar(struct reader *r, char first)
{
    const char *start = r->scan.at;
    enum err err = scan_scalar(&r->scan, first);

    if (err == ERR_OK && r->wanted != NO_FIELD) {
        struct json_field *field = &r->fields[r->wanted];
        enum json_type type = type_of(first);
        field->type = (uint8_t)type;
        field->text = value_text(type, start, r->scan.at);
        r->wanted = NO_FIELD;
    }
    return err;
}

/* After a value: closing brackets, then the comma in front of the next value. */
static enum err end_value(struct reader *r)
{
    while (r->depth > 0) {
        char c = json_scan_peek(&r->scan);
        if (c == ',') {
            r->scan.at++;
            return ERR_OK;
        }
        if (c != r->closer) {
            return json_scan_refuse(&r->scan);
        }
        end_container(r);
    }
    return ERR_OK;
}

/* One whole value. */
static enum err read_value(struct reader *r)
{
    enum err err;

    do {
        err = r->closer == '}' ? read_key(r) : ERR_OK;
        if (err != ERR_OK) {
            return err;
        }
        char first = json_scan_peek(&r->scan);
        if (first == '{' || first == '[') {
            err = begin_container(r, first);
            if (err == ERR_OK && json_scan_peek(&r->scan) != r->closer) {
                continue;
            }
        } else {
            err = read_scalar(r, first);
        }
        if (err == ERR_OK) {
            err = end_value(r);
        }
    } while (err == ERR_OK && r->depth > 0);
    return err;
}

static enum err read_text(struct reader *r)
{
    json_scan_peek(&r->scan);
    const char *top = r->scan.at;
    enum err err = read_value(r);
    if (err != ERR_OK) {
        return err;
    }
    json_scan_peek(&r->scan);
    if (r->scan.at != r->scan.end) {
        return ERR_JSON_SYNTAX;
    }
    if (r->count > 0 && *top != '{') {
        r->scan.at = top;
        return ERR_JSON_NOT_OBJECT;
    }
    return ERR_OK;
}

enum err json_read(struct slice text, struct json_field fields[], size_t count, size_t *error_at)
{
    struct reader r = {
        .scan = json_scan_begin(text),
        .fields = fields,
        .requested_depth = 1,
        .count = (uint8_t)count,
        .requested = JSON_TOP,
        .wanted = NO_FIELD,
    };
    if (count > JSON_FIELDS_MAX) {
        return ERR_ARG;
    }
    json_fields_forget(fields, r.count);
    enum err err = json_fields_link(fields, r.count, &r.chains);
    if (err == ERR_OK) {
        err = read_text(&r);
    }
    if (err == ERR_OK) {
        return ERR_OK;
    }
    json_fields_forget(fields, r.count);
    if (error_at != NULL) {
        *error_at = (size_t)(r.scan.at - text.ptr);
    }
    return err;
}

/* Reads the value again, and checks it again: that makes the walk safe on any text. */
static bool next_value(struct slice container, char open, size_t *cursor, struct json_member *member)
{
    struct reader r = {.requested_depth = NO_DEPTH, .wanted = NO_FIELD};

    if (*cursor >= container.len) {
        return false;
    }
    r.scan = json_scan_begin((struct slice){container.ptr + *cursor, container.len - *cursor});
    if (skip_byte(&r.scan, *cursor == 0 ? open : ',') != ERR_OK || (open == '{' && scan_key(&r) != ERR_OK)) {
        return false;
    }

    member->key = r.key;
    member->type = (uint8_t)type_of(json_scan_peek(&r.scan));
    member->text.ptr = r.scan.at;
    if (read_value(&r) != ERR_OK) {
        return false;
    }
    member->text = value_text((enum json_type)member->type, member->text.ptr, r.scan.at);
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
