/* SPDX-License-Identifier: MIT */
/* The worker thread: jobs in order, told on the loop's thread, work ahead when there is none, an end that loses nothing. */
// LINK: cloud_base
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/worker.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

struct job {
    struct worker_job job; /* first */
    char name;
    pthread_t worked_on;
    sem_t *gate; /* the work waits for it; NULL: does not */
};

static char done_order[64];
static pthread_t loop_thread;
static sem_t ahead_done;
static int ahead_left;

static void work(struct worker_job *job)
{
    struct job *mine = (struct job *)job;
    if (mine->gate) {
        sem_wait(mine->gate);
    }
    mine->worked_on = pthread_self();
}

static void done(struct worker_job *job)
{
    struct job *mine = (struct job *)job;
    assert_true(pthread_equal(pthread_self(), loop_thread));
    assert_false(pthread_equal(mine->worked_on, loop_thread));
    strncat(done_order, &mine->name, 1);
}

static struct job job_named(char name, sem_t *gate)
{
    return (struct job){.job = {.work = work, .done = done}, .name = name, .gate = gate};
}

/* Waits for the descriptor as the loop does, until so many are done. */
static void run_until(struct worker *worker, size_t count)
{
    while (strlen(done_order) < count) {
        struct pollfd ready = {.fd = worker_descriptor(worker), .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        worker_run(worker);
    }
}

static int setup(void **state)
{
    (void)state;
    done_order[0] = '\0';
    loop_thread = pthread_self();
    ahead_left = 0;
    return sem_init(&ahead_done, 0, 0);
}

static void jobs_are_done_in_order(void **state)
{
    (void)state;
    struct worker *worker = worker_open(NULL, NULL);
    assert_non_null(worker);
    struct job jobs[] = {job_named('a', NULL), job_named('b', NULL), job_named('c', NULL)};
    for (size_t i = 0; i < 3; i++) {
        worker_add(worker, &jobs[i].job);
    }
    run_until(worker, 3);
    assert_string_equal(done_order, "abc");
    worker_run(worker); /* nothing to do is fine */
    worker_close(worker);
}

static void the_end_finishes_what_waits(void **state)
{
    (void)state;
    sem_t gate;
    sem_init(&gate, 0, 0);
    struct worker *worker = worker_open(NULL, NULL);
    assert_non_null(worker);
    struct job jobs[] = {job_named('a', &gate), job_named('b', NULL)};
    worker_add(worker, &jobs[0].job);
    worker_add(worker, &jobs[1].job);
    sem_post(&gate);
    worker_close(worker);
    assert_string_equal(done_order, "ab");
    sem_destroy(&gate);
}

static bool make_ahead(void *ctx)
{
    assert_ptr_equal(ctx, &ahead_left);
    if (ahead_left == 0) {
        sem_post(&ahead_done);
        return false;
    }
    ahead_left--;
    return true;
}

/* Nothing is made ahead before the first job: whoever never asks pays nothing. */
static void work_ahead_follows_a_job(void **state)
{
    (void)state;
    ahead_left = 3;
    struct worker *worker = worker_open(make_ahead, &ahead_left);
    assert_non_null(worker);
    struct job job = job_named('a', NULL);
    worker_add(worker, &job.job);
    run_until(worker, 1);
    sem_wait(&ahead_done);
    worker_close(worker);
    assert_int_equal(ahead_left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(jobs_are_done_in_order, setup),
        cmocka_unit_test_setup(the_end_finishes_what_waits, setup),
        cmocka_unit_test_setup(work_ahead_follows_a_job, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
