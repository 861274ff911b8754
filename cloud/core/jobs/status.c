/* SPDX-License-Identifier: MIT */
/* The words of docs/protocol.md 2.1 and 2.2, in the database and on the wire. */
#include "cloud/core/jobs/jobs.h"

static const char *const execution_words[EXECUTION_STATUS_COUNT] = {
    [EXECUTION_QUEUED] = "QUEUED",       [EXECUTION_IN_PROGRESS] = "IN_PROGRESS",
    [EXECUTION_SUCCEEDED] = "SUCCEEDED", [EXECUTION_FAILED] = "FAILED",
    [EXECUTION_TIMED_OUT] = "TIMED_OUT", [EXECUTION_REJECTED] = "REJECTED",
    [EXECUTION_REMOVED] = "REMOVED",     [EXECUTION_CANCELED] = "CANCELED",
};

static const char *const job_words[JOB_STATUS_COUNT] = {
    [JOB_SCHEDULED] = "SCHEDULED",
    [JOB_IN_PROGRESS] = "IN_PROGRESS",
    [JOB_COMPLETED] = "COMPLETED",
    [JOB_CANCELED] = "CANCELED",
    [JOB_DELETION_IN_PROGRESS] = "DELETION_IN_PROGRESS",
};

const char *execution_status_text(enum execution_status status)
{
    return execution_words[status];
}

bool execution_status_parse(struct slice text, enum execution_status *status)
{
    for (int i = 0; i < EXECUTION_STATUS_COUNT; i++) {
        if (slice_is(text, execution_words[i])) {
            *status = (enum execution_status)i;
            return true;
        }
    }
    return false;
}

bool execution_status_is_terminal(enum execution_status status)
{
    return status != EXECUTION_QUEUED && status != EXECUTION_IN_PROGRESS;
}

const char *job_status_text(enum job_status status)
{
    return job_words[status];
}

bool job_status_parse(struct slice text, enum job_status *status)
{
    for (int i = 0; i < JOB_STATUS_COUNT; i++) {
        if (slice_is(text, job_words[i])) {
            *status = (enum job_status)i;
            return true;
        }
    }
    return false;
}
