/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_chunked.h"

#include "cloud/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIZE_DIGITS_MAX 8
#define CHUNKED         "aws-chunked"

/* --- Names and values --- */

static struct slice without_blanks(struct slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

struct slice s3_chunked_next_name(struct slice *list)
{
    return without_blanks(slice_cut(list, ','));
}

static bool is_chunked(struct slice name)
{
    return name.len == sizeof CHUNKED - 1 && strncasecmp(name.ptr, CHUNKED, name.len) == 0;
}

char *s3_chunked_off(const char *content_encoding)
{
    char *out = memory_zeroed(2 * strlen(content_encoding) + 1); /* for a blank behind each comma */
    char *at = out;
    bool is_there = false;
    for (struct slice rest = slice_from(content_encoding); rest.len > 0;) {
        struct slice name = s3_chunked_next_name(&rest);
        if (is_chunked(name)) {
            is_there = true;
        } else if (name.len > 0) {
            at += sprintf(at, "%s%.*s", at > out ? ", " : "", (int)name.len, name.ptr);
        }
    }
    if (!is_there) {
        free(out);
        return NULL;
    }
    return out;
}

/* --- The body --- */

/* The chunk's size; -1 when the line does not begin with one. */
static long read_size(struct slice line)
{
    struct slice digits = slice_cut(&line, ';');
    long size = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0 || i >= SIZE_DIGITS_MAX) {
            return -1;
        }
        size = size * 16 + digit;
    }
    return digits.len > 0 ? size : -1;
}

/* Cuts the next line off, without its CRLF; false: there is none. */
static bool next_line(struct slice *rest, struct slice *line)
{
    const char *end = rest->len > 0 ? memmem(rest->ptr, rest->len, "\r\n", 2) : NULL;
    if (!end) {
        return false;
    }
    size_t len = (size_t)(end - rest->ptr);
    *line = (struct slice){rest->ptr, len};
    *rest = (struct slice){rest->ptr + len + 2, rest->len - len - 2};
    return true;
}

/* Lines "name:value" up to an empty one, with which the body ends. Some clients leave the empty one out. */
static bool read_trailers(struct slice rest, struct s3_chunked *out)
{
    struct slice line;
    while (rest.len > 0) {
        if (!next_line(&rest, &line)) {
            return false;
        }
        if (line.len == 0) {
            return rest.len == 0;
        }
        struct slice value = line;
        struct slice name = slice_cut(&value, ':');
        if (!value.ptr || name.len == 0 || out->trailer_count >= S3_TRAILERS_MAX) {
            return false;
        }
        out->trailers[out->trailer_count++] = (struct s3_trailer){name, without_blanks(value)};
    }
    return true;
}

enum err s3_chunked_decode(char *body, size_t len, struct s3_chunked *out)
{
    struct s3_chunked decoded = {0};
    struct slice rest = {body, len};
    struct slice line;
    while (next_line(&rest, &line)) {
        long size = read_size(line);
        if (size < 0) {
            return ERR_ARG;
        }
        if (size == 0) {
            if (!read_trailers(rest, &decoded)) {
                return ERR_ARG;
            }
            *out = decoded;
            return ERR_OK;
        }
        if (rest.len < (size_t)size + 2 || memcmp(rest.ptr + size, "\r\n", 2) != 0) {
            return ERR_ARG;
        }
        memmove(body + decoded.len, rest.ptr, (size_t)size);
        decoded.len += (size_t)size;
        rest = (struct slice){rest.ptr + size + 2, rest.len - (size_t)size - 2};
    }
    return ERR_ARG;
}
