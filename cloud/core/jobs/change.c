/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/change.h"

#include "cloud/core/marks.h"

#include <stdio.h>

/* *id 0: nothing is pending. false: the database failed. */
static bool first_pending(struct core *core, const char *thing, int64_t *id)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_EXECUTION_FIRST_ID, store_text(thing));
    int got = store_row(core->store, query);
    *id = got == 1 ? store_column_i64(query, 0) : 0;
    store_done(query);
    return got >= 0;
}

bool change_begin(struct core *core, const char *thing, struct change *change)
{
    *change = (struct change){0};
    snprintf(change->thing, sizeof change->thing, "%s", thing);
    return first_pending(core, thing, &change->first_before);
}

bool change_finish(struct core *core, const struct change *change)
{
    int64_t first_now = 0;
    return first_pending(core, change->thing, &first_now) &&
           (!change->has_new_list || marks_set(core, change->thing, MARK_LIST)) &&
           (first_now == change->first_before || marks_set(core, change->thing, MARK_FIRST));
}
