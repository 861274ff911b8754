/* SPDX-License-Identifier: MIT */
#include "cloud/base/worker.h"

#include "cloud/base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICENESS 5

struct queue {
    struct worker_job *first, **end;
};

struct worker {
    pthread_t thread;
    pthread_mutex_t lock; /* over all of the following */
    pthread_cond_t changed;
    struct queue waiting, finished;
    atomic_bool is_closing;
    bool may_idle; /* there has been a job since `idle` said that there is nothing to do */

    bool (*idle)(void *ctx);
    void *ctx;
    int descriptor; /* eventfd: not zero while `finished` may hold something */
};

static void queue_add(struct queue *queue, struct worker_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct worker_job *queue_take(struct queue *queue)
{
    struct worker_job *job = queue->first;
    if (job) {
        queue->first = job->next;
        if (!queue->first) {
            queue->end = &queue->first;
        }
    }
    return job;
}

static void do_job(struct worker *worker, struct worker_job *job)
{
    const uint64_t one = 1;
    pthread_mutex_unlock(&worker->lock);
    job->work(job);
    pthread_mutex_lock(&worker->lock);
    worker->may_idle = true;
    queue_add(&worker->finished, job);
    if (write(worker->descriptor, &one, sizeof one) < 0) {
        /* the counter is full: the descriptor is readable already */
    }
}

static void do_ahead(struct worker *worker)
{
    pthread_mutex_unlock(&worker->lock);
    bool did_something = worker->idle(worker->ctx);
    pthread_mutex_lock(&worker->lock);
    worker->may_idle = did_something;
}

static void *run(void *ctx)
{
    struct worker *worker = ctx;
    setpriority(PRIO_PROCESS, 0, NICENESS); /* on Linux: of this thread */
    pthread_mutex_lock(&worker->lock);
    for (;;) {
        struct worker_job *job = queue_take(&worker->waiting);
        if (job) {
            do_job(worker, job);
        } else if (worker->is_closing) {
            break;
        } else if (worker->idle && worker->may_idle) {
            do_ahead(worker);
        } else {
            pthread_cond_wait(&worker->changed, &worker->lock);
        }
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int code = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

struct worker *worker_open(bool (*idle)(void *ctx), void *ctx)
{
    struct worker *worker = memory_zeroed(sizeof *worker);
    worker->idle = idle;
    worker->ctx = ctx;
    worker->waiting.end = &worker->waiting.first;
    worker->finished.end = &worker->finished.first;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->changed, NULL);
    worker->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int code = worker->descriptor < 0 ? errno : start_thread(worker);
    if (code == 0) {
        return worker;
    }
    if (worker->descriptor >= 0) {
        close(worker->descriptor);
    }
    free(worker);
    errno = code;
    return NULL;
}

void worker_add(struct worker *worker, struct worker_job *job)
{
    pthread_mutex_lock(&worker->lock);
    queue_add(&worker->waiting, job);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

const atomic_bool *worker_is_closing(const struct worker *worker)
{
    return &worker->is_closing;
}

int worker_descriptor(const struct worker *worker)
{
    return worker->descriptor;
}

void worker_run(struct worker *worker)
{
    uint64_t count;
    if (read(worker->descriptor, &count, sizeof count) < 0) {
        /* nothing has been counted since the last time */
    }
    pthread_mutex_lock(&worker->lock);
    struct worker_job *job = worker->finished.first;
    worker->finished.first = NULL;
    worker->finished.end = &worker->finished.first;
    pthread_mutex_unlock(&worker->lock);
    while (job) {
        struct worker_job *next = job->next;
        job->done(job);
        job = next;
    }
}

void worker_close(struct worker *worker)
{
    if (!worker) {
        return;
    }
    atomic_store(&worker->is_closing, true); /* also for work ahead, which holds no lock */
    pthread_mutex_lock(&worker->lock);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    worker_run(worker);
    close(worker->descriptor);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}
