/* SPDX-License-Identifier: MIT */
/* notify and notify-next (docs/protocol.md 1.9): what a device's view was before a change, and what to tell it afterwards. */
#ifndef CLOUD_CORE_NOTICES_H
#define CLOUD_CORE_NOTICES_H

#include "cloud/core/jobs/execution_record.h"

/* Call before the first write that concerns the thing's executions. false: the database failed. */
bool change_begin(struct core *core, const char *thing, struct change *change);

/* Call after the last one: puts notify into the outbox when an execution joined or left the pending ones, notify-next
 * when the first pending one is another one. false: the database or memory failed. */
bool change_finish(struct core *core, const struct change *change);

/* Both, unasked. */
bool notices_announce(struct core *core, const char *thing);

#endif
