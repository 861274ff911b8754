/* SPDX-License-Identifier: MIT */
#include "cloud/http/origin.h"

#include "cloud/base/address.h"
#include "common/number.h"
#include "common/slice.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT   80
#define ADDRESS_CAP 64

/* Splits "name:port" or "[address]:port"; false when it is neither. port 0: none given. */
static bool split_host(const char *text, struct slice *name, uint32_t *port)
{
    const char *end;
    if (text[0] == '[') {
        end = strchr(text, ']');
        if (!end) {
            return false;
        }
        *name = (struct slice){text + 1, (size_t)(end - text) - 1};
        end++;
    } else {
        size_t len = strcspn(text, ":");
        *name = (struct slice){text, len};
        end = text + len;
    }
    *port = 0;
    if (*end == '\0') {
        return name->len > 0;
    }
    return *end == ':' && name->len > 0 && number_to_u32(slice_from(end + 1), port) == ERR_OK && *port > 0 &&
           *port <= UINT16_MAX;
}

static bool is_name(struct slice name, const char *text)
{
    return text && strlen(text) == name.len && strncasecmp(text, name.ptr, name.len) == 0;
}

static bool is_address(struct slice name)
{
    char text[ADDRESS_CAP];
    return slice_copy(name, text, sizeof text) == ERR_OK && address_is_one(text);
}

static bool name_is_ours(const struct origin_names *names, struct slice name)
{
    for (size_t i = 0; i < names->other_count; i++) {
        if (is_name(name, names->others[i])) {
            return true;
        }
    }
    return is_name(name, "127.0.0.1") || is_name(name, "localhost") || is_name(name, "::1") ||
           is_name(name, names->listen) || is_name(name, names->endpoint) ||
           (address_is_any(names->listen) && is_address(name));
}

bool origin_host_is_ours(const struct origin_names *names, const char *host)
{
    struct slice name;
    uint32_t port;
    return split_host(host, &name, &port) && name_is_ours(names, name);
}

/* Cuts `end` off, in upper or lower case. */
static bool drop_end(struct slice *name, const char *end)
{
    size_t len = strlen(end);
    if (name->len < len || strncasecmp(name->ptr + name->len - len, end, len) != 0) {
        return false;
    }
    name->len -= len;
    return true;
}

/* What may stand in the name of a bucket; a letter that is none in there is none in any. */
static bool copy_bucket(struct slice name, char *bucket, size_t cap)
{
    if (name.len >= cap) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        bucket[i] = (char)tolower((unsigned char)name.ptr[i]);
        if (!isalnum((unsigned char)bucket[i]) && bucket[i] != '-' && bucket[i] != '.') {
            return false;
        }
    }
    bucket[name.len] = '\0';
    return name.len > 0;
}

bool origin_host_is_bucket(const char *host, char *bucket, size_t cap)
{
    struct slice name;
    uint32_t port;
    if (!split_host(host, &name, &port) || !drop_end(&name, ".localhost")) {
        return false;
    }
    if (is_name(name, "s3")) {
        bucket[0] = '\0';
        return true;
    }
    (void)drop_end(&name, ".s3");
    char lower[ADDRESS_CAP];
    if (cap > sizeof lower || !copy_bucket(name, lower, cap)) {
        return false;
    }
    memcpy(bucket, lower, name.len + 1);
    return true;
}

bool origin_is_ours(const struct origin_names *names, const char *origin)
{
    const char scheme[] = "http://";
    struct slice name;
    uint32_t port;
    if (strncasecmp(origin, scheme, sizeof scheme - 1) != 0 ||
        !split_host(origin + sizeof scheme - 1, &name, &port)) {
        return false;
    }
    return name_is_ours(names, name) && (port ? port : HTTP_PORT) == names->port;
}
