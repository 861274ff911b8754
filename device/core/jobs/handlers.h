/* SPDX-License-Identifier: MIT */
/* Which handlers are registered, and which of them serves a document. */
#ifndef DEVICE_CORE_JOBS_HANDLERS_H
#define DEVICE_CORE_JOBS_HANDLERS_H

#include "common/slice.h"
#include "device/core/jobs/jobs.h"
#include "device/core/jobs/reason.h"

struct jobs_registered {
    struct jobs_action action; /* its name points to the copy below */
    char name[DEVICE_ACTION_CAP];
};

struct jobs_handlers {
    uint8_t count; /* of the registered ones; they are never removed */
    uint64_t
        grace_at_ms; /* from here on a document that nobody serves is refused; JOBS_NEVER: not started yet */
    struct jobs_registered registered[CONFIG_DEVICE_JOBS_MAX_ACTIONS];
};

void jobs_handlers_init(struct jobs_handlers *h);

/* Errors of jobs_engine_register. */
enum err jobs_handlers_add(struct jobs_handlers *h, const struct jobs_action *action);

/* Who serves this document: the action of its `action`; without one, the member that it has. *found NULL: nobody; then `name`
 * is what it asks for, empty for a name that is longer than any. JOBS_REASON_NONE: it can be served by somebody; else why it
 * never can. */
enum jobs_reason jobs_handlers_find(const struct jobs_handlers *h, struct slice document,
                                    const struct jobs_action **found, char name[DEVICE_ACTION_CAP]);

/* May a handler for it still be registered? Then the execution waits. */
bool jobs_handlers_is_open(const struct jobs_handlers *h, uint64_t now_ms);

#endif
