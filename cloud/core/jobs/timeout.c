/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/timeout.h"

#include "cloud/core/due.h"
#include "cloud/core/jobs/lifecycle.h"

static bool time_out(struct core *core, struct execution_record *record)
{
    struct change change;
    if (!change_begin(core, record->execution.thing_name, &change)) {
        return false;
    }
    lifecycle_touch(core, record);
    return lifecycle_end(core, &change, record, EXECUTION_TIMED_OUT) && change_finish(core, &change);
}

bool timeout_execution(struct core *core, int64_t id)
{
    struct execution_record record;
    int got = execution_record_by_id(core, id, &record);
    bool is_good = got == 1   ? time_out(core, &record)
                   : got == 0 ? due_set(core, DUE_EXECUTION_TIMEOUT, id, 0) /* the execution is gone */
                              : false;
    execution_record_clear(&record);
    return is_good;
}
