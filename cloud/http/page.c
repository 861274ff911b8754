/* SPDX-License-Identifier: MIT */
/* Pages of lists. A nextToken is opaque for clients: where the next page begins, and a check value over the list that
 * it belongs to (path and filters), so that a token of another list is refused instead of giving a wrong page. */
#include "cloud/base/text.h"
#include "cloud/http/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT  100
#define PAGE_MAX      250
#define CHECK_DIGITS  16
#define OFFSET_DIGITS 15
#define TOKEN_CAP     40

/* The order of the filters does not count: their hashes are summed up. */
static unsigned long long list_hash(const struct call *call, int64_t offset)
{
    unsigned long long sum = text_hash(0, call->request.path) + (unsigned long long)offset;
    for (size_t i = 0; i < call->request.query_count; i++) {
        const struct request_param *param = &call->request.query[i];
        if (strcmp(param->name, "nextToken") != 0 && strcmp(param->name, "maxResults") != 0) {
            sum += text_hash(text_hash(0, param->name), param->value);
        }
    }
    char text[24];
    snprintf(text, sizeof text, "%llx", sum);
    return text_hash(0, text);
}

static void write_token(const struct call *call, int64_t offset, char token[TOKEN_CAP])
{
    snprintf(token, TOKEN_CAP, "%016llx%" PRIx64, list_hash(call, offset), (uint64_t)offset);
}

static bool read_token(const struct call *call, const char *token, int64_t *offset)
{
    char again[TOKEN_CAP];
    if (strlen(token) <= CHECK_DIGITS || strlen(token) > CHECK_DIGITS + OFFSET_DIGITS) {
        return false;
    }
    *offset = (int64_t)strtoull(token + CHECK_DIGITS, NULL, 16);
    write_token(call, *offset, again);
    return strcmp(token, again) == 0;
}

bool call_page(struct call *call, struct page *page)
{
    *page = (struct page){.offset = 0, .limit = PAGE_DEFAULT};
    const char *token = request_query(&call->request, "nextToken");
    if (!call_query_i64(call, "maxResults", 1, &page->limit)) {
        return false;
    }
    if (page->limit > PAGE_MAX) {
        call_refuse(call, "query parameter 'maxResults' must be 1..%d", PAGE_MAX);
        return false;
    }
    if (token && *token && !read_token(call, token, &page->offset)) {
        call_refuse(call, "nextToken is not one that this list has given out");
        return false;
    }
    return true;
}

void call_answer_page(struct call *call, const struct page *page, json_t *list, bool more)
{
    if (more) {
        char token[TOKEN_CAP];
        write_token(call, page->offset + page->limit, token);
        json_object_set_new(list, "nextToken", json_string(token));
    }
    answer_json(&call->answer, list);
}
