/* SPDX-License-Identifier: MIT */
#include "cloud/core/census.h"

#include "cloud/core/core_private.h"

enum core_code core_census(struct core *core, struct census *out, struct core_error *error)
{
    sqlite3_stmt *query = store_query(core->store, STORE_CENSUS, NULL, 0);
    bool is_good = store_row(core->store, query) == 1;
    if (is_good) {
        *out = (struct census){store_column_i64(query, 0), store_column_i64(query, 1)};
    }
    store_done(query);
    return is_good ? CORE_OK : core_fail_storage(core, error);
}
