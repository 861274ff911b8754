/* SPDX-License-Identifier: MIT */
#include "cloud/http/sigv4_canonical.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_NAME_MAX 256

struct buffer {
    char *text;
    size_t len, cap;
};

static void append(struct buffer *out, const char *text, size_t len)
{
    if (out->len + len + 1 > out->cap) {
        out->cap = 2 * (out->len + len) + 256;
        out->text = memory_resize(out->text, out->cap);
    }
    memcpy(out->text + out->len, text, len);
    out->len += len;
    out->text[out->len] = '\0';
}

static void append_text(struct buffer *out, const char *text)
{
    append(out, text, strlen(text));
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void append_encoded(struct buffer *out, const char *text, size_t len, bool keeps_slashes)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[4];
        if (is_unreserved(c) || (keeps_slashes && c == '/')) {
            append(out, text + i, 1);
        } else {
            snprintf(escape, sizeof escape, "%%%02X", c);
            append(out, escape, 3);
        }
    }
}

/* --- Path --- */

/* As it was sent, each character in its one canonical form: a client may have escaped more or less than it signed. */
static void append_s3_path(struct buffer *out, const char *path)
{
    for (; *path; path++) {
        int high = *path == '%' ? hex_digit(path[1]) : -1;
        int low = high >= 0 ? hex_digit(path[2]) : -1;
        char c = low >= 0 ? (char)(high * 16 + low) : *path;
        append_encoded(out, &c, 1, low < 0);
        path += low >= 0 ? 2 : 0;
    }
}

/* RFC 3986, 5.2.4, and no empty levels. */
static void append_normal_path(struct buffer *out, const char *path)
{
    struct buffer normal = {0};
    append(&normal, "", 0);
    for (const char *at = path; *at;) {
        size_t len = strcspn(++at, "/");
        if (len == 2 && memcmp(at, "..", 2) == 0) {
            while (normal.len > 0 && normal.text[--normal.len] != '/') {
            }
        } else if (len > 0 && !(len == 1 && *at == '.')) {
            append(&normal, "/", 1);
            append(&normal, at, len);
        }
        at += len;
    }
    if (normal.len == 0 || path[strlen(path) - 1] == '/') {
        append(&normal, "/", 1);
    }
    append_encoded(out, normal.text, normal.len, true);
    free(normal.text);
}

/* --- Query --- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "name=value", encoded; '=' stands before every character of an encoded name but '-' and '.', so it is left out of the
 * order by a separator that is smaller than all of them. */
static char *encode_param(const struct request_param *param)
{
    struct buffer out = {0};
    append_encoded(&out, param->name, strlen(param->name), false);
    append(&out, "\1", 1);
    append_encoded(&out, param->value, strlen(param->value), false);
    return out.text;
}

static void append_query(struct buffer *out, const struct request *request)
{
    char *params[REQUEST_QUERY_MAX];
    size_t count = 0;
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->query[i].name, "X-Amz-Signature") != 0) {
            params[count++] = encode_param(&request->query[i]);
        }
    }
    qsort(params, count, sizeof params[0], compare_texts);
    for (size_t i = 0; i < count; i++) {
        *strchr(params[i], '\1') = '=';
        append_text(out, i > 0 ? "&" : "");
        append_text(out, params[i]);
        free(params[i]);
    }
}

/* --- Headers --- */

/* Without blanks around it, and one for each run of blanks inside. */
static void append_value(struct buffer *out, const char *value)
{
    bool has_blank = false;
    bool is_first = true;
    for (; *value; value++) {
        if (*value == ' ' || *value == '\t') {
            has_blank = true;
            continue;
        }
        append(out, " ", has_blank && !is_first);
        append(out, value, 1);
        has_blank = false;
        is_first = false;
    }
}

struct header_search {
    struct buffer *out;
    const char *name;
    size_t found;
};

static void add_value(void *ctx, const char *name, const char *value)
{
    struct header_search *search = ctx;
    if (strcasecmp(name, search->name) == 0) {
        append_text(search->out, search->found++ > 0 ? "," : "");
        append_value(search->out, value);
    }
}

static void append_headers(struct buffer *out, const struct request *request, struct slice names)
{
    while (names.ptr) {
        char name[HEADER_NAME_MAX];
        struct slice text = slice_cut(&names, ';');
        if (slice_copy(text, name, sizeof name) != ERR_OK) {
            continue; /* then the signatures differ */
        }
        append_text(out, name);
        append(out, ":", 1);
        struct header_search search = {out, name, 0};
        request_each_header(request, add_value, &search);
        append(out, "\n", 1);
    }
}

char *sigv4_canonical_request(const struct request *request, bool is_s3, struct slice signed_headers,
                              const char *payload)
{
    struct buffer out = {0};
    append_text(&out, request->method);
    append_text(&out, "\n");
    if (is_s3) {
        append_s3_path(&out, request->path);
    } else {
        append_normal_path(&out, request->path);
    }
    append_text(&out, "\n");
    append_query(&out, request);
    append_text(&out, "\n");
    append_headers(&out, request, signed_headers);
    append_text(&out, "\n");
    append(&out, signed_headers.ptr, signed_headers.len);
    append_text(&out, "\n");
    append_text(&out, payload);
    return out.text;
}
