/* SPDX-License-Identifier: MIT */
#include "cloud/core/marks.h"

bool marks_open(struct core *core)
{
    sqlite3_stmt *query = store_query(core->store, STORE_MARK_NEWEST, NULL, 0);
    int got = store_row(core->store, query);
    if (got == 1) {
        core->newest_mark = store_column_i64(query, 0);
    }
    store_done(query);
    return got >= 0;
}

bool marks_set(struct core *core, const char *thing, enum mark_kind kind)
{
    core->newest_mark++;
    return store_run(core->store, STORE_QUERY(core->store, STORE_MARK_SET, store_text(thing), store_i64(kind),
                                              store_i64(core->newest_mark)));
}

int marks_next(struct core *core, int64_t seq, struct mark *mark)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_MARK_NEXT, store_i64(seq));
    int got = store_row(core->store, query);
    if (got == 1) {
        store_column_copy(query, 0, mark->thing, sizeof mark->thing);
        mark->kind = store_column_i64(query, 1) == MARK_LIST ? MARK_LIST : MARK_FIRST;
        mark->seq = store_column_i64(query, 2);
    }
    store_done(query);
    return got;
}

bool marks_clear(struct core *core, int64_t seq)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_MARK_CLEAR, store_i64(seq)));
}
