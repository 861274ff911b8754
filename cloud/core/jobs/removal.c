/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/removal.h"

#include "cloud/core/jobs/lifecycle.h"

bool removal_of_thing(struct core *core, const char *thing)
{
    struct execution_record record;
    struct change change;
    int64_t last_id = 0;
    int got;
    if (!change_begin(core, thing, &change)) {
        return false;
    }
    while ((got = execution_record_pending_of_thing(core, thing, last_id, &record)) == 1) {
        last_id = record.id;
        lifecycle_touch(core, &record);
        bool is_good = lifecycle_end(core, &change, &record, EXECUTION_REMOVED);
        execution_record_clear(&record);
        if (!is_good) {
            return false;
        }
    }
    return got == 0 && change_finish(core, &change);
}
