/* SPDX-License-Identifier: MIT */
/* One thread for what takes long: keys, signatures, bodies of objects. The loop hands a job over and is told through a
 * descriptor when it is done; jobs are done one after another. The thread has a lower priority than the loop. */
#ifndef CLOUD_BASE_WORKER_H
#define CLOUD_BASE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

/* Part of whatever holds it, from worker_add until `done` is called. */
struct worker_job {
    struct worker_job *next;              /* the worker's */
    void (*work)(struct worker_job *job); /* on the worker's thread */
    void (*done)(struct worker_job *job); /* on the loop's thread */
};

struct worker;

/* idle (may be NULL) is called on the worker's thread when there is no job, until it returns false: work that may be done
 * ahead. It is asked again after every job. NULL: errno. */
struct worker *worker_open(bool (*idle)(void *ctx), void *ctx);
/* Becomes true when the worker is being closed: work ahead that takes long gives up then. */
const atomic_bool *worker_is_closing(const struct worker *worker);
/* Finishes the jobs that it has, and calls their `done`. */
void worker_close(struct worker *worker);

void worker_add(struct worker *worker, struct worker_job *job);

/* Readable when jobs are done: then call worker_run. */
int worker_descriptor(const struct worker *worker);
void worker_run(struct worker *worker);

#endif
