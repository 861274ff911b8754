/* SPDX-License-Identifier: MIT */
/* Job executions, from the device's side and the operator's: docs/protocol.md 1, 2 and 3. */
#ifndef CLOUD_CORE_EXECUTIONS_H
#define CLOUD_CORE_EXECUTIONS_H

#include "cloud/core/jobs/execution.h"

/* --- The device's operations. thing must exist, else CORE_NOT_FOUND. All return error->code. --- */

/* IN_PROGRESS first, then QUEUED, each by queuedAt; without documents. */
enum core_code executions_pending(struct core *core, const char *thing, execution_fn fn, void *ctx,
                                  struct core_error *error);

/* details: JSON object or empty slice; step_timeout_min 0 = not given. *has_one false: nothing pending. */
enum core_code executions_start_next(struct core *core, const char *thing, struct slice details,
                                     int64_t step_timeout_min, struct execution *out, bool *has_one,
                                     struct core_error *error);

/* Device plane. job_id "$next" is the next pending one (*has_one false: none). number 0 = latest.
 * CORE_TERMINAL_STATE when terminal. */
enum core_code executions_get(struct core *core, const char *thing, const char *job_id, int64_t number,
                              bool with_document, struct execution *out, bool *has_one,
                              struct core_error *error);

struct execution_update {
    const char *thing;
    const char *job_id;
    int64_t number;       /* 0 = latest */
    struct slice status;  /* the word as sent; checked here */
    struct slice details; /* JSON object text; ptr NULL = keep the stored map */
    bool has_expected_version;
    int64_t expected_version;
    bool has_step_timeout;
    int64_t step_timeout_min; /* 1..10080, -1 removes */
    bool with_document;
};

/* *out: the execution after the update. */
enum core_code executions_update(struct core *core, const struct execution_update *update,
                                 struct execution *out, struct core_error *error);

/* --- The operator's operations --- */

/* Every status is served. number 0 = latest. Without document. */
enum core_code executions_describe(struct core *core, const char *thing, const char *job_id, int64_t number,
                                   struct execution *out, struct core_error *error);

struct execution_cancel {
    const char *thing;
    const char *job_id;
    bool is_forced;
    bool has_expected_version;
    int64_t expected_version;
    struct slice details; /* as in execution_update */
};
enum core_code executions_cancel(struct core *core, const struct execution_cancel *cancel,
                                 struct core_error *error);

enum core_code executions_delete(struct core *core, const char *thing, const char *job_id, int64_t number,
                                 bool is_forced, struct core_error *error);

/* Lists, newest first. status NULL or a word, checked here; job_id may be NULL in the list for a thing. */
enum core_code executions_list_for_job(struct core *core, const char *job_id, const char *status,
                                       const char *after, int64_t limit, execution_fn fn, void *ctx,
                                       char next[CORE_KEY_CAP], struct core_error *error);
enum core_code executions_list_for_thing(struct core *core, const char *thing, const char *job_id,
                                         const char *status, const char *after, int64_t limit,
                                         execution_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                         struct core_error *error);

#endif
