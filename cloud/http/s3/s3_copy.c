/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_copy.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/s3/s3_checksum.h"
#include "cloud/http/s3/s3_conditions.h"
#include "cloud/http/s3/s3_headers.h"
#include "cloud/http/s3/s3_render.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* --- The source --- */

void s3_source_close(struct s3_source *source)
{
    if (source->is_open) {
        close(source->fd);
    }
    free(source->bucket);
    object_clear(&source->object);
    *source = (struct s3_source){0};
}

/* "[/]BUCKET/KEY[?versionId=null]", percent-encoded. */
static bool read_source(struct call *call, struct s3_source *source)
{
    const char *text = request_header(&call->request, "x-amz-copy-source");
    text += *text == '/';
    size_t len = strcspn(text, "?");
    const char *version = text[len] ? text + len + 1 : "versionId=null";
    source->bucket = memory_resize(NULL, len + 1);
    bool is_text = text_decode_percent(text, len, false, source->bucket) > 0;
    source->key = is_text ? strchr(source->bucket, '/') : NULL;
    if (!source->key || !source->key[1] || strncmp(source->bucket, "arn:", 4) == 0) {
        s3_fail(call, S3_INVALID_ARGUMENT, "x-amz-copy-source must be BUCKET/KEY, percent-encoded");
        return false;
    }
    *source->key++ = '\0';
    if (strcmp(version, "versionId=null") != 0) {
        s3_fail(call, S3_NO_SUCH_VERSION, "iot-local keeps no versions: there is 'null' only, not '%.80s'",
                version);
        return false;
    }
    return true;
}

bool s3_source_open(struct call *call, struct s3_source *source)
{
    struct core *core = call->service->core;
    if (!read_source(call, source)) {
        return false;
    }
    if (objects_get(core, source->bucket, source->key, &source->object, &call->error) != CORE_OK) {
        s3_fail_missing(call, source->bucket, S3_NO_SUCH_KEY);
        return false;
    }
    struct s3_conditions conditions = s3_conditions_of_source(&call->request);
    if (s3_conditions_judge(&conditions, source->object.etag, source->object.modified_at_ms) != S3_HOLDS) {
        s3_fail(call, S3_PRECONDITION_FAILED, "the source is not as x-amz-copy-source-if-... asks for");
        return false;
    }
    if (objects_open(core, &source->object, &source->fd, &call->error) != CORE_OK) {
        s3_fail_core(call, NULL);
        return false;
    }
    source->is_open = true;
    return true;
}

/* --- CopyObject --- */

struct copy {
    struct s3_source source;
    bool replaces; /* what is stored beside the bytes comes from the request, not from the source */
    char *headers; /* of the request; NULL: the source's */
    struct s3_file file;
    char checksum[OBJECT_CHECKSUM_CAP];
};

static void free_copy(void *made)
{
    struct copy *copy = made;
    s3_source_close(&copy->source);
    s3_file_drop(&copy->file);
    free(copy->headers);
    free(copy);
}

static bool read_directive(struct call *call, struct copy *copy)
{
    const char *directive = request_header(&call->request, "x-amz-metadata-directive");
    copy->replaces = directive && strcmp(directive, "REPLACE") == 0;
    if (directive && !copy->replaces && strcmp(directive, "COPY") != 0) {
        s3_fail(call, S3_INVALID_ARGUMENT, "Unknown metadata directive.");
        return false;
    }
    bool is_itself =
        strcmp(copy->source.bucket, call->labels[0]) == 0 && strcmp(copy->source.key, call->labels[1]) == 0;
    if (is_itself && !copy->replaces) {
        s3_fail(
            call, S3_INVALID_REQUEST,
            "This copy request is illegal because it is trying to copy an object to itself without changing "
            "the object's metadata, storage class, website redirect location or encryption attributes.");
        return false;
    }
    /* Read also for a copy of all, so that what is not modelled is refused. */
    copy->headers = s3_headers_read(call);
    return copy->headers != NULL;
}

void s3_prepare_copy(struct call *call)
{
    struct copy *copy = memory_zeroed(sizeof *copy);
    call_work_done(call, copy, free_copy);
    if (s3_source_open(call, &copy->source) && read_directive(call, copy) &&
        buckets_head(call->service->core, call->labels[0], &call->error) != CORE_OK) {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_BUCKET);
    }
}

/* The algorithm that is asked for, or the source's own. */
static bool choose_algorithm(struct call *call, const struct copy *copy, enum s3_algorithm *algorithm)
{
    const char *ignored;
    const char *wanted = request_header(&call->request, "x-amz-checksum-algorithm");
    *algorithm = wanted ? s3_algorithm_of(wanted) : s3_checksum_read(copy->source.object.checksum, &ignored);
    if (wanted && *algorithm == S3_NO_ALGORITHM) {
        s3_fail(call, S3_INVALID_REQUEST, "Checksum algorithm provided is unsupported.");
        return false;
    }
    *algorithm = *algorithm == S3_NO_ALGORITHM ? S3_CRC64NVME : *algorithm;
    return true;
}

void s3_write_copy(struct call *call)
{
    struct copy *copy = call->made;
    struct s3_join join;
    enum s3_algorithm algorithm;
    char base64[S3_BASE64_CAP];
    if (choose_algorithm(call, copy, &algorithm) && s3_join_begin(call, &join, algorithm) &&
        s3_join_add(&join, copy->source.fd, 0, copy->source.object.size) &&
        s3_join_end(&join, &copy->file, base64)) {
        s3_checksum_write(algorithm, base64, 0, copy->checksum);
    }
}

void s3_copy_object(struct call *call)
{
    struct copy *copy = call->made;
    struct s3_xml xml = {0};
    const struct object *source = &copy->source.object;
    struct object_info info = {
        .content_type =
            copy->replaces ? request_header(&call->request, "Content-Type") : source->content_type,
        .headers = copy->replaces ? copy->headers : source->headers,
        .checksum = copy->checksum,
    };
    if (!s3_conditions_allow_write(call)) {
        return;
    }
    if (objects_put(call->service->core, call->labels[0], call->labels[1], &info, &copy->file.file,
                    &call->error) != CORE_OK) {
        s3_fail_core(call, NULL);
        return;
    }
    copy->file.is_stored = true;
    s3_xml_begin(&xml, "CopyObjectResult", true);
    s3_xml_date(&xml, "LastModified", core_now_ms(call->service->core));
    s3_xml_text(&xml, "ETag", copy->file.file.etag);
    s3_render_checksum(&xml, copy->checksum);
    s3_render_checksum_type(&xml, copy->checksum);
    s3_xml_answer(&xml, "CopyObjectResult", call, 200);
}
