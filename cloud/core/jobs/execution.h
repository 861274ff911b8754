/* SPDX-License-Identifier: MIT */
/* One job execution as the domain gives it out. */
#ifndef CLOUD_CORE_JOBS_EXECUTION_H
#define CLOUD_CORE_JOBS_EXECUTION_H

#include "cloud/core/core.h"

#define EXECUTIONS_SHOWN 10 /* pending entries that a device is shown, both statuses (docs/protocol.md 4) */

struct execution {
    char thing_name[CORE_THING_NAME_CAP];
    char job_id[CORE_JOB_ID_CAP];
    int64_t number;
    enum execution_status status;
    int64_t version;
    int64_t queued_at_ms;
    int64_t started_at_ms; /* 0 = not started */
    int64_t last_updated_at_ms;
    int64_t deadline_ms; /* the earlier of both timers; 0 = none runs */
    bool is_force_canceled;
    int retry_attempt;
    char *details;  /* JSON object text; NULL when empty */
    char *document; /* JSON text byte for byte as given, but for signed links; NULL when not asked for */
};

/* Frees what it holds and zeroes it. */
void execution_clear(struct execution *execution);

/* Seconds until the deadline, >= 0; -1 when no timer runs. */
int64_t execution_seconds_left(const struct core *core, const struct execution *execution);

/* Lists call this per entry; the pointer lives during the call. */
typedef void (*execution_fn)(void *ctx, const struct execution *execution);

#endif
