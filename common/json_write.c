/* SPDX-License-Identifier: MIT */
#include "common/json_write.h"

#include "common/number.h"

#include <string.h>

void json_write_begin(struct json_writer *w, char *buf, size_t cap)
{
    *w = (struct json_writer){.buf = buf, .cap = cap};
}

/* One byte stays free for the NUL. What does not fit is left out whole, and everything after it. */
static void put(struct json_writer *w, const char *bytes, size_t len)
{
    if (w->is_full || w->cap - w->len <= len) {
        w->is_full = true;
        return;
    }
    memcpy(w->buf + w->len, bytes, len);
    w->len += len;
}

static void put_comma(struct json_writer *w)
{
    if (w->needs_comma)
        put(w, ",", 1);
    w->needs_comma = true;
}

static void put_escape(struct json_writer *w, unsigned char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    static const char hex[] = "0123456789abcdef";
    char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xF]};

    for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
        if ((unsigned char)names[i] == c) {
            escape[1] = names[i + 1];
            put(w, escape, 2);
            return;
        }
    }
    put(w, escape, sizeof(escape));
}

static void put_string(struct json_writer *w, struct slice text)
{
    put(w, "\"", 1);
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(w, text.ptr + start, i - start);
        put_escape(w, c);
        start = i + 1;
    }
    if (start < text.len)
        put(w, text.ptr + start, text.len - start);
    put(w, "\"", 1);
}

static void open_container(struct json_writer *w, const char *bracket)
{
    put_comma(w);
    put(w, bracket, 1);
    w->needs_comma = false;
}

static void close_container(struct json_writer *w, const char *bracket)
{
    put(w, bracket, 1);
    w->needs_comma = true;
}

void json_write_object(struct json_writer *w)
{
    open_container(w, "{");
}

void json_write_object_end(struct json_writer *w)
{
    close_container(w, "}");
}

void json_write_array(struct json_writer *w)
{
    open_container(w, "[");
}

void json_write_array_end(struct json_writer *w)
{
    close_container(w, "]");
}

void json_write_key(struct json_writer *w, const char *key)
{
    put_comma(w);
    put_string(w, slice_from(key));
    put(w, ":", 1);
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
    json_write_raw(w, slice_from(value ? "true" : "false"));
}

void json_write_null(struct json_writer *w)
{
    json_write_raw(w, slice_from("null"));
}

void json_write_raw(struct json_writer *w, struct slice json)
{
    if (json.len == 0)
        return; /* no members: no comma either */
    put_comma(w);
    put(w, json.ptr, json.len);
}

enum err json_write_finish(struct json_writer *w, size_t *len)
{
    if (w->is_full || w->cap == 0) {
        if (w->cap > 0)
            w->buf[0] = '\0';
        return ERR_TOO_LONG;
    }
    w->buf[w->len] = '\0';
    if (len != NULL)
        *len = w->len;
    return ERR_OK;
}
