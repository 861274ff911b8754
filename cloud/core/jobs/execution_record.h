/* SPDX-License-Identifier: MIT */
/* Executions in the database: read, insert, save, delete. Every write that makes an execution join or leave the pending
 * ones takes the `change` of its thing, so that no notification can be forgotten; the due-queue follows the deadlines. */
#ifndef CLOUD_CORE_EXECUTION_RECORD_H
#define CLOUD_CORE_EXECUTION_RECORD_H

#include "cloud/core/jobs/change.h"
#include "cloud/core/jobs/execution.h"

struct execution_record {
    struct execution execution;
    int64_t id;
    int64_t in_progress_deadline_ms; /* 0 = no such timer */
    int64_t step_deadline_ms;
    int64_t due_ms;         /* what the due-queue holds for it; 0 = nothing */
    int64_t failed_retries; /* retries so far on this thing, by what caused them */
    int64_t timed_out_retries;
};
void execution_record_clear(struct execution_record *record);

/* Runs to the next row of a query over EXECUTION_COLUMNS: 1, 0, or -1 (the database or memory failed). */
int execution_record_next(struct core *core, sqlite3_stmt *query, struct execution_record *record);

/* The only row. number 0: the latest. Same results as above. */
int execution_record_find(struct core *core, const char *thing, const char *job_id, int64_t number,
                          struct execution_record *record);
int execution_record_first(struct core *core, const char *thing, struct execution_record *record);
int execution_record_by_id(struct core *core, int64_t id, struct execution_record *record);

/* The first `limit` pending ones of a thing, in the order of docs/protocol.md 3, without documents. false: the database
 * failed. */
bool execution_record_each_pending(struct core *core, const char *thing, int64_t limit, execution_fn fn,
                                   void *ctx);
/* The first pending execution of the job with an id above `after`. */
int execution_record_pending_of_job(struct core *core, const char *job_id, int64_t after,
                                    struct execution_record *record);
/* The first pending execution of the thing with an id above `after`, shown to the device or not. */
int execution_record_pending_of_thing(struct core *core, const char *thing, int64_t after,
                                      struct execution_record *record);

/* The document as a device gets it now, its links signed (placeholders.h); malloc'd. NULL: the database failed. */
char *execution_record_document(struct core *core, const char *job_id);

struct execution_seed {
    const char *thing;
    const char *job_id;
    int64_t number;
    int64_t failed_retries;
    int64_t timed_out_retries;
};
bool execution_record_insert(struct core *core, struct change *change, const struct execution_seed *seed);

/* Saves a record that stays pending. */
bool execution_record_save(struct core *core, struct execution_record *record);
/* Saves one that has become terminal: its timers end. */
bool execution_record_save_end(struct core *core, struct change *change, struct execution_record *record);
bool execution_record_delete(struct core *core, struct change *change, const struct execution_record *record);

#endif
