/* SPDX-License-Identifier: MIT */
/* Events of jobs and executions: docs/protocol.md 1.12. Each is written down where it happens, when its kind is enabled. Inside
 * core_write_begin. false: the database failed. */
#ifndef CLOUD_CORE_JOB_EVENTS_H
#define CLOUD_CORE_JOB_EVENTS_H

#include "cloud/core/jobs/execution.h"

enum job_event {
    JOB_EVENT_COMPLETED,
    JOB_EVENT_CANCELLATION_IN_PROGRESS,
    JOB_EVENT_CANCELED,
    JOB_EVENT_DELETION_IN_PROGRESS,
    JOB_EVENT_DELETED,
    JOB_EVENT_COUNT,
};

/* As the job's row is now. */
bool job_events_tell(struct core *core, const char *job_id, enum job_event event);

/* It has become terminal. */
bool job_events_tell_end(struct core *core, const struct execution *execution);
/* DeleteJobExecution is about to delete it. */
bool job_events_tell_deleted(struct core *core, const struct execution *execution);

#endif
