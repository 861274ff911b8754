/* SPDX-License-Identifier: MIT */
/* Pages of lists. A nextToken or marker is opaque for clients: the key of the page's last entry in hex, behind a check value over the
 * key and the list that it belongs to (path and filters), so that a token of another list is refused instead of giving a wrong
 * page. */
#include "cloud/base/text.h"
#include "cloud/http/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT   100
#define MARKER_DEFAULT 25 /* of AWS */
#define PAGE_MAX       250
#define CHECK_DIGITS   16
#define TOKEN_CAP      (CHECK_DIGITS + 2 * CORE_KEY_CAP)

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

static void write_token(const struct call *call, const char *key, char token[TOKEN_CAP])
{
    int at = snprintf(token, TOKEN_CAP, "%016llx", list_hash(call, key));
    for (; *key; key++, at += 2) {
        snprintf(token + at, 3, "%02x", (unsigned char)*key);
    }
}

/* What is not a hex digit counts as 0: such a token is not what write_token makes of the key. */
static unsigned hex_value(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 0;
}

static bool read_token(const struct call *call, const char *token, char key[CORE_KEY_CAP])
{
    char again[TOKEN_CAP];
    size_t len = strlen(token);
    if (len <= CHECK_DIGITS || len >= TOKEN_CAP - 1 || len % 2) {
        return false;
    }
    size_t count = 0;
    for (const char *at = token + CHECK_DIGITS; *at; at += 2) {
        key[count++] = (char)(hex_value(at[0]) << 4 | hex_value(at[1]));
    }
    key[count] = '\0';
    write_token(call, key, again);
    return strcmp(token, again) == 0;
}

/* The names of the two forms in which AWS's lists are paged. */
struct paging {
    const char *size, *token, *next;
};
static const struct paging by_token = {"maxResults", "nextToken", "nextToken"};
static const struct paging by_marker = {"pageSize", "marker", "nextMarker"};

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
        char token[TOKEN_CAP];
        write_token(call, next, token);
        json_object_set_new(list, names->next, json_string(token));
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
