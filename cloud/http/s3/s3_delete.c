/* SPDX-License-Identifier: MIT */
/* DeleteObjects: up to 1,000 keys in one XML document. */
#include "cloud/http/s3/s3.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/s3/s3_body.h"
#include "cloud/http/s3/s3_xml.h"
#include "cloud/http/s3/s3_xml_read.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 1000

struct doomed {
    char *key;
    bool has_version; /* one that cannot be there */
};

struct deletion {
    struct doomed objects[KEYS_MAX];
    size_t count;
    struct doomed next; /* what has been read of the object that is being read */
    bool is_quiet;
    bool is_whole; /* the document was a Delete */
};

static void free_deletion(void *made)
{
    struct deletion *deletion = made;
    for (size_t i = 0; i < deletion->count; i++) {
        free(deletion->objects[i].key);
    }
    free(deletion->next.key);
    free(deletion);
}

static bool take_element(void *ctx, const char *path, const char *text)
{
    struct deletion *deletion = ctx;
    if (strcmp(path, "Delete/Object/Key") == 0) {
        free(deletion->next.key);
        deletion->next.key = text_copy(text);
    } else if (strcmp(path, "Delete/Object/VersionId") == 0) {
        deletion->next.has_version = *text && strcmp(text, "null") != 0;
    } else if (strcmp(path, "Delete/Object") == 0) {
        if (!deletion->next.key || !*deletion->next.key || deletion->count == KEYS_MAX) {
            return false;
        }
        deletion->objects[deletion->count++] = deletion->next;
        deletion->next = (struct doomed){.key = NULL};
    } else if (strcmp(path, "Delete/Quiet") == 0) {
        deletion->is_quiet = strcmp(text, "true") == 0;
    } else if (strcmp(path, "Delete") == 0) {
        deletion->is_whole = true;
    } else {
        return false; /* also the conditions on single objects, which are not modelled */
    }
    return true;
}

void s3_read_deletion(struct call *call)
{
    struct s3_sums sums;
    const struct request *request = &call->request;
    if (!s3_body_accept(call, S3_NO_ALGORITHM, &sums)) {
        return;
    }
    struct deletion *deletion = memory_zeroed(sizeof *deletion);
    call_work_done(call, deletion, free_deletion);
    if (s3_xml_read(request->body, request->body_len, take_element, deletion) != ERR_OK ||
        !deletion->is_whole || deletion->count == 0) {
        s3_fail(
            call, S3_MALFORMED_XML,
            "the body is no Delete document with 1 to %d objects, each with a Key and at most a VersionId",
            KEYS_MAX);
    }
}

static void render_error(struct s3_xml *xml, const char *key, const char *code, const char *message)
{
    s3_xml_open(xml, "Error");
    s3_xml_text(xml, "Key", key);
    s3_xml_text(xml, "Code", code);
    s3_xml_text(xml, "Message", message);
    s3_xml_close(xml, "Error");
}

static void delete_one(struct call *call, const struct doomed *object, bool is_quiet, struct s3_xml *xml)
{
    if (object->has_version) {
        render_error(xml, object->key, "NoSuchVersion", "iot-local keeps no versions: there is 'null' only");
        return;
    }
    enum core_code code = objects_delete(call->service->core, call->labels[0], object->key, &call->error);
    if (code != CORE_OK) {
        render_error(xml, object->key, error_name_of(code, EDGE_S3, NULL).name, call->error.message);
    } else if (!is_quiet) {
        s3_xml_open(xml, "Deleted");
        s3_xml_text(xml, "Key", object->key);
        s3_xml_close(xml, "Deleted");
    }
}

void s3_delete_objects(struct call *call)
{
    const struct deletion *deletion = call->made;
    struct s3_xml xml = {0};
    if (buckets_head(call->service->core, call->labels[0], &call->error) != CORE_OK) {
        s3_fail_missing(call, call->labels[0], S3_NO_SUCH_BUCKET);
        return;
    }
    s3_xml_begin(&xml, "DeleteResult", true);
    for (size_t i = 0; i < deletion->count; i++) {
        delete_one(call, &deletion->objects[i], deletion->is_quiet, &xml);
    }
    s3_xml_answer(&xml, "DeleteResult", call, 200);
}
