/* SPDX-License-Identifier: MIT */
#include "ports/linux/tasks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* FreeRTOS programs give stacks of 1 KB and up; glibc alone wants more for a printf, a sanitizer still more. Memory is
 * taken only as far as it is used. */
#define STACK_BYTES_MIN (512u * 1024u)
#define LAST_STEPS_MS   200

struct task {
    pthread_t thread;
    const char *name;
    void (*entry)(void *ctx);
    void *ctx;
    bool must_end;
    struct task *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_cond_t changed; /* a task has ended, or has to */
static struct task *tasks;
static struct task
    *ended; /* their threads are joined by reap: what libraries keep for a thread is gone then */
static unsigned count;
static bool must_all_end;
static _Thread_local struct task *self;

enum err tasks_start_thread(pthread_t *thread, void *(*entry)(void *ctx), void *ctx)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES_MIN);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(thread, &attributes, entry, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed ? ERR_FULL : ERR_OK;
}

void tasks_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

void tasks_deadline(uint32_t timeout_ms, struct timespec *deadline)
{
    clock_gettime(CLOCK_MONOTONIC, deadline);
    deadline->tv_sec += (time_t)(timeout_ms / 1000);
    deadline->tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (deadline->tv_nsec >= 1000000000L) {
        deadline->tv_nsec -= 1000000000L;
        deadline->tv_sec++;
    }
}

static void add(struct task *task)
{
    pthread_mutex_lock(&lock);
    task->next = tasks;
    tasks = task;
    count++;
    pthread_mutex_unlock(&lock);
}

/* With `lock` held. */
static void take_out(struct task *task)
{
    struct task **link = &tasks;
    while (*link != task) {
        link = &(*link)->next;
    }
    *link = task->next;
    count--;
}

static void end(void *ctx)
{
    struct task *task = ctx;
    pthread_mutex_lock(&lock);
    take_out(task);
    task->next = ended;
    ended = task;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void reap(void)
{
    pthread_mutex_lock(&lock);
    struct task *task = ended;
    ended = NULL;
    pthread_mutex_unlock(&lock);
    while (task) {
        struct task *next = task->next;
        pthread_join(task->thread, NULL);
        free(task);
        task = next;
    }
}

static void *run(void *ctx)
{
    struct task *task = ctx;
    self = task;
    char name[16]; /* what the kernel takes */
    snprintf(name, sizeof(name), "%s", task->name ? task->name : "task");
    pthread_setname_np(pthread_self(), name);
    pthread_cleanup_push(end, task);
    task->entry(task->ctx);
    pthread_cleanup_pop(1);
    return NULL;
}

/* With `lock` held: waits until no task is left. */
static bool wait_none(uint32_t timeout_ms)
{
    struct timespec deadline;
    tasks_deadline(timeout_ms, &deadline);
    int result = 0;
    while (count > 0 && result != ETIMEDOUT) {
        result = pthread_cond_timedwait(&changed, &lock, &deadline);
    }
    return count == 0;
}

/* A task that has said goodbye may be on its last steps. */
static void reap_at_exit(void)
{
    pthread_mutex_lock(&lock);
    wait_none(LAST_STEPS_MS);
    pthread_mutex_unlock(&lock);
    reap();
}

static void init_once(void)
{
    tasks_cond_init(&changed);
    atexit(reap_at_exit);
}

/* The new thread inherits a mask without SIGTERM and SIGINT: these belong to main. */
static int spawn(size_t stack_bytes, struct task *task)
{
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    pthread_mutex_lock(&lock); /* until task->thread is set, the new task does not end */
    int failed = pthread_create(&task->thread, &attributes, run, task);
    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

enum err tasks_start(const char *name, uint32_t stack_bytes, void (*entry)(void *ctx), void *ctx,
                     struct task **handle)
{
    pthread_once(&once, init_once);
    reap();
    struct task *task = calloc(1, sizeof(*task));
    if (!task) {
        return ERR_FULL;
    }
    task->name = name;
    task->entry = entry;
    task->ctx = ctx;
    if (handle) {
        *handle = task;
    }
    add(task);
    size_t room = ((size_t)stack_bytes + STACK_BYTES_MIN + 4095) & ~(size_t)4095;
    if (spawn(room, task)) {
        pthread_mutex_lock(&lock);
        take_out(task);
        pthread_mutex_unlock(&lock);
        free(task);
        return ERR_FULL;
    }
    return ERR_OK;
}

void tasks_exit(void)
{
    pthread_exit(NULL);
}

void tasks_ask_to_end(struct task *wanted)
{
    pthread_mutex_lock(&lock);
    for (struct task *task = tasks; task; task = task->next) {
        if (task == wanted) {
            task->must_end = true;
            pthread_cond_broadcast(&changed);
        }
    }
    pthread_mutex_unlock(&lock);
}

void tasks_sleep_ms(uint32_t ms)
{
    pthread_once(&once, init_once);
    struct timespec deadline;
    tasks_deadline(ms, &deadline);
    bool must_end = false;
    int result = 0;
    pthread_mutex_lock(&lock);
    while (result != ETIMEDOUT && !must_end) {
        must_end = self && (must_all_end || self->must_end);
        if (!must_end) {
            result = pthread_cond_timedwait(&changed, &lock, &deadline);
        }
    }
    pthread_mutex_unlock(&lock);
    if (must_end) {
        tasks_exit();
    }
}

void tasks_set_flag(bool *flag)
{
    pthread_once(&once, init_once);
    pthread_mutex_lock(&lock);
    *flag = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void tasks_wait_flag(bool *flag)
{
    pthread_once(&once, init_once);
    pthread_mutex_lock(&lock);
    bool must_end = false;
    while (!(must_end = self && (must_all_end || self->must_end)) && !*flag) {
        pthread_cond_wait(&changed, &lock);
    }
    *flag = false;
    pthread_mutex_unlock(&lock);
    if (must_end) {
        tasks_exit();
    }
}

bool tasks_end_all(uint32_t timeout_ms)
{
    pthread_once(&once, init_once);
    pthread_mutex_lock(&lock);
    must_all_end = true;
    pthread_cond_broadcast(&changed);
    bool is_none_left = wait_none(timeout_ms);
    pthread_mutex_unlock(&lock);
    reap();
    return is_none_left;
}

void tasks_wait_none(void)
{
    pthread_once(&once, init_once);
    pthread_mutex_lock(&lock);
    while (count > 0) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    reap();
}
