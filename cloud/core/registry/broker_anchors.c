/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/broker_anchors.h"

#include "cloud/core/registry/registry_private.h"

#include <stdlib.h>

bool broker_anchor_release(struct core *core, const char *id)
{
    return store_run(core->store, STORE_QUERY(core->store, STORE_ANCHOR_DROP_UNUSED, store_text(id)));
}

bool broker_anchors_each(struct core *core, void (*fn)(void *ctx, const char *pem), void *ctx)
{
    sqlite3_stmt *query = store_query(core->store, STORE_ANCHOR_LIST, NULL, 0);
    int got;
    while ((got = store_row(core->store, query)) == 1) {
        char *pem = store_column_dup(query, 0);
        fn(ctx, pem);
        free(pem);
    }
    store_done(query);
    return got == 0;
}
