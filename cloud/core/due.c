/* SPDX-License-Identifier: MIT */
#include "cloud/core/due.h"

bool due_set(struct core *core, enum due_kind kind, int64_t subject, int64_t at_ms)
{
    sqlite3_stmt *query =
        at_ms > 0
            ? STORE_QUERY(core->store, STORE_DUE_SET, store_i64(kind), store_i64(subject), store_i64(at_ms))
            : STORE_QUERY(core->store, STORE_DUE_CLEAR, store_i64(kind), store_i64(subject));
    return store_run(core->store, query);
}

int due_next(struct core *core, struct due *due)
{
    sqlite3_stmt *query = store_query(core->store, STORE_DUE_NEXT, NULL, 0);
    int got = store_row(core->store, query);
    if (got == 1) {
        *due = (struct due){
            .kind = (enum due_kind)store_column_i64(query, 0),
            .subject = store_column_i64(query, 1),
            .at_ms = store_column_i64(query, 2),
        };
    }
    store_done(query);
    return got;
}
