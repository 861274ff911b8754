/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_error.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XML_MAX_PER_CHAR 5 /* &amp; */

static const struct {
    const char *name;
    unsigned status;
} codes[S3_CODE_COUNT] = {
    [S3_ACCESS_DENIED] = {"AccessDenied", 403},
    [S3_BUCKET_EXISTS] = {"BucketAlreadyOwnedByYou", 409},
    [S3_ENTITY_TOO_LARGE] = {"EntityTooLarge", 400},
    [S3_INCOMPLETE_BODY] = {"IncompleteBody", 400},
    [S3_INTERNAL_ERROR] = {"InternalError", 500},
    [S3_INVALID_BUCKET_NAME] = {"InvalidBucketName", 400},
    [S3_INVALID_RANGE] = {"InvalidRange", 416},
    [S3_INVALID_REQUEST] = {"InvalidRequest", 400},
    [S3_NO_SUCH_BUCKET] = {"NoSuchBucket", 404},
    [S3_NO_SUCH_KEY] = {"NoSuchKey", 404},
    [S3_NOT_IMPLEMENTED] = {"NotImplemented", 501},
    [S3_PRECONDITION_FAILED] = {"PreconditionFailed", 412},
    [S3_SLOW_DOWN] = {"SlowDown", 503},
};

/* Text for XML; control characters, which XML 1.0 cannot hold, become '?'. The caller frees. */
static char *xml_escape(const char *text)
{
    char *out = memory_resize(NULL, strlen(text) * XML_MAX_PER_CHAR + 1);
    char *at = out;
    for (; *text; text++) {
        const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        if (entity) {
            at = stpcpy(at, entity);
        } else {
            *at++ = (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text;
        }
    }
    *at = '\0';
    return out;
}

void s3_fail(struct call *call, enum s3_code code, const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&message, format, args) < 0) {
        message = NULL;
    }
    va_end(args);
    char *escaped = xml_escape(message ? message : codes[code].name);
    char *resource = xml_escape(call->request.path);
    char *body =
        text_format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"
                    "<Resource>%s</Resource></Error>\n",
                    codes[code].name, escaped, resource);
    answer_body(&call->answer, codes[code].status, "application/xml", body, strlen(body));
    free(resource);
    free(escaped);
    free(message);
}
