/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_error.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/base/utf8.h"
#include "cloud/http/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XML_MAX_PER_CHAR 5 /* &amp; */

/* What HTTP and S3 find wrong by themselves. */
static const struct error_name codes[S3_CODE_COUNT] = {
    [S3_ACCESS_DENIED] = {"AccessDenied", 403},
    [S3_CONTENT_SHA256_MISMATCH] = {"XAmzContentSHA256Mismatch", 400},
    [S3_INCOMPLETE_BODY] = {"IncompleteBody", 400},
    [S3_INVALID_ACCESS_KEY_ID] = {"InvalidAccessKeyId", 403},
    [S3_INVALID_RANGE] = {"InvalidRange", 416},
    [S3_NO_SUCH_KEY] = {"NoSuchKey", 404},
    [S3_NOT_IMPLEMENTED] = {"NotImplemented", 501},
    [S3_REQUEST_TIME_TOO_SKEWED] = {"RequestTimeTooSkewed", 403},
    [S3_SIGNATURE_DOES_NOT_MATCH] = {"SignatureDoesNotMatch", 403},
};

/* The others are errors of the domain, and stand in its table. */
static const enum core_code core_codes[S3_CODE_COUNT] = {
    [S3_BUCKET_EXISTS] = CORE_ALREADY_EXISTS, [S3_ENTITY_TOO_LARGE] = CORE_LIMIT_EXCEEDED,
    [S3_INTERNAL_ERROR] = CORE_INTERNAL,      [S3_INVALID_REQUEST] = CORE_INVALID_REQUEST,
    [S3_NO_SUCH_BUCKET] = CORE_NOT_FOUND,     [S3_PRECONDITION_FAILED] = CORE_VERSION_MISMATCH,
    [S3_SLOW_DOWN] = CORE_THROTTLED,
};

static struct error_name name_of(enum s3_code code)
{
    return codes[code].name ? codes[code] : error_name_of(core_codes[code], EDGE_S3, NULL);
}

/* Text for XML; what XML 1.0 cannot hold becomes '?'. The caller frees. */
static char *xml_escape(const char *text)
{
    char *clean = text_copy(text);
    char *out = memory_resize(NULL, strlen(text) * XML_MAX_PER_CHAR + 1);
    char *at = out;
    utf8_clean(clean);
    for (text = clean; *text; text++) {
        const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        bool is_none = strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
        if (entity) {
            at = stpcpy(at, entity);
        } else {
            *at++ = is_none ? '?' : *text;
        }
        text += is_none ? 2 : 0; /* U+FFFE and U+FFFF are no characters of XML */
    }
    *at = '\0';
    free(clean);
    return out;
}

static void answer_document(struct call *call, struct error_name error, const char *message)
{
    char *escaped = xml_escape(message);
    char *resource = xml_escape(call->request.path);
    char *body =
        text_format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"
                    "<Resource>%s</Resource></Error>\n",
                    error.name, escaped, resource);
    answer_body(&call->answer, error.http_status, "application/xml", body, strlen(body));
    free(resource);
    free(escaped);
}

void s3_fail(struct call *call, enum s3_code code, const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&message, format, args) < 0) {
        memory_out();
    }
    va_end(args);
    answer_document(call, name_of(code), message);
    free(message);
}

void s3_fail_core(struct call *call, const struct error_own own[])
{
    answer_document(call, error_name_of(call->error.code, EDGE_S3, own), call->error.message);
}
