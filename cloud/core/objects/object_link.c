/* SPDX-License-Identifier: MIT */
/* Reads the links that people give as documentSource. A link only names a bucket and a key of the local store: nothing
 * is ever fetched. */
#include "cloud/base/text.h"
#include "cloud/base/utf8.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/objects/objects.h"

#include <string.h>

#define LINK_SHOWN 1400 /* bytes; a documentSource has at most 1350 characters */

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

/* Every region of AWS ends with a digit. */
static bool is_region(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return text.len > 0 && text.ptr[text.len - 1] >= '0' && text.ptr[text.len - 1] <= '9';
}

/* Cuts `end` off. */
static bool drop_suffix(struct slice *text, const char *end)
{
    if (!slice_ends_with(*text, end)) {
        return false;
    }
    text->len -= strlen(end);
    return true;
}

/* Cuts the last label off: "a.b.c" gives "c" and leaves "a.b". */
static struct slice cut_last_label(struct slice *host)
{
    size_t dot = host->len;
    while (dot > 0 && host->ptr[dot - 1] != '.') {
        dot--;
    }
    struct slice label = {.ptr = host->ptr + dot, .len = host->len - dot};
    host->len = dot > 0 ? dot - 1 : 0;
    return label;
}

/* "s3-REGION", the old form with a dash; not "s3-website-REGION", which serves web pages. */
static bool is_dashed_region(struct slice label)
{
    return take_prefix(&label, "s3-") && is_region(label) && !slice_starts_with(label, "website-");
}

/* The name of S3 at the end of a host without ".amazonaws.com": s3, s3.REGION, s3-REGION, s3.dualstack.REGION, s3-fips.REGION. A bucket may
 * hold dots, so it is read from the end; what stays in *host is the bucket with its dot, or nothing. */
static bool drop_service(struct slice *host)
{
    struct slice rest = *host;
    struct slice last = cut_last_label(&rest);
    if (slice_is(last, "s3") || is_dashed_region(last)) {
        *host = rest;
        return true;
    }
    if (!is_region(last)) {
        return false;
    }
    struct slice service = cut_last_label(&rest);
    if (slice_is(service, "dualstack")) {
        service = cut_last_label(&rest);
    }
    *host = rest;
    return slice_is(service, "s3") || slice_is(service, "s3-fips");
}

/* *bucket is empty when the bucket stands in the path. */
static bool read_amazon_host(struct slice host, struct slice *bucket)
{
    if (!drop_suffix(&host, ".amazonaws.com") && !drop_suffix(&host, ".amazonaws.com.cn")) {
        return false;
    }
    size_t before = host.len;
    if (!drop_service(&host) || (host.len == 0 && before > 0 && host.ptr[0] == '.')) {
        return false;
    }
    *bucket = host;
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
    if (!(is_secure && read_amazon_host(host, bucket)) && !is_loopback(host)) {
        return false;
    }
    if (!bucket->len) {
        *bucket = slice_cut(key, '/');
    }
    return true;
}

/* false: a broken escape, a NUL, bytes that are no UTF-8, a query or a fragment. */
static bool decode_key(struct slice key, char *out, size_t cap)
{
    return key.len > 0 && key.len < cap && !memchr(key.ptr, '?', key.len) && !memchr(key.ptr, '#', key.len) &&
           text_decode_percent(key.ptr, key.len, false, out) > 0;
}

bool objects_read_link(struct slice link, char bucket[OBJECT_BUCKET_CAP], char key[OBJECT_LINK_KEY_CAP])
{
    struct slice bucket_text;
    struct slice key_text;
    return read_link(link, &bucket_text, &key_text) && name_is_bucket(bucket_text) &&
           !slice_copy(bucket_text, bucket, OBJECT_BUCKET_CAP) &&
           decode_key(key_text, key, OBJECT_LINK_KEY_CAP);
}

enum core_code objects_resolve(struct core *core, const char *link, struct object *out,
                               struct core_error *error)
{
    char bucket[OBJECT_BUCKET_CAP];
    char key[OBJECT_LINK_KEY_CAP];
    *out = (struct object){0};
    core_error_clear(error);
    if (!objects_read_link(slice_from(link), bucket, key)) {
        return core_fail(
            error, CORE_INVALID_REQUEST,
            "'%.*s' does not name an object; use s3://BUCKET/KEY, https://s3.REGION.amazonaws.com/"
            "BUCKET/KEY, https://BUCKET.s3.REGION.amazonaws.com/KEY, or this service's own link, without "
            "a query",
            utf8_fit(link, LINK_SHOWN), link);
    }
    return objects_get_document(core, bucket, key, out, error);
}
