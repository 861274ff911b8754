/* SPDX-License-Identifier: MIT */
/* What the engine must know after a power cut, as one record that is put atomically: the execution that was started
 * last, its final status while the service has not accepted it, and the last finished executions. The job document is
 * not in it: it is fetched again. A record that cannot be used counts as absent.
 * It is put before each start, with each final status before that is sent, and when an execution is settled or gone (G6). */
#ifndef DEVICE_CORE_JOURNAL_H
#define DEVICE_CORE_JOURNAL_H

#include "device/core/details.h"

#define JOURNAL_FINISHED    8
#define JOURNAL_MESSAGE_CAP 128 /* what text_append leaves of a text, and NUL */

/* Job ids may be used again after a deletion, so an execution is named by all three. All bytes that are not used are 0. */
struct jobs_identity {
    int64_t execution_number;
    int64_t queued_at_s;
    char job_id[DEVICE_JOB_ID_CAP]; /* empty: none */
};

/* A final status. `message` is for people and may be empty. */
struct jobs_outcome {
    uint8_t status; /* enum jobs_status */
    uint8_t reason; /* enum jobs_reason */
    char message[JOURNAL_MESSAGE_CAP];
};

struct journal_finished {
    struct jobs_identity execution;
    uint8_t status; /* enum jobs_status */
};

struct journal {
    /* This boot included. A boot that has put nothing is not counted, but the record of an earlier boot never has the number
     * of this one: whoever reads it has added 1. */
    uint32_t boots;
    uint32_t last_run_id;         /* the run of `started` */
    struct jobs_identity started; /* started and not settled yet */
    uint32_t started_boot;        /* of `started`: `boots` when its handler was started last */
    uint8_t attempt;              /* of `started`: how often its handler was started */
    bool has_outcome;             /* the final status of `started` is known and not accepted yet */
    uint8_t finished_next;        /* where the next finished execution goes */
    struct journal_finished finished[JOURNAL_FINISHED];
};

#define JOURNAL_IDENTITY_BYTES (2 + DEVICE_JOB_ID_CAP + 8 + 8)
#define JOURNAL_RECORD_MAX                                                                                   \
    (8 + 4 + 4 + JOURNAL_IDENTITY_BYTES + 4 + 4 + 2 + JOURNAL_MESSAGE_CAP + 2 + DETAILS_TEXT_CAP + 1 +       \
     JOURNAL_FINISHED * (JOURNAL_IDENTITY_BYTES + 1) + 4)

/* Writes the record and returns its length. Outcome and details go in when journal->has_outcome. */
size_t journal_encode(struct journal *journal, struct jobs_outcome *outcome, struct details *details,
                      char record[JOURNAL_RECORD_MAX]);

/* What a stored record is. Only of a JOURNAL_GOOD one something is taken. */
enum journal_record {
    JOURNAL_GOOD,
    JOURNAL_ABSENT,
    JOURNAL_TRUNCATED, /* shorter than it says: torn */
    JOURNAL_DAMAGED,   /* not what was written, or not one of ours */
    JOURNAL_OLDER,     /* whole, of a firmware that wrote an earlier version */
    JOURNAL_NEWER,     /* the same, a later one: the firmware was rolled back */
    JOURNAL_TOO_LARGE, /* its bytes did not fit */
};

/* `record` may be empty; ptr NULL: there were len bytes, which did not fit. But for JOURNAL_GOOD the outputs are those of
 * an empty journal. */
enum journal_record journal_decode(struct slice record, struct journal *journal, struct jobs_outcome *outcome,
                                   struct details *details);

/* "torn": what is wrong with it, for people. Not of JOURNAL_GOOD. */
const char *journal_record_text(enum journal_record found);

bool journal_is_job_id(struct slice text); /* 1..64 of [a-zA-Z0-9_-] */

bool journal_same_execution(const struct jobs_identity *a, const struct jobs_identity *b);

/* Was this execution finished? NULL: not among the last ones. */
const struct journal_finished *journal_find_finished(const struct journal *journal,
                                                     const struct jobs_identity *execution);

/* This execution is about to be started for the attempt-th time, in this boot. Then the record is put: no start without it. */
void journal_start(struct journal *journal, const struct jobs_identity *execution, uint8_t attempt);

/* The started execution is settled; it takes the place of the oldest finished one. */
void journal_finish(struct journal *journal, uint8_t status);

/* The started execution is gone: cancelled, deleted, or never really started. */
void journal_forget_started(struct journal *journal);

#endif
