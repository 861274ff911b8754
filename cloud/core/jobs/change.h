/* SPDX-License-Identifier: MIT */
/* Around every write that concerns a thing's executions: what its device saw before, so that the marks say what it must be
 * told afterwards (docs/protocol.md 1.9). */
#ifndef CLOUD_CORE_JOBS_CHANGE_H
#define CLOUD_CORE_JOBS_CHANGE_H

#include "cloud/core/core_private.h"

struct change {
    char thing[CORE_THING_NAME_CAP];
    int64_t first_before; /* row id of the first pending execution; 0 = none */
    bool has_new_list;    /* an execution joined or left the pending ones; execution_record.c sets it */
};

/* Before the first write. false: the database failed. */
bool change_begin(struct core *core, const char *thing, struct change *change);

/* After the last one: sets the marks of what is different now. false: the database failed. */
bool change_finish(struct core *core, const struct change *change);

#endif
