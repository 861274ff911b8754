/* SPDX-License-Identifier: MIT */
#include "cloud/core/core_private.h"

const char *core_region(const struct core *core)
{
    return core->region;
}

const char *core_account(const struct core *core)
{
    return core->account;
}

const char *core_objects_dir(const struct core *core)
{
    return store_objects_dir(core->store);
}

const char *core_storage_error(const struct core *core)
{
    return store_error(core->store);
}

int64_t core_now_ms(const struct core *core)
{
    return clock_wall_ms(core->clock);
}

/* --- Calls --- */

bool core_write_begin(struct core *core, struct core_write *write, struct core_error *error)
{
    *write = (struct core_write){.is_open = false};
    if (!core->may_write) { /* core_begin failed and the caller went on: nothing may be written outside a batch */
        core_fail(error, CORE_INTERNAL, "the database could not begin a transaction: %s",
                  core_storage_error(core));
        return false;
    }
    write->is_open = store_savepoint(core->store);
    if (!write->is_open) {
        core_fail_storage(core, error);
    }
    return write->is_open;
}

enum core_code core_write_end(struct core *core, const struct core_write *write, struct core_error *error)
{
    if (!write->is_open) {
        return error->code;
    }
    bool keep = error->code == CORE_OK;
    if (!store_savepoint_end(core->store, keep) && keep) {
        core_fail_storage(core, error);
    }
    return error->code;
}

int core_has_row(struct core *core, enum store_statement which, const char *key)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, which, store_text(key));
    int got = store_row(core->store, query);
    store_done(query);
    return got;
}
