/* SPDX-License-Identifier: MIT */
/* ListObjects and ListObjectsV2. */
#include "cloud/http/s3/s3.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/s3/s3_render.h"
#include "cloud/http/token.h"

#include <stdlib.h>
#include <string.h>

#define ROOT "ListBucketResult"

/* What both versions ask for. */
struct list_query {
    struct object_query query;
    bool is_url;
    char *after; /* owned, for query.after; NULL: borrowed */
};

static bool read_query(struct call *call, struct list_query *out)
{
    *out = (struct list_query){.query = {.prefix = s3_query_text(call, "prefix"),
                                         .delimiter = s3_query_text(call, "delimiter"),
                                         .after = "",
                                         .limit = OBJECT_LIST_MAX}};
    return s3_query_encoding(call, &out->is_url) &&
           s3_query_number(call, "max-keys", OBJECT_LIST_MAX, &out->query.limit);
}

/* Tokens of V2 belong to the bucket. */
static unsigned long long bucket_hash(const struct call *call, const char *name)
{
    return text_hash(text_hash(0, call->labels[0]), name);
}

/* --- The answer --- */

struct list {
    struct s3_xml objects, prefixes;
    const char *owner; /* NULL: not asked for */
    bool is_url;
    int64_t count;
};

static void render(void *ctx, const char *name, const struct object *object)
{
    struct list *list = ctx;
    list->count++;
    if (object) {
        s3_render_entry(&list->objects, name, object, list->owner, list->is_url);
        return;
    }
    s3_xml_open(&list->prefixes, "CommonPrefixes");
    s3_xml_name(&list->prefixes, "Prefix", name, list->is_url);
    s3_xml_close(&list->prefixes, "CommonPrefixes");
}

/* What was asked for, and the entries. */
static void finish(struct call *call, struct s3_xml *xml, struct list *list, const struct list_query *asked,
                   bool is_truncated)
{
    s3_xml_text(xml, "Name", call->labels[0]);
    s3_xml_name(xml, "Prefix", asked->query.prefix, asked->is_url);
    if (*asked->query.delimiter) {
        s3_xml_name(xml, "Delimiter", asked->query.delimiter, asked->is_url);
    }
    s3_xml_i64(xml, "MaxKeys", asked->query.limit);
    if (asked->is_url) {
        s3_xml_text(xml, "EncodingType", "url");
    }
    s3_xml_bool(xml, "IsTruncated", is_truncated);
    s3_xml_append(xml, &list->objects);
    s3_xml_append(xml, &list->prefixes);
    s3_xml_answer(xml, ROOT, call, 200);
}

/* false: answered. *next: for the next page; the caller frees. */
static bool run(struct call *call, const struct list_query *asked, struct list *list, char **next)
{
    list->is_url = asked->is_url;
    if (objects_list(call->service->core, call->labels[0], &asked->query, render, list, next, &call->error) ==
        CORE_OK) {
        return true;
    }
    free(list->objects.text);
    free(list->prefixes.text);
    s3_fail_missing(call, call->labels[0], S3_NO_SUCH_BUCKET);
    return false;
}

/* NextMarker is told only where the client cannot take the last key: with common prefixes. */
void s3_list_objects(struct call *call)
{
    struct s3_xml xml = {0};
    struct list list = {.owner = core_account(call->service->core)};
    struct list_query asked;
    char *next = NULL;
    const char *marker = s3_query_text(call, "marker");
    if (!read_query(call, &asked)) {
        return;
    }
    asked.query.after = marker;
    if (!run(call, &asked, &list, &next)) {
        return;
    }
    s3_xml_begin(&xml, ROOT, true);
    s3_xml_name(&xml, "Marker", marker, asked.is_url);
    if (next && *asked.query.delimiter) {
        s3_xml_name(&xml, "NextMarker", next, asked.is_url);
    }
    finish(call, &xml, &list, &asked, next != NULL);
    free(next);
}

static bool read_v2(struct call *call, struct list_query *asked)
{
    const char *token = request_query(&call->request, "continuation-token");
    if (strcmp(s3_query_text(call, "list-type"), "2") != 0) {
        s3_fail(call, S3_INVALID_ARGUMENT, "list-type is 2, or is not given");
        return false;
    }
    if (!read_query(call, asked)) {
        return false;
    }
    asked->query.after = s3_query_text(call, "start-after");
    if (token) {
        asked->after = token_read(call, bucket_hash, token);
        if (!asked->after) {
            s3_fail(call, S3_INVALID_ARGUMENT, "The continuation token provided is incorrect");
            return false;
        }
        asked->query.after = asked->after;
    }
    return true;
}

void s3_list_objects_v2(struct call *call)
{
    struct s3_xml xml = {0};
    bool wants_owner = strcmp(s3_query_text(call, "fetch-owner"), "true") == 0;
    struct list list = {.owner = wants_owner ? core_account(call->service->core) : NULL};
    struct list_query asked;
    char *next = NULL;
    if (!read_v2(call, &asked)) {
        return;
    }
    if (run(call, &asked, &list, &next)) {
        const char *start = s3_query_text(call, "start-after");
        s3_xml_begin(&xml, ROOT, true);
        if (*start) {
            s3_xml_name(&xml, "StartAfter", start, asked.is_url);
        }
        if (asked.after) {
            s3_xml_text(&xml, "ContinuationToken", s3_query_text(call, "continuation-token"));
        }
        if (next) {
            char *token = token_write(call, bucket_hash, next);
            s3_xml_text(&xml, "NextContinuationToken", token);
            free(token);
        }
        s3_xml_i64(&xml, "KeyCount", list.count);
        finish(call, &xml, &list, &asked, next != NULL);
    }
    free(next);
    free(asked.after);
}
