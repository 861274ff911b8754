/* SPDX-License-Identifier: MIT */
/* Jobs, the operator's side: docs/protocol.md 2.1, 2.7, 5.3 and 5.4. */
#ifndef CLOUD_CORE_JOBS_H
#define CLOUD_CORE_JOBS_H

#include "cloud/core/jobs/executions.h"
#include "cloud/core/registry/tags.h"

enum job_status {
    JOB_SCHEDULED,
    JOB_IN_PROGRESS,
    JOB_COMPLETED,
    JOB_CANCELED,
    JOB_DELETION_IN_PROGRESS,
    JOB_STATUS_COUNT,
};
const char *job_status_text(enum job_status status);
/* false: unknown word. */
bool job_status_parse(struct slice text, enum job_status *status);

#define JOB_TARGETS_MAX 100
#define JOB_RETRIES_MAX 2 /* criteria in jobExecutionsRetryConfig */

struct job_retry {
    const char *failure_type; /* FAILED, TIMED_OUT, ALL */
    int64_t retries;          /* 0..10, 10 in total */
};

/* presignedUrlConfig: how links for placeholders in the document are signed (placeholders.h). */
struct job_presign {
    const char
        *role_arn; /* NULL: not given. 20..2048 characters; there are no roles here, so nobody looks at it */
    int64_t expires_s; /* 60..3600; 0: not given, which means 3600 */
};

struct job_create {
    const char *job_id;
    const char *const *targets; /* ARNs of things; groups are an error that says so */
    size_t target_count;
    struct slice document;       /* either this */
    const char *document_source; /* or this: an S3 link, resolved in the local store only; NULL = none */
    const char *description;     /* NULL = none */
    /* The configuration members of CreateJob as they were given: a JSON object with timeoutConfig and the like, checked by
     * whoever gives it. Empty: written from the members below. */
    struct slice config;
    const char *target_selection;    /* NULL, SNAPSHOT; CONTINUOUS is an error that says so */
    int64_t in_progress_timeout_min; /* 0 = none */
    struct job_retry retries[JOB_RETRIES_MAX];
    size_t retry_count;
    const struct tag_list *tags; /* NULL = none */
    struct job_presign presign;  /* checked; stored as it stands in `config` */
};

struct job {
    int64_t id; /* of its row; grows with creation */
    char job_id[CORE_JOB_ID_CAP];
    char arn[256];
    enum job_status status;
    bool is_force_canceled;
    int64_t created_at_ms, last_updated_at_ms, completed_at_ms; /* completed 0 = not yet */
    int64_t in_progress_timeout_min;
    char *description;     /* NULL = none */
    char *comment;         /* NULL = none */
    char *reason_code;     /* NULL = none */
    char *document_source; /* NULL = none */
    char target_selection[16];
    char *targets; /* JSON array of ARNs; NULL in lists */
    char *config;  /* JSON object: the configuration members of CreateJob, {"timeoutConfig":{...},...} */
    int64_t counts[EXECUTION_STATUS_COUNT]; /* executions by status */
};
void job_clear(struct job *job);
typedef void (*job_fn)(void *ctx, const struct job *job);

/* On success `out` is the new job. */
enum core_code jobs_create(struct core *core, const struct job_create *create, struct job *out,
                           struct core_error *error);
enum core_code jobs_describe(struct core *core, const char *job_id, struct job *out,
                             struct core_error *error);

/* *document: malloc'd text, byte for byte as given, with its placeholders: operators get no signed links. The caller frees. */
enum core_code jobs_document(struct core *core, const char *job_id, char **document,
                             struct core_error *error);

/* Newest first; status NULL or a word, checked here. Entries carry neither counts nor targets. */
enum core_code jobs_list(struct core *core, const char *status, const char *after, int64_t limit, job_fn fn,
                         void *ctx, char next[CORE_KEY_CAP], struct core_error *error);

struct job_update {
    const char *job_id;
    const char *description; /* NULL: it stays */
    /* The configuration members that change, as they were given: a JSON object. Empty: none. */
    struct slice config;
    int64_t in_progress_timeout_min; /* 0: it stays. Only as long as no execution of the job has started */
    struct job_retry retries[JOB_RETRIES_MAX]; /* numbers of 0 only: no more retries */
    size_t retry_count;                        /* 0: they stay */
    struct job_presign presign;                /* checked; stored as it stands in `config` */
};
/* CORE_INVALID_REQUEST when the job is over. */
enum core_code jobs_update(struct core *core, const struct job_update *update, struct core_error *error);

struct job_cancel {
    const char *job_id;
    bool is_forced;
    const char *reason_code; /* NULL = none */
    const char *comment;     /* NULL = none */
};
enum core_code jobs_cancel(struct core *core, const struct job_cancel *cancel, struct job *out,
                           struct core_error *error);
enum core_code jobs_delete(struct core *core, const char *job_id, bool is_forced, struct core_error *error);

#endif
