/* SPDX-License-Identifier: MIT */
/* Pages of lists: what comes behind a key. Entries that come or go between two pages are neither lost nor repeated. */
#include "cloud/core/core_private.h"
#include "common/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum core_code core_check_page(int64_t limit, struct core_error *error)
{
    if (limit < 1 || limit > CORE_PAGE_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "a page holds 1 to %d entries", CORE_PAGE_MAX);
    }
    return CORE_OK;
}

enum core_code core_check_row_page(const char *after, int64_t limit, int64_t *below, struct core_error *error)
{
    *below = INT64_MAX;
    if (core_check_page(limit, error)) {
        return error->code;
    }
    if (after && *after && (number_to_i64(slice_from(after), below) || *below < 1)) {
        return core_fail(error, CORE_INVALID_REQUEST, "'%.40s' is not the key of an entry", after);
    }
    return CORE_OK;
}

enum core_code core_list_rows(struct core *core, sqlite3_stmt *query, int64_t limit, core_row_fn fn,
                              void *ctx, char next[CORE_KEY_CAP], struct core_error *error)
{
    char last[CORE_KEY_CAP] = "";
    int got;
    while ((got = store_row(core->store, query)) == 1 && limit-- > 0) {
        store_column_copy(query, 0, last, sizeof last);
        fn(core, query, ctx);
    }
    store_done(query);
    if (got == 1) {
        memcpy(next, last, sizeof last);
    }
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}

void core_write_row_key(int64_t id, char key[CORE_KEY_CAP])
{
    snprintf(key, CORE_KEY_CAP, "%" PRId64, id);
}
