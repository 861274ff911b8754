/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/placeholders.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/objects/objects.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#define BEGIN "${aws:iot:"

struct placeholder {
    struct slice text; /* from "${" to "}"; of one without an end, the rest of the document */
    bool is_link;      /* of one of the two families, with a link that can be read */
    char bucket[OBJECT_BUCKET_CAP];
    char key[OBJECT_LINK_KEY_CAP];
};

/* "s3-presigned-url:LINK" or "s3-presigned-url-v2:LINK", where LINK may hold what JSON has escaped ("https:\/\/..."). AWS takes no
 * s3://, so neither does the service: a document that works here works there. */
static bool read_link(struct slice inside, struct placeholder *out)
{
    char link[2 * OBJECT_LINK_KEY_CAP];
    struct slice escaped = inside;
    struct slice family = slice_cut(&escaped, ':');
    return (slice_is(family, "s3-presigned-url") || slice_is(family, "s3-presigned-url-v2")) && escaped.ptr &&
           !memchr(escaped.ptr, '"', escaped.len) && !json_decode(escaped, link, sizeof link, NULL) &&
           slice_starts_with(slice_from(link), "https://") &&
           objects_read_link(slice_from(link), out->bucket, out->key);
}

/* The first one of `text`, in which nothing is decoded. false: there is none. */
static bool find(struct slice text, struct placeholder *out)
{
    const char *begin = text.len > 0 ? memmem(text.ptr, text.len, BEGIN, strlen(BEGIN)) : NULL;
    if (!begin) {
        return false;
    }
    out->text = (struct slice){begin, text.len - (size_t)(begin - text.ptr)};
    const char *end = memchr(begin, '}', out->text.len);
    out->is_link = false;
    if (end) {
        out->text.len = (size_t)(end - begin) + 1;
        size_t skipped = strlen(BEGIN);
        out->is_link = read_link((struct slice){begin + skipped, out->text.len - skipped - 1}, out);
    }
    return true;
}

/* What follows behind a placeholder of `text`. */
static struct slice behind(struct slice text, const struct placeholder *placeholder)
{
    const char *at = placeholder->text.ptr + placeholder->text.len;
    return (struct slice){at, text.len - (size_t)(at - text.ptr)};
}

static enum core_code refuse(const struct placeholder *placeholder, struct core_error *error)
{
    struct slice text = placeholder->text;
    return core_fail(
        error, CORE_INVALID_REQUEST,
        "iot-local does not model placeholders like %.*s in a job document: it knows "
        "${aws:iot:s3-presigned-url:LINK} and ${aws:iot:s3-presigned-url-v2:LINK}, where LINK is like "
        "https://s3.REGION.amazonaws.com/BUCKET/KEY",
        (int)(text.len < NAME_SHOWN ? text.len : NAME_SHOWN), text.ptr);
}

enum core_code placeholders_check(const struct core *core, struct slice document, bool has_role,
                                  struct core_error *error)
{
    struct placeholder found;
    size_t count = 0;
    for (; find(document, &found); document = behind(document, &found)) {
        if (!found.is_link || !core->sign_link) {
            return refuse(&found, error);
        }
        if (++count > PLACEHOLDERS_MAX) {
            return core_fail(error, CORE_INVALID_REQUEST, "the job document has more than %d placeholders",
                             PLACEHOLDERS_MAX);
        }
    }
    if (count > 0 && !has_role) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "the job document has a placeholder for a presigned link, so the job needs a "
                         "presignedUrlConfig with a roleArn");
    }
    return CORE_OK;
}

static void append(char **text, size_t *len, const char *more, size_t more_len)
{
    *text = memory_resize(*text, *len + more_len + 1);
    memcpy(*text + *len, more, more_len);
    *len += more_len;
    (*text)[*len] = '\0';
}

static char *sign(const struct core *core, const struct placeholder *placeholder, int64_t expires_s)
{
    return placeholder->is_link && core->sign_link
               ? core->sign_link(core->ctx, placeholder->bucket, placeholder->key, expires_s)
               : NULL;
}

char *placeholders_fill(const struct core *core, char *document, int64_t expires_s)
{
    struct placeholder found;
    struct slice rest = slice_from(document);
    char *filled = NULL;
    size_t len = 0;
    while (find(rest, &found)) {
        char *link = sign(core, &found, expires_s ? expires_s : PLACEHOLDERS_EXPIRE_MAX_S);
        append(&filled, &len, rest.ptr, (size_t)(found.text.ptr - rest.ptr));
        append(&filled, &len, link ? link : found.text.ptr, link ? strlen(link) : found.text.len);
        free(link);
        rest = behind(rest, &found);
    }
    if (!filled) {
        return document;
    }
    append(&filled, &len, rest.ptr, rest.len);
    free(document);
    return filled;
}
