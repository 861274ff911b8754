/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/registry_private.h"
#include "common/number.h"

#include <string.h>

/* Where a list begins: before its first key, or behind the last one of the page before. */
static enum core_code read_start(const struct registry_list *list, struct store_value *start,
                                 struct core_error *error)
{
    const struct core_page *page = list->page;
    bool is_first = !page->after || !*page->after;
    int64_t row = page->is_ascending ? 0 : INT64_MAX;
    if (core_check_page(page->limit, error)) {
        return error->code;
    }
    if (!list->is_by_row) {
        const char *end = page->is_ascending ? "" : "\x7f"; /* names are ASCII */
        *start = store_text(is_first ? end : page->after);
        return CORE_OK;
    }
    if (!is_first && number_to_i64(slice_from(page->after), &row)) {
        return core_fail(error, CORE_INVALID_REQUEST, "'%.40s' is not the key of an entry", page->after);
    }
    *start = store_i64(row);
    return CORE_OK;
}

enum core_code registry_list_rows(struct core *core, const struct registry_list *list, core_row_fn fn,
                                  void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    struct store_value values[4] = {{0}};
    next[0] = '\0';
    if (read_start(list, &values[0], error)) {
        return error->code;
    }
    values[1] = store_i64(list->page->limit + 1); /* one more shows whether the list goes on */
    memcpy(&values[2], list->arguments, sizeof list->arguments);
    sqlite3_stmt *query = store_query(core->store, list->page->is_ascending ? list->up : list->down, values,
                                      2 + list->argument_count);
    return core_list_rows(core, query, list->page->limit, fn, ctx, next, error);
}
