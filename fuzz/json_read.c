/* SPDX-License-Identifier: MIT */
/* The JSON reader on any bytes. Beside the sanitizers it asserts what common/json.h promises, and compares with jansson,
 * a reader that shares no code with ours. */
#include "common/json.h"
#include "common/json_write.h"
#include "fuzz/json_oracle.h"
#include "fuzz/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTS_MAX 256 /* a long text is cut at this many places */
#define FIELDS   6

/* What a fuzzer finds by its dictionary: one member at the top, one below another, one that is often no object. */
static void set_fields(struct json_field fields[FIELDS])
{
    static const struct json_field table[FIELDS] = {
        {.key = "execution", .parent = JSON_TOP}, {.key = "jobId", .parent = 0},
        {.key = "jobDocument", .parent = 0},      {.key = "action", .parent = 2},
        {.key = "a", .parent = JSON_TOP},         {.key = "a", .parent = 4},
    };
    memcpy(fields, table, sizeof(table));
}

static void require_inside(struct slice part, struct slice text)
{
    REQUIRE(part.ptr >= text.ptr && part.len <= text.len);
    REQUIRE(part.ptr + part.len <= text.ptr + text.len);
}

static void check_value(uint8_t type, struct slice value, struct slice text)
{
    require_inside(value, text);
    if (type == JSON_STRING) {
        value = (struct slice){value.ptr - 1, value.len + 2};
    }
    REQUIRE(json_read(value, NULL, 0, NULL) == ERR_OK);
    REQUIRE((type == JSON_OBJECT) == (value.ptr[0] == '{'));
    REQUIRE((type == JSON_ARRAY) == (value.ptr[0] == '['));
}

static void check_fields(struct slice text, enum err plain)
{
    struct json_field fields[FIELDS];
    size_t error_at = 0;
    set_fields(fields);
    enum err err = json_read(text, fields, FIELDS, &error_at);

    REQUIRE(err == plain || err == ERR_JSON_AMBIGUOUS || (plain == ERR_OK && err == ERR_JSON_NOT_OBJECT));
    REQUIRE(error_at <= text.len);
    for (size_t i = 0; i < FIELDS; i++) {
        int parent = fields[i].parent;
        if (err != ERR_OK) {
            REQUIRE(fields[i].type == JSON_ABSENT && fields[i].text.ptr == NULL);
        }
        if (fields[i].type == JSON_ABSENT) {
            continue;
        }
        check_value(fields[i].type, fields[i].text, text);
        if (parent == JSON_TOP) {
            continue;
        }
        REQUIRE(fields[parent].type == JSON_OBJECT);
        require_inside(fields[i].text, fields[parent].text);
    }
}

/* All that stands in front of an error, and every cut of a good text, could still become valid. */
static void check_cuts(struct slice text, enum err err, size_t error_at)
{
    size_t end = err == ERR_OK ? text.len : error_at;
    size_t step = 1 + end / CUTS_MAX;
    for (size_t len = end;; len -= step) {
        enum err cut = json_read((struct slice){text.ptr, len}, NULL, 0, NULL);
        REQUIRE(cut == ERR_JSON_INCOMPLETE || cut == ERR_OK);
        if (len < step) {
            break;
        }
    }
}

/* Returns whether all strings of the value have a text form. Recursion is bounded: the text was read before. */
static bool rewrite_value(struct json_writer *w, const struct json_member *value, char *room, size_t cap);

static bool rewrite_string(struct json_writer *w, struct slice escaped, bool is_key, char *room, size_t cap)
{
    size_t len = 0;
    enum err err = json_decode(escaped, room, cap, &len);
    REQUIRE(err == ERR_OK || err == ERR_JSON_STRING);
    if (err == ERR_JSON_STRING) {
        json_write_raw(w, (struct slice){escaped.ptr - 1, escaped.len + 2});
        if (is_key) { /* the writer has no raw key */
            w->needs_comma = false;
            json_write_raw(w, slice_from(":"));
            w->needs_comma = false;
        }
        return false;
    }
    REQUIRE(strlen(room) == len);
    REQUIRE(json_string_is(escaped, room));
    if (is_key) {
        json_write_key(w, room);
    } else {
        json_write_string(w, room);
    }
    return true;
}

static bool rewrite_container(struct json_writer *w, const struct json_member *value, char *room, size_t cap)
{
    struct json_member member;
    size_t cursor = 0;
    bool is_text = true;

    if (value->type == JSON_ARRAY) {
        json_write_array(w);
        while (json_next_element(value->text, &cursor, &member)) {
            is_text = rewrite_value(w, &member, room, cap) && is_text;
        }
        json_write_array_end(w);
        return is_text;
    }
    json_write_object(w);
    while (json_next_member(value->text, &cursor, &member)) {
        require_inside(member.key, value->text);
        is_text = rewrite_string(w, member.key, true, room, cap) && is_text;
        is_text = rewrite_value(w, &member, room, cap) && is_text;
    }
    json_write_object_end(w);
    return is_text;
}

static bool rewrite_value(struct json_writer *w, const struct json_member *value, char *room, size_t cap)
{
    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY) {
        return rewrite_container(w, value, room, cap);
    }
    if (value->type == JSON_STRING) {
        return rewrite_string(w, value->text, false, room, cap);
    }
    json_write_raw(w, value->text);
    return true;
}

/* The text read member by member and written again: never longer, valid, and the same when it is done once more. */
static bool rewrite(struct slice container, struct slice *out)
{
    size_t cap = container.len + 1;
    char *buf = malloc(cap);
    char *room = malloc(cap);
    struct json_writer w;
    struct json_member value = {.type = container.ptr[0] == '{' ? JSON_OBJECT : JSON_ARRAY,
                                .text = container};
    REQUIRE(buf != NULL && room != NULL);

    json_write_begin(&w, buf, cap);
    bool is_text = rewrite_value(&w, &value, room, cap);
    REQUIRE(json_write_finish(&w, &out->len) == ERR_OK);
    out->ptr = buf;
    free(room);
    return is_text;
}

static bool check_rewriting(struct slice text)
{
    struct slice container = text;
    struct slice once;
    struct slice twice;
    while (container.len > 0 && container.ptr[0] != '{' && container.ptr[0] != '[') {
        container = (struct slice){container.ptr + 1, container.len - 1};
    }

    bool is_text = rewrite(container, &once);
    REQUIRE(json_read(once, NULL, 0, NULL) == ERR_OK);
    REQUIRE(rewrite(once, &twice) == is_text);
    REQUIRE(slice_equals(once, twice));
    free((void *)(uintptr_t)once.ptr);
    free((void *)(uintptr_t)twice.ptr);
    return is_text;
}

/* jansson differs: it nests 2048 deep, keeps numbers in 64 bits, refuses strings without a text form, and loses a NUL
 * behind a number. */
static void compare_with_jansson(struct slice text, enum err err, bool is_text)
{
    if (memchr(text.ptr, '\0', text.len) != NULL) {
        REQUIRE(err != ERR_OK);
        return;
    }
    enum json_opinion opinion = json_oracle_ask(text.ptr, text.len);
    if (opinion == JSON_OPINION_GOOD) {
        REQUIRE(err == ERR_OK || err == ERR_JSON_DEPTH);
    } else if (err == ERR_OK && is_text) {
        REQUIRE(opinion == JSON_OPINION_NUMBER_TOO_LARGE);
    }
}

static bool is_container(struct slice text)
{
    size_t blanks = 0;
    while (blanks < text.len && memchr(" \t\r\n", text.ptr[blanks], 4) != NULL) {
        blanks++;
    }
    return blanks < text.len && (text.ptr[blanks] == '{' || text.ptr[blanks] == '[');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    size_t error_at = SIZE_MAX;
    bool is_text = false;
    enum err err = json_read(text, NULL, 0, &error_at);

    REQUIRE((err == ERR_OK) == (error_at == SIZE_MAX));
    REQUIRE(err != ERR_JSON_INCOMPLETE || error_at == size);
    check_fields(text, err);
    check_cuts(text, err, error_at);
    if (!is_container(text)) {
        return 0;
    }
    if (err == ERR_OK) {
        is_text = check_rewriting(text);
    }
    compare_with_jansson(text, err, is_text);
    return 0;
}
