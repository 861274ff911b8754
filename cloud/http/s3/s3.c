/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Parameters of a signature; and x-id, by which newer SDKs tell the name of the operation. */
static bool is_signing(const char *name)
{
    return strncasecmp(name, "X-Amz-", 6) == 0 ||
           text_has_word("x-id AWSAccessKeyId Signature Expires", name);
}

/* The first query parameter that the operation does not know, or NULL. */
static const char *foreign_param(const struct request *request, const struct s3_operation *operation)
{
    for (size_t i = 0; i < request->query_count; i++) {
        const char *name = request->query[i].name;
        bool is_known = is_signing(name) || (operation->query && strcmp(name, operation->query) == 0) ||
                        (operation->params && text_has_word(operation->params, name));
        if (!is_known) {
            return name;
        }
    }
    return NULL;
}

static int path_level(const struct call *call)
{
    const struct request *request = &call->request;
    if (*call->host_bucket) {
        return request->path[1] ? 2 : 1;
    }
    if (request->segment_count >= 2 && *request->segments[1]) {
        return 2;
    }
    return request->segment_count > 2 ? 2 : *request->segments[0] ? 1 : 0;
}

/* An S3 key is all of the path behind the bucket, decoded as one: it may be deeper than any path of the other APIs. */
static bool read_names(struct call *call, int level)
{
    const char *raw = call->request.path + 1;
    call->labels[0] = *call->host_bucket ? call->host_bucket : call->request.segments[0];
    if (level < 2) {
        return true;
    }
    if (!*call->host_bucket) {
        raw = strchr(raw, '/') + 1;
    }
    call->s3_key = memory_resize(NULL, strlen(raw) + 1);
    call->labels[1] = call->s3_key;
    long len = text_decode_percent(raw, strlen(raw), false, call->s3_key);
    if (len <= 0) {
        s3_fail(call, S3_INVALID_REQUEST, "the key is not valid percent-encoded UTF-8");
    } else if (len > OBJECT_KEY_MAX) {
        s3_fail(call, S3_KEY_TOO_LONG,
                "Your key is too long: it has %ld bytes of UTF-8, at most %d are allowed", len,
                OBJECT_KEY_MAX);
    }
    return !call_is_answered(call);
}

/* Nothing here has versions, so all have the version "null". */
static bool check_version(struct call *call)
{
    const char *version = request_query(&call->request, "versionId");
    if (version && strcmp(version, "null") != 0) {
        s3_fail(call, S3_NO_SUCH_VERSION, "iot-local keeps no versions: there is 'null' only, not '%.80s'",
                version);
        return false;
    }
    return true;
}

void s3_find(struct call *call)
{
    const struct request *request = &call->request;
    char *unmodelled = NULL;
    int level = path_level(call);
    const struct s3_operation *operation = s3_operation_find(request, level, &unmodelled);
    const char *param = operation ? foreign_param(request, operation) : NULL;
    bool is_elsewhere = call->service->only_objects && (!operation || operation->handler != s3_get_object);
    if (is_elsewhere) {
        s3_fail(call, S3_NOT_IMPLEMENTED,
                "this port serves GET and HEAD of objects: everything else is on the HTTP port");
    } else if (unmodelled) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model %s", unmodelled);
    } else if (!operation) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "%s %s is no operation of S3 that iot-local knows", request->method,
                request->path);
    } else if (param) {
        s3_fail(call, S3_NOT_IMPLEMENTED, "iot-local does not model the query parameter '%s' of %s", param,
                operation->name);
    } else if (check_version(call) && read_names(call, level)) {
        call->s3 = operation;
        call->body_max = operation->body_max;
    }
    free(unmodelled);
}

/* The body is an object, or a document of the request. */
void s3_fail_too_large(struct call *call)
{
    if (call->body_max == S3_BODY_MAX) {
        s3_fail(call, S3_ENTITY_TOO_LARGE, "iot-local stores objects of up to %zu bytes in one piece",
                S3_OBJECT_MAX);
    } else {
        s3_fail(call, S3_MAX_MESSAGE_LENGTH, "the body is larger than %zu bytes", call->body_max);
    }
}

void s3_run(struct call *call)
{
    call->s3->handler(call);
}
