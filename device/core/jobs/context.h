/* SPDX-License-Identifier: MIT */
/* What all parts of the engine share: the time of the event, the effects, counters, the place where texts are made, and the
 * log line. The bottom of the engine: this file calls none of the others. */
#ifndef DEVICE_CORE_JOBS_CONTEXT_H
#define DEVICE_CORE_JOBS_CONTEXT_H

#include "device/core/jobs/jobs.h"
#include "device/core/jobs/journal.h"

/* The longest payload is an update with all details. */
#define JOBS_PAYLOAD_CAP (CONFIG_DEVICE_JOBS_DETAILS_SIZE + 320)

/* What is being made, one of them at a time. */
union jobs_scratch {
    struct {
        char topic[DEVICE_TOPIC_CAP];
        char payload[JOBS_PAYLOAD_CAP];
    } request;
    char record[JOURNAL_RECORD_MAX];
    struct {
        char key[129]; /* AWS IoT: 1..128 characters, and NUL */
        char value[DETAILS_TEXT_CAP];
    } pair; /* of somebody's statusDetails */
    char text[512];
};

struct jobs_context {
    uint64_t now_ms;        /* of the event that is being handled */
    const char *thing_name; /* lives as long as the engine; NULL: not known, and there was no connection */
    struct jobs_io io;
    struct jobs_counters counters;
    char line[JOURNAL_MESSAGE_CAP]; /* the log line or message that is being made */
    union jobs_scratch scratch;
};

/* One line, "job <id>: <what> <detail>"; job_id NULL: without its beginning. */
void jobs_context_log(struct jobs_context *c, enum log_level level, const char *job_id, const char *what,
                      const char *detail);

#endif
