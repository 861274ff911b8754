/* SPDX-License-Identifier: MIT */
/* DeleteThing. What the thing's executions have come to stays in the history of their jobs, under its name; nothing of it is
 * pending any more, so that a thing that is made again under this name begins with nothing to do. */
#include "cloud/core/core_private.h"
#include "cloud/core/jobs/removal.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

static bool delete_all(struct core *core, const char *name)
{
    return removal_of_thing(core, name) &&
           store_run(core->store, STORE_QUERY(core->store, STORE_THING_DELETE, store_text(name)));
}

static enum core_code check_principals(struct core *core, const char *name, struct core_error *error)
{
    int got = core_has_row(core, STORE_THING_HAS_PRINCIPAL, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? core_fail(error, CORE_INVALID_REQUEST,
                           "Cannot delete. Thing %s is still attached to one or more principals: detach them"
                           " with DetachThingPrincipal first",
                           name)
               : CORE_OK;
}

enum core_code things_delete(struct core *core, const char *name, struct expected_version expected,
                             struct core_error *error)
{
    struct thing stored = {0};
    struct core_write write;
    if (things_describe(core, name, &stored, error) == CORE_NOT_FOUND) {
        core_error_clear(error); /* gone is what was asked for */
        return CORE_OK;
    }
    if (!error->code && !version_require("thing", name, stored.version, expected, error) &&
        !check_principals(core, name, error)) {
        if (core_write_begin(core, &write, error) && !delete_all(core, name)) {
            core_fail_storage(core, error);
        }
        core_write_end(core, &write, error);
    }
    thing_clear(&stored);
    return error->code;
}
