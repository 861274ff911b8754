/* SPDX-License-Identifier: MIT */
/* json_cut on any bytes. Input: one byte, the size of the pieces, then the text. What common/json_cut.h promises: pieces make no
 * difference, no byte is lost but for the 0 in the value's place, and of a JSON text both parts are JSON. */
#include "common/json_cut.h"
#include "common/json.h"
#include "fuzz/require.h"

#include <stdlib.h>
#include <string.h>

struct parts {
    char *rest, *value;
    size_t rest_len, value_len;
    size_t value_at; /* where it stood, as long as rest_len was */
};

static void add(struct parts *parts, enum json_cut_part part, struct slice run)
{
    if (part == JSON_CUT_REST) {
        memcpy(parts->rest + parts->rest_len, run.ptr, run.len);
        parts->rest_len += run.len;
        return;
    }
    if (parts->value_len == 0) {
        parts->value_at = parts->rest_len;
    }
    memcpy(parts->value + parts->value_len, run.ptr, run.len);
    parts->value_len += run.len;
}

static struct parts cut(struct slice text, size_t piece)
{
    struct parts parts = {.rest = malloc(text.len + 1), .value = malloc(text.len + 1)};
    struct json_cut cut;
    REQUIRE(parts.rest != NULL && parts.value != NULL);
    json_cut_begin(&cut, "jobDocument");
    for (size_t at = 0; at < text.len; at += piece) {
        size_t len = text.len - at < piece ? text.len - at : piece;
        char *copy = malloc(len);
        REQUIRE(copy != NULL);
        memcpy(copy, text.ptr + at, len);
        for (struct slice in = {copy, len}, run; in.len > 0;) {
            add(&parts, json_cut_next(&cut, &in, &run), run);
        }
        free(copy);
    }
    return parts;
}

/* The text, put together again. */
static void check_whole(const struct parts *parts, struct slice text)
{
    if (parts->value_len == 0) {
        REQUIRE(parts->rest_len == text.len && memcmp(parts->rest, text.ptr, text.len) == 0);
        return;
    }
    size_t at = parts->value_at - 1;
    const char *behind = parts->rest + parts->value_at;
    REQUIRE(parts->value_at > 0 && parts->rest[at] == '0');
    REQUIRE(parts->rest_len + parts->value_len == text.len + 1);
    REQUIRE(memcmp(parts->rest, text.ptr, at) == 0);
    REQUIRE(memcmp(parts->value, text.ptr + at, parts->value_len) == 0);
    REQUIRE(memcmp(behind, text.ptr + at + parts->value_len, parts->rest_len - parts->value_at) == 0);
}

static void check_json(const struct parts *parts, struct slice text)
{
    if (json_read(text, NULL, 0, NULL) != ERR_OK) {
        return;
    }
    REQUIRE(json_read((struct slice){parts->rest, parts->rest_len}, NULL, 0, NULL) == ERR_OK);
    if (parts->value_len > 0) {
        REQUIRE(json_read((struct slice){parts->value, parts->value_len}, NULL, 0, NULL) == ERR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct slice text = {(const char *)data + 1, size - 1};
    struct parts whole = cut(text, text.len);
    struct parts pieces = cut(text, 1 + (size_t)data[0] % 32);
    check_whole(&whole, text);
    check_whole(&pieces, text);
    check_json(&whole, text);
    REQUIRE(whole.value_at == pieces.value_at && whole.value_len == pieces.value_len);
    free(whole.rest);
    free(whole.value);
    free(pieces.rest);
    free(pieces.value);
    return 0;
}
