/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#define FIELDS_MAX 64
#define NO_FIELD   (-1)

/* Requested containers nest without gaps: the top object, a requested member of it, a requested member of that. So one
 * index and one depth describe the whole chain, and the way back up stands in the field table. */
struct reader {
    struct json_scan scan;
    struct json_field *fields;
    uint32_t objects;        /* one bit for each open container, the innermost lowest: it is an object */
    uint8_t depth;           /* open containers */
    uint8_t requested_depth; /* depth of the innermost requested container */
    uint8_t lookup_depth;    /* members at this depth are looked up in the table; 0: none */
    uint8_t count;
    int8_t requested; /* the field of the innermost requested container; JSON_TOP for the top object */
    int8_t wanted;    /* the field that the next value belongs to, or NO_FIELD */
    char closer;      /* what ends the innermost container; 0 outside of all */
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

static bool has_children(const struct reader *r, int parent)
{
    for (int i = parent + 1; i < r->count; i++) {
        if (r->fields[i].parent == parent) {
            return true;
        }
    }
    return false;
}

static enum err begin_container(struct reader *r, enum json_type type)
{
    if (r->depth == JSON_DEPTH_MAX) {
        return ERR_JSON_DEPTH;
    }

    r->objects = r->objects << 1 | (type == JSON_OBJECT);
    r->depth++;
    r->closer = type == JSON_OBJECT ? '}' : ']';
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
    r->objects >>= 1;
    r->closer = r->depth == 0 ? 0 : (r->objects & 1) != 0 ? '}' : ']';
}

/* Nearly all keys are plain, and most differ in their first byte. */
static bool is_key(struct slice key, const char *text)
{
    size_t i = 0;
    for (; i < key.len && key.ptr[i] != '\\'; i++) {
        if (key.ptr[i] != text[i]) {
            return false;
        }
    }
    return json_string_is((struct slice){key.ptr + i, key.len - i}, text + i);
}

static enum err find_field(struct reader *r, struct slice key)
{
    for (int i = r->requested + 1; i < r->count; i++) {
        if (r->fields[i].parent != r->requested || !is_key(key, r->fields[i].key)) {
            continue;
        }
        if (r->fields[i].type != JSON_ABSENT) {
            r->scan.at = key.ptr - 1;
            return ERR_JSON_AMBIGUOUS;
        }
        r->wanted = (int8_t)i;
        return ERR_OK;
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
static enum err scan_key(struct json_scan *scan, struct slice *key)
{
    if (json_scan_peek(scan) != '"') {
        return json_scan_refuse(scan);
    }
    const char *start = scan->at;
    enum err err = json_scan_string(scan);
    if (err != ERR_OK) {
        return err;
    }
    *key = value_text(JSON_STRING, start, scan->at);
    return skip_byte(scan, ':');
}

static enum err read_key(struct reader *r)
{
    struct slice key;
    enum err err = scan_key(&r->scan, &key);
    if (err == ERR_OK && r->depth == r->lookup_depth) {
        err = find_field(r, key);
    }
    return err;
}

static enum err scan_scalar(struct json_scan *scan, enum json_type type)
{
    switch (type) {
    case JSON_STRING:
        return json_scan_string(scan);
    case JSON_TRUE:
        return json_scan_word(scan, "true");
    case JSON_FALSE:
        return json_scan_word(scan, "false");
    case JSON_NULL:
        return json_scan_word(scan, "null");
    default:
        return json_scan_number(scan);
    }
}

static enum err read_scalar(struct reader *r, enum json_type type)
{
    const char *start = r->scan.at;
    enum err err = scan_scalar(&r->scan, type);

    if (err == ERR_OK && r->wanted != NO_FIELD) {
        r->fields[r->wanted].type = (uint8_t)type;
        r->fields[r->wanted].text = value_text(type, start, r->scan.at);
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
    enum err err = ERR_OK;

    do {
        if (r->closer == '}') {
            err = read_key(r);
        }
        if (err != ERR_OK) {
            return err;
        }
        enum json_type type = type_of(json_scan_peek(&r->scan));
        if (type == JSON_OBJECT || type == JSON_ARRAY) {
            err = begin_container(r, type);
            if (err == ERR_OK && json_scan_peek(&r->scan) != r->closer) {
                continue;
            }
        } else {
            err = read_scalar(r, type);
        }
        if (err == ERR_OK) {
            err = end_value(r);
        }
    } while (err == ERR_OK && r->depth > 0);
    return err;
}

static enum err read_text(struct reader *r, const char *start)
{
    enum err err = read_value(r);
    if (err != ERR_OK) {
        return err;
    }
    json_scan_peek(&r->scan);
    if (r->scan.at != r->scan.end) {
        return ERR_JSON_SYNTAX;
    }

    r->scan.at = start;
    return r->count == 0 || json_scan_peek(&r->scan) == '{' ? ERR_OK : ERR_JSON_NOT_OBJECT;
}

static bool is_table_good(const struct reader *r)
{
    for (int i = 0; i < r->count; i++) {
        const struct json_field *field = &r->fields[i];
        if (field->key == NULL || field->parent < JSON_TOP || field->parent >= i) {
            return false;
        }
    }
    return true;
}

static void forget_results(struct reader *r)
{
    for (int i = 0; i < r->count; i++) {
        r->fields[i].type = JSON_ABSENT;
        r->fields[i].text = SLICE_EMPTY;
    }
}

enum err json_read(struct slice text, struct json_field fields[], size_t count, size_t *error_at)
{
    struct reader r = {
        .scan = json_scan_begin(text),
        .fields = fields,
        .requested_depth = 1,
        .lookup_depth = 1,
        .count = (uint8_t)count,
        .requested = JSON_TOP,
        .wanted = NO_FIELD,
    };
    if (count > FIELDS_MAX) {
        return ERR_ARG;
    }
    forget_results(&r);
    enum err err = is_table_good(&r) ? read_text(&r, text.ptr) : ERR_ARG;
    if (err == ERR_OK) {
        return ERR_OK;
    }
    forget_results(&r);
    if (error_at != NULL) {
        *error_at = (size_t)(r.scan.at - text.ptr);
    }
    return err;
}

/* Reads the value again, and checks it again: that makes the walk safe on any text. */
static bool next_value(struct slice container, char open, size_t *cursor, struct json_member *member)
{
    struct reader r = {.wanted = NO_FIELD};

    if (*cursor >= container.len) {
        return false;
    }
    r.scan = (struct json_scan){container.ptr + *cursor, container.ptr + container.len};
    if (skip_byte(&r.scan, *cursor == 0 ? open : ',') != ERR_OK) {
        return false;
    }
    member->key = SLICE_EMPTY;
    if (open == '{' && scan_key(&r.scan, &member->key) != ERR_OK) {
        return false;
    }

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
