/* SPDX-License-Identifier: MIT */
/* Everything that CreateJob must know before it writes: limits of docs/protocol.md 4, targets, document, retries. */
#ifndef CLOUD_CORE_JOB_CHECK_H
#define CLOUD_CORE_JOB_CHECK_H

#include "cloud/core/jobs/jobs.h"
#include "cloud/core/objects/objects.h"

#define JOB_TEXT_MAX            2028 /* characters of description and comment */
#define JOB_DOCUMENT_SOURCE_MAX 1350
#define JOB_IN_PROGRESS_MAX_MIN 10080
#define JOB_RETRIES_TOTAL_MAX   10
#define JOB_ROLE_MIN            20
#define JOB_ROLE_MAX            2048

/* How often an execution is tried again, by what ended it. */
struct job_retry_counts {
    int64_t failed, timed_out, all;
};

struct job_plan {
    char things[JOB_TARGETS_MAX][CORE_THING_NAME_CAP]; /* each once */
    size_t thing_count;
    struct slice config;   /* JSON object */
    char config_text[384]; /* keeps it, when it is written here */
    struct job_retry_counts retries;
    struct slice document; /* the caller's text, or the object's body */
    struct object object;  /* keeps the body */
};

/* NULL: the error says why. */
struct job_plan *job_check(struct core *core, const struct job_create *create, struct core_error *error);
void job_plan_free(struct job_plan *plan);

/* `text` may be NULL. `what` names the member in the message. */
enum core_code job_check_text(const char *what, const char *text, struct core_error *error);
/* minutes 0: there is no timer. */
enum core_code job_check_timeout(int64_t minutes, struct core_error *error);
enum core_code job_check_retries(const struct job_retry retries[], size_t count, bool has_timeout,
                                 struct job_retry_counts *counts, struct core_error *error);
enum core_code job_check_presign(const struct job_presign *presign, struct core_error *error);
enum core_code job_check_reason(const char *reason_code, struct core_error *error);

#endif
