/* SPDX-License-Identifier: MIT */
#include "cloud/http/request.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Decodes text[0..len) where it stands and returns it, NULL when it is broken. `text` has room for a NUL at len. */
static const char *decode_here(char *text, size_t len, bool is_query)
{
    return text_decode_percent(text, len, is_query, text) < 0 ? NULL : text;
}

static enum err parse_path(struct request *request, char *path)
{
    char *at = path + 1;
    for (;;) {
        size_t len = strcspn(at, "/");
        bool is_last = at[len] == '\0';
        if (request->segment_count >= REQUEST_SEGMENTS_MAX) {
            request->segment_count = REQUEST_SEGMENTS_MAX + 1;
            return ERR_OK; /* an S3 key may be that deep; it is read from the raw path */
        }
        const char *segment = decode_here(at, len, false);
        if (!segment) {
            return ERR_ARG;
        }
        request->segments[request->segment_count++] = segment;
        if (is_last) {
            return ERR_OK;
        }
        at += len + 1;
    }
}

static enum err parse_query(struct request *request, char *query)
{
    char *at = query;
    while (*at) {
        size_t len = strcspn(at, "&");
        char *next = at + len + (at[len] == '&');
        at[len] = '\0';
        size_t name_len = strcspn(at, "=");
        char *value = at[name_len] == '=' ? at + name_len + 1 : at + name_len;
        if (len > 0) {
            if (request->query_count >= REQUEST_QUERY_MAX) {
                return ERR_ARG;
            }
            const char *value_text = decode_here(value, strlen(value), true);
            const char *name_text = decode_here(at, name_len, true);
            if (!name_text || !value_text) {
                return ERR_ARG;
            }
            request->query[request->query_count++] = (struct request_param){name_text, value_text};
        }
        at = next;
    }
    return ERR_OK;
}

enum err request_parse(struct request *request, const char *method, const char *target)
{
    size_t len = strlen(target);
    request->storage = memory_resize(NULL, 2 * (len + 1));
    char *raw = request->storage;
    char *decoded = raw + len + 1;
    memcpy(raw, target, len + 1);
    memcpy(decoded, target, len + 1);
    size_t path_len = strcspn(raw, "?");
    raw[path_len] = '\0';
    request->path = raw;

    if (strlen(method) >= sizeof request->method || raw[0] != '/') {
        return ERR_ARG;
    }
    memcpy(request->method, method, strlen(method) + 1);
    bool has_query = decoded[path_len] == '?';
    decoded[path_len] = '\0';
    enum err err = parse_path(request, decoded);
    return err == ERR_OK && has_query ? parse_query(request, decoded + path_len + 1) : err;
}

void request_clear(struct request *request)
{
    free(request->storage);
    free(request->body);
    *request = (struct request){0};
}

const char *request_header(const struct request *request, const char *name)
{
    return request->headers.get ? request->headers.get(request->headers.ctx, name) : NULL;
}

const char *request_header_prefix(const struct request *request, const char *prefix)
{
    return request->headers.find_prefix ? request->headers.find_prefix(request->headers.ctx, prefix) : NULL;
}

void request_each_header(const struct request *request, request_header_fn fn, void *arg)
{
    if (request->headers.each) {
        request->headers.each(request->headers.ctx, fn, arg);
    }
}

const char *request_query(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->query[i].name, name) == 0) {
            return request->query[i].value;
        }
    }
    return NULL;
}

bool request_is(const struct request *request, const char *method)
{
    return strcmp(request->method, method) == 0;
}
