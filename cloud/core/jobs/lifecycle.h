/* SPDX-License-Identifier: MIT */
/* What a change of an execution's status brings with it: version, times, timers, retry, the job's own status
 * (docs/protocol.md 2.3 to 2.6). Inside core_write_begin and between change_begin and change_finish. */
#ifndef CLOUD_CORE_LIFECYCLE_H
#define CLOUD_CORE_LIFECYCLE_H

#include "cloud/core/jobs/execution_record.h"

/* Counts as one update: version and lastUpdatedAt. */
void lifecycle_touch(struct core *core, struct execution_record *record);

/* QUEUED becomes IN_PROGRESS; the job's in-progress timer starts. Not saved yet. false: the database failed. */
bool lifecycle_start(struct core *core, struct execution_record *record);

/* minutes 1..10080: the step timer starts anew; -1: it ends. Not saved yet. */
void lifecycle_set_step_timer(struct core *core, struct execution_record *record, int64_t minutes);

/* The execution becomes terminal and is saved. A retry is created when the job's rules ask for one, else the job may be
 * done. */
bool lifecycle_end(struct core *core, struct change *change, struct execution_record *record,
                   enum execution_status status);

/* IN_PROGRESS and nothing pending any more: the job is COMPLETED. */
bool lifecycle_complete_job(struct core *core, const char *job_id);

#endif
