/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_headers.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/names.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/s3/s3_chunked.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define META_PREFIX "x-amz-meta-"
#define VALUE_MAX   2048 /* characters */

/* What a client may ask for when it stores an object, and we would have to forget. */
static const char *const unmodelled[] = {
    "x-amz-server-side-encryption",
    "x-amz-object-lock-",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
};

/* Their own names on the answer, and the query parameter that comes over them. Content-Type is stored by itself. */
static const struct {
    const char *name, *parameter;
} stored[] = {
    {"Content-Type", "response-content-type"},
    {"Cache-Control", "response-cache-control"},
    {"Content-Disposition", "response-content-disposition"},
    {"Content-Encoding", "response-content-encoding"},
    {"Content-Language", "response-content-language"},
    {"Expires", "response-expires"},
};
#define STORED_COUNT (sizeof stored / sizeof stored[0])

static bool is_stored(const char *name)
{
    for (size_t i = 1; i < STORED_COUNT; i++) {
        if (strcasecmp(stored[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* --- In --- */

struct reading {
    char *lines;
    size_t len;
    size_t metadata_len;
    const char *bad; /* the name of a header whose value is no text */
};

static void add_line(struct reading *reading, const char *name, const char *value)
{
    char *line = text_format("%s: %s\n", name, value);
    size_t len = strlen(line);
    for (char *at = line; *at != ':'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    reading->lines = memory_resize(reading->lines, reading->len + len + 1);
    memcpy(reading->lines + reading->len, line, len + 1);
    reading->len += len;
    free(line);
}

static void keep_header(struct reading *reading, const char *name, const char *value)
{
    bool is_metadata = strncasecmp(name, META_PREFIX, sizeof META_PREFIX - 1) == 0;
    if (!name_is_free_text(slice_from(value), VALUE_MAX)) {
        reading->bad = name;
    } else if (*value || is_metadata) {
        add_line(reading, name, value);
    }
    if (is_metadata) {
        reading->metadata_len += strlen(name) - (sizeof META_PREFIX - 1) + strlen(value);
    }
}

static void take_header(void *arg, const char *name, const char *value)
{
    if (strncasecmp(name, META_PREFIX, sizeof META_PREFIX - 1) != 0 && !is_stored(name)) {
        return;
    }
    char *rest = strcasecmp(name, "Content-Encoding") == 0 ? s3_chunked_off(value) : NULL;
    keep_header(arg, name, rest ? rest : value);
    free(rest);
}

static bool is_modelled(struct call *call)
{
    for (size_t i = 0; i < sizeof unmodelled / sizeof unmodelled[0]; i++) {
        const char *bad = request_header_prefix(&call->request, unmodelled[i]);
        if (bad) {
            s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model the header '%s'", bad);
            return false;
        }
    }
    const char *tags = request_header(&call->request, "x-amz-tagging");
    if (tags && *tags) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model the header 'x-amz-tagging'");
        return false;
    }
    return true;
}

char *s3_headers_read(struct call *call)
{
    struct reading reading = {.lines = text_copy("")};
    if (!is_modelled(call)) {
        free(reading.lines);
        return NULL;
    }
    request_each_header(&call->request, take_header, &reading);
    if (reading.bad) {
        s3_fail(call, S3_INVALID_ARGUMENT,
                "the header '%s' has at most %d characters of UTF-8, none of control", reading.bad,
                VALUE_MAX);
    } else if (reading.metadata_len > S3_METADATA_MAX) {
        s3_fail(call, S3_METADATA_TOO_LARGE,
                "Your metadata headers exceed the maximum allowed metadata size of %d bytes",
                S3_METADATA_MAX);
    } else {
        return reading.lines;
    }
    free(reading.lines);
    return NULL;
}

/* --- Out --- */

static const char *own_name(const char *name)
{
    for (size_t i = 1; i < STORED_COUNT; i++) {
        if (strcasecmp(stored[i].name, name) == 0) {
            return stored[i].name;
        }
    }
    return name;
}

void s3_headers_put(struct call *call, const char *lines)
{
    char *copy = text_copy(lines);
    char *rest = copy;
    char *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *colon = strstr(line, ": ");
        if (colon) {
            *colon = '\0';
            answer_header(&call->answer, own_name(line), colon + 2);
        }
    }
    free(copy);
}

bool s3_headers_may_override(struct call *call)
{
    for (size_t i = 0; i < STORED_COUNT; i++) {
        const char *value = request_query(&call->request, stored[i].parameter);
        if (!value) {
            continue;
        }
        if (call->is_plain_link) {
            s3_fail(call, S3_INVALID_REQUEST,
                    "Request specific response headers cannot be used for anonymous GET requests.");
            return false;
        }
        if (!name_is_free_text(slice_from(value), VALUE_MAX)) {
            s3_fail(call, S3_INVALID_ARGUMENT, "the query parameter '%s' is no value of a header",
                    stored[i].parameter);
            return false;
        }
    }
    return true;
}

void s3_headers_override(struct call *call)
{
    for (size_t i = 0; i < STORED_COUNT; i++) {
        const char *value = request_query(&call->request, stored[i].parameter);
        if (value) {
            answer_header(&call->answer, stored[i].name, value);
        }
    }
}
