/* SPDX-License-Identifier: MIT */
/* Reads the links that people give as documentSource. A link only names a bucket and a key of the local store: nothing
 * is ever fetched. */
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/objects/objects.h"

#include <stdlib.h>
#include <string.h>

#define AMAZON_SUFFIX ".amazonaws.com"

static bool take_prefix(struct slice *text, const char *prefix)
{
    if (!slice_starts_with(*text, prefix)) {
        return false;
    }
    size_t len = strlen(prefix);
    *text = (struct slice){.ptr = text->ptr + len, .len = text->len - len};
    return true;
}

static bool is_port(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len >= 1 && text.len <= 5;
}

/* 127.a.b.c, localhost or [::1], with or without a port. */
static bool is_loopback(struct slice host)
{
    struct slice rest = host;
    if (take_prefix(&rest, "[::1]")) {
        return !rest.len || (take_prefix(&rest, ":") && is_port(rest));
    }
    struct slice name = slice_cut(&rest, ':');
    if (rest.ptr && !is_port(rest)) {
        return false;
    }
    if (slice_is(name, "localhost")) {
        return true;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] != '.' && (name.ptr[i] < '0' || name.ptr[i] > '9')) {
            return false;
        }
    }
    return slice_starts_with(name, "127.");
}

static bool is_region(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return text.len > 0;
}

/* host without ".amazonaws.com": "s3", "s3.REGION", "BUCKET.s3" or "BUCKET.s3.REGION". A bucket may contain dots, so the
 * end decides. *bucket is empty when the bucket stands in the path. */
static bool read_amazon_host(struct slice host, struct slice *bucket)
{
    *bucket = SLICE_EMPTY;
    if (slice_is(host, "s3")) {
        return true;
    }
    if (slice_ends_with(host, ".s3")) {
        *bucket = (struct slice){.ptr = host.ptr, .len = host.len - strlen(".s3")};
        return true;
    }
    size_t dot = host.len;
    while (dot > 0 && host.ptr[dot - 1] != '.') {
        dot--;
    }
    if (dot == 0 || !is_region((struct slice){.ptr = host.ptr + dot, .len = host.len - dot})) {
        return false;
    }
    host.len = dot - 1;
    if (slice_is(host, "s3")) {
        return true;
    }
    if (!slice_ends_with(host, ".s3")) {
        return false;
    }
    *bucket = (struct slice){.ptr = host.ptr, .len = host.len - strlen(".s3")};
    return true;
}

/* Cuts the link into bucket and (still encoded) key. */
static bool read_link(struct slice link, struct slice *bucket, struct slice *key)
{
    *bucket = SLICE_EMPTY;
    *key = link;
    if (take_prefix(key, "s3://")) {
        *bucket = slice_cut(key, '/');
        return true;
    }
    bool is_secure = take_prefix(key, "https://");
    if (!is_secure && !take_prefix(key, "http://")) {
        return false;
    }
    struct slice host = slice_cut(key, '/');
    if (is_secure && slice_ends_with(host, AMAZON_SUFFIX)) {
        host.len -= strlen(AMAZON_SUFFIX);
        if (!read_amazon_host(host, bucket)) {
            return false;
        }
    } else if (!is_loopback(host)) {
        return false;
    }
    if (!bucket->len) {
        *bucket = slice_cut(key, '/');
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoding, which only ever shortens. false: a broken escape, a NUL, a query or a fragment. */
static bool decode_key(struct slice key, char *out, size_t cap)
{
    size_t len = 0;
    if (key.len >= cap) {
        return false;
    }
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (c == '?' || c == '#') {
            return false;
        }
        if (c == '%') {
            int high = i + 2 < key.len ? hex_value(key.ptr[i + 1]) : -1;
            int low = high >= 0 ? hex_value(key.ptr[i + 2]) : -1;
            if (low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (!c) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

enum core_code objects_resolve(struct core *core, const char *link, struct object *out,
                               struct core_error *error)
{
    struct slice bucket;
    struct slice key;
    char bucket_name[64];
    char key_name[3 * 1024 + 1];
    *out = (struct object){0};
    core_error_clear(error);
    if (!read_link(slice_from(link), &bucket, &key) || !name_is_bucket(bucket) ||
        slice_copy(bucket, bucket_name, sizeof bucket_name) || !key.len ||
        !decode_key(key, key_name, sizeof key_name)) {
        return core_fail(
            error, CORE_INVALID_REQUEST,
            "'%.60s' does not name an object; use s3://BUCKET/KEY, https://s3.REGION.amazonaws.com/"
            "BUCKET/KEY, https://BUCKET.s3.REGION.amazonaws.com/KEY, or this service's own link, without "
            "a query",
            link);
    }
    return objects_get_document(core, bucket_name, key_name, out, error);
}
