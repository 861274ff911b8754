/* SPDX-License-Identifier: MIT */
/* Pages of lists. A nextToken or marker belongs to a list by its path and filters. */
#include "cloud/base/text.h"
#include "cloud/http/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT   100
#define MARKER_DEFAULT 25 /* of AWS */
#define PAGE_MAX       250

/* The order of the filters does not count: their hashes are summed up. Some lists are asked for by a header. */
static unsigned long long list_hash(const struct call *call, const char *key)
{
    static const char *const headers[] = {"x-amzn-principal", "x-amzn-iot-principal", "x-amzn-iot-policy"};
    unsigned long long sum = text_hash(0, call->request.path);
    for (size_t i = 0; i < call->request.query_count; i++) {
        const struct request_param *param = &call->request.query[i];
        if (!text_has_word("nextToken maxResults marker pageSize", param->name)) {
            sum += text_hash(text_hash(0, param->name), param->value);
        }
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        const char *value = request_header(&call->request, headers[i]);
        sum += value ? text_hash(text_hash(0, headers[i]), value) : 0;
    }
    char text[24];
    snprintf(text, sizeof text, "%llx", sum);
    return text_hash(text_hash(0, text), key);
}

/* The names of the two forms in which AWS's lists are paged. */
struct paging {
    const char *size, *token, *next;
};
static const struct paging by_token = {"maxResults", "nextToken", "nextToken"};
static const struct paging by_marker = {"pageSize", "marker", "nextMarker"};

static bool read_token(const struct call *call, const char *token, char after[CORE_KEY_CAP])
{
    char *key = token_read(call, list_hash, token);
    bool is_good = key && slice_copy(slice_from(key), after, CORE_KEY_CAP) == ERR_OK;
    free(key);
    return is_good;
}

static bool read_page(struct call *call, const struct paging *names, struct page *page)
{
    const char *token = request_query(&call->request, names->token);
    if (!call_query_i64(call, names->size, 1, &page->limit)) {
        return false;
    }
    if (page->limit > PAGE_MAX) {
        call_refuse(call, "query parameter '%s' must be 1..%d", names->size, PAGE_MAX);
        return false;
    }
    if (token && *token && !read_token(call, token, page->after)) {
        call_refuse(call, "%s is not one that this list has given out", names->token);
        return false;
    }
    return true;
}

static void answer_page(struct call *call, const struct paging *names, json_t *list, const char *next)
{
    if (*next) {
        char *token = token_write(call, list_hash, next);
        json_object_set_new(list, names->next, json_string(token));
        free(token);
    }
    answer_json(&call->answer, list);
}

bool call_page(struct call *call, struct page *page)
{
    *page = (struct page){.limit = PAGE_DEFAULT};
    return read_page(call, &by_token, page);
}

void call_answer_page(struct call *call, json_t *list, const char *next)
{
    answer_page(call, &by_token, list, next);
}

bool call_marker_page(struct call *call, struct page *page)
{
    *page = (struct page){.limit = MARKER_DEFAULT};
    return read_page(call, &by_marker, page) &&
           call_query_bool(call, "isAscendingOrder", &page->is_ascending);
}

static void answer_items(struct call *call, const struct paging *names, enum core_code code, const char *name,
                         json_t *items, const char *next)
{
    if (!call_ok(call, code)) {
        json_decref(items);
        return;
    }
    json_t *list = json_object();
    json_object_set_new(list, name, items);
    answer_page(call, names, list, next);
}

void call_answer_items(struct call *call, enum core_code code, const char *name, json_t *items,
                       const char *next)
{
    answer_items(call, &by_token, code, name, items, next);
}

void call_answer_marker_items(struct call *call, enum core_code code, const char *name, json_t *items,
                              const char *next)
{
    answer_items(call, &by_marker, code, name, items, next);
}
