/* SPDX-License-Identifier: MIT */
/* CompleteMultipartUpload: a turn reads the parts that there are, the worker joins the files of those that are asked for, a second turn puts
 * the object in the place of the upload. */
#include "cloud/http/s3/s3.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/s3/s3_body.h"
#include "cloud/http/s3/s3_conditions.h"
#include "cloud/http/s3/s3_file.h"
#include "cloud/http/s3/s3_multipart.h"
#include "cloud/http/s3/s3_render.h"
#include "cloud/http/s3/s3_xml_read.h"
#include "common/number.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_MIN    ((size_t)5 * 1024 * 1024) /* of all but the last one */
#define SIZE_DIGITS 21

/* A part as the client names it. */
struct named_part {
    int64_t number;
    char etag[OBJECT_ETAG_CAP]; /* without quotes */
    char checksum[S3_BASE64_CAP];
};

struct completion {
    struct upload upload;
    struct s3_plan plan;
    struct upload_part *stored; /* all that there are, by number */
    size_t stored_count;
    struct named_part *named;
    struct named_part next; /* what has been read of the part that is being read */
    size_t named_count;
    bool is_whole;              /* the document was a CompleteMultipartUpload */
    struct upload_part *chosen; /* named_count of them */
    size_t size;                /* of all */

    struct s3_file file;
    char checksum[OBJECT_CHECKSUM_CAP];
    char *part_sizes;
};

static void free_completion(void *made)
{
    struct completion *completion = made;
    upload_clear(&completion->upload);
    free(completion->stored);
    free(completion->named);
    free(completion->chosen);
    free(completion->part_sizes);
    s3_file_drop(&completion->file);
    free(completion);
}

void s3_prepare_completion(struct call *call)
{
    struct completion *completion = memory_zeroed(sizeof *completion);
    bool ignored;
    call_work_done(call, completion, free_completion);
    if (!s3_upload_find(call, &completion->upload)) {
        return;
    }
    completion->plan = s3_plan_of(&completion->upload);
    if (uploads_get_parts(call->service->core, completion->upload.id, 0, UPLOAD_PART_MAX, &completion->stored,
                          &completion->stored_count, &ignored, &call->error) != CORE_OK) {
        s3_fail_core(call, NULL);
    }
}

/* --- The document --- */

static void copy_unquoted(const char *text, char *out, size_t cap)
{
    size_t len = strlen(text);
    bool is_quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';
    snprintf(out, cap, "%.*s", (int)(is_quoted ? len - 2 : len), text + is_quoted);
}

static bool add_part(struct completion *completion)
{
    size_t count = completion->named_count;
    if (count == UPLOAD_PART_MAX || completion->next.number == 0 || !*completion->next.etag) {
        return false;
    }
    if ((count & (count + 1)) == 0) { /* 0, 1, 3, 7, ...: full */
        completion->named = memory_resize(completion->named, (2 * count + 1) * sizeof *completion->named);
    }
    completion->named[completion->named_count++] = completion->next;
    completion->next = (struct named_part){.number = 0};
    return true;
}

static bool take_element(void *ctx, const char *path, const char *text)
{
    struct completion *completion = ctx;
    const char root[] = "CompleteMultipartUpload";
    if (strcmp(path, root) == 0) {
        completion->is_whole = true;
        return true;
    }
    if (strncmp(path, root, sizeof root - 1) != 0 || strncmp(path + sizeof root - 1, "/Part", 5) != 0) {
        return false;
    }
    const char *element = path + sizeof root - 1 + 5;
    struct named_part *next = &completion->next;
    if (!*element) {
        return add_part(completion);
    }
    if (strcmp(element, "/PartNumber") == 0) {
        return number_to_i64(slice_from(text), &next->number) == ERR_OK && next->number != 0;
    }
    if (strcmp(element, "/ETag") == 0) {
        copy_unquoted(text, next->etag, sizeof next->etag);
        return true;
    }
    /* Those of other algorithms than the upload's were verified when the part came. */
    if (strcmp(element + 1, s3_algorithm_names(completion->plan.algorithm)->element) == 0) {
        snprintf(next->checksum, sizeof next->checksum, "%s", text);
    }
    return true;
}

/* --- Which parts --- */

static const struct upload_part *find_stored(const struct completion *completion, int64_t number)
{
    for (size_t low = 0, high = completion->stored_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (completion->stored[middle].number == number) {
            return &completion->stored[middle];
        }
        if (completion->stored[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool is_same(const struct upload_part *stored, const struct named_part *named)
{
    char etag[OBJECT_ETAG_CAP];
    const char *value = "";
    copy_unquoted(stored->file.etag, etag, sizeof etag);
    (void)s3_checksum_read(stored->checksum, &value);
    return strcmp(etag, named->etag) == 0 && (!*named->checksum || strcmp(named->checksum, value) == 0);
}

/* As it stands in the name of its header. */
static const char *lower_case_name(enum s3_algorithm algorithm)
{
    return strrchr(s3_algorithm_names(algorithm)->header, '-') + 1;
}

static bool choose(struct call *call, struct completion *completion, size_t i)
{
    const struct named_part *named = &completion->named[i];
    const struct upload_part *stored = find_stored(completion, named->number);
    if (i > 0 && named->number <= completion->named[i - 1].number) {
        s3_fail(call, S3_INVALID_PART_ORDER,
                "The list of parts was not in ascending order. Parts must be ordered by part number.");
    } else if (stored && !*named->checksum && completion->plan.is_composite) {
        s3_fail(call, S3_INVALID_REQUEST,
                "The upload was created using a %s checksum. The complete request must include the checksum "
                "for each part. It was missing for part %" PRId64 " in the request.",
                lower_case_name(completion->plan.algorithm), named->number);
    } else if (!stored || !is_same(stored, named)) {
        s3_fail(call, S3_INVALID_PART,
                "part %" PRId64 " was not uploaded, or has another ETag or checksum than the request says",
                named->number);
    } else if (stored->file.size < PART_MIN && i + 1 < completion->named_count) {
        s3_fail(call, S3_ENTITY_TOO_SMALL,
                "part %" PRId64 " has %zu bytes: all but the last one need at least %zu", named->number,
                stored->file.size, PART_MIN);
    } else {
        completion->chosen[i] = *stored;
        completion->size += stored->file.size;
    }
    return !call_is_answered(call);
}

/* x-amz-mp-object-size: what the client believes that it has uploaded. */
static bool check_size(struct call *call, const struct completion *completion)
{
    const char *told = request_header(&call->request, "x-amz-mp-object-size");
    int64_t size = 0;
    if (completion->size > OBJECT_PIECES_MAX) {
        s3_fail(call, S3_ENTITY_TOO_LARGE, "iot-local stores objects of up to %zu bytes", OBJECT_PIECES_MAX);
    } else if (told &&
               (number_to_i64(slice_from(told), &size) != ERR_OK || size != (int64_t)completion->size)) {
        s3_fail(call, S3_INVALID_REQUEST,
                "The provided 'x-amz-mp-object-size' header does not match what was computed: %zu",
                completion->size);
    }
    return !call_is_answered(call);
}

static bool read_document(struct call *call, struct completion *completion)
{
    const struct request *request = &call->request;
    if (!s3_body_accept_plain(call)) {
        return false;
    }
    if (s3_xml_read(request->body, request->body_len, take_element, completion) != ERR_OK ||
        !completion->is_whole || completion->named_count == 0) {
        s3_fail(call, S3_MALFORMED_XML,
                "the body is no CompleteMultipartUpload document with 1 to %d parts, each with PartNumber "
                "and ETag",
                UPLOAD_PART_MAX);
        return false;
    }
    completion->chosen = memory_zeroed(completion->named_count * sizeof *completion->chosen);
    for (size_t i = 0; i < completion->named_count; i++) {
        if (!choose(call, completion, i)) {
            return false;
        }
    }
    return check_size(call, completion);
}

/* --- The object --- */

/* What is made of the parts' own: the MD5 of their MD5s, which stand in their ETags in hex (of_etags), or a checksum of their
 * checksums, which stand there in base64. */
static void digest_of_digests(const struct completion *completion, enum s3_algorithm algorithm, bool of_etags,
                              unsigned char digest[S3_DIGEST_MAX])
{
    struct s3_checksum sum;
    size_t len = s3_algorithm_names(algorithm)->len;
    s3_checksum_open(&sum, algorithm);
    for (size_t i = 0; i < completion->named_count; i++) {
        const struct upload_part *part = &completion->chosen[i];
        unsigned char bytes[S3_DIGEST_MAX] = {0};
        const char *value = "";
        if (of_etags) {
            (void)hex_read(part->file.etag + 1, len, bytes); /* our own text */
        } else {
            (void)s3_checksum_read(part->checksum, &value);
            (void)base64_read(value, len, bytes);
        }
        s3_checksum_add(&sum, bytes, len);
    }
    s3_checksum_end(&sum, digest);
}

static void write_etag(struct completion *completion)
{
    unsigned char digest[S3_DIGEST_MAX];
    char *etag = completion->file.file.etag;
    digest_of_digests(completion, S3_MD5, true, digest);
    etag[0] = '"';
    hex_write(digest, 16, etag + 1);
    snprintf(etag + 33, OBJECT_ETAG_CAP - 33, "-%zu\"", completion->named_count);
}

static void write_sizes(struct completion *completion)
{
    char *at = completion->part_sizes = memory_resize(NULL, completion->named_count * SIZE_DIGITS + 1);
    for (size_t i = 0; i < completion->named_count; i++) {
        at += sprintf(at, i > 0 ? " %zu" : "%zu", completion->chosen[i].file.size);
    }
}

static void write_checksum(struct completion *completion, const char *base64_of_all)
{
    unsigned char digest[S3_DIGEST_MAX];
    char base64[S3_BASE64_CAP];
    enum s3_algorithm algorithm = completion->plan.algorithm;
    if (!completion->plan.is_composite) {
        s3_checksum_write(algorithm, base64_of_all, 0, completion->checksum);
        return;
    }
    digest_of_digests(completion, algorithm, false, digest);
    base64_write(digest, s3_algorithm_names(algorithm)->len, base64);
    s3_checksum_write(algorithm, base64, completion->named_count, completion->checksum);
}

/* x-amz-checksum-... speaks of the whole object here, not of the body of this request. */
static bool check_told(struct call *call, const struct completion *completion)
{
    enum s3_algorithm told = S3_NO_ALGORITHM;
    const char *told_value = NULL;
    const char *value = "";
    if (!s3_body_told_checksum(call, &told, &told_value)) {
        return false;
    }
    (void)s3_checksum_read(completion->checksum, &value);
    if (told_value && told == completion->plan.algorithm) {
        size_t len = completion->plan.is_composite ? strcspn(value, "-") : strlen(value);
        bool is_same_value = strcmp(told_value, value) == 0 ||
                             (strlen(told_value) == len && strncmp(told_value, value, len) == 0);
        if (!is_same_value) {
            s3_fail(call, S3_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                    s3_algorithm_names(told)->name);
            return false;
        }
    }
    return true;
}

static bool add_part_file(struct call *call, struct s3_join *join, const struct upload_part *part)
{
    int fd = object_file_open(call->service->objects_dir, part->file.name);
    if (fd < 0) {
        s3_join_give_up(join);
        s3_fail(call, S3_NO_SUCH_UPLOAD, "part %" PRId64 " cannot be read: %s; was the upload aborted?",
                part->number, strerror(errno));
        return false;
    }
    bool is_good = s3_join_add(join, fd, 0, part->file.size);
    close(fd);
    return is_good;
}

void s3_join_parts(struct call *call)
{
    struct completion *completion = call->made;
    struct s3_join join;
    char base64[S3_BASE64_CAP];
    if (!read_document(call, completion) || !s3_join_begin(call, &join, completion->plan.algorithm)) {
        return;
    }
    for (size_t i = 0; i < completion->named_count; i++) {
        if (!add_part_file(call, &join, &completion->chosen[i])) {
            return;
        }
    }
    if (s3_join_end(&join, &completion->file, base64)) {
        write_etag(completion);
        write_sizes(completion);
        write_checksum(completion, base64);
        check_told(call, completion);
    }
}

static void answer_completion(struct call *call, const struct completion *completion)
{
    struct s3_xml xml = {0};
    const char *host = request_header(&call->request, "Host");
    char *location = text_format("http://%s/%s/%s", host ? host : "", call->labels[0], call->labels[1]);
    s3_xml_begin(&xml, "CompleteMultipartUploadResult", true);
    s3_xml_text(&xml, "Location", location);
    s3_xml_text(&xml, "Bucket", call->labels[0]);
    s3_xml_text(&xml, "Key", call->labels[1]);
    s3_xml_text(&xml, "ETag", completion->file.file.etag);
    s3_render_checksum(&xml, completion->checksum);
    s3_render_checksum_type(&xml, completion->checksum);
    s3_xml_answer(&xml, "CompleteMultipartUploadResult", call, 200);
    free(location);
}

/* S3's name for an upload that another request changes at the same time. */
static const struct error_own complete_errors[] = {
    {CORE_CONFLICT, {"InvalidPart", 400}},
    {CORE_OK, {NULL, 0}},
};

void s3_complete_upload(struct call *call)
{
    struct completion *completion = call->made;
    struct object_info info = {
        .content_type = completion->upload.content_type,
        .headers = completion->upload.headers,
        .checksum = completion->checksum,
        .part_sizes = completion->part_sizes,
    };
    if (!s3_conditions_allow_write(call)) {
        return;
    }
    enum core_code code =
        uploads_complete(call->service->core, call->labels[0], &completion->upload, completion->chosen,
                         completion->named_count, &info, &completion->file.file, &call->error);
    if (code == CORE_OK) {
        completion->file.is_stored = true;
        answer_completion(call, completion);
    } else if (code == CORE_CONFLICT) {
        s3_fail_core(call, complete_errors);
    } else {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_UPLOAD);
    }
}
