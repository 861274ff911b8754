/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_chunked.h"

#include "cloud/base/memory.h"
#include "cloud/http/chunk_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHUNKED "aws-chunked"

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

/* Lines "name:value" up to an empty one, with which the body ends. Some clients leave the empty one out. */
static bool read_trailers(struct slice rest, struct s3_chunked *out)
{
    struct slice line;
    while (rest.len > 0) {
        if (!chunk_line_next(&rest, &line)) {
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
    while (chunk_line_next(&rest, &line)) {
        size_t size;
        if (!chunk_line_size(slice_cut(&line, ';'), &size)) {
            return ERR_ARG;
        }
        if (size == 0) {
            if (!read_trailers(rest, &decoded)) {
                return ERR_ARG;
            }
            *out = decoded;
            return ERR_OK;
        }
        if (rest.len < 2 || rest.len - 2 < size || memcmp(rest.ptr + size, "\r\n", 2) != 0) {
            return ERR_ARG;
        }
        memmove(body + decoded.len, rest.ptr, size);
        decoded.len += size;
        rest = (struct slice){rest.ptr + size + 2, rest.len - size - 2};
    }
    return ERR_ARG;
}
