/* SPDX-License-Identifier: MIT */
#include "common/json_write.h"

#include "common/number.h"

#include <string.h>

void json_write_begin(struct json_writer *w, char *buf, size_t cap)
{
    *w = (struct json_writer){.buf = buf, .cap = cap};
}

/* One byte stays free for the NUL. Nothing follows what did not fit. */
static bool has_room(struct json_writer *w, size_t len)
{
    w->is_full = w->is_full || w->cap - w->len <= len;
    return !w->is_full;
}

static void put(struct json_writer *w, char c)
{
    if (has_room(w, 1)) {
        w->buf[w->len++] = c;
    }
}

static void put_comma(struct json_writer *w)
{
    if (w->needs_comma) {
        put(w, ',');
    }
    w->needs_comma = true;
}

static void put_escape(struct json_writer *w, unsigned char c)
{
    static const char names[] = "btnufr"; /* 0x08 to 0x0D; 0x0B has no short form */
    char name = 'u';

    if (c >= 0x20) {
        name = (char)c;
    } else if (c >= 0x08 && c <= 0x0D) {
        name = names[c - 0x08];
    }
    put(w, '\\');
    put(w, name);
    if (name != 'u') {
        return;
    }
    put(w, '0');
    put(w, '0');
    put(w, (char)('0' + (c >> 4)));
    put(w, "0123456789abcdef"[c & 0xF]);
}

static void put_string(struct json_writer *w, struct slice text)
{
    put(w, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            put_escape(w, c);
        } else {
            put(w, (char)c);
        }
    }
    put(w, '"');
}

static void open_container(struct json_writer *w, char bracket)
{
    put_comma(w);
    put(w, bracket);
    w->needs_comma = false;
}

static void close_container(struct json_writer *w, char bracket)
{
    put(w, bracket);
    w->needs_comma = true;
}

void json_write_object(struct json_writer *w)
{
    open_container(w, '{');
}

void json_write_object_end(struct json_writer *w)
{
    close_container(w, '}');
}

void json_write_array(struct json_writer *w)
{
    open_container(w, '[');
}

void json_write_array_end(struct json_writer *w)
{
    close_container(w, ']');
}

void json_write_key(struct json_writer *w, const char *key)
{
    put_comma(w);
    put_string(w, slice_from(key));
    put(w, ':');
    w->needs_comma = false;
}

void json_write_string(struct json_writer *w, const char *text)
{
    json_write_slice(w, slice_from(text));
}

void json_write_slice(struct json_writer *w, struct slice text)
{
    put_comma(w);
    put_string(w, text);
}

void json_write_i64(struct json_writer *w, int64_t value)
{
    char text[NUMBER_TEXT_CAP];
    size_t len = number_from_i64(value, text);
    json_write_raw(w, (struct slice){text, len});
}

void json_write_bool(struct json_writer *w, bool value)
{
    json_write_raw(w, value ? (struct slice){"true", 4} : (struct slice){"false", 5});
}

void json_write_null(struct json_writer *w)
{
    json_write_raw(w, (struct slice){"null", 4});
}

void json_write_raw(struct json_writer *w, struct slice json)
{
    if (json.len == 0) {
        return; /* no members: no comma either */
    }
    put_comma(w);
    if (!has_room(w, json.len)) {
        return;
    }
    memcpy(w->buf + w->len, json.ptr, json.len);
    w->len += json.len;
}

enum err json_write_finish(struct json_writer *w, size_t *len)
{
    if (w->is_full || w->cap == 0) {
        if (w->cap > 0) {
            w->buf[0] = '\0';
        }
        return ERR_TOO_LONG;
    }
    w->buf[w->len] = '\0';
    if (len != NULL) {
        *len = w->len;
    }
    return ERR_OK;
}
