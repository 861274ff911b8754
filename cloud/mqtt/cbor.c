/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/cbor.h"

#include "cloud/base/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum major {
    MAJOR_UNSIGNED,
    MAJOR_NEGATIVE,
    MAJOR_BYTES,
    MAJOR_TEXT,
    MAJOR_ARRAY,
    MAJOR_MAP,
    MAJOR_TAG,
    MAJOR_SIMPLE,
};

/* The low five bits of a head, where they are not the argument itself. */
#define INFO_ONE_BYTE    24
#define INFO_EIGHT_BYTES 27
#define INFO_INDEFINITE  31

#define SIMPLE_FALSE     20
#define SIMPLE_TRUE      21
#define SIMPLE_NULL      22
#define SIMPLE_UNDEFINED 23
#define FLOAT_HALF       25
#define FLOAT_SINGLE     26
#define FLOAT_DOUBLE     27

/* --- Reading --- */

struct head {
    enum major major;
    unsigned info;
    uint64_t argument;
};

/* An array or a map that is being filled. The object that holds it owns it; the outermost one is the result. */
struct level {
    json_t *container;
    bool is_map, is_indefinite;
    uint64_t left; /* values that are still to come, when that is known */
    char *key;     /* of a map: the next value's; NULL: a key comes next */
};

struct reader {
    const unsigned char *start, *at, *end;
    const unsigned char *item; /* where the one being read begins */
    size_t items;
    struct level levels[CBOR_DEPTH_MAX];
    size_t depth;
    json_t *result;
    bool has_tag; /* a tag has come, and what it is about has not */
    char *why;
    size_t why_cap;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct reader *reader, const char *format, ...)
{
    char text[120];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(reader->why, reader->why_cap, "byte %zu: %s", (size_t)(reader->item - reader->start), text);
    return false;
}

static size_t bytes_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static bool read_head(struct reader *reader, struct head *head)
{
    reader->item = reader->at;
    if (reader->at == reader->end) {
        return refuse(reader, "the message ends where an item should begin");
    }
    if (++reader->items > CBOR_ITEMS_MAX) {
        return refuse(reader, "more than %d items", CBOR_ITEMS_MAX);
    }
    unsigned first = *reader->at++;
    *head = (struct head){(enum major)(first >> 5), first & 31, first & 31};
    if (head->info < INFO_ONE_BYTE || head->info == INFO_INDEFINITE) {
        return true;
    }
    if (head->info > INFO_EIGHT_BYTES) {
        return refuse(reader, "no item begins with 0x%02x", first);
    }
    size_t count = (size_t)1 << (head->info - INFO_ONE_BYTE);
    if (bytes_left(reader) < count) {
        return refuse(reader, "the message ends in the middle of an item");
    }
    head->argument = 0;
    while (count-- > 0) {
        head->argument = head->argument << 8 | *reader->at++;
    }
    return true;
}

/* Texts. A text in pieces is put together in a buffer, which the message's length bounds. */

static bool read_piece(struct reader *reader, const struct head *head, const char **text, size_t *len)
{
    if (head->argument > bytes_left(reader)) {
        return refuse(reader, "the message ends in the middle of a text");
    }
    *text = (const char *)reader->at;
    *len = (size_t)head->argument;
    reader->at += head->argument;
    return true;
}

static bool is_break(const struct head *head)
{
    return head->major == MAJOR_SIMPLE && head->info == INFO_INDEFINITE;
}

static bool read_pieces(struct reader *reader, char *buffer, size_t *len)
{
    struct head head;
    while (read_head(reader, &head)) {
        const char *piece = "";
        size_t piece_len = 0;
        if (is_break(&head)) {
            return true;
        }
        if (head.major != MAJOR_TEXT || head.info == INFO_INDEFINITE) {
            return refuse(reader, "a text that comes in pieces has a piece that is none");
        }
        if (!read_piece(reader, &head, &piece, &piece_len)) {
            return false;
        }
        memcpy(buffer + *len, piece, piece_len);
        *len += piece_len;
    }
    return false;
}

/* NULL: refused. */
static json_t *make_text(struct reader *reader, const char *text, size_t len)
{
    json_t *value = memchr(text, 0, len) ? NULL : json_stringn(text, len);
    if (!value) {
        refuse(reader, "a text is no UTF-8, or holds U+0000");
    }
    return value;
}

static json_t *read_text(struct reader *reader, const struct head *head)
{
    const char *text;
    size_t len = 0;
    if (head->info != INFO_INDEFINITE) {
        return read_piece(reader, head, &text, &len) ? make_text(reader, len ? text : "", len) : NULL;
    }
    char *buffer = memory_resize(NULL, bytes_left(reader) + 1);
    json_t *value = read_pieces(reader, buffer, &len) ? make_text(reader, buffer, len) : NULL;
    free(buffer);
    return value;
}

/* Numbers and simple values. */

static json_t *read_integer(struct reader *reader, const struct head *head)
{
    if (head->info == INFO_INDEFINITE || head->argument > INT64_MAX) {
        refuse(reader, head->info == INFO_INDEFINITE ? "no item begins like this"
                                                     : "an integer of more than 64 bits");
        return NULL;
    }
    int64_t value = (int64_t)head->argument;
    return json_integer(head->major == MAJOR_NEGATIVE ? -1 - value : value);
}

static double from_half(unsigned bits)
{
    unsigned exponent = bits >> 10 & 31;
    unsigned mantissa = bits & 1023;
    double value;
    if (exponent == 0) {
        value = mantissa / 16777216.0; /* 2 to the 24th */
    } else if (exponent >= 25) {
        value = (double)((uint64_t)(1024 + mantissa) << (exponent - 25));
    } else {
        value = (1024 + mantissa) / (double)(1u << (25 - exponent));
    }
    return bits >> 15 ? -value : value;
}

/* jansson makes NULL of what is not finite. */
static json_t *read_float(struct reader *reader, const struct head *head)
{
    json_t *value = NULL;
    if (head->info == FLOAT_HALF) {
        bool is_finite = (head->argument >> 10 & 31) != 31;
        value = is_finite ? json_real(from_half((unsigned)head->argument)) : NULL;
    } else if (head->info == FLOAT_SINGLE) {
        uint32_t bits = (uint32_t)head->argument;
        float single;
        memcpy(&single, &bits, sizeof single);
        value = json_real(single);
    } else {
        double real;
        memcpy(&real, &head->argument, sizeof real);
        value = json_real(real);
    }
    if (!value) {
        refuse(reader, "a number that is not finite");
    }
    return value;
}

static json_t *read_simple(struct reader *reader, const struct head *head)
{
    switch (head->info) {
    case SIMPLE_FALSE:
        return json_false();
    case SIMPLE_TRUE:
        return json_true();
    case SIMPLE_NULL:
    case SIMPLE_UNDEFINED:
        return json_null();
    case FLOAT_HALF:
    case FLOAT_SINGLE:
    case FLOAT_DOUBLE:
        return read_float(reader, head);
    default:
        refuse(reader, "a simple value that JSON does not have");
        return NULL;
    }
}

/* Arrays and maps. */

static struct level *top(struct reader *reader)
{
    return reader->depth ? &reader->levels[reader->depth - 1] : NULL;
}

/* Puts a whole value, or a container that is still empty, where it belongs. Takes it over. */
static bool place(struct reader *reader, json_t *value)
{
    struct level *level = top(reader);
    bool is_good = true;
    if (!level) {
        reader->result = value;
        return true;
    }
    if (!level->is_map) {
        is_good = json_array_append_new(level->container, value) == 0;
    } else if (!level->key) {
        is_good = json_is_string(value);
        level->key = is_good ? memory_copy(json_string_value(value), json_string_length(value)) : NULL;
        json_decref(value);
        return is_good || refuse(reader, "a key that is no text");
    } else {
        is_good = json_object_get(level->container, level->key) == NULL;
        is_good = is_good && json_object_set(level->container, level->key, value) == 0;
        json_decref(value);
        free(level->key);
        level->key = NULL;
    }
    level->left -= level->is_indefinite ? 0 : 1;
    return is_good || refuse(reader, "a key that comes twice");
}

/* The head of an array or a map: from now on its elements come. */
static bool open_level(struct reader *reader, const struct head *head)
{
    bool is_map = head->major == MAJOR_MAP;
    const struct level *outer = top(reader);
    if (reader->depth == CBOR_DEPTH_MAX) {
        return refuse(reader, "more than %d arrays and maps in each other", CBOR_DEPTH_MAX);
    }
    if (outer && outer->is_map && !outer->key) {
        return refuse(reader, "a key that is no text");
    }
    json_t *container = is_map ? json_object() : json_array();
    if (!place(reader, container)) {
        return false;
    }
    reader->levels[reader->depth++] = (struct level){
        .container = container,
        .is_map = is_map,
        .is_indefinite = head->info == INFO_INDEFINITE,
        .left = head->argument,
    };
    return true;
}

static bool take_break(struct reader *reader)
{
    const struct level *level = top(reader);
    if (!level || !level->is_indefinite || level->key || reader->has_tag) {
        return refuse(reader, "a break where none may stand");
    }
    reader->depth--;
    return true;
}

/* A container of known length ends with its last element, and may be the last element of another one. */
static void close_full_levels(struct reader *reader)
{
    for (const struct level *level = top(reader); level && !level->is_indefinite && level->left == 0;
         level = top(reader)) {
        reader->depth--;
    }
}

static bool take_value(struct reader *reader, json_t *value)
{
    return value && place(reader, value);
}

static bool take_item(struct reader *reader, const struct head *head)
{
    switch (head->major) {
    case MAJOR_UNSIGNED:
    case MAJOR_NEGATIVE:
        return take_value(reader, read_integer(reader, head));
    case MAJOR_BYTES:
        return refuse(reader, "a byte string, which JSON does not have: send a text");
    case MAJOR_TEXT:
        return take_value(reader, read_text(reader, head));
    case MAJOR_ARRAY:
    case MAJOR_MAP:
        return open_level(reader, head);
    case MAJOR_TAG:
        return head->info != INFO_INDEFINITE || refuse(reader, "no item begins with 0xdf");
    case MAJOR_SIMPLE:
        break;
    }
    return is_break(head) ? take_break(reader) : take_value(reader, read_simple(reader, head));
}

/* The result is there when nothing is open any more. */
static bool read_all(struct reader *reader)
{
    struct head head;
    do {
        if (!read_head(reader, &head) || !take_item(reader, &head)) {
            return false;
        }
        reader->has_tag = head.major == MAJOR_TAG;
        close_full_levels(reader);
    } while (!reader->result || reader->depth || reader->has_tag);
    reader->item = reader->at;
    return reader->at == reader->end || refuse(reader, "the message goes on behind its item");
}

json_t *cbor_read(const void *bytes, size_t len, char *why, size_t why_cap)
{
    struct reader reader = {
        .start = bytes,
        .at = bytes,
        .end = (const unsigned char *)bytes + len,
        .item = bytes,
        .why = why,
        .why_cap = why_cap,
    };
    if (read_all(&reader)) {
        return reader.result;
    }
    for (size_t i = 0; i < reader.depth; i++) {
        free(reader.levels[i].key);
    }
    json_decref(reader.result);
    return NULL;
}

/* --- Writing --- */

struct writer {
    unsigned char *bytes;
    size_t len, cap;
};

static void put(struct writer *writer, const void *bytes, size_t len)
{
    if (writer->cap - writer->len < len) {
        writer->cap = 2 * writer->cap + len;
        writer->bytes = memory_resize(writer->bytes, writer->cap);
    }
    memcpy(writer->bytes + writer->len, bytes, len);
    writer->len += len;
}

/* info: how many bytes the argument has, as INFO_ONE_BYTE and the three behind it say it. */
static void put_number(struct writer *writer, enum major major, unsigned info, uint64_t argument)
{
    unsigned char bytes[9] = {(unsigned char)(major << 5 | info)};
    size_t count = (size_t)1 << (info - INFO_ONE_BYTE);
    for (size_t i = count; i > 0; i--) {
        bytes[i] = (unsigned char)argument;
        argument >>= 8;
    }
    put(writer, bytes, 1 + count);
}

static void put_head(struct writer *writer, enum major major, uint64_t argument)
{
    unsigned char head = (unsigned char)(major << 5 | (argument & 31));
    if (argument < INFO_ONE_BYTE) {
        put(writer, &head, 1);
        return;
    }
    unsigned extra = argument > UINT32_MAX ? 3 : argument > UINT16_MAX ? 2 : argument > UINT8_MAX ? 1 : 0;
    put_number(writer, major, INFO_ONE_BYTE + extra, argument);
}

static void put_text(struct writer *writer, const char *text, size_t len)
{
    put_head(writer, MAJOR_TEXT, len);
    put(writer, text, len);
}

static void put_integer(struct writer *writer, json_int_t value)
{
    if (value < 0) {
        put_head(writer, MAJOR_NEGATIVE, (uint64_t)(-1 - value));
    } else {
        put_head(writer, MAJOR_UNSIGNED, (uint64_t)value);
    }
}

static void put_real(struct writer *writer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(writer, MAJOR_SIMPLE, FLOAT_DOUBLE, bits);
}

static bool put_value(struct writer *writer, const json_t *value, size_t depth);

static bool put_array(struct writer *writer, const json_t *array, size_t depth)
{
    put_head(writer, MAJOR_ARRAY, json_array_size(array));
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (!put_value(writer, json_array_get(array, i), depth)) {
            return false;
        }
    }
    return true;
}

static bool put_map(struct writer *writer, json_t *object, size_t depth)
{
    const char *key;
    json_t *value;
    put_head(writer, MAJOR_MAP, json_object_size(object));
    json_object_foreach(object, key, value)
    {
        put_text(writer, key, strlen(key));
        if (!put_value(writer, value, depth)) {
            return false;
        }
    }
    return true;
}

/* depth: how many more arrays and maps may follow each other. */
static bool put_value(struct writer *writer, const json_t *value, size_t depth)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return depth > 0 && put_map(writer, (json_t *)value, depth - 1);
    case JSON_ARRAY:
        return depth > 0 && put_array(writer, value, depth - 1);
    case JSON_STRING:
        put_text(writer, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        put_integer(writer, json_integer_value(value));
        return true;
    case JSON_REAL:
        put_real(writer, json_real_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        put_head(writer, MAJOR_SIMPLE, json_is_true(value) ? SIMPLE_TRUE : SIMPLE_FALSE);
        return true;
    case JSON_NULL:
        break;
    }
    put_head(writer, MAJOR_SIMPLE, SIMPLE_NULL);
    return true;
}

void *cbor_write(const json_t *value, size_t *len)
{
    struct writer writer = {0};
    if (!put_value(&writer, value, CBOR_DEPTH_MAX)) {
        free(writer.bytes);
        return NULL;
    }
    *len = writer.len;
    return writer.bytes;
}
