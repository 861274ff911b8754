/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_error.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/base/utf8.h"
#include "cloud/core/objects/objects.h"
#include "cloud/http/call.h"
#include "cloud/http/s3/s3_xml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What HTTP and S3 find wrong by themselves. */
static const struct error_name codes[S3_CODE_COUNT] = {
    [S3_ACCESS_DENIED] = {"AccessDenied", 403},
    [S3_BAD_DIGEST] = {"BadDigest", 400},
    [S3_CONTENT_SHA256_MISMATCH] = {"XAmzContentSHA256Mismatch", 400},
    [S3_ENTITY_TOO_SMALL] = {"EntityTooSmall", 400},
    [S3_INCOMPLETE_BODY] = {"IncompleteBody", 400},
    [S3_INSUFFICIENT_STORAGE] = {"InsufficientStorage", 507},
    [S3_INVALID_ACCESS_KEY_ID] = {"InvalidAccessKeyId", 403},
    [S3_INVALID_ARGUMENT] = {"InvalidArgument", 400},
    [S3_INVALID_DIGEST] = {"InvalidDigest", 400},
    [S3_INVALID_PART] = {"InvalidPart", 400},
    [S3_INVALID_PART_NUMBER] = {"InvalidPartNumber", 416},
    [S3_INVALID_PART_ORDER] = {"InvalidPartOrder", 400},
    [S3_INVALID_RANGE] = {"InvalidRange", 416},
    [S3_KEY_TOO_LONG] = {"KeyTooLongError", 400},
    [S3_MALFORMED_TRAILER] = {"MalformedTrailerError", 400},
    [S3_MALFORMED_XML] = {"MalformedXML", 400},
    [S3_MAX_MESSAGE_LENGTH] = {"MaxMessageLengthExceeded", 400},
    [S3_METADATA_TOO_LARGE] = {"MetadataTooLarge", 400},
    [S3_NO_SUCH_KEY] = {"NoSuchKey", 404},
    [S3_NO_SUCH_UPLOAD] = {"NoSuchUpload", 404},
    [S3_NO_SUCH_VERSION] = {"NoSuchVersion", 404},
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

enum s3_code s3_code_of_errno(int code)
{
    return code == ENOSPC || code == EDQUOT ? S3_INSUFFICIENT_STORAGE : S3_INTERNAL_ERROR;
}

/* The message may quote what a stranger has sent, and ends on a terminal. */
static void answer_document(struct call *call, struct error_name error, const char *message)
{
    struct s3_xml xml = {0};
    char *clean = text_copy(message);
    call->s3_error = error.name;
    utf8_clean(clean);
    s3_xml_begin(&xml, "Error", false);
    s3_xml_text(&xml, "Code", error.name);
    s3_xml_text(&xml, "Message", clean);
    s3_xml_text(&xml, "Resource", call->request.path ? call->request.path : "");
    s3_xml_answer(&xml, "Error", call, error.http_status);
    free(clean);
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

void s3_fail_missing(struct call *call, const char *bucket, enum s3_code what)
{
    struct core_error ignored = {0};
    if (call->error.code != CORE_NOT_FOUND) {
        s3_fail_core(call, NULL);
        return;
    }
    bool has_bucket = buckets_head(call->service->core, bucket, &ignored) == CORE_OK;
    core_error_clear(&ignored);
    s3_fail(call, has_bucket ? what : S3_NO_SUCH_BUCKET, "%s", call->error.message);
}
