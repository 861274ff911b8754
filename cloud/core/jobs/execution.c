/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/execution.h"

#include <stdlib.h>

void execution_clear(struct execution *execution)
{
    free(execution->details);
    free(execution->document);
    *execution = (struct execution){0};
}

int64_t execution_seconds_left(const struct core *core, const struct execution *execution)
{
    if (!execution->deadline_ms || execution_status_is_terminal(execution->status)) {
        return -1;
    }
    int64_t left_ms = execution->deadline_ms - core_now_ms(core);
    return left_ms > 0 ? left_ms / 1000 : 0;
}
