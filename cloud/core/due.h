/* SPDX-License-Identifier: MIT */
/* The due-queue: what is to be done at a time that is known today. One row per kind and subject; core_run_due does what is
 * due, a bounded slice at a time (due_run.c holds the table of who does it). */
#ifndef CLOUD_CORE_DUE_H
#define CLOUD_CORE_DUE_H

#include "cloud/core/core_private.h"

/* Stored as numbers: never renumber. */
enum due_kind {
    DUE_EXECUTION_TIMEOUT = 1, /* subject: the execution's row id */
    DUE_OWNERSHIP = 2,         /* subject: the row id of an ownership token */
    DUE_CLAIM = 3,             /* subject: the row id of a provisioning claim */
};

struct due {
    enum due_kind kind;
    int64_t subject;
    int64_t at_ms;
};

/* Inside a batch that writes. What was set for this subject before is replaced. at_ms 0: nothing is due any more. */
bool due_set(struct core *core, enum due_kind kind, int64_t subject, int64_t at_ms);

/* The earliest: 1, 0 (none), -1 (the database failed). */
int due_next(struct core *core, struct due *due);

#endif
